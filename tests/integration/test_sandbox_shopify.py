"""The shop answers as Shopify does: tokens, costs, throttling, pages, signed webhooks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Request, Response

from connector.sandbox.serve import Served
from connector.sandbox.shopify.app import shop_app
from connector.sandbox.shopify.shop import Shop, ShopConfig
from connector.sandbox.shopify.webhooks import deliver, deliver_all, signature
from tests.payloads import rest_line, rest_order

Json = dict[str, Any]
LINES = """query($n: Int!, $after: String) {
  order(id: "gid://shopify/Order/5001") {
    lineItems(first: $n, after: $after) { nodes { sku } pageInfo { hasNextPage endCursor } }
  }
}"""


@dataclass(slots=True)
class Api:
    """The shop over HTTP."""

    shop: Shop
    url: str

    def ask(
        self, query: str, variables: Json | None = None, *, version: str = "2026-10", **headers: str
    ) -> requests.Response:
        """A GraphQL request."""
        sent = {"X-Shopify-Access-Token": "shpat_sandbox"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        address = f"{self.url}/admin/api/{version}/graphql.json"
        return requests.post(address, json={"query": query, "variables": variables}, headers=sent, timeout=10)


@pytest.fixture
def api() -> Iterator[Api]:
    shop = Shop(ShopConfig(client_id="id", client_secret="secret"))
    with Served(shop_app(shop)) as served:
        yield Api(shop, served.url)


def test_a_wrong_token_is_a_401_whose_errors_are_text(api: Api) -> None:
    response = api.ask("{ shop { name } }", X_Shopify_Access_Token="wrong")
    assert response.status_code == 401
    assert response.json()["errors"].startswith("[API] Invalid API key")
    bearer = api.ask("{ shop { name } }", X_Shopify_Access_Token="", Authorization="Bearer shpat_sandbox")
    assert bearer.status_code == 401


def test_client_credentials_give_a_token_of_a_day(api: Api) -> None:
    asked = {"client_id": "id", "client_secret": "secret", "grant_type": "client_credentials"}
    answer = requests.post(f"{api.url}/admin/oauth/access_token", json=asked, timeout=10).json()
    assert answer["expires_in"] == 86399
    assert api.ask("{ shop { name } }", X_Shopify_Access_Token=answer["access_token"]).status_code == 200
    wrong = requests.post(f"{api.url}/admin/oauth/access_token", json=asked | {"client_secret": "x"}, timeout=10)
    assert wrong.json() == {"error": "invalid_client"}


def test_an_old_version_is_answered_in_the_one_that_is_served(api: Api) -> None:
    assert api.ask("{ shop { name } }", version="2023-01").headers["X-Shopify-API-Version"] == "2026-10"


def test_errors_of_a_query_come_with_http_200(api: Api) -> None:
    response = api.ask("{ shop { nmae } }")
    assert response.status_code == 200
    assert "nmae" in response.json()["errors"][0]["message"]


def test_the_cost_is_told_and_the_rest_given_back(api: Api) -> None:
    cost = api.ask("{ shop { name } }").json()["extensions"]["cost"]
    assert cost["actualQueryCost"] <= cost["requestedQueryCost"]
    assert cost["throttleStatus"]["maximumAvailable"] == 2000


def test_an_empty_bucket_throttles_with_http_200(api: Api) -> None:
    api.shop.change({"bucket": 1.0, "restore_rate": 0.001})
    response = api.ask(LINES, {"n": 50})
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "Retry-After" not in response.headers
    assert response.json()["extensions"]["cost"]["actualQueryCost"] is None


def test_a_query_above_a_thousand_points_is_refused(api: Api) -> None:
    money = "{ shopMoney { amount } }"
    inner = "lineItems(first: 250) { nodes { taxLines { priceSet %s } discountAllocations { allocatedAmountSet %s } } }"
    inner = inner.replace("%s", money)
    fields = " ".join(f"a{n}: {inner}" for n in range(9))
    response = api.ask('{ order(id: "gid://shopify/Order/1") { ' + fields + " } }")
    assert response.json()["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_lines_come_in_pages_and_no_page_is_above_250(api: Api) -> None:
    lines = [rest_line(number, sku=f"S{number}") for number in range(5)]
    api.shop.put_order(rest_order(line_items=lines), [])
    first = api.ask(LINES, {"n": 3}).json()["data"]["order"]["lineItems"]
    assert first["pageInfo"]["hasNextPage"] is True
    rest = api.ask(LINES, {"n": 3, "after": first["pageInfo"]["endCursor"]}).json()["data"]["order"]["lineItems"]
    assert [node["sku"] for node in first["nodes"] + rest["nodes"]] == [f"S{n}" for n in range(5)]
    assert rest["pageInfo"]["hasNextPage"] is False
    assert api.ask(LINES, {"n": 251}).json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_an_unknown_order_is_null(api: Api) -> None:
    assert api.ask('{ order(id: "gid://shopify/Order/404") { name } }').json()["data"]["order"] is None


@pytest.mark.parametrize("failure", [502, "THROTTLED", "INTERNAL_SERVER_ERROR"])
def test_it_fails_as_it_is_told_and_then_no_more(api: Api, failure: int | str) -> None:
    api.shop.change({"fail_next": {"status": failure}})
    broken = api.ask("{ shop { name } }")
    assert broken.status_code == (failure if isinstance(failure, int) else 200)
    assert broken.json()["errors"]
    assert "errors" not in api.ask("{ shop { name } }").json()


class Inbox:
    """A receiver that remembers what came."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        self.came.append((dict(request.headers), request.get_data()))
        return Response(status=200)(environ, start_response)


def test_webhooks_carry_the_real_headers_and_a_true_signature(api: Api) -> None:
    inbox = Inbox()
    with Served(inbox) as receiver:
        api.shop.change({"webhook_url": receiver.url})
        api.shop.put_order(rest_order(note="naïve"), [])
        assert deliver(api.shop, {"topic": "orders/create", "order_id": 5001}) == [200]
    headers, body = inbox.came[0]
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == "demo-store.myshopify.com"
    assert headers["X-Shopify-Hmac-Sha256"] == signature("hush", body)
    assert json.loads(body)["note"] == "naïve"
    assert {"X-Shopify-Webhook-Id", "X-Shopify-Event-Id", "X-Shopify-Triggered-At", "X-Shopify-Api-Version"} <= set(
        headers
    )


def test_copies_share_one_webhook_id_and_a_list_is_sent_whole(api: Api) -> None:
    inbox = Inbox()
    with Served(inbox) as receiver:
        api.shop.change({"webhook_url": receiver.url})
        api.shop.put_order(rest_order(), [])
        assert deliver(api.shop, {"topic": "orders/paid", "order_id": 5001, "copies": 3}) == [200, 200, 200]
        many = [{"topic": "orders/updated", "order_id": 5001} for _ in range(20)]
        assert deliver_all(api.shop, many, parallel=4)["acknowledged"] == 20
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in inbox.came}) == 21
    assert api.shop.ledger()["deliveries"] == {"sent": 23, "acknowledged": 23, "distinct": 21}


def test_a_receiver_that_is_not_there_is_a_failed_delivery(api: Api) -> None:
    api.shop.put_order(rest_order(), [])
    assert deliver(api.shop, {"topic": "orders/create", "order_id": 5001, "url": "http://127.0.0.1:1/"}) == [0]
