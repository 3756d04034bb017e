"""Executes documents against the pruned schema of 2026-10, with Shopify's costs, throttling and ways to fail."""

import threading
import uuid
from functools import lru_cache
from importlib import resources
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate

from connector.sandbox.shopify.cost import MAXIMUM, is_mutation, query_cost
from connector.sandbox.shopify.roots import AccessDeniedError, root
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.stock.idempotency import MISSING, lacks_key
from connector.sandbox.shopify.stock.writes import BadRequestError
from connector.sandbox.shopify.values.parts import TooManyError

Json = dict[str, Any]

# What a query really costs of what was asked for (79 of 431 points were measured on a nested one); the rest is given back.
_ACTUAL_SHARE = 0.18


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
    if isinstance(failure, int) or shop.fails_operation(request.get("operationName")):
        return failure if isinstance(failure, int) else 502, {"errors": "asked for by the sandbox"}
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
    if lacks_key(document, variables):
        missing = {"message": MISSING, "extensions": {"code": "BAD_REQUEST"}}
        return 200, {"data": None, "errors": [missing], "extensions": _cost(shop, requested, requested, available)}
    return 200, _executed(shop, document, request, requested)


def _executed(shop: Shop, document: DocumentNode, request: Json, requested: int) -> Json:
    name = request.get("operationName")
    result = execute_sync(schema(), document, root(shop, schema()), shop, request.get("variables"), operation_name=name)
    shop.operations[name or "unnamed"] += 1
    actual = requested if is_mutation(document) else max(1, round(requested * _ACTUAL_SHARE))
    available = shop.give_back(requested - actual)
    body: Json = {"data": result.data, "extensions": _cost(shop, requested, actual, available)}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    return body


def _formatted(error: GraphQLError) -> Json:
    formatted: Json = dict(error.formatted)
    if isinstance(error.original_error, AccessDeniedError):
        required = f"`{error.original_error.scope}` access scope."
        formatted["extensions"] = {"code": "ACCESS_DENIED", "requiredAccess": required}
    if isinstance(error.original_error, TooManyError | BadRequestError):
        formatted["extensions"] = {"code": "BAD_REQUEST"}
    return formatted


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
