"""What a record is: its kinds, with NetSuite's codes for them, and what one refers to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A transaction type: SuiteQL's code, the prefix of its numbers, its name for people, and where it books."""

    code: str
    prefix: str
    name: str
    party: str = "entity"
    is_posting: bool = True


KINDS = {
    "salesOrder": Kind("SalesOrd", "SO", "Sales Order", is_posting=False),
    "customerDeposit": Kind("CustDep", "CD", "Customer Deposit", "customer"),
    "cashSale": Kind("CashSale", "CS", "Cash Sale"),
    "invoice": Kind("CustInvc", "INV", "Invoice"),
    "itemFulfillment": Kind("ItemShip", "IF", "Item Fulfillment"),
    "customerRefund": Kind("CustRfnd", "RF", "Customer Refund", "customer"),
    "creditMemo": Kind("CustCred", "CM", "Credit Memo"),
    "cashRefund": Kind("CashRfnd", "CR", "Cash Refund"),
    "returnAuthorization": Kind("RtnAuth", "RMA", "Return Authorization", is_posting=False),
    "itemReceipt": Kind("ItemRcpt", "IR", "Item Receipt"),
    "depositApplication": Kind("DepAppl", "DA", "Deposit Application", "customer"),
    "customerPayment": Kind("CustPymt", "PY", "Payment", "customer"),
}
ENTITIES = ("customer", "contact")
# The types of which something can be open.
BALANCED = ("invoice", "creditMemo", "customerDeposit", "customerPayment")
RECORD_TYPES = (*ENTITIES, *KINDS)


@dataclass(slots=True)
class Record:
    """One record. `body` is as it would be read; `external_id` as it was sent.

    `takes` is what it takes off other documents' open balances, by their ids; `left` what is open of itself.
    `next_line` only grows: the number of a removed line is not used again.
    """

    id: str
    type: str
    external_id: str | None
    body: Json
    at: float
    takes: dict[str, Decimal] = field(default_factory=dict)
    next_line: int = 1
    is_voided: bool = False
    is_cancelled: bool = False
    left: Decimal = Decimal(0)

    @property
    def key(self) -> Key:
        """Transactions share one space of ids, entities another."""
        return (group_of(self.type), self.id)

    @property
    def lines(self) -> list[Json]:
        """The lines of the item sublist."""
        return lines_of(self.body)

    @property
    def party(self) -> str | None:
        """The id of its customer."""
        return id_of(self.body, KINDS[self.type].party) if self.type in KINDS else None

    @property
    def title(self) -> str:
        """How another record shows it, such as `Sales Order #SO1001`."""
        return f"{KINDS[self.type].name} #{self.body.get('tranId')}"

    def touch(self) -> None:
        """Moves the time of its last change. Its resolution is the minute, in every answer ever seen."""
        self.body["lastModifiedDate"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:00Z")

    def sources(self) -> set[Key]:
        """Everything it refers to, and so holds in place."""
        named = [("transaction", id_of(self.body, name)) for name in ("createdFrom", "salesOrder", "deposit")]
        named += [("transaction", other) for other in self.takes]
        named += [("entity", id_of(self.body, name)) for name in ("entity", "customer", "company")]
        return {(group, other) for group, other in named if other is not None}


def group_of(record_type: str) -> str:
    """External ids are unique over all transactions together, and over all entities together."""
    return "transaction" if record_type in KINDS else "entity"


def id_of(body: Json, name: str) -> str | None:
    """The id of a reference, None when it is missing or is no reference."""
    found = body.get(name)
    value = found.get("id") if isinstance(found, dict) else None
    return None if value is None else str(value)


def lines_of(body: Json, sublist: str = "item") -> list[Json]:
    """The lines of a sublist; none when it is missing or empty."""
    found: list[Json] = (body.get(sublist) or {}).get("items") or []
    return found
