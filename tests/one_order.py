"""One order in a shop and its books in NetSuite, as plain dicts: what the machine of plans plays with."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.netsuite.states import SalesOrderState
from connector.netsuite.writes import Change, Create
from connector.shopify.records import Order
from tests import factories
from tests.factories import line, total_of, transaction

PRICES = {"MUG-RED": Decimal("20.00"), "MUG-BLUE": Decimal("15.50")}


class Exists(Exception):
    """The external id is taken."""


class Books:
    """NetSuite. It would take two records under one external id: nothing but ourselves keeps us from that.

    Only where a request is carried out that its sender has given up, its own uniqueness decides: that one, or what is sent
    after it, is refused.
    """

    def __init__(self) -> None:
        self.records: dict[str, tuple[str, dict[str, Any]]] = {}
        self.writes = 0
        self.came_late: set[str] = set()

    def change_late(self, write: Change) -> bool:
        """Carries out a change that was given up, whatever came after it; False for one of a line that is gone: refused."""
        standing = {item["line"] for item in self.records[write.record_id][1]["item"]["items"]}
        sent = {item["line"] for item in write.body.get("item", {"items": []})["items"] if "line" in item}
        if not sent <= standing:
            return False
        self.write(write)
        return True

    def write_late(self, write: Create) -> str:
        """Carries out a request that was given up. Raises Exists."""
        if self.find(write.body["externalId"]) is not None:
            raise Exists
        record_id = self.write(write)
        self.came_late.add(record_id)
        return record_id

    def write(self, write: Any) -> str:
        """Carries out a write; the internal id. Raises Exists for what a request made that came late."""
        if isinstance(write, Create) and self.find(write.body["externalId"]) in self.came_late:
            raise Exists
        self.writes += 1
        if isinstance(write, Create):
            record_id = str(20_000 + len(self.records))
            self.records[record_id] = (write.record_type, numbered(write.body))
            return record_id
        assert isinstance(write, Change)
        kind, body = self.records[write.record_id]
        fields = {name: value for name, value in write.body.items() if name != "item"}
        self.records[write.record_id] = (kind, body | fields | {"item": changed_lines(body["item"], write)})
        return write.record_id

    def find(self, external_id: str) -> str | None:
        """The record under an external id."""
        return next((one for one, (_, body) in self.records.items() if body["externalId"] == external_id), None)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All records of a type."""
        return [body for found, body in self.records.values() if found == kind]

    def state(self, record_id: str) -> SalesOrderState:
        """A sales order as it is read."""
        body = self.records[record_id][1]
        lines = [{**item, "amount": Decimal(str(item["rate"])) * item["quantity"]} for item in body["item"]["items"]]
        status = "H" if all(item.get("isClosed") for item in lines) else "B"
        return SalesOrderState.from_json({"status": {"id": status}, "total": total_of(body), "item": {"items": lines}})


def numbered(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body as it is kept: its lines have keys."""
    if "item" not in body:
        return dict(body)
    lines = [{**item, "line": number} for number, item in enumerate(body["item"]["items"], 1)]
    return {**body, "item": {"items": lines}}


def changed_lines(standing: Mapping[str, Any], write: Change) -> Mapping[str, Any]:
    """The lines after a change: named ones changed, of a whole list the others gone and new ones added."""
    by_key = {item["line"]: item for item in standing["items"]}
    new, free = dict(by_key) if write.replace is None else {}, max(by_key, default=0) + 1
    for sent in write.body.get("item", {"items": []})["items"]:
        key = sent.get("line")
        if key is None:
            key, free = free, free + 1
        new[key] = {**by_key.get(key, {}), **sent, "line": key}
    return {"items": list(new.values())}


@dataclass
class Shop:
    """One order: units by SKU, captured amounts, and the buyer's own number of it."""

    units: Counter[str]
    captured: list[Decimal]
    po_number: str | None = None
    is_cancelled: bool = False

    @property
    def total(self) -> Decimal:
        """What the order comes to."""
        return sum((PRICES[sku] * units for sku, units in self.units.items()), Decimal(0))

    @property
    def owed(self) -> Decimal:
        """What is not paid yet; below zero what was paid too much."""
        return self.total - sum(self.captured, Decimal(0))

    def order(self) -> Order:
        """The order as it is read now."""
        units = sorted(self.units.items(), reverse=True)
        lines = [
            line(sku, id=line_id(number), quantity=count, price=str(PRICES[sku]), **self._left(count))
            for number, (sku, count) in enumerate(units)
        ]
        payments = [
            transaction(str(amount), id=payment_id(88001 + number), kind="CAPTURE")
            for number, amount in enumerate(self.captured)
        ]
        if not self.is_cancelled:
            return factories.order(str(self.total), lines=lines, transactions=payments, poNumber=self.po_number)
        back = [
            transaction(str(amount), id=payment_id(99001 + number), kind="REFUND") | parent(88001 + number)
            for number, amount in enumerate(self.captured)
        ]
        order = factories.order(
            str(self.total), lines=lines, transactions=payments + back, poNumber=self.po_number,
            cancelledAt="2026-11-20T11:00:00Z", currentTotalPriceSet=factories.bag("0.00"),
        )  # fmt: skip
        gone = [
            factories.refund_line(
                str(PRICES[sku] * count), quantity=count, lineItem={"id": line_id(number), "isGiftCard": False}
            )
            for number, (sku, count) in enumerate(units)
        ]
        total = factories.bag(str(self.total))
        return factories.with_refunds(order, factories.refund_json(*gone, transactions=back, totalRefundedSet=total))

    def _left(self, count: int) -> dict[str, Any]:
        left = 0 if self.is_cancelled else count
        return {"currentQuantity": left, "unfulfilledQuantity": left}


def line_id(number: int) -> str:
    """The n-th line."""
    return f"gid://shopify/LineItem/{14001 + number}"


def payment_id(number: int) -> str:
    """A transaction's id."""
    return f"gid://shopify/OrderTransaction/{number}"


def parent(number: int) -> dict[str, Any]:
    """What a refund of a transaction says of it."""
    return {"parentTransaction": {"id": payment_id(number)}}


def given_back(body: Mapping[str, Any]) -> Decimal:
    """What a customer refund comes to."""
    return sum((Decimal(str(item["amount"])) for item in body["deposit"]["items"]), Decimal(0))
