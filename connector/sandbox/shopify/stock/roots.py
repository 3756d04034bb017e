"""The fields of the query and the mutation that are about stock and bulk operations."""

from typing import Any

from graphql import GraphQLSchema

from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.stock.inventory import Item
from connector.sandbox.shopify.stock.values import StockValues
from connector.sandbox.shopify.stock.writes import StockMutations
from connector.sandbox.shopify.webhooks import tell

Json = dict[str, Any]

# shopify.dev, "API access scopes" (2026-10).
NEEDED_FOR_STOCK = {
    "inventoryItem": "read_inventory",
    "inventoryItems": "read_inventory",
    "nodes": "read_inventory",
    "productVariants": "read_products",
    "inventorySetQuantities": "write_inventory",
    "inventoryActivate": "write_inventory",
}


def stock_fields(shop: Shop, schema: GraphQLSchema, others: Json) -> Json:
    """Resolvers of everything but the locations. `others`: what else a bulk operation may ask for."""
    writes = StockMutations(shop.inventory, shop.keys, lambda: shop.config.locations, lambda news: tell(shop, news))
    queries = stock_queries(shop)
    return queries | {
        "inventorySetQuantities": writes.set_quantities,
        "inventoryActivate": writes.activate,
        "bulkOperationRunQuery": lambda _info, query, **_: shop.bulk.run_query(schema, query),
        "bulkOperation": lambda _info, id: shop.bulk.find(id, queries | others, lambda news: tell(shop, news)),
    }


def stock_queries(shop: Shop) -> Json:
    """Resolvers of what is read, by a query or a bulk operation."""
    inventory, values = shop.inventory, StockValues(shop.inventory, shop.config.locations)

    def item(item_gid: str) -> Json | None:
        is_item = item_gid.startswith("gid://shopify/InventoryItem/")
        found: Item | None = inventory.find(int(item_gid.rpartition("/")[2])) if is_item else None
        return None if found is None else values.item(found)

    return {
        "inventoryItem": lambda _info, id: item(id),
        "nodes": lambda _info, ids: [item(one) for one in ids],
        "inventoryItems": lambda info, query=None, **rest: values.page(inventory.search(query), values.item)(
            info, **rest
        ),
        "productVariants": lambda info, query=None, **rest: values.page(inventory.search(query), values.variant)(
            info, **rest
        ),
    }
