"""Webhook subscriptions of the shop, and the ones this product needs.

Facts: shopify.dev, "webhook topics" and WebhookSubscriptionInput (2026-10); compliance topics exist in the app's own
configuration only. One topic and address exist once for each app and shop.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from connector.shopify.client import ShopifyClient


@dataclass(frozen=True, slots=True)
class Wanted:
    """One topic we need. `include_fields`: all of the body when empty; `updated_at` keeps equal bodies apart."""

    topic: str
    scope: str | None
    include_fields: tuple[str, ...] = ()

    @property
    def enum(self) -> str:
        """The topic as GraphQL spells it: `orders/create` → `ORDERS_CREATE`."""
        return self.topic.replace("/", "_").upper()

    @property
    def name(self) -> str:
        """The name our subscription carries in the shop, and its deliveries in a header."""
        return _OURS + self.topic.replace("/", "-").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription in the shop. `topic` as GraphQL spells it."""

    id: str
    topic: str
    uri: str
    name: str | None
    include_fields: tuple[str, ...]
    format: str = "JSON"
    filter: str | None = None


# What our names begin with.
_OURS = "ml-"
# What comes before a connection's key in the addresses of our receiver.
_RECEIVER = "/webhooks/shopify"
# Bodies that only say "look again" carry no more than that: nothing personal, and never megabytes.
_HINT = ("id", "updated_at")
_ITEM = ("id", "sku", "tracked", "updated_at")
_LEVEL = ("inventory_item_id", "location_id", "available", "updated_at")

NEEDED = (
    Wanted("orders/create", "read_orders"),
    Wanted("orders/updated", "read_orders"),
    Wanted("orders/cancelled", "read_orders"),
    Wanted("orders/edited", "read_orders"),
    Wanted("refunds/create", "read_orders"),
    Wanted("order_transactions/create", "read_orders"),
    Wanted("fulfillments/create", "read_fulfillments"),
    Wanted("fulfillments/update", "read_fulfillments"),
    Wanted("inventory_items/create", "read_inventory", _ITEM),
    Wanted("inventory_items/update", "read_inventory", _ITEM),
    Wanted("inventory_items/delete", "read_inventory"),
    Wanted("inventory_levels/connect", "read_inventory", _LEVEL),
    Wanted("inventory_levels/update", "read_inventory", _LEVEL),
    Wanted("inventory_levels/disconnect", "read_inventory"),
    Wanted("products/update", "read_products", _HINT),
    Wanted("customers/create", "read_customers", _HINT),
    Wanted("customers/update", "read_customers", _HINT),
    Wanted("locations/create", "read_locations", _HINT),
    Wanted("locations/update", "read_locations", _HINT),
    Wanted("locations/activate", "read_locations", _HINT),
    Wanted("locations/deactivate", "read_locations", _HINT),
    Wanted("locations/delete", "read_locations"),
    Wanted("bulk_operations/finish", None),
    Wanted("app/uninstalled", None),
)
# Can be done without: asked for where the scope was granted.
OPTIONAL = (Wanted("customers/merge", "read_customer_merge"),)
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")


def needed(scopes: Collection[str]) -> tuple[Wanted, ...]:
    """The topics that are needed with these scopes."""
    return (*NEEDED, *(wanted for wanted in OPTIONAL if wanted.scope in scopes))


def subscriptions(client: ShopifyClient) -> list[Subscription]:
    """Every subscription this app made in the shop by the API; those of its configuration are not shown."""
    found: list[Subscription] = []
    after: str | None = None
    while True:
        page = client.query("WebhookList", {"first": 100, "after": after})["webhookSubscriptions"]
        found += [_subscription(node) for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def subscribe(client: ShopifyClient, wanted: Wanted, uri: str) -> Subscription:
    """Makes a subscription. Raises Rejected with Shopify's own words, as for a scope that is missing."""
    payload = client.mutate("WebhookCreate", {"topic": wanted.enum, "sub": _input(wanted, uri)})
    return _subscription(payload["webhookSubscription"])


def change(client: ShopifyClient, found: Subscription, wanted: Wanted, uri: str) -> Subscription:
    """Gives a subscription the address and fields it should have. Raises Rejected with Shopify's own words."""
    sub = _input(wanted, uri) | ({"filter": ""} if found.filter else {})
    payload = client.mutate("WebhookUpdate", {"id": found.id, "sub": sub})
    return _subscription(payload["webhookSubscription"])


def is_ours(found: Subscription, uri: str) -> bool:
    """True for one that delivers to this address, or carries a name as we give it and is no other connection's."""
    return found.uri == uri or ((found.name or "").startswith(_OURS) and not _is_of_another(found.uri, uri))


def _is_of_another(address: str, uri: str) -> bool:
    """True for the address of another connection: two may share one shop, and each keeps its own subscriptions."""
    start, _, key = address.rpartition("/")
    return start.endswith(_RECEIVER) and key != uri.rpartition("/")[2]


def _input(wanted: Wanted, uri: str) -> dict[str, Any]:
    return {"uri": uri, "format": "JSON", "name": wanted.name, "includeFields": list(wanted.include_fields)}


def _subscription(node: dict[str, Any]) -> Subscription:
    return Subscription(
        id=node["id"],
        topic=node["topic"],
        uri=node["uri"],
        name=node.get("name"),
        include_fields=tuple(node.get("includeFields") or ()),
        format=node["format"],
        filter=node.get("filter") or None,
    )
