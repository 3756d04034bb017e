"""An order while something happens to it: the records that may change, the clock, new ids, and the news to send."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.shopify.acts.amounts import Coins, Pair

Json = dict[str, Any]


class RefusedError(ValueError):
    """Shopify would not do this."""


@dataclass(slots=True)
class Scene:
    """Copies of an order and its transactions; what is told here becomes webhooks, bodies as they are at the end."""

    order: Json
    transactions: list[Json]
    now: str
    ids: Iterator[int]
    news: list[tuple[str, Json]] = field(default_factory=list)

    @property
    def coins(self) -> Coins:
        """The order's currencies."""
        return Coins.of(self.order)

    def tell(self, topic: str, body: Json | None = None) -> None:
        """News; without a body it is the order itself."""
        self.news.append((topic, self.order if body is None else body))

    def line(self, line_id: int) -> Json:
        """An order line. Raises RefusedError."""
        return _found(self.order["line_items"], line_id, "line")

    def fulfillment(self, fulfillment_id: int) -> Json:
        """A fulfilment. Raises RefusedError."""
        return _found(self.order.get("fulfillments") or [], fulfillment_id, "fulfilment")

    def transaction(self, transaction_id: int) -> Json:
        """A transaction. Raises RefusedError."""
        return _found(self.transactions, transaction_id, "transaction")

    def returned(self, return_id: int) -> Json:
        """A return. Raises RefusedError."""
        return _found(self.order.get("returns") or [], return_id, "return")


def amount_of(transaction: Json, order: Json) -> Pair:
    """A transaction on both sides; one that was not made here is converted by the order's total, or the price of a line."""
    coins = Coins.of(order)
    if transaction.get("amount_set") is not None or transaction.get("currency", coins.shop) == coins.shop:
        return coins.read(transaction, "amount")
    known = (coins.read(order, "total_price"), *(coins.read(line, "price") for line in order["line_items"]))
    whole = next((pair for pair in known if pair.shown), Pair())
    return coins.from_shown(Decimal(str(transaction["amount"])), whole)


def received(transactions: list[Json], order: Json) -> Pair:
    """Money that came."""
    return _sum(transactions, order, ("sale", "capture"))


def given_back(transactions: list[Json], order: Json) -> Pair:
    """Money that went back."""
    return _sum(transactions, order, ("refund",))


def _sum(transactions: list[Json], order: Json, kinds: tuple[str, ...]) -> Pair:
    total = Pair()
    for item in transactions:
        if item["kind"] in kinds and item["status"] == "success":
            total += amount_of(item, order)
    return total


def _found(records: list[Json], number: int, what: str) -> Json:
    record = next((item for item in records if item["id"] == number), None)
    if record is None:
        raise RefusedError(f"the order has no {what} {number}")
    return record
