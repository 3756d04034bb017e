"""What is still to be shipped of an order, and from where: its fulfilment orders. Source: Admin GraphQL API 2026-10."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.shopify.client import ShopifyClient
from connector.shopify.reading import numeric, numeric_of, read

Json = Mapping[str, Any]

_PER_PAGE = 100
_CREATE = "CREATE_FULFILLMENT"
_OVER = ("CLOSED", "CANCELLED", "INCOMPLETE")


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Units of one order line that this fulfilment order is still to ship. `id` is its own, not the order line's."""

    id: str
    line_id: str
    remaining: int


@dataclass(frozen=True, slots=True)
class FulfillmentOrder:
    """What one location is to ship. `can_fulfill`: Shopify takes a fulfilment of it now.

    `holds`: why it is held; `fulfill_at`: until when it is scheduled, as Shopify writes it.
    """

    id: str
    status: str
    request_status: str
    location_id: str | None
    location_name: str
    can_fulfill: bool
    holds: tuple[str, ...]
    fulfill_at: str | None
    lines: tuple[OpenLine, ...]

    @classmethod
    def from_json(cls, data: Json) -> "FulfillmentOrder":
        """From a FulfillmentOrder whose lineItems are complete."""
        assigned = data["assignedLocation"]
        return cls(
            id=numeric(data["id"]),
            status=data["status"],
            request_status=data["requestStatus"],
            location_id=numeric_of(assigned.get("location")),
            location_name=assigned.get("name") or "",
            can_fulfill=any(item["action"] == _CREATE for item in data["supportedActions"]),
            holds=tuple(item.get("reasonNotes") or item["reason"] for item in data["fulfillmentHolds"]),
            fulfill_at=data.get("fulfillAt"),
            lines=tuple(
                OpenLine(numeric(item["id"]), numeric(item["lineItem"]["id"]), item["remainingQuantity"])
                for item in data["lineItems"]["nodes"]
            ),
        )

    @property
    def is_over(self) -> bool:
        """True when nothing more comes of it."""
        return self.status in _OVER


def fulfillment_orders(client: ShopifyClient, order_id: str) -> tuple[FulfillmentOrder, ...]:
    """All of an order that the app's scopes show; none before Shopify has routed the order. One query for ten."""
    return tuple(
        read(f"fulfilment order {node['id']}", FulfillmentOrder.from_json, _complete(client, node))
        for node in _nodes(client, order_id)
    )


def _nodes(client: ShopifyClient, order_id: str) -> Iterator[Json]:
    after = None
    while True:
        asked = {"id": f"gid://shopify/Order/{order_id}", "after": after}
        order = client.query("FulfillmentOrders", asked)["order"]
        if order is None:
            return
        page = order["fulfillmentOrders"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _complete(client: ShopifyClient, node: Json) -> Json:
    """The fulfilment order with all pages of its lines in one."""
    nodes, info = list(node["lineItems"]["nodes"]), node["lineItems"]["pageInfo"]
    while info["hasNextPage"]:
        asked = {"id": node["id"], "first": _PER_PAGE, "after": info["endCursor"]}
        page = client.query("FulfillmentOrderLines", asked)["fulfillmentOrder"]["lineItems"]
        nodes, info = nodes + page["nodes"], page["pageInfo"]
    return {**node, "lineItems": {"nodes": nodes}}
