"""Stock in the shop: quantities set and compared, items stocked at a location, levels and items read.

Facts: Admin API 2026-10. Every write needs an idempotency key, which Shopify keeps for 24 hours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from connector.shopify.reading import Json, moment, numeric, read
from connector.shopify.refusals import Refusal, refusals

T = TypeVar("T")

# What one call may hold (shopify.dev, "limits").
ROWS_PER_CALL = 250
# A query for so many items with a level and its quantities stays below the 1,000 points one may cost.
IDS_PER_CALL = 250

STALE = "CHANGE_FROM_QUANTITY_STALE"
KEY_IN_USE = "IDEMPOTENCY_CONCURRENT_REQUEST"
KEY_FAILED = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"

_ITEM = "gid://shopify/InventoryItem/"
_LOCATION = "gid://shopify/Location/"


class Shop(Protocol):
    """What answers operations; connector.shopify.client.ShopifyClient is one."""

    def query(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of one query."""

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of one mutation, with its userErrors."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What shall be available of an item at a location. `was`: what it must be now; None: whatever it is."""

    item: int
    location: int
    quantity: int
    was: int | None


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """An inventory item of the shop. `sku` is empty where it has none."""

    id: int
    sku: str
    tracked: bool
    variant: int | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """What is available of an item at a location; `available` is None where it is not stocked or not tracked."""

    item: int
    location: int
    available: int | None
    updated_at: datetime | None
    sku: str = ""
    tracked: bool = True


def set_available(
    shop: Shop, rows: Sequence[Quantity], *, key: str, reference: str, reason: str = "correction"
) -> tuple[Refusal, ...]:
    """Sets up to 250 quantities in one call, all of them or, when anything is refused, none; what is refused, by position.

    `key` makes a repetition harmless; `reference` is a URI that the shop's inventory history shows.
    """
    quantities = [
        {
            "inventoryItemId": f"{_ITEM}{row.item}",
            "locationId": f"{_LOCATION}{row.location}",
            "quantity": row.quantity,
            # Must be there, None too: Shopify's schema does not say so.
            "changeFromQuantity": row.was,
        }
        for row in rows
    ]
    asked = {"name": "available", "reason": reason, "referenceDocumentUri": reference, "quantities": quantities}
    return refusals(shop.attempt("InventorySet", {"input": asked, "key": key}))


def activate(shop: Shop, item: int, location: int, available: int, *, key: str) -> tuple[Refusal, ...]:
    """Stocks an item at a location with a first quantity; what is refused, without codes."""
    variables = {"itemId": f"{_ITEM}{item}", "locationId": f"{_LOCATION}{location}", "available": available, "key": key}
    return refusals(shop.attempt("InventoryActivate", variables))


def levels(shop: Shop, items: Sequence[int], location: int) -> Iterator[Level]:
    """What stands at a location now, for each of the items that exists; 250 items a call."""
    for chunk in _chunks(items, IDS_PER_CALL):
        variables = {"ids": [f"{_ITEM}{item}" for item in chunk], "locationId": f"{_LOCATION}{location}"}
        for node in shop.query("InventoryItemsByIds", variables)["nodes"]:
            if node is not None and node["__typename"] == "InventoryItem":
                yield read("inventory level", lambda data: _level_of(data, location), node)


def level_line(data: Json) -> Level:
    """A level out of a bulk operation's file, where the item is its parent."""
    item = int(numeric(data["__parentId"]))
    return Level(item, int(numeric(data["location"]["id"])), _available(data), moment(data["updatedAt"]))


def item_line(data: Json) -> InventoryItem:
    """An inventory item out of a bulk operation's file."""
    return InventoryItem(int(numeric(data["id"])), data.get("sku") or "", bool(data["tracked"]))


def variant_line(data: Json) -> InventoryItem:
    """The inventory item of a variant out of a bulk operation's file."""
    inner = data["inventoryItem"]
    variant = int(numeric(data["id"]))
    return InventoryItem(int(numeric(inner["id"])), data.get("sku") or "", bool(inner["tracked"]), variant)


def _chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _level_of(data: Json, location: int) -> Level:
    found = data["inventoryLevel"]
    available = None if found is None else _available(found)
    updated_at = None if found is None else moment(found["updatedAt"])
    return Level(int(numeric(data["id"])), location, available, updated_at, data.get("sku") or "", data["tracked"])


def _available(data: Json) -> int | None:
    if not data["isActive"]:
        return None
    return next((int(item["quantity"]) for item in data["quantities"] if item["name"] == "available"), None)
