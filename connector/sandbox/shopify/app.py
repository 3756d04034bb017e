"""The shop over HTTP: the Admin API as Shopify serves it, and /_sandbox for the demo and the tests."""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.wrappers import Request, Response

from connector.sandbox.serve import cut
from connector.sandbox.shopify.control import control
from connector.sandbox.shopify.execution import answer, schema
from connector.sandbox.shopify.oauth import OAuthError
from connector.sandbox.shopify.shop import Shop

_GRAPHQL = re.compile(r"/admin/api/[^/]+/graphql\.json")
_INVALID_TOKEN = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}

Json = dict[str, Any]


class _LostAnswer(Exception):
    """The connection is cut without an answer."""


def shop_app(shop: Shop) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The WSGI app of one shop."""
    schema()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = _route(shop, request)
        except _LostAnswer as lost:
            cut(environ)
            # The one kind of error the server takes in silence.
            raise ConnectionResetError from lost
        except (KeyError, TypeError, ValueError) as error:
            response = _json({"errors": f"{type(error).__name__}: {error}"}, 400)
        return response(environ, start_response)

    return app


def _route(shop: Shop, request: Request) -> Response:
    if _GRAPHQL.fullmatch(request.path):
        return _graphql(shop, request)
    if request.path == "/admin/oauth/access_token":
        return _token(shop, request)
    if request.path == "/admin/oauth/authorize":
        return _authorize(shop, request)
    if request.path.startswith("/_bulk/"):
        return _bulk_file(shop, request)
    if request.path.startswith("/_sandbox/"):
        return _control(shop, request)
    return _json({"errors": "Not Found"}, 404)


def _graphql(shop: Shop, request: Request) -> Response:
    if request.method != "POST":
        return _json({"errors": "Method Not Allowed"}, 405)
    token = request.headers.get("X-Shopify-Access-Token", "")
    if not shop.oauth.is_good(token):
        return _json(_INVALID_TOKEN, 401)
    if request.mimetype != "application/json":
        return _json({"errors": "Content-Type must be application/json"}, 415)
    shop.bulk.host = request.host_url
    asked: Json = json.loads(request.get_data())
    status, body = answer(shop, asked)
    if shop.loses_answer(asked.get("operationName")):
        raise _LostAnswer
    response = _json(body, status)
    # A version that is not served is answered in one that is.
    response.headers["X-Shopify-API-Version"] = shop.config.api_version
    response.headers["X-Request-Id"] = str(uuid.uuid4())
    return response


def _authorize(shop: Shop, request: Request) -> Response:
    """The merchant approves at once. An unknown app or a redirect that is not on its list goes nowhere."""
    asked = request.args.to_dict()
    if not asked.get("client_id") or asked["client_id"] != shop.config.client_id:
        return _json({"error": "application_cannot_be_found"}, 400)
    allowed = shop.config.redirect_urls
    if not asked.get("redirect_uri") or (allowed is not None and asked["redirect_uri"] not in allowed):
        return _json({"error": "invalid_request", "error_description": "The redirect_uri is not whitelisted"}, 400)
    return Response(status=302, headers={"Location": shop.oauth.authorized(asked)})


def _token(shop: Shop, request: Request) -> Response:
    asked = request.get_json(silent=True) or request.form.to_dict()
    try:
        answer = shop.oauth.answer(asked)
    except OAuthError as error:
        return _json({"error": error.code}, 400)
    if shop.loses_token_answer():
        raise _LostAnswer
    return _json(answer)


def _bulk_file(shop: Shop, request: Request) -> Response:
    """A result, from any byte on; it is stored elsewhere in the real world and needs no token."""
    found = shop.bulk.file(request.path.removeprefix("/_bulk/"))
    if found is None:
        return _json({"errors": "Not Found"}, 404)
    found = found[: shop.config.bulk_ends_at]
    wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    start = int(wanted[1]) if wanted else 0
    if start >= len(found):
        return Response(status=416)
    rest = found[start:]
    answered = Response(_cut_off(rest, shop), 206 if wanted else 200, content_type="application/jsonl")
    answered.headers["Content-Length"] = str(len(rest))
    if wanted:
        answered.headers["Content-Range"] = f"bytes {start}-{len(found) - 1}/{len(found)}"
    return answered


def _cut_off(content: bytes, shop: Shop) -> Iterator[bytes]:
    """The content, or its beginning and a broken connection."""
    if shop.config.bulk_cuts:
        yield content[: shop.config.bulk_cuts.pop(0)]
        raise ConnectionResetError
    yield content


def _control(shop: Shop, request: Request) -> Response:
    verb = request.path.removeprefix("/_sandbox/")
    asked: Json | None = None if request.method == "GET" else json.loads(request.get_data())
    found = control(shop, verb, asked)
    return _json({"errors": "Not Found"}, 404) if found is None else _json(found)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
