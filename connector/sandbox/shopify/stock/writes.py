"""inventorySetQuantities and inventoryActivate: everything or nothing, once per key, compared with what stands there.

Where Shopify's documentation leaves open what happens, the stricter reading is taken: one bad row writes none, and an item
that is not stocked at a location is refused like a location that does not exist.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from connector.sandbox.shopify.stock.idempotency import Info, KeyRefusedError, Keys, asked_key
from connector.sandbox.shopify.stock.inventory import Inventory, Item, Level, level_body
from connector.sandbox.shopify.stock.values import level_value, location_reference
from connector.sandbox.shopify.values.parts import TooManyError, gid

Json = dict[str, Any]
Tell = Callable[[list[Json]], None]

_REASONS = frozenset(
    {
        "correction", "cycle_count_available", "damaged", "movement_created", "movement_updated", "movement_received",
        "movement_canceled", "other", "promotion", "quality_control", "received", "reservation_created",
        "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
    }
)  # fmt: skip
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]+/\S+")
_MOST_ROWS = 250
_HIGHEST = 1_000_000_000
_MESSAGES = {
    "CHANGE_FROM_QUANTITY_STALE": "The changeFromQuantity value does not match persisted value.",
    "INVALID_INVENTORY_ITEM": "The specified inventory item could not be found.",
    "INVALID_LOCATION": "The specified location could not be found.",
    "INVALID_NAME": "The quantity name must be either 'available' or 'on_hand'.",
    "INVALID_QUANTITY_NEGATIVE": "The quantity can't be negative.",
    "INVALID_QUANTITY_TOO_HIGH": "The total quantity can't be higher than 1,000,000,000.",
    "INVALID_REASON": "The specified reason is invalid.",
    "INVALID_REFERENCE_DOCUMENT": "The specified reference document is invalid.",
    "NON_MUTABLE_INVENTORY_ITEM": "The specified inventory item is not allowed to be adjusted via API.",
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": "The combination of inventoryItemId and locationId must be unique.",
}


class BadRequestError(Exception):
    """An argument that the schema allows and Shopify does not."""


class StockMutations:
    """The resolvers. `locations` are those of the shop's configuration; `tell` gets the webhooks."""

    def __init__(self, inventory: Inventory, keys: Keys, locations: Callable[[], list[Json]], tell: Tell) -> None:
        self._inventory = inventory
        self._keys = keys
        self._locations = locations
        self._tell = tell

    def set_quantities(self, info: Info, input: Json) -> Json:
        """inventorySetQuantities."""
        if len(input["quantities"]) > _MOST_ROWS:
            raise TooManyError(f"The input array size of {len(input['quantities'])} is greater than {_MOST_ROWS}.")
        if any("changeFromQuantity" not in row for row in input["quantities"]):
            raise BadRequestError("The argument changeFromQuantity must be included.")
        key = asked_key(info)
        try:
            return self._keys.once(key, ["set", input], self._inventory.now(), lambda: self._set(input, key))
        except KeyRefusedError as refused:
            error = {"field": None, "code": refused.code, "message": str(refused)}
            return {"inventoryAdjustmentGroup": None, "userErrors": [error]}

    def activate(self, info: Info, **asked: Any) -> Json:
        """inventoryActivate; its errors have no codes."""
        key = asked_key(info)
        try:
            return self._keys.once(key, ["activate", asked], self._inventory.now(), lambda: self._activate(asked, key))
        except KeyRefusedError as refused:
            return _not_active(None, str(refused))

    def _set(self, asked: Json, key: str) -> Json:
        with self._inventory.lock:
            errors = [*self._asked_wrongly(asked), *self._wrong_rows(asked)]
            if errors:
                return {"inventoryAdjustmentGroup": None, "userErrors": errors}
            changes: list[Json] = []
            news: list[Json] = []
            for row in asked["quantities"]:
                item, level = self._row(row)
                if item is None or level is None:
                    raise AssertionError("a row was written that was found wrong")
                delta = row["quantity"] - _now(level, asked["name"])
                why = {
                    "by": "app",
                    "key": key,
                    "reason": asked["reason"],
                    "reference": asked.get("referenceDocumentUri"),
                }
                news += self._inventory.write(item, level, level.available + delta, why)
                if delta:
                    changes += _changes(item, level, delta)
        self._tell(news)
        return {"inventoryAdjustmentGroup": _group(asked, changes) if changes else None, "userErrors": []}

    def _asked_wrongly(self, asked: Json) -> Iterator[Json]:
        if asked["name"] not in ("available", "on_hand"):
            yield _error("INVALID_NAME", "name")
        if asked["reason"] not in _REASONS:
            yield _error("INVALID_REASON", "reason")
        reference = asked.get("referenceDocumentUri")
        if reference is not None and not _URI.fullmatch(reference):
            yield _error("INVALID_REFERENCE_DOCUMENT", "referenceDocumentUri")

    def _wrong_rows(self, asked: Json) -> Iterator[Json]:
        seen = set()
        for position, row in enumerate(asked["quantities"]):
            pair = row["inventoryItemId"], row["locationId"]
            if pair in seen:
                yield _error("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "quantities", position)
            elif problem := self._problem(row, asked["name"]):
                yield _error(problem[0], "quantities", position, problem[1])
            seen.add(pair)

    def _problem(self, row: Json, name: str) -> tuple[str, str] | None:
        """What is wrong with one row: a code and the member."""
        item, level = self._row(row)
        if item is None:
            return "INVALID_INVENTORY_ITEM", "inventoryItemId"
        if item.is_bundle or not item.tracked:
            return "NON_MUTABLE_INVENTORY_ITEM", "inventoryItemId"
        if level is None or not level.is_active:
            return "INVALID_LOCATION", "locationId"
        if row["quantity"] < 0:
            return "INVALID_QUANTITY_NEGATIVE", "quantity"
        if row["quantity"] > _HIGHEST:
            return "INVALID_QUANTITY_TOO_HIGH", "quantity"
        expected = row["changeFromQuantity"]
        if name in ("available", "on_hand") and expected is not None and expected != _now(level, name):
            return "CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity"
        return None

    def _row(self, row: Json) -> tuple[Item | None, Level | None]:
        item = self._inventory.find(_number(row["inventoryItemId"], "InventoryItem"))
        location = _number(row["locationId"], "Location")
        return item, None if item is None else item.levels.get(location)

    def _activate(self, asked: Json, key: str) -> Json:
        with self._inventory.lock:
            item = self._inventory.find(_number(asked["inventoryItemId"], "InventoryItem"))
            number = _number(asked["locationId"], "Location")
            place = next((found for found in self._locations() if found["id"] == number), None)
            if item is None:
                return _not_active("inventoryItemId", "The inventory item could not be found.")
            if place is None or not place.get("isActive", True):
                return _not_active("locationId", "The location could not be found.")
            level = item.levels.get(number)
            if level is not None and level.is_active and asked.get("available") is not None:
                return _not_active(
                    "available", "Not allowed to set available quantity when the item is already active."
                )
            is_new = level is None or not level.is_active
            level = item.levels.setdefault(number, Level(number, 0, self._inventory.now()))
            level.is_active = True
            level.updated_at = self._inventory.now()
            news = [_connect(item, level)] if is_new else []
            if asked.get("available") is not None:
                news += self._inventory.write(item, level, asked["available"], {"by": "app", "key": key})
        self._tell(news)
        return {"inventoryLevel": level_value(item, level, place["name"]), "userErrors": []}


def _connect(item: Item, level: Level) -> Json:
    return {"topic": "inventory_levels/connect", "order_id": None, "body": level_body(item, level)}


def _now(level: Level, name: str) -> int:
    return level.on_hand if name == "on_hand" else level.available


def _group(asked: Json, changes: list[Json]) -> Json:
    return {
        "id": gid("InventoryAdjustmentGroup", 1),
        "createdAt": changes[0]["at"],
        "reason": asked["reason"],
        "referenceDocumentUri": asked.get("referenceDocumentUri"),
        "changes": lambda _info, quantityNames=None, **_: [
            change for change in changes if not quantityNames or change["name"] in quantityNames
        ],
    }


def _changes(item: Item, level: Level, delta: int) -> list[Json]:
    """Both quantities move: on_hand follows available."""
    both = (("available", level.available), ("on_hand", level.on_hand))
    return [
        {
            "at": level.updated_at.isoformat(), "name": name, "delta": delta, "quantityAfterChange": after,
            "item": {"id": gid("InventoryItem", item.id)}, "location": location_reference(level.location_id),
        }
        for name, after in both
    ]  # fmt: skip


def _error(code: str, member: str, position: int | None = None, inner: str | None = None) -> Json:
    path = ["input", member, *([] if position is None else [str(position)]), *([inner] if inner else [])]
    return {"field": path, "code": code, "message": _MESSAGES[code]}


def _not_active(member: str | None, message: str) -> Json:
    return {"inventoryLevel": None, "userErrors": [{"field": [member] if member else None, "message": message}]}


def _number(text: str, kind: str) -> int:
    """The number of a global id of one kind, 0 for any other text."""
    start = f"gid://shopify/{kind}/"
    digits = text.removeprefix(start)
    return int(digits) if text.startswith(start) and digits.isdecimal() else 0
