"""Whole records out of several answers: every page is followed, and what is too large is named, never cut off.

The parts of one record must be of one moment: an order that changed while it was read is read again later.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from connector.errors import InvalidAnswer, Unavailable
from connector.shopify.customers import CustomerProfile
from connector.shopify.fulfillments import Fulfillment
from connector.shopify.lines import Line, discount_labels
from connector.shopify.reading import read, whole
from connector.shopify.records import Order
from connector.shopify.refunds import Refund
from connector.shopify.returns import Return

Json = Mapping[str, Any]

# OrderById with 50 lines and OrderLife with 5 of each stay below the 1,000 points a query may cost.
LINES_WITH_ORDER = 50
REFUNDS_WITH_LIFE = 5
FULFILLMENTS_WITH_LIFE = 5
_PER_PAGE = 100
# What OrderById asks for of the lists that have no pages; one that is full cannot tell whether it was cut off.
_UNPAGED = 100


class Reader(Protocol):
    """What answers operations."""

    def query(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of one query."""


def whole_order(shop: Reader, order_id: str) -> Order | None:
    """An order with everything that belongs to it; one query for a new order up to 50 lines, one more for its life."""
    gid = f"gid://shopify/Order/{order_id}"
    data = shop.query("OrderById", {"id": gid, "lines": LINES_WITH_ORDER})["order"]
    if data is None:
        return None
    for part in ("transactions", "refunds", "fulfillments"):
        if len(data[part]) >= _UNPAGED:
            raise InvalidAnswer(f"Shopify order {data['name']} has {_UNPAGED} {part} or more; that is not supported")
    whole(data["discountApplications"], f"discounts of Shopify order {data['name']}")
    order = Order.from_json(data).with_lines(tuple(_further_lines(shop, data)))
    if not (data["refunds"] or data["fulfillments"] or data["returnStatus"] != "NO_RETURN"):
        return order
    return _with_life(shop, order, data)


def whole_customer(shop: Reader, customer_id: str) -> CustomerProfile | None:
    """A customer with all addresses."""
    gid = f"gid://shopify/Customer/{customer_id}"

    def page(after: str | None) -> Json | None:
        answer: Json | None = shop.query("CustomerById", {"id": gid, "first": _PER_PAGE, "after": after})["customer"]
        return answer

    data = page(None)
    if data is None:
        return None
    nodes, info = list(data["addressesV2"]["nodes"]), data["addressesV2"]["pageInfo"]
    while info["hasNextPage"]:
        more = page(info["endCursor"])
        if more is None or more["updatedAt"] != data["updatedAt"]:
            raise Unavailable(f"Shopify customer {customer_id} changed while it was read", retry_after=1)
        nodes, info = nodes + more["addressesV2"]["nodes"], more["addressesV2"]["pageInfo"]
    return read(f"customer {customer_id}", CustomerProfile.from_json, {**data, "addressesV2": {"nodes": nodes}})


def _further_lines(shop: Reader, data: Json) -> Iterator[Line]:
    """The lines behind the first page. Raises Unavailable when the order changed between two pages."""
    labels, page = discount_labels(data), data["lineItems"]["pageInfo"]
    while page["hasNextPage"]:
        variables = {"id": data["id"], "first": _PER_PAGE, "after": page["endCursor"]}
        order = _unchanged(shop.query("OrderLines", variables)["order"], data)
        for node in order["lineItems"]["nodes"]:
            yield read(f"order {data['name']}", lambda item: Line.from_json(item, labels), node)
        page = order["lineItems"]["pageInfo"]


def _unchanged(order: Json | None, data: Json) -> Json:
    if order is None or order["updatedAt"] != data["updatedAt"]:
        raise Unavailable(f"Shopify order {data['name']} changed while it was read", retry_after=1)
    return order


def _with_life(shop: Reader, order: Order, data: Json) -> Order:
    """OrderLife brings the first refunds and fulfilments; an order with more is read one by one from there."""
    asked = {
        "id": data["id"],
        "refunds": min(max(len(data["refunds"]), 1), REFUNDS_WITH_LIFE),
        "fulfillments": min(max(len(data["fulfillments"]), 1), FULFILLMENTS_WITH_LIFE),
        "returns": data["returnStatus"] != "NO_RETURN",
    }
    life = _unchanged(shop.query("OrderLife", asked)["order"], data)
    refunds = _each(shop, "RefundById", "refund", data["refunds"], life["refunds"])
    shipped = _each(shop, "FulfillmentById", "fulfillment", data["fulfillments"], life["fulfillments"])
    name = f"order {order.name}"
    returned = whole(life.get("returns") or _NOTHING, f"returns of Shopify {name}")
    return order.with_life(
        [read(name, Refund.from_json, _complete(shop, item, "RefundLines", "refund")) for item in refunds],
        [
            read(name, Fulfillment.from_json, _complete(shop, item, "FulfillmentLines", "fulfillment"))
            for item in shipped
        ],
        [read(name, Return.from_json, item) for item in returned],
    )


_NOTHING: Json = {"nodes": [], "pageInfo": {"hasNextPage": False}}
# The member of a refund or fulfilment that has pages of its own.
_PAGED = {"refund": "refundLineItems", "fulfillment": "fulfillmentLineItems"}


def _each(shop: Reader, operation: str, kind: str, wanted: Sequence[Json], found: Sequence[Json]) -> list[Json]:
    """Every wanted record: as it was found, or asked for alone. Raises Unavailable when one vanished."""
    known = {item["id"]: item for item in found}
    records = []
    for item in wanted:
        record = known.get(item["id"]) or shop.query(operation, {"id": item["id"]})[kind]
        if record is None:
            raise Unavailable(f"Shopify {kind} {item['id']} vanished while its order was read", retry_after=1)
        records.append(record)
    return records


def _complete(shop: Reader, record: Json, operation: str, kind: str) -> Json:
    """The record with all pages of its lines in one."""
    member = _PAGED[kind]
    nodes, info = list(record[member]["nodes"]), record[member]["pageInfo"]
    while info["hasNextPage"]:
        variables = {"id": record["id"], "first": _PER_PAGE, "after": info["endCursor"]}
        page = shop.query(operation, variables)[kind][member]
        nodes, info = nodes + page["nodes"], page["pageInfo"]
    return {**record, member: {"nodes": nodes}}
