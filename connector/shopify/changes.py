"""Which orders changed or were placed, and which customers changed, oldest first; each is read whole by its own pass."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from connector.errors import InvalidAnswer
from connector.shopify.client import ShopifyClient
from connector.shopify.money import Money, MoneyBag
from connector.shopify.payments import Transaction
from connector.shopify.reading import Json, moment, numeric, read

PAGE = 250
# With transactions an order costs more than three points: a page of a hundred stays below a third of a full budget.
PAID_PAGE = 100
# As many transactions as OrdersWithPayments asks for; an order that has so many is read whole.
_TRANSACTIONS = 20
# Shopify pages at most 25,000 objects deep; before that the next stretch begins where the last page ended.
_PAGES = 80
# Names that one search asks for.
_NAMES = 20


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """An order and its last change, to the second."""

    order_id: str
    name: str
    updated_at: datetime

    @property
    def shopify_id(self) -> str:
        """Its id, as of anything that changes."""
        return self.order_id

    @classmethod
    def from_json(cls, data: Json) -> "ChangedOrder":
        """From a node. Raises InvalidAnswer."""
        return read("order", lambda node: cls(numeric(node["id"]), node["name"], moment(node["updatedAt"])), data)


@dataclass(frozen=True, slots=True)
class ChangedCustomer:
    """A customer and its last change, to the second."""

    shopify_id: str
    updated_at: datetime

    @classmethod
    def from_json(cls, data: Json) -> "ChangedCustomer":
        """From a node. Raises InvalidAnswer."""
        return read("customer", lambda node: cls(numeric(node["id"]), moment(node["updatedAt"])), data)


C = TypeVar("C", ChangedOrder, ChangedCustomer)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as a list has it. `total` is in the shop's currency."""

    order_id: str
    name: str
    created_at: datetime
    is_test: bool
    financial_status: str
    total: Money

    @classmethod
    def from_json(cls, data: Json) -> "PlacedOrder":
        """From a node. Raises InvalidAnswer."""
        return read("order", cls._from_json, data)

    @classmethod
    def _from_json(cls, data: Json) -> "PlacedOrder":
        total = Money.from_json(data["totalPriceSet"]["shopMoney"])
        status = data["displayFinancialStatus"] or ""
        return cls(numeric(data["id"]), data["name"], moment(data["createdAt"]), data["test"], status, total)


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """A placed order with its sums in both currencies: `total` as it was sold, `current_total` as removals left it."""

    placed: PlacedOrder
    total: MoneyBag
    current_total: MoneyBag

    @classmethod
    def from_json(cls, data: Json) -> "ListedOrder":
        """From a node. Raises InvalidAnswer."""
        return read("order", cls._from_json, data)

    @classmethod
    def _from_json(cls, data: Json) -> "ListedOrder":
        total = MoneyBag.from_json(data["totalPriceSet"])
        return cls(PlacedOrder.from_json(data), total, MoneyBag.from_json(data["currentTotalPriceSet"]))


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """An order as a list has it, with every transaction; money was received or given back by some of them.

    `is_on_terms`: a company bought it and pays its invoice.
    """

    placed: PlacedOrder
    processed_at: datetime
    transactions: Sequence[Transaction]
    is_on_terms: bool

    @classmethod
    def from_json(cls, data: Json) -> "PaidOrder":
        """From a node. Raises InvalidAnswer."""
        return read("order", cls._from_json, data)

    @classmethod
    def _from_json(cls, data: Json) -> "PaidOrder":
        payments = tuple(Transaction.from_json(item) for item in data["transactions"])
        is_business = (data.get("purchasingEntity") or {}).get("__typename") == "PurchasingCompany"
        is_on_terms = is_business and data.get("paymentTerms") is not None
        return cls(PlacedOrder.from_json(data), moment(data["processedAt"]), payments, is_on_terms)


def paid_orders(client: ShopifyClient, since: datetime, until: datetime) -> Iterator[PaidOrder]:
    """Orders placed at or after `since` and before `until`, each once, with their transactions."""
    seen: set[str] = set()
    for nodes in _created(client, "OrdersWithPayments", since, until, page=PAID_PAGE):
        for order in map(PaidOrder.from_json, nodes):
            if order.placed.order_id not in seen:
                seen.add(order.placed.order_id)
                yield _completed(client, order)


def _completed(client: ShopifyClient, order: PaidOrder) -> PaidOrder:
    """With all transactions, where the list may have left some out."""
    if len(order.transactions) < _TRANSACTIONS:
        return order
    whole = client.order(order.placed.order_id)
    return order if whole is None else replace(order, transactions=tuple(whole.transactions))


