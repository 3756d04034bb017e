"""What the fields of a query or mutation give: the shop, its orders, customers, locations and subscriptions."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLSchema

from connector.sandbox.shopify.draft_writes import draft_fields
from connector.sandbox.shopify.fulfillment_writes import fulfillment_mutations, fulfillment_orders
from connector.sandbox.shopify.order_writes import order_mutations
from connector.sandbox.shopify.person_writes import person_mutations
from connector.sandbox.shopify.search import searched
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.stock.roots import NEEDED_FOR_STOCK, stock_fields
from connector.sandbox.shopify.values.life import fulfillment_values, refund_values
from connector.sandbox.shopify.values.orders import order_value
from connector.sandbox.shopify.values.parts import connection_of, gid
from connector.sandbox.shopify.values.people import customer_value

Json = dict[str, Any]

# The scope without which a field of the root is refused; shopify.dev, "API access scopes" (2026-10).
_NEEDED = {
    "order": "read_orders",
    "orders": "read_orders",
    "ordersCount": "read_orders",
    "refund": "read_orders",
    "fulfillment": "read_fulfillments",
    "customer": "read_customers",
    "customers": "read_customers",
    "locations": "read_locations",
    "fulfillmentCreate": "write_merchant_managed_fulfillment_orders",
    "fulfillmentTrackingInfoUpdate": "write_merchant_managed_fulfillment_orders",
    "fulfillmentCancel": "write_merchant_managed_fulfillment_orders",
    "orderMarkAsPaid": "write_orders",
    "orderCapture": "write_orders",
    "orderCancel": "write_orders",
    "productVariants": "read_products",
    "draftOrder": "read_draft_orders",
    "draftOrders": "read_draft_orders",
    "draftOrderCreate": "write_draft_orders",
    "draftOrderUpdate": "write_draft_orders",
    "draftOrderComplete": "write_draft_orders",
    "draftOrderDelete": "write_draft_orders",
    "customerUpdate": "write_customers",
    "company": "read_customers",
    "companyUpdate": "write_customers",
    "companyLocationTaxSettingsUpdate": "write_customers",
    # These two need the scope of what they are about; here that is an order.
    "tagsAdd": "write_orders",
    "metafieldsSet": "write_orders",
} | NEEDED_FOR_STOCK


class AccessDeniedError(Exception):
    """The app was not granted the scope of a field."""

    def __init__(self, name: str, scope: str) -> None:
        super().__init__(f"Access denied for {name} field. Required access: `{scope}` access scope.")
        self.scope = scope


def _order(shop: Shop, order_gid: str) -> Json | None:
    found = shop.order(_number(order_gid))
    if found is None:
        return None
    return order_value(*found, shop.config.companies) | {
        "fulfillmentOrders": lambda info, **rest: fulfillment_orders(shop, found[0])(info, **rest)
    }


def _nodes(shop: Shop, items: Callable[..., list[Json | None]]) -> Callable[..., list[Json | None]]:
    """Orders, and `items` of the inventory, each where its id was asked for."""

    def node(info: object, one: str) -> Json | None:
        return _order(shop, one) if one.startswith("gid://shopify/Order/") else items(info, ids=[one])[0]

    return lambda info, ids: [node(info, one) for one in ids]


def _part(shop: Shop, member: str, part_gid: str, values: Callable[[Json, list[Json]], list[Json]]) -> Json | None:
    """A refund or fulfilment of whichever order has it."""
    number = _number(part_gid)
    for order, transactions in shop.orders():
        if any(item["id"] == number for item in order.get(member) or []):
            return next(value for value in values(order, transactions) if value["id"] == part_gid)
    return None


def _number(gid_text: str) -> int:
    return int(gid_text.rpartition("/")[2])


def orders_field(shop: Shop) -> Callable[..., Json]:
    """Resolver of the shop's orders, for a query or a bulk operation."""
    return lambda info, query=None, sortKey="PROCESSED_AT", reverse=False, **rest: connection_of(
        searched(shop.findable(), query, sortKey, reverse=reverse)
    )(info, value=lambda found: order_value(found[0], found[1], shop.config.companies), **rest)


def root(shop: Shop, schema: GraphQLSchema) -> Json:
    """Resolvers of the query and mutation fields that the operations use."""
    config = shop.config
    locations = [
        {"id": gid("Location", item["id"]), "name": item["name"], "isActive": item.get("isActive", True)}
        for item in config.locations
    ]
    fields: Json = {
        "order": lambda _info, id: _order(shop, id),
        "orders": orders_field(shop),
        "ordersCount": lambda _info, query=None, limit=10_000, **_: _count(shop, query, limit),
        "refund": lambda _info, id: _part(shop, "refunds", id, refund_values),
        "fulfillment": lambda _info, id: _part(shop, "fulfillments", id, lambda order, _: fulfillment_values(order)),
        "customers": lambda info, query=None, sortKey="ID", reverse=False, **rest: connection_of(
            searched([(one, []) for one in shop.customers.every()], query, sortKey, reverse=reverse)
        )(info, value=lambda found: customer_value(found[0], config.companies) or {}, **rest),
        "customer": lambda _info, id: customer_value(shop.customers.find(_number(id)), config.companies),
        "shop": _shop(shop),
        "locations": connection_of(locations),
        "currentAppInstallation": {
            "id": gid("AppInstallation", 1),
            "app": {"id": gid("App", 1), "title": "ml-connector", "apiKey": config.client_id or "key"},
            "accessScopes": [{"handle": scope, "description": scope} for scope in config.scopes],
        },
        "webhookSubscriptions": lambda info, topics=None, **rest: connection_of(
            [item for item in shop.subscriptions.every() if not topics or item["topic"] in topics]
        )(info, **rest),
        "webhookSubscriptionCreate": lambda _info, topic, webhookSubscription: shop.subscriptions.create(
            topic, webhookSubscription, config.scopes
        ),
        "webhookSubscriptionUpdate": lambda _info, id, webhookSubscription: shop.subscriptions.update(
            id, webhookSubscription
        ),
    }
    fields |= stock_fields(shop, schema, {"orders": fields["orders"]}) | draft_fields(shop)
    fields["nodes"] = _nodes(shop, fields["nodes"])
    fields |= order_mutations(shop) | fulfillment_mutations(shop) | person_mutations(shop)
    return fields | {
        name: _denied(name, scope) for name, scope in _NEEDED.items() if not _is_granted(scope, config.scopes)
    }


def _count(shop: Shop, query: str | None, limit: int | None) -> Json:
    """Counting stops at the limit, and says so."""
    found = len(searched(shop.findable(), query, "ID", reverse=False))
    is_cut = limit is not None and found > limit
    return {"count": limit if is_cut else found, "precision": "AT_LEAST" if is_cut else "EXACT"}


def _is_granted(scope: str, granted: list[str]) -> bool:
    """Writing implies reading."""
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def _denied(name: str, scope: str) -> Callable[..., Json]:
    def refuse(_info: object, **_: object) -> Json:
        raise AccessDeniedError(name, scope)

    return refuse


def _shop(shop: Shop) -> Json:
    config = shop.config
    return {
        "id": gid("Shop", config.shop_id),
        "name": config.name,
        "myshopifyDomain": config.shop,
        "currencyCode": config.currency,
        "enabledPresentmentCurrencies": config.presentment_currencies,
        "taxesIncluded": config.taxes_included,
        "ianaTimezone": config.iana_timezone,
        "plan": {
            "publicDisplayName": config.plan,
            "partnerDevelopment": config.plan == "Development",
            "shopifyPlus": config.plan == "Plus",
        },
    }
