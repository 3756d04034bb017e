"""Executes documents against the pruned schema of 2026-10, with Shopify's costs, throttling and ways to fail."""

import threading
import uuid
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate

from connector.sandbox.shopify.cost import MAXIMUM, query_cost
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.values import TooManyError, connection_of, gid, order_value

Json = dict[str, Any]

# What a query really costs of what was asked for (79 of 431 points were measured on a nested one); the rest is given back.
_ACTUAL_SHARE = 0.18
# The scope without which a field of the root is refused; shopify.dev, "API access scopes" (2026-10).
_NEEDED = {"order": "read_orders", "orders": "read_orders", "locations": "read_locations"}


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """The pruned schema. Its descriptions are gone; `assume_valid` for the same reason as in the script that made it."""
    text = resources.files("connector.sandbox.shopify").joinpath("schema.graphql").read_text("utf-8")
    return build_schema(text, assume_valid=True)


@lru_cache(maxsize=64)
def _checked(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(schema(), document))


def answer(shop: Shop, request: Json) -> tuple[int, Json]:
    """HTTP status and body of one GraphQL request."""
    failure = shop.next_failure()
    if isinstance(failure, int):
        return failure, {"errors": "asked for by the sandbox"}
    if shop.config.latency_ms:
        threading.Event().wait(shop.config.latency_ms / 1000)
    document, problems = _checked(request.get("query") or "")
    if document is None or problems:
        return 200, {"errors": [problem.formatted for problem in problems]}
    variables = request.get("variables") or {}
    requested = query_cost(document, variables)
    if requested > MAXIMUM:
        extensions = {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": MAXIMUM}
        return 200, {"errors": [{"message": f"Query cost is {requested}", "extensions": extensions}]}
    is_admitted, available = shop.admit(requested)
    if failure == "THROTTLED" or not is_admitted:
        throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return 200, {"errors": [throttled], "extensions": _cost(shop, requested, None, available)}
    if failure == "INTERNAL_SERVER_ERROR":
        extensions = {"code": failure, "requestId": str(uuid.uuid4())}
        return 200, {"errors": [{"message": "Internal error", "extensions": extensions}]}
    return 200, _executed(shop, document, request, requested)


def _executed(shop: Shop, document: DocumentNode, request: Json, requested: int) -> Json:
    root = _root(shop)
    name = request.get("operationName")
    result = execute_sync(schema(), document, root, variable_values=request.get("variables"), operation_name=name)
    shop.operations[name or "unnamed"] += 1
    actual = max(1, round(requested * _ACTUAL_SHARE))
    available = shop.give_back(requested - actual)
    body: Json = {"data": result.data, "extensions": _cost(shop, requested, actual, available)}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    return body


class AccessDeniedError(Exception):
    """The app was not granted the scope of a field."""

    def __init__(self, name: str, scope: str) -> None:
        super().__init__(f"Access denied for {name} field. Required access: `{scope}` access scope.")
        self.scope = scope


def _formatted(error: GraphQLError) -> Json:
    formatted: Json = dict(error.formatted)
    if isinstance(error.original_error, AccessDeniedError):
        required = f"`{error.original_error.scope}` access scope."
        formatted["extensions"] = {"code": "ACCESS_DENIED", "requiredAccess": required}
    if isinstance(error.original_error, TooManyError):
        formatted["extensions"] = {"code": "BAD_REQUEST"}
    return formatted


def _order(shop: Shop, order_gid: str) -> Json | None:
    found = shop.order(int(order_gid.rpartition("/")[2]))
    return None if found is None else order_value(*found)


def _root(shop: Shop) -> Json:
    config = shop.config
    locations = [
        {"id": gid("Location", item["id"]), "name": item["name"], "isActive": item.get("isActive", True)}
        for item in config.locations
    ]
    fields = {
        "order": lambda _info, id: _order(shop, id),
        "orders": lambda info, **rest: connection_of([order_value(*found) for found in reversed(shop.orders())])(
            info, **rest
        ),
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
    return fields | {
        name: _denied(name, scope) for name, scope in _NEEDED.items() if not _is_granted(scope, config.scopes)
    }


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


def _cost(shop: Shop, requested: int, actual: int | None, available: float) -> Json:
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": shop.config.bucket,
                "currentlyAvailable": int(available),
                "restoreRate": shop.config.restore_rate,
            },
        }
    }
