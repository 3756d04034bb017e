"""Webhook subscriptions of the shop, and the ones this product needs.

Facts: shopify.dev, "webhook topics" and WebhookSubscriptionInput (2026-10); compliance topics exist in the app's own
configuration only. One topic and address exist once for each app and shop.
"""

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
        return "ml-" + self.topic.replace("/", "-").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription in the shop. `topic` as GraphQL spells it."""

    id: str
    topic: str
    uri: str
    name: str | None
    include_fields: tuple[str, ...]


# Bodies that only say "look again" carry no more than that: nothing personal, and never megabytes.
_HINT = ("id", "updated_at")

NEEDED = (
    Wanted("orders/create", "read_orders"),
    Wanted("orders/updated", "read_orders"),
    Wanted("orders/cancelled", "read_orders"),
    Wanted("orders/edited", "read_orders"),
    Wanted("refunds/create", "read_orders"),
    Wanted("order_transactions/create", "read_orders"),
    Wanted("fulfillments/create", "read_fulfillments"),
    Wanted("fulfillments/update", "read_fulfillments"),
    Wanted("inventory_items/update", "read_inventory", ("id", "sku", "updated_at")),
    Wanted("products/update", "read_products", _HINT),
    Wanted("customers/update", "read_customers", _HINT),
    Wanted("locations/create", "read_locations", _HINT),
    Wanted("locations/update", "read_locations", _HINT),
    Wanted("locations/activate", "read_locations", _HINT),
    Wanted("locations/deactivate", "read_locations", _HINT),
    Wanted("locations/delete", "read_locations"),
    Wanted("bulk_operations/finish", None),
    Wanted("app/uninstalled", None),
)
COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")


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


def change(client: ShopifyClient, subscription_id: str, wanted: Wanted, uri: str) -> None:
    """Gives a subscription the address and fields it should have."""
    client.mutate("WebhookUpdate", {"id": subscription_id, "sub": _input(wanted, uri)})


def _input(wanted: Wanted, uri: str) -> dict[str, Any]:
    return {"uri": uri, "format": "JSON", "name": wanted.name, "includeFields": list(wanted.include_fields)}


def _subscription(node: dict[str, Any]) -> Subscription:
    return Subscription(
        node["id"], node["topic"], node["uri"], node.get("name"), tuple(node.get("includeFields") or ())
    )
