"""What stands in NetSuite of a sales order as far as we wrote it, and what to send so that it stands as it should. Pure.

Only what we wrote is compared: a field or a line that a person added or changed in NetSuite is not touched.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connector.netsuite.records import SalesOrder

# Said once, when the order is made.
_AT_CREATION = {"externalId", "entity", "tranDate", "orderStatus", "toBeEmailed", "subsidiary", "currency", "item"}
# NetSuite recomputes one of these from the others, so they are always sent together.
_TOGETHER = ("quantity", "price", "rate", "amount")
# What of the fields counts in the total.
_CHARGES = ("shipMethod", "shippingCost", "taxDetailsOverride", "taxDetails")
# A line that rounds off a total which only NetSuite could compute.
ROUNDING_READ = "ROUNDING-READ"
# The word for the item sublist among a rule's owned fields.
LINES = "lines"
CUSTOM = "custom"
_CUSTOM_PREFIXES = ("custbody", "cseg")
# What a person typed, or is: gone from an image that was redacted.
_PERSONAL = {"shippingAddress", "billingAddress", "email", "memo", CUSTOM}
_TYPED = "description"
# Members of the images of parcels and payments that we made in the shop.
_OF_THE_SHOP = ("shipment", "own")


@dataclass(frozen=True, slots=True)
class ImageLine:
    """One line. `reference` is ours (`14001`, `TAX`), empty for a person's line; `line` is NetSuite's key of it.

    Amounts of a body are Decimal, so that 20.00 and 20 are one amount.
    """

    reference: str
    line: int | None
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderImage:
    """A sales order. `are_keys_sure`: the lines' keys were read, and not only counted from their order.

    `entered_for`: the customer of an order that a person entered in NetSuite. Its fields and lines are as Shopify had them
    when it became an order of the shop; a line without a key is none of NetSuite's.
    """

    fields: Mapping[str, Any]
    lines: tuple[ImageLine, ...]
    are_keys_sure: bool = False
    is_closed: bool = False
    is_redacted: bool = False
    entered_for: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "OrderImage":
        """From what was stored."""
        lines = tuple(ImageLine(item["reference"], item["line"], item["body"]) for item in data["lines"])
        return cls(
            data["fields"], lines, data["are_keys_sure"], data["is_closed"], data.get("is_redacted", False),
            data.get("entered_for"),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        lines = [{"reference": item.reference, "line": item.line, "body": item.body} for item in self.lines]
        return {
            "fields": self.fields,
            "lines": lines,
            "are_keys_sure": self.are_keys_sure,
            "is_closed": self.is_closed,
            "is_redacted": self.is_redacted,
        } | ({"entered_for": self.entered_for} if self.entered_for else {})

    def numbered(self) -> "OrderImage":
        """As NetSuite numbers the lines of a new order: from 1, in their order. To be confirmed by a reading."""
        lines = tuple(replace(item, line=number) for number, item in enumerate(self.lines, 1))
        return replace(self, lines=lines, are_keys_sure=False)

    def closing(self, wanted: "OrderImage") -> "OrderImage":
        """What is wanted of it once it is closed: its lines and charges stay as they stand, for nothing of them is billed."""
        charges = {name: value for name, value in self.fields.items() if name in _CHARGES}
        fields = {name: value for name, value in wanted.fields.items() if name not in _CHARGES}
        return OrderImage(fields | charges, self.lines, is_closed=True)

    @property
    def is_whole(self) -> bool:
        """False where a line of Shopify's is none of NetSuite's."""
        return all(item.line is not None for item in self.lines)

    def key_of(self, reference: str) -> int | None:
        """NetSuite's key of the line with that reference."""
        return next((item.line for item in self.lines if item.reference == reference), None)


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What to send by PATCH. `after` is the image that stands then; `replace` names sublists given as a whole."""

    body: Mapping[str, Any] = field(repr=False)
    replace: str | None
    after: OrderImage
    touches_lines: bool


def image_of(order: SalesOrder, *, is_closed: bool = False) -> OrderImage:
    """The image of an order that is to be."""
    fields = {name: value for name, value in order.to_json().items() if name not in _AT_CREATION}
    lines = tuple(ImageLine(line.reference, None, line.to_json()) for line in order.lines)
    return OrderImage(fields, lines, is_closed=is_closed)


def order_change(standing: OrderImage, wanted: OrderImage, *, owned: Collection[str]) -> OrderChange | None:
    """What differs in the fields we own, or None. What was redacted is not known any more, and not written again."""
    owned = set(owned) - _PERSONAL if standing.is_redacted else owned
    fields = _changed_fields(standing.fields, wanted.fields, owned)
    stands = {name: (wanted if name in fields else standing).fields.get(name) for name in {**standing.fields, **fields}}
    after = replace(standing, fields={name: value for name, value in stands.items() if value is not None})
    lines: list[Mapping[str, Any]] = []
    is_replaced = False
    if LINES in owned and wanted.is_closed and not standing.is_closed:
        lines = [{"line": item.line, "isClosed": True} for item in standing.lines if item.reference]
        after = replace(after, is_closed=True)
    elif LINES in owned and not standing.is_closed:
        lines, is_replaced, kept = _changed_lines(standing, wanted)
        after = replace(after, lines=kept, are_keys_sure=standing.are_keys_sure and not is_replaced)
    if not fields and not lines:
        return None
    body: dict[str, Any] = dict(fields)
    if lines:
        body["item"] = {"items": lines}
    return OrderChange(body, _replaced(fields, is_replaced), after, touches_lines=bool(lines))


def redacted_image(image: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """An image without what a person typed; None for one that holds nothing else, as a customer's.

    What we made in the shop is known by ids and counts, and without them it would be made again.
    """
    if any(name in image for name in _OF_THE_SHOP):
        return image
    if "lines" not in image:
        return None
    fields = {
        name: value
        for name, value in image["fields"].items()
        if name not in _PERSONAL and not name.startswith(_CUSTOM_PREFIXES)
    }
    lines = [{**item, "body": _impersonal(item["body"])} for item in image["lines"]]
    return {**image, "fields": fields, "lines": lines, "is_redacted": True}


def _impersonal(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in body.items() if name != _TYPED}


def is_owned(field: str, owned: Collection[str]) -> bool:
    """True when a rule lets us write this field again."""
    return field in owned or (CUSTOM in owned and field.startswith(_CUSTOM_PREFIXES))


def _changed_fields(standing: Mapping[str, Any], wanted: Mapping[str, Any], owned: Collection[str]) -> dict[str, Any]:
    """New values by name; None empties a field that we had filled, also within an address, where PATCH keeps the rest."""
    names = [name for name in {**standing, **wanted} if is_owned(name, owned)]
    return {
        name: _emptied(standing.get(name), wanted.get(name)) for name in names if wanted.get(name) != standing.get(name)
    }


def _emptied(standing: Any, wanted: Any) -> Any:
    """A subrecord with None for each member that it had and shall not have."""
    if not isinstance(standing, Mapping) or not isinstance(wanted, Mapping):
        return wanted
    return {**{name: None for name in standing if name not in wanted}, **wanted}


def _changed_lines(
    standing: OrderImage, wanted: OrderImage
) -> tuple[list[Mapping[str, Any]], bool, tuple[ImageLine, ...]]:
    """What to send of the lines, whether as the whole list, and the lines that stand afterwards.

    A line can be taken away, or added without adding it twice, only by giving the whole list; kept ones are named by key.
    """
    wanted_by_reference = {item.reference: item for item in wanted.lines}
    read_off = next((item for item in standing.lines if item.reference == ROUNDING_READ), None)
    ours = {item.reference: item for item in standing.lines if item.reference not in ("", ROUNDING_READ)}
    pairs: list[tuple[ImageLine | None, ImageLine]] = []
    for item in standing.lines:
        if not item.reference:
            pairs.append((item, item))
        elif item.reference in wanted_by_reference:
            pairs.append((item, replace(wanted_by_reference[item.reference], line=item.line)))
    pairs += [(None, item) for item in wanted.lines if item.reference not in ours]
    is_replaced = wanted_by_reference.keys() != ours.keys()
    if read_off is not None and any(len(_sent(*pair)) > 1 for pair in pairs):
        # What NetSuite's total was rounded off by is found anew.
        is_replaced = True
    elif read_off is not None:
        pairs.append((read_off, read_off))
    sent = [_sent(*pair) for pair in pairs]
    lines = sent if is_replaced else [body for body in sent if len(body) > 1]
    return lines, is_replaced, tuple(item for _, item in pairs)


def _sent(standing: ImageLine | None, wanted: ImageLine) -> Mapping[str, Any]:
    """The key and the members that differ; the whole body of a line that is new."""
    if standing is None:
        return wanted.body
    different = {
        name: wanted.body.get(name)
        for name in {**standing.body, **wanted.body}
        if wanted.body.get(name) != standing.body.get(name) and not (name == _TYPED and name not in standing.body)
    }
    if not different.keys().isdisjoint(_TOGETHER):
        different |= {name: wanted.body[name] for name in _TOGETHER if name in wanted.body}
    return {"line": wanted.line, **different}


def _replaced(fields: Mapping[str, Any], is_replaced: bool) -> str | None:
    names = (["item"] if is_replaced else []) + (["taxDetails"] if "taxDetails" in fields else [])
    return ",".join(names) or None
