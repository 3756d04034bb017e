"""The sandbox's shop does to orders what Shopify's mutations do, refuses what they refuse, and tells its webhooks."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connector.sandbox.serve import Served
from connector.sandbox.shopify.app import shop_app
from connector.sandbox.shopify.shop import Shop, ShopConfig
from connector.shopify.client import document
from tests.payloads import payment, rest_order

Json = dict[str, Any]
GID = "gid://shopify/Order/5001"
AUTHORIZATION = "gid://shopify/OrderTransaction/85001"


class Api:
    """The shop over HTTP."""

    def __init__(self, shop: Shop, url: str) -> None:
        self.shop, self.url = shop, url

    def ask(self, operation: str, **variables: Any) -> Json:
        """The only field of an operation's answer."""
        body = {"query": document(operation), "operationName": operation, "variables": variables}
        headers = {"X-Shopify-Access-Token": "shpat_sandbox"}
        url = f"{self.url}/admin/api/2026-10/graphql.json"
        answer: Json = requests.post(url, json=body, headers=headers, timeout=10).json()
        assert "errors" not in answer, answer
        found: Json = next(iter(answer["data"].values()))
        return found

    def control(self, verb: str, **asked: Any) -> None:
        """An act of the sandbox's own."""
        assert requests.post(f"{self.url}/_sandbox/{verb}", json=asked, timeout=10).ok

    def order(self) -> Json:
        """The order in the shop's ledger."""
        return next(item for item in self.shop.ledger()["orders"] if item["id"] == 5001)

    def topics(self) -> list[str]:
        """What mutations told."""
        return [item["topic"] for item in self.shop.news]


@pytest.fixture
def api() -> Iterator[Api]:
    shop = Shop(ShopConfig())
    with Served(shop_app(shop)) as served:
        yield Api(shop, served.url)


def placed(api: Api, *transactions: Json, **changes: Any) -> Json:
    """An order with these transactions."""
    order = rest_order(financial_status="pending", **changes)
    api.shop.put_order(order, list(transactions))
    return order


def authorized(api: Api, **changes: Any) -> None:
    """An order whose card is authorised."""
    order = rest_order()
    placed(api, payment(order, kind="authorization", number=85001) | changes)


def test_an_order_is_marked_as_paid_once_by_a_sale_without_a_gateway(api: Api) -> None:
    placed(api)
    paid = api.ask("OrderMarkAsPaid", input={"id": GID})
    assert (paid["order"]["displayFinancialStatus"], paid["userErrors"]) == ("PAID", [])
    assert api.topics() == ["order_transactions/create", "orders/paid", "orders/updated"]
    again = api.ask("OrderMarkAsPaid", input={"id": GID})
    assert again["userErrors"][0]["message"] == "Order cannot be marked as paid."
    (sale,) = api.order()["transactions"]
    assert (sale["kind"], sale["gateway"], sale["amount"]) == ("sale", "manual", "20.00")


def test_a_lost_answer_leaves_what_was_done(api: Api) -> None:
    placed(api)
    api.control("settings", lose_answers={"OrderMarkAsPaid": 1})
    with pytest.raises(requests.ConnectionError):
        api.ask("OrderMarkAsPaid", input={"id": GID})
    assert api.order()["financial_status"] == "paid"


def capture(api: Api, amount: str, **more: Any) -> Json:
    return api.ask("OrderCapture", input={"id": GID, "parentTransactionId": AUTHORIZATION, "amount": amount, **more})


def test_an_authorisation_is_captured_once_and_not_above_its_amount(api: Api) -> None:
    authorized(api)
    assert capture(api, "20.01")["userErrors"]
    assert capture(api, "12.00")["transaction"]["kind"] == "CAPTURE"
    assert capture(api, "8.00")["userErrors"][0]["message"] == "The authorization has already been captured"
    assert api.order()["paid"] == "12.00"


def test_one_that_can_be_captured_in_parts_is(api: Api) -> None:
    authorized(api, multi_capturable=True)
    assert capture(api, "12.00")["userErrors"] == []
    assert capture(api, "8.00")["userErrors"] == []
    assert api.order()["financial_status"] == "paid"