def placed_orders(client: ShopifyClient, since: datetime, until: datetime) -> Iterator[Sequence[ListedOrder]]:
    """Pages of orders placed at or after `since` and before `until`; one at a border of 20,000 may be seen twice."""
    for nodes in _created(client, "OrdersCreatedIn", since, until, page=PAGE):
        yield [ListedOrder.from_json(node) for node in nodes]


def placed_count(client: ShopifyClient, since: datetime, until: datetime) -> int:
    """How many orders were placed at or after `since` and before `until`."""
    found = client.query("OrdersCount", {"query": placed_between(since, until)})["ordersCount"]
    return int(found["count"])


def placed_between(since: datetime, until: datetime) -> str:
    """The search for orders placed at or after `since` and before `until`."""
    return f"created_at:>='{_utc(since)}' created_at:<'{_utc(until)}'"


def _created(
    client: ShopifyClient, operation: str, since: datetime, until: datetime, *, page: int
) -> Iterator[Sequence[Json]]:
    most = _PAGES * PAGE // page
    while True:
        last = None
        asked = placed_between(since, until)
        for number, nodes in enumerate(_nodes(client, operation, asked, page=page), start=1):
            yield nodes
            last = moment(nodes[-1]["createdAt"]) if nodes else last
            if number == most:
                break
        else:
            return
        since = _onwards(since, last)


def placed_order(client: ShopifyClient, name: str) -> Sequence[ListedOrder]:
    """The orders of exactly that name, with or without its `#`; the search finds more."""
    found = [ListedOrder.from_json(node) for nodes in _nodes(client, "OrdersCreatedIn", _named(name)) for node in nodes]
    return [order for order in found if order.placed.name.lstrip("#") == name.lstrip("#")]


def orders_named(client: ShopifyClient, names: Sequence[str]) -> dict[str, PlacedOrder]:
    """The orders of exactly these names, by name; what is missing there Shopify does not have. Twenty names a call."""
    found: dict[str, PlacedOrder] = {}
    for start in range(0, len(names), _NAMES):
        asked = names[start : start + _NAMES]
        search = " OR ".join(_named(name) for name in asked)
        for nodes in _nodes(client, "OrdersCreatedIn", search, page=_NAMES * 2):
            orders = [PlacedOrder.from_json(node) for node in nodes]
            found |= {order.name: order for order in orders if order.name in asked}
    return found


def _named(name: str) -> str:
    """The search for a name; it finds others, too, that contain it."""
    quoted = name.replace("\\", "").replace("'", "")
    return f"name:'{quoted}'"


def changed_orders(client: ShopifyClient, since: datetime) -> Iterator[Sequence[ChangedOrder]]:
    """Pages of orders changed at or after `since`; one may be seen twice when it changes meanwhile."""
    yield from _changed(client, "OrdersUpdatedSince", "orders", ChangedOrder.from_json, since)


def changed_customers(client: ShopifyClient, since: datetime) -> Iterator[Sequence[ChangedCustomer]]:
    """The same of customers."""
    yield from _changed(client, "CustomersUpdatedSince", "customers", ChangedCustomer.from_json, since)


def _changed(
    client: ShopifyClient, operation: str, root: str, made: Callable[[Json], C], since: datetime
) -> Iterator[Sequence[C]]:
    while True:
        last = None
        asked = f"updated_at:>='{_utc(since)}'"
        for number, nodes in enumerate(_nodes(client, operation, asked, root=root), start=1):
            page = [made(node) for node in nodes]
            yield page
            last = page[-1].updated_at if page else last
            if number == _PAGES:
                break
        else:
            return
        since = _onwards(since, last)


def _nodes(
    client: ShopifyClient, operation: str, asked: str, *, page: int = PAGE, root: str = "orders"
) -> Iterator[Sequence[Json]]:
    after: str | None = None
    while True:
        found = client.query(operation, {"first": page, "after": after, "query": asked})[root]
        yield found["nodes"]
        if not found["pageInfo"]["hasNextPage"]:
            return
        after = found["pageInfo"]["endCursor"]


def _onwards(since: datetime, last: datetime | None) -> datetime:
    if last is None or last <= since:
        raise InvalidAnswer(f"Shopify has twenty thousand of one second, {_utc(since)}; they cannot be paged")
    return last


def _utc(at: datetime) -> str:
    """Quoted and in UTC: an unquoted time is cut at its colon and filters wrongly without an error (seen in 2026)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
