"""The shop over HTTP: the Admin API as Shopify serves it, and /_sandbox for the demo and the tests."""

import json
import re
import secrets
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.shopify.execution import answer, schema
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.webhooks import deliver, deliver_all

_GRAPHQL = re.compile(r"/admin/api/[^/]+/graphql\.json")
_INVALID_TOKEN = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
_DAY_SECONDS = 86399

Json = dict[str, Any]


def shop_app(shop: Shop) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The WSGI app of one shop."""
    schema()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = _route(shop, request)
        except (KeyError, TypeError, ValueError) as error:
            response = _json({"errors": f"{type(error).__name__}: {error}"}, 400)
        return response(environ, start_response)

    return app


def _route(shop: Shop, request: Request) -> Response:
    if _GRAPHQL.fullmatch(request.path):
        return _graphql(shop, request)
    if request.path == "/admin/oauth/access_token":
        return _token(shop, request)
    if request.path.startswith("/_sandbox/"):
        return _control(shop, request)
    return _json({"errors": "Not Found"}, 404)


def _graphql(shop: Shop, request: Request) -> Response:
    if request.method != "POST":
        return _json({"errors": "Method Not Allowed"}, 405)
    token = request.headers.get("X-Shopify-Access-Token", "")
    if token not in shop.tokens | {shop.config.access_token}:
        return _json(_INVALID_TOKEN, 401)
    if request.mimetype != "application/json":
        return _json({"errors": "Content-Type must be application/json"}, 415)
    status, body = answer(shop, json.loads(request.get_data()))
    response = _json(body, status)
    # A version that is not served is answered in one that is.
    response.headers["X-Shopify-API-Version"] = shop.config.api_version
    response.headers["X-Request-Id"] = str(uuid.uuid4())
    return response


def _token(shop: Shop, request: Request) -> Response:
    asked = request.get_json(silent=True) or request.form.to_dict()
    if asked.get("grant_type") != "client_credentials":
        return _json({"error": "unsupported_grant_type"}, 400)
    known = (shop.config.client_id, shop.config.client_secret)
    if None in known or (asked.get("client_id"), asked.get("client_secret")) != known:
        return _json({"error": "invalid_client"}, 400)
    token = f"shpat_{secrets.token_hex(16)}"
    shop.tokens.add(token)
    return _json({"access_token": token, "scope": ",".join(shop.config.scopes), "expires_in": _DAY_SECONDS})


def _control(shop: Shop, request: Request) -> Response:
    verb = request.path.removeprefix("/_sandbox/")
    if request.method == "GET":
        readers: dict[str, Callable[[], object]] = {
            "ledger": shop.ledger,
            "deliveries": lambda: [asdict(delivery) for delivery in shop.deliveries],
            "health": lambda: {"ok": True},
        }
        return _json(readers[verb]()) if verb in readers else _json({"errors": "Not Found"}, 404)
    asked: Json = json.loads(request.get_data())
    if verb == "orders":
        shop.put_order(asked["order"], asked.get("transactions", []))
        return _json({})
    if verb == "settings":
        shop.change(asked)
        return _json({})
    if verb == "deliver":
        return _json({"statuses": deliver(shop, asked)})
    if verb == "deliveries":
        return _json(deliver_all(shop, asked["deliveries"], parallel=asked.get("parallel", 8)))
    return _json({"errors": "Not Found"}, 404)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