def test_an_expired_authorisation_is_not_captured(api: Api) -> None:
    authorized(api)
    api.control("act", act="expire", order_id=5001)
    assert api.order()["financial_status"] == "expired"
    assert capture(api, "20.00")["userErrors"]


def test_a_capture_in_another_currency_must_name_it(api: Api) -> None:
    money = {"shop_money": {"amount": "20.00", "currency_code": "USD"}}
    shown = money | {"presentment_money": {"amount": "18.00", "currency_code": "EUR"}}
    order = placed(api, presentment_currency="EUR", total_price_set=shown)
    card = payment(order, kind="authorization", number=85001, amount="18.00", currency="EUR")
    api.shop.put_order(order, [card])
    assert capture(api, "18.00")["userErrors"][0]["message"] == "Currency must be EUR"
    assert capture(api, "18.00", currency="EUR")["userErrors"] == []


def test_an_order_is_cancelled_by_a_job_that_takes_its_time(api: Api) -> None:
    placed(api)
    api.control("settings", slow_jobs=True)
    started = api.ask("OrderCancel", orderId=GID, restock=True, staffNote="SO1")
    assert (started["job"]["done"], started["jobResult"]["status"]) == (False, "STARTED")
    assert api.order()["cancelled_at"] is None
    assert api.ask("OrderCancelJob", id=started["jobResult"]["id"])["status"] == "STARTED"
    api.control("jobs")
    assert api.ask("OrderCancelJob", id=started["jobResult"]["id"])["status"] == "SUCCEEDED"
    assert (api.order()["cancel_reason"], api.order()["refunded"]) == ("other", "0.00")
    assert "orders/cancelled" in api.topics()
    refused = api.ask("OrderCancel", orderId=GID, restock=True)["orderCancelUserErrors"]
    assert (refused[0]["code"], refused[0]["message"]) == ("INVALID", "Order has already been cancelled")


def test_what_was_shipped_is_not_cancelled(api: Api) -> None:
    placed(api)
    api.control("act", act="fulfill", order_id=5001)
    assert api.ask("OrderCancel", orderId=GID, restock=True)["orderCancelUserErrors"]


def metafield(owner: str, value: str = "SO1", **more: Any) -> Json:
    made = {"ownerId": owner, "namespace": "$app:ml-connector", "key": "netsuite_order", "value": value}
    return made | {"type": "single_line_text_field"} | more


def test_metafields_are_set_all_or_none_and_at_most_25_a_call(api: Api) -> None:
    placed(api)
    gone = "gid://shopify/Order/1"
    refused = api.ask("MetafieldsSet", metafields=[metafield(GID), metafield(gone)])["userErrors"]
    assert [(item["elementIndex"], item["code"]) for item in refused] == [(1, "INVALID")]
    assert api.order()["metafields"] == {}
    many = api.ask("MetafieldsSet", metafields=[metafield(GID)] * 26)["userErrors"]
    assert many[0]["code"] == "LESS_THAN_OR_EQUAL_TO"
    assert api.ask("MetafieldsSet", metafields=[metafield(GID)] * 25)["userErrors"] == []
    assert list(api.order()["metafields"].values()) == ["SO1"]
    stale = api.ask("MetafieldsSet", metafields=[metafield(GID, "SO2", compareDigest=None)])["userErrors"]
    assert stale[0]["code"] == "STALE_OBJECT"


def test_a_tag_is_added_once_and_told(api: Api) -> None:
    placed(api, tags="vip")
    assert api.ask("TagsAdd", id=GID, tags=["NS-SO1"])["userErrors"] == []
    assert api.ask("TagsAdd", id=GID, tags=["NS-SO1"])["userErrors"] == []
    assert (api.order()["tags"], api.topics()) == ("vip, NS-SO1", ["orders/updated"])
    assert api.ask("TagsAdd", id="gid://shopify/Order/1", tags=["x"])["userErrors"]


def test_without_the_scope_nothing_is_written(api: Api) -> None:
    placed(api)
    api.control("settings", scopes=["read_orders"])
    with pytest.raises(AssertionError, match="write_orders"):
        api.ask("OrderMarkAsPaid", input={"id": GID})
