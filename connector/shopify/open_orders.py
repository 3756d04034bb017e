"""Which orders of many still hold units in the shop, without reading each of them. Source: Admin GraphQL API 2026-10."""

from collections.abc import Sequence

from connector.shopify.client import ShopifyClient
from connector.shopify.reading import Json, numeric

# An order that is named costs a point, so a call costs a tenth of the smallest shop's bucket.
_PER_CALL = 200
_NOTHING_LEFT = ("FULFILLED", "RESTOCKED", "FULFILLMENT_NOT_REQUIRED")


def open_orders(client: ShopifyClient, order_ids: Sequence[str]) -> set[str]:
    """Those that were neither cancelled nor shipped whole; one that is gone is not among them."""
    found = set[str]()
    for start in range(0, len(order_ids), _PER_CALL):
        ids = [f"gid://shopify/Order/{order_id}" for order_id in order_ids[start : start + _PER_CALL]]
        nodes = client.query("OrdersOfIds", {"ids": ids})["nodes"]
        found |= {numeric(node["id"]) for node in nodes if node is not None and _is_open(node)}
    return found


def _is_open(node: Json) -> bool:
    return node["cancelledAt"] is None and node["displayFulfillmentStatus"] not in _NOTHING_LEFT
