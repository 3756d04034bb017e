"""Inventory as the values GraphQL resolves: items, variants, levels, quantities."""

from collections.abc import Callable, Sequence
from typing import Any

from connector.sandbox.shopify.stock.inventory import Inventory, Item, Level
from connector.sandbox.shopify.values.parts import EVERYTHING, checked, connection_of, gid

Json = dict[str, Any]


class StockValues:
    """Makes values of one shop's inventory; `locations` are those of its configuration."""

    def __init__(self, inventory: Inventory, locations: Sequence[Json]) -> None:
        self._inventory = inventory
        self._names = {place["id"]: place["name"] for place in locations}

    def item(self, item: Item) -> Json:
        """An InventoryItem."""
        return {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", item.id),
            "legacyResourceId": str(item.id),
            "sku": item.sku,
            "tracked": item.tracked,
            "createdAt": item.updated_at.isoformat(),
            "updatedAt": item.updated_at.isoformat(),
            "requiresShipping": True,
            "duplicateSkuCount": lambda _info: len(self._inventory.with_sku(item.sku)) - 1 if item.sku else 0,
            "inventoryLevel": lambda _info, locationId, includeInactive=False: self._level_at(
                item, locationId, includeInactive
            ),
            "inventoryLevels": lambda info, includeInactive=False, **rest: connection_of(
                self._levels(item, includeInactive)
            )(info, **rest),
            "variants": lambda info, **rest: connection_of([self.variant(item)])(info, **rest),
        }

    def variant(self, item: Item) -> Json:
        """The ProductVariant of an item."""
        product = {"__typename": "Product", "id": gid("Product", item.product_id), "status": "ACTIVE"}
        return {
            "__typename": "ProductVariant",
            "id": gid("ProductVariant", item.variant_id),
            "legacyResourceId": str(item.variant_id),
            "sku": item.sku,
            "title": "Default Title",
            "displayName": item.sku or "",
            "product": product | {"title": item.sku or "", "legacyResourceId": str(item.product_id)},
            "inventoryItem": lambda _info: self.item(item),
        }

    def page(self, items: Sequence[Item], make: Callable[[Item], Json]) -> Callable[..., Json]:
        """A connection whose values are only made for the page that is asked for."""

        def page(info: object, first: int | None = None, after: str | None = None, **_: object) -> Json:
            start = int(after.removeprefix("c")) if after else 0
            end = len(items) if info is EVERYTHING else start + checked(first)
            nodes = [make(item) for item in items[start:end]]
            cursor = f"c{min(end, len(items))}" if items else None
            told = {"hasNextPage": end < len(items), "hasPreviousPage": start > 0, "endCursor": cursor}
            return {"nodes": nodes, "edges": [{"node": node} for node in nodes], "pageInfo": told}

        return page

    def _levels(self, item: Item, include_inactive: bool) -> list[Json]:
        return [
            level_value(item, level, self._names.get(level.location_id, ""))
            for level in item.levels.values()
            if level.is_active or include_inactive
        ]

    def _level_at(self, item: Item, location_gid: str, include_inactive: bool) -> Json | None:
        level = item.levels.get(int(location_gid.rpartition("/")[2]))
        if level is None or not (level.is_active or include_inactive):
            return None
        return level_value(item, level, self._names.get(level.location_id, ""))


def level_value(item: Item, level: Level, name: str) -> Json:
    """An InventoryLevel."""
    return {
        "__typename": "InventoryLevel",
        "id": f"gid://shopify/InventoryLevel/{level.location_id}?inventory_item_id={item.id}",
        "isActive": level.is_active,
        "createdAt": level.updated_at.isoformat(),
        "updatedAt": level.updated_at.isoformat(),
        "item": {"id": gid("InventoryItem", item.id), "sku": item.sku, "tracked": item.tracked},
        "location": location_reference(level.location_id) | {"name": name},
        "quantities": lambda _info, names: [_quantity(item, level, name) for name in names],
    }


def location_reference(location_id: int) -> Json:
    """A Location of which only the id matters."""
    return {"id": gid("Location", location_id), "legacyResourceId": str(location_id)}


def _quantity(item: Item, level: Level, name: str) -> Json:
    known = {"available": level.available, "on_hand": level.on_hand, "committed": level.committed}
    number = f"gid://shopify/InventoryQuantity/{level.location_id}?inventory_item_id={item.id}&name={name}"
    return {"id": number, "name": name, "quantity": known.get(name, 0), "updatedAt": level.updated_at.isoformat()}
