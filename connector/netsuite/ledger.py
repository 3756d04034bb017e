"""The documents of a shop as NetSuite lists them: orders, money received and money given back, by external id.

Facts: netsuite.md 6.5 and 6.10. `foreigntotal` is in the document's own currency; its sign on documents that take back
differs between sources, so amounts are read without it. Paging is by key.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.limits import Lane
from connector.netsuite.client import PAGE, NetSuiteClient
from connector.netsuite.suiteql import Query, placeholders

SALES_ORDER, CASH_SALE = "SalesOrd", "CashSale"
CUSTOMER_DEPOSIT, CUSTOMER_REFUND, CASH_REFUND = "CustDep", "CustRfnd", "CashRfnd"
_TYPES = (SALES_ORDER, CASH_SALE, CUSTOMER_DEPOSIT, CUSTOMER_REFUND, CASH_REFUND, "CustCred")
_SELECT = (
    "SELECT t.id, t.type, t.tranid, t.externalid, t.otherrefnum, t.foreigntotal, t.currency, t.voided, "
    "TO_CHAR(t.trandate, 'YYYY-MM-DD') AS day, m.createdfrom AS order_id, o.externalid AS order_externalid "
    "FROM transaction t JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' "
    "LEFT JOIN transaction o ON o.id = m.createdfrom WHERE"
)


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """One document. `currency` is NetSuite's id; `made_from` and its external id are of the sales order behind it."""

    id: str
    type: str
    number: str
    external_id: str | None
    reference: str | None
    total: Decimal
    currency: str
    day: date
    made_from: str | None
    order_external_id: str | None
    is_voided: bool = False

    @property
    def is_of_one_payment(self) -> bool:
        """True for a deposit and a customer refund."""
        return self.type in (CUSTOMER_DEPOSIT, CUSTOMER_REFUND)

    @property
    def is_over_many(self) -> bool:
        """True for what can stand for several payments at once."""
        return self.type == CASH_REFUND or (self.type == CASH_SALE and self.is_order)

    @property
    def is_order(self) -> bool:
        """True for what stands for an order of the shop, not for the bill of a sales order."""
        return self.type == SALES_ORDER or (self.type == CASH_SALE and self.made_from is None)

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> "LedgerDocument":
        """From a row of these queries; what is voided is over nothing."""
        is_voided = row.get("voided") == "T"
        total = Decimal(0) if is_voided else abs(Decimal(row.get("foreigntotal", "0")))
        return cls(
            id=row["id"],
            type=row["type"],
            number=row.get("tranid", row["id"]),
            external_id=row.get("externalid"),
            reference=row.get("otherrefnum"),
            total=total,
            currency=row.get("currency", ""),
            day=date.fromisoformat(row["day"]),
            made_from=row.get("order_id"),
            order_external_id=row.get("order_externalid"),
            is_voided=is_voided,
        )


def ledger_documents(client: NetSuiteClient, *, ours: str, reference: str, since: date) -> Iterator[LedgerDocument]:
    """All since a day whose external id begins with `ours`, deposits of such orders, and orders whose PO number begins
    with `reference`, whoever made them; an empty one finds none."""
    last = "0"
    while True:
        rows = client.suiteql(*_page(ours, reference, since, last), lane=Lane.HISTORY)
        yield from map(LedgerDocument.from_row, rows)
        if len(rows) < PAGE:
            return
        last = rows[-1]["id"]


def documents_of_ids(client: NetSuiteClient, ids: Sequence[str]) -> Iterator[LedgerDocument]:
    """Those of some documents that are there."""
    for start in range(0, len(ids), PAGE):
        chunk = ids[start : start + PAGE]
        text = f"{_SELECT} t.id IN ({placeholders(chunk)}) ORDER BY t.id"
        yield from map(LedgerDocument.from_row, client.suiteql(text, tuple(chunk), lane=Lane.HISTORY))


def _page(ours: str, reference: str, since: date, after: str) -> Query:
    types = ", ".join(f"'{name}'" for name in _TYPES)
    alike = " OR (t.type IN ('SalesOrd', 'CashSale') AND t.otherrefnum LIKE ?)" if reference else ""
    text = (
        f"{_SELECT} t.type IN ({types}) "
        f"AND (t.externalid LIKE ? OR (t.type = '{CUSTOMER_DEPOSIT}' AND o.externalid LIKE ?){alike}) "
        f"AND t.trandate >= TO_DATE(?, 'YYYY-MM-DD') AND t.id > ? ORDER BY t.id FETCH FIRST {PAGE} ROWS ONLY"
    )
    alike_value = (f"{reference}%",) if reference else ()
    return text, (f"{ours}%", f"{ours}%", *alike_value, since.isoformat(), after)
