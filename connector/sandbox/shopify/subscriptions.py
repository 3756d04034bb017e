"""The shop's webhook subscriptions and their mutations."""

import itertools
import re
import threading
from collections.abc import Iterable
from typing import Any

from connector.sandbox.shopify.values.parts import gid

Json = dict[str, Any]

# The scope a topic needs, by the beginning of its enum; shopify.dev, "webhook topics" (2026-10).
_SCOPES = {
    "ORDERS_": "read_orders",
    "REFUNDS_": "read_orders",
    "ORDER_TRANSACTIONS_": "read_orders",
    "FULFILLMENTS_": "read_fulfillments",
    "INVENTORY_": "read_inventory",
    "PRODUCTS_": "read_products",
    "CUSTOMERS_MERGE": "read_customer_merge",
    "CUSTOMERS_": "read_customers",
    "LOCATIONS_": "read_locations",
}
# shopify.dev, "webhook subscription name" (2026-04).
_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")
_TAKEN = "Address for this topic has already been taken"


class Subscriptions:
    """Subscriptions by id; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1101)
        self._standing: dict[str, Json] = {}

    def every(self) -> list[Json]:
        """All of them, oldest first."""
        with self._lock:
            return list(self._standing.values())

    def create(self, topic: str, wanted: Json, scopes: list[str]) -> Json:
        """webhookSubscriptionCreate."""
        scope = next((needed for start, needed in _SCOPES.items() if topic.startswith(start)), None)
        with self._lock:
            if scope is not None and scope not in scopes:
                return _refused("topic", f"The app lacks the scope {scope} for this topic")
            if problem := _problem(topic, wanted, self._standing.values()):
                return _refused("uri", problem)
            made = {
                "id": gid("WebhookSubscription", next(self._numbers)),
                "topic": topic,
                "uri": wanted["uri"],
                "format": wanted.get("format") or "JSON",
                "name": wanted.get("name"),
                "filter": wanted.get("filter"),
                "includeFields": wanted.get("includeFields") or [],
                "metafieldNamespaces": [],
                "createdAt": "2026-11-24T00:00:00Z",
                "updatedAt": "2026-11-24T00:00:00Z",
                "apiVersion": {"handle": "2026-10"},
            }
            self._standing[made["id"]] = made
            return {"webhookSubscription": made, "userErrors": []}

    def update(self, subscription_id: str, wanted: Json) -> Json:
        """webhookSubscriptionUpdate."""
        with self._lock:
            found = self._standing.get(subscription_id)
            if found is None:
                return _refused("id", "Webhook subscription does not exist")
            others = [item for item in self._standing.values() if item is not found]
            if problem := _problem(found["topic"], found | wanted, others):
                return _refused("uri", problem)
            found.update({name: value for name, value in wanted.items() if value is not None})
            return {"webhookSubscription": found, "userErrors": []}

    def drop(self, topics: list[str]) -> None:
        """Subscriptions vanish silently, as after eight failed deliveries."""
        with self._lock:
            self._standing = {key: item for key, item in self._standing.items() if item["topic"] not in topics}


def _problem(topic: str, wanted: Json, others: Iterable[Json]) -> str | None:
    """Why a subscription is not taken as it is wanted, or None."""
    uri = wanted.get("uri") or ""
    if not uri.startswith(("https://", "http://127.0.0.1")):
        return "Address protocol http:// is not supported"
    if (name := wanted.get("name")) and not _NAME.fullmatch(name):
        return "Name is invalid"
    return _TAKEN if any(item["topic"] == topic and item["uri"] == uri for item in others) else None


def _refused(field: str, message: str) -> Json:
    return {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription", field], "message": message}]}
