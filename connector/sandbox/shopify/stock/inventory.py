"""Inventory items and their levels: what is available, what open orders hold, and every change with who made it.

on_hand = available + committed + unavailable (reserved, damaged, safety stock, quality control).
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from connector.sandbox.shopify.stock.moves import Moves, Place
from connector.sandbox.shopify.stock.search import SkuIndex

Json = dict[str, Any]


@dataclass(slots=True)
class Item:
    """An inventory item with its variant and product."""

    id: int
    sku: str | None
    variant_id: int
    product_id: int
    tracked: bool
    updated_at: datetime
    # A parent of a bundle: its stock follows from its parts.
    is_bundle: bool = False
    is_deleted: bool = False
    levels: "dict[int, Level]" = field(default_factory=dict)


@dataclass(slots=True)
class Level:
    """Stock of an item at a location."""

    location_id: int
    available: int
    updated_at: datetime
    committed: int = 0
    unavailable: int = 0
    is_active: bool = True

    @property
    def on_hand(self) -> int:
        """Everything that lies there."""
        return self.available + self.committed + self.unavailable


class Inventory:
    """Thread-safe. `now` can be set to another clock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.items: dict[int, Item] = {}
        self.history: list[Json] = []
        self._index = SkuIndex()
        self._numbers = count(4_600_000_000_001)
        self._moves: dict[int, Moves] = {}

    def load(self, items: Iterable[Json]) -> None:
        """Adds items: sku, and where wanted id, variant_id, product_id, tracked, is_bundle, and levels by location."""
        with self.lock:
            now = self.now()
            for given in items:
                number = given.get("id") or next(self._numbers)
                levels = {
                    int(place): Level(int(place), units, now) for place, units in (given.get("levels") or {}).items()
                }
                variant = given.get("variant_id") or number + 1_000_000_000
                product, tracked = given.get("product_id") or variant + 1_000_000_000, given.get("tracked", True)
                made = Item(number, given["sku"], variant, product, tracked, now, given.get("is_bundle", False))
                made.levels = levels
                self.items[number] = made
                self._index.add(made.id, made.sku)

    def find(self, item_id: int) -> Item | None:
        """An item that was not deleted, or None."""
        found = self.items.get(item_id)
        return None if found is None or found.is_deleted else found

    def standing(self) -> list[Item]:
        """All that were not deleted, oldest first."""
        with self.lock:
            return [item for item in self.items.values() if not item.is_deleted]

    def with_sku(self, sku: str | None) -> list[Item]:
        """Those with exactly this SKU."""
        return [item for item in self._found(self._index.exact(sku)) if item.sku == sku]

    def search(self, query: str | None) -> list[Item]:
        """What the search for `sku:'A' OR sku:'B'` gives, which may be more than these SKUs."""
        if not query:
            return self.standing()
        return self._found(self._index.search(query))

    def change_item(self, asked: Json) -> list[Json]:
        """`sku` or `tracked` of item `id` change; the webhooks of it."""
        with self.lock:
            item = self.items[asked["id"]]
            item.updated_at = self.now()
            item.tracked = asked.get("tracked", item.tracked)
            if "sku" in asked:
                item.sku = asked["sku"]
                self._index.add(item.id, item.sku)
            product = {"id": item.product_id, "updated_at": _text(item.updated_at)}
            variant = {"id": item.variant_id, "sku": item.sku, "inventory_item_id": item.id}
            return [
                _news("inventory_items/update", _item_body(item)),
                _news("products/update", product | {"variants": [variant]}),
            ]

    def delete_item(self, asked: Json) -> list[Json]:
        """Item `id` goes with its variant; the webhooks of it."""
        with self.lock:
            item = self.items[asked["id"]]
            item.is_deleted = True
            item.updated_at = self.now()
            return [_news("inventory_items/delete", {"id": item.id})]

    def adjust(self, asked: Json) -> list[Json]:
        """Somebody else (`by`) changes `item` at `location`: `available` becomes so much, or `delta` is added."""
        with self.lock:
            level = self.items[asked["item"]].levels[asked["location"]]
            units = asked["available"] if "available" in asked else level.available + asked["delta"]
            return self.write(self.items[asked["item"]], level, units, {"by": asked.get("by", "a person")})

    def write(self, item: Item, level: Level, available: int, why: Json) -> list[Json]:
        """Sets what is available and writes it down; the webhooks of it. The caller holds the lock."""
        delta = available - level.available
        if not delta:
            return []
        level.available, level.updated_at = available, self.now()
        self._note(item, level, delta, why)
        return [_news("inventory_levels/update", level_body(item, level))]

    def follow(self, order: Json) -> list[Json]:
        """Takes over what an order holds and took, as it is now; the webhooks of it."""
        with self.lock:
            before = self._moves.get(order["id"], Moves({}, {}, {}))
            after = Moves.of(order, before, self._assigned)
            self._moves[order["id"]] = after
            news: list[Json] = []
            for (item_id, location_id), (committed, taken) in after.since(before).items():
                item = self.items[item_id]
                level = item.levels[location_id]
                level.committed += committed
                why = {"by": f"order {order['name']}", "committed": committed}
                news += self.write(item, level, level.available - committed - taken, why)
            return news

    def ledger(self) -> Json:
        """Every level, and every change of one."""
        with self.lock:
            return {
                "levels": [
                    _ledger_level(item, level) for item in self.items.values() for level in item.levels.values()
                ],
                "history": list(self.history),
            }

    def _found(self, numbers: Iterable[int]) -> list[Item]:
        with self.lock:
            return [item for number in sorted(numbers) if (item := self.find(number)) is not None]

    def _assigned(self, line: Json, order: Json) -> Place | None:
        """From where a line ships: the order's own location, else the first that has enough, else the first at all."""
        known = self.with_sku(line.get("sku")) if line.get("sku") else []
        item = next((item for item in known if item.variant_id == line.get("variant_id")), known[0] if known else None)
        if item is None or not item.tracked:
            return None
        active = [level for level in item.levels.values() if level.is_active]
        if not active:
            return None
        own = [level for level in active if level.location_id == order.get("location_id")]
        enough = [level for level in active if level.available >= line["quantity"]]
        return item.id, (own or enough or active)[0].location_id

    def _note(self, item: Item, level: Level, delta: int, why: Json) -> None:
        self.history.append(
            {
                "at": _text(level.updated_at), "item": item.id, "sku": item.sku, "location": level.location_id,
                "delta": delta, "available": level.available, "on_hand": level.on_hand, **why,
            }
        )  # fmt: skip


def level_body(item: Item, level: Level) -> Json:
    """A level as webhooks show it."""
    return {
        "inventory_item_id": item.id,
        "location_id": level.location_id,
        "available": level.available if item.tracked else None,
        "updated_at": _text(level.updated_at),
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{level.location_id}?inventory_item_id={item.id}",
    }


def _item_body(item: Item) -> Json:
    return {
        "id": item.id,
        "sku": item.sku,
        "created_at": _text(item.updated_at),
        "updated_at": _text(item.updated_at),
        "requires_shipping": True,
        "cost": None,
        "tracked": item.tracked,
        "admin_graphql_api_id": f"gid://shopify/InventoryItem/{item.id}",
    }


def _ledger_level(item: Item, level: Level) -> Json:
    return {
        "item": item.id,
        "sku": item.sku,
        "location": level.location_id,
        "available": level.available,
        "committed": level.committed,
        "on_hand": level.on_hand,
        "is_active": level.is_active,
        "tracked": item.tracked,
        "is_deleted": item.is_deleted,
    }


def _news(topic: str, body: Json) -> Json:
    return {"topic": topic, "order_id": None, "body": body}


def _text(moment: datetime) -> str:
    """To the second, as Shopify tells it."""
    return moment.isoformat(timespec="seconds")
