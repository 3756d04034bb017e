"""Documents of orders of the shop that somebody else wrote: found by a field of theirs, with what was made from them.

Facts: netsuite.md 6.5 and 6.10. A custom body field is copied to what is made from an order, so that it alone does not tell
which document the order is; `nexttransactionlink` leads from a document to those made from it or taken out of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from connector.netsuite.client import PAGE, NetSuiteClient
from connector.netsuite.ledger import CASH_REFUND, CASH_SALE, CUSTOMER_DEPOSIT, CUSTOMER_REFUND, SALES_ORDER
from connector.netsuite.suiteql import Query, placeholders

INVOICE, CREDIT_MEMO, PAYMENT = "CustInvc", "CustCred", "CustPymt"
SHIPMENT, RETURN = "ItemShip", "RtnAuth"
_TYPES = (
    SALES_ORDER, CASH_SALE, INVOICE, CUSTOMER_DEPOSIT, CUSTOMER_REFUND, CASH_REFUND, CREDIT_MEMO, PAYMENT, SHIPMENT,
    RETURN,
)  # fmt: skip
# Values a question names at most; NetSuite's lists end at a thousand.
_VALUES = 500
# Order, bill, credit, refund of the credit.
_GENERATIONS = 3
# A cancelled sales order; the letter means something else for other documents.
_CANCELLED = "C"
_Paged = Callable[[str], Query]
_COLUMNS = "t.id, t.type, t.tranid, t.status, t.foreigntotal, t.currency, t.externalid, t.voided"


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """One document. `value` is what the field holds; `made_from` the document before it; totals are without a sign."""

    id: str
    type: str
    number: str
    status: str
    total: Decimal
    currency: str
    external_id: str
    value: str
    made_from: str

    @property
    def is_order(self) -> bool:
        """True for what stands for an order of the shop, not for the bill of a sales order."""
        return self.type == SALES_ORDER or (self.type == CASH_SALE and not self.made_from)

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> "FoundDocument":
        """From a row of these queries."""
        return cls(
            id=row["id"],
            type=row["type"],
            number=row.get("tranid", row["id"]),
            status=row.get("status", ""),
            total=abs(Decimal(row.get("foreigntotal", "0"))),
            currency=row.get("currency", ""),
            external_id=row.get("externalid", ""),
            value=row.get("shop_value", ""),
            made_from=row.get("made_from", ""),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FoundDocument":
        """From what was stored."""
        return cls(**{**data, "total": Decimal(data["total"])})

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self) | {"total": str(self.total)}


def documents_of_values(client: NetSuiteClient, column: str, values: Sequence[str]) -> list[FoundDocument]:
    """Every document whose field holds one of the values; what is voided or cancelled is over nothing and left out."""
    return [found for part in _parts(values) for found in _paged(client, partial(_by_value, column, part))]


def documents_after(client: NetSuiteClient, first: Sequence[FoundDocument]) -> list[FoundDocument]:
    """What was made from these documents and taken out of them, and from that again."""
    seen = {document.id for document in first}
    found: list[FoundDocument] = []
    newest = sorted(seen, key=int)
    for _ in range(_GENERATIONS):
        linked = [document for part in _parts(newest) for document in _paged(client, partial(_by_link, part))]
        fresh = list({document.id: document for document in linked if document.id not in seen}.values())
        found += fresh
        newest = [document.id for document in fresh]
        seen.update(newest)
        if not newest:
            break
    return found


def shipped_goods(client: NetSuiteClient, shipment_ids: Sequence[str]) -> dict[str, Counter[str]]:
    """Whole units by item of each item fulfilment."""
    found: dict[str, Counter[str]] = {}
    for part in _parts(shipment_ids):
        after = ("0", "0")
        while True:
            rows = client.suiteql(*_goods(part, after))
            for row in rows:
                found.setdefault(row["id"], Counter())[row["item"]] += int(Decimal(row.get("quantity", "0")))
            if len(rows) < PAGE:
                break
            after = (rows[-1]["id"], rows[-1]["line_id"])
    return found


def _parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _VALUES] for start in range(0, len(values), _VALUES))


def _paged(client: NetSuiteClient, query: _Paged) -> Iterator[FoundDocument]:
    last = "0"
    while True:
        rows = client.suiteql(*query(last))
        for row in rows:
            document = FoundDocument.from_row(row)
            is_over = row.get("voided") == "T" or (document.type == SALES_ORDER and document.status == _CANCELLED)
            if not is_over:
                yield document
        if len(rows) < PAGE:
            return
        last = rows[-1]["id"]


def _by_value(column: str, values: Sequence[str], after: str) -> Query:
    text = (
        f"SELECT {_COLUMNS}, t.{column} AS shop_value, m.createdfrom AS made_from FROM transaction t "
        "JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' "
        f"WHERE t.{column} IN ({placeholders(values)}) AND t.type IN ({_type_list()}) AND t.id > ? "
        f"ORDER BY t.id FETCH FIRST {PAGE} ROWS ONLY"
    )
    return text, (*values, after)


def _by_link(ids: Sequence[str], after: str) -> Query:
    """A document that was taken out of two of them comes once, as of the older one."""
    text = (
        f"SELECT {_COLUMNS}, MIN(k.previousdoc) AS made_from FROM nexttransactionlink k "
        "JOIN transaction t ON t.id = k.nextdoc "
        f"WHERE k.previousdoc IN ({placeholders(ids)}) AND t.type IN ({_type_list()}) AND t.id > ? "
        f"GROUP BY {_COLUMNS} ORDER BY t.id FETCH FIRST {PAGE} ROWS ONLY"
    )
    return text, (*ids, after)


def _goods(ids: Sequence[str], after: tuple[str, str]) -> Query:
    text = (
        "SELECT l.transaction AS id, l.id AS line_id, l.item, ABS(l.quantity) AS quantity FROM transactionline l "
        f"WHERE l.transaction IN ({placeholders(ids)}) AND l.mainline = 'F' AND l.taxline = 'F' "
        "AND NVL(l.iscogs, 'F') = 'F' AND l.kitmemberof IS NULL AND l.item IS NOT NULL "
        "AND (l.transaction > ? OR (l.transaction = ? AND l.id > ?)) "
        f"ORDER BY l.transaction, l.id FETCH FIRST {PAGE} ROWS ONLY"
    )
    return text, (*ids, after[0], after[0], after[1])


def _type_list() -> str:
    return ", ".join(f"'{name}'" for name in _TYPES)
