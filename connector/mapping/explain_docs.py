"""The explaining tables as Markdown: docs/mapping.md between its two marks is exactly this."""

import re
from collections.abc import Iterator, Sequence

from connector.mapping.explain_lines import ITEM_LINES, LISTS
from connector.mapping.explain_tables import RECORDS, Field
from connector.mapping.rule_names import setting

_TITLES = {
    "customer": "Customer",
    "company": "Company (a customer)",
    "contact": "Contact",
    "sales order": "Sales order",
    "cash sale": "Cash sale",
    "customer deposit": "Customer deposit",
    "item fulfillment": "Item fulfilment",
    "customer refund": "Customer refund",
    "credit memo": "Credit memo",
    "cash refund": "Cash refund",
    "return authorization": "Return authorisation",
    "item receipt": "Item receipt",
}
# Which lists a record has; their rows follow its own.
_LISTS = {
    "item fulfillment": (("item", "shipped line"), ("package", "package")),
    "customer refund": (("deposit", "deposit"), ("apply", "apply")),
    "credit memo": (("apply", "bill"),),
}
_HEAD = ("| Field | From | Rule | Example |", "|---|---|---|---|")


BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
# A part of an address, and what comes before it.
_POSTAL = re.compile(r"(shippingAddress|billingAddress|addressBook\.items\[\]\.addressBookAddress)\.(\w+)")


def page(text: str) -> str:
    """The page with its tables as they must be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{mapping_tables()}\n\n{END}{after}"


def mapping_tables() -> str:
    """One table for each NetSuite record, and those for addresses and the lines of documents."""
    parts = []
    for record, title in _TITLES.items():
        rows = list(RECORDS[record])
        named = [(row, "") for row in rows]
        for field, name in _LISTS.get(record, ()):
            named += [(row, f"{field}.items[].") for row in LISTS[name]]
        rows_of_record = list(dict.fromkeys(_whole_address(row) or _row(row, prefix) for row, prefix in named))
        parts.append(_table(f"## {title}", _HEAD, rows_of_record))
        if record == "sales order":
            parts += [_addresses(), *_lines()]
    return "\n\n".join(parts)


def _whole_address(row: Field) -> str | None:
    """One row for all parts of an address; None for another field."""
    found = _POSTAL.fullmatch(row.paths[0])
    if found is None:
        return None
    return f"| `{found[1]}` | `{row.sources[0].rpartition('.')[0]}`: see [postal addresses](#postal-addresses) |  |  |"


def _addresses() -> str:
    """The parts of an address, which are the same everywhere."""
    rows = [row for row in RECORDS["sales order"] if row.paths[0].startswith("shippingAddress.")]
    texts = [_row(row, "").replace("shippingAddress.", "").replace("order.", "address.") for row in rows]
    return _table("### Postal addresses", _HEAD, [text.replace("address.address.", "address.") for text in texts])


def _lines() -> Iterator[str]:
    head = ("| Line | Field | From | Rule | Example |", "|---|---|---|---|---|")
    rows = [f"| {name} {_row(row, '')}" for name, table in ITEM_LINES.items() for row in _own(table)]
    common = [_row(row, "") for row in next(iter(ITEM_LINES.values())) if _is_common(row)]
    yield _table("### Lines (`item.items[]`) of all documents: what every line has", _HEAD, common)
    yield _table("### Lines, one by one", head, rows)
    details = [_row(row, "") for row in LISTS["taxDetails"]]
    yield _table("### Tax details (`taxDetails.items[]`), in mode `tax_details_override`", _HEAD, details)


def _own(table: Sequence[Field]) -> list[Field]:
    return [row for row in table if not _is_common(row)]


def _is_common(row: Field) -> bool:
    return row.paths[0] in ("price", "taxCode", "<orders/line_id_field>")


def _table(title: str, head: Sequence[str], rows: Sequence[str]) -> str:
    return "\n".join((title, "", *head, *rows))


def _row(row: Field, prefix: str) -> str:
    fields = ", ".join(_path(f"{prefix}{path}") for path in row.paths)
    sources = ", ".join(f"`{source}`" for source in row.sources)
    said = ": ".join(part for part in (sources, row.note) if part)
    rules = ", ".join(_rule(rule) for rule in row.rules)
    return f"| {fields} | {said} | {rules} | {_example(row.example)} |"


def _example(text: str) -> str:
    return f"`{text}`" if text else ""


def _path(path: str) -> str:
    """A custom field is named by its rule."""
    return f"`{path}`" if not path.startswith("<") else f"the field in `{_name(path.strip('<>'))}`"


def _rule(rule: str) -> str:
    names = (f"`{_name(alternative.partition('?')[0])}`" for alternative in rule.split("|"))
    return ", else ".join(names)


def _name(path: str) -> str:
    """Without the `rules.` in front and with `<…>` as it is, as the table of rules spells it."""
    parts = path.split("/")
    return ".".join(part if part.startswith("<") else setting([part]).removeprefix("rules.") for part in parts)
