"""The sandbox's fulfilment orders: they follow what is open, and refuse what Shopify refuses."""

from typing import Any

from connector.sandbox.shopify.acts.routing import MEMBER
from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.execution import answer
from connector.sandbox.shopify.shop import Shop, ShopConfig
from connector.shopify.client import document
from tests.payloads import payment, rest_order

Json = dict[str, Any]
ORDER = 5001


def opened() -> Shop:
    """A shop with an order of three."""
    shop = Shop(ShopConfig())
    order = rest_order(ORDER, quantity=3)
    shop.put_order(order, [payment(order)])
    return shop


def asked(shop: Shop, operation: str, **variables: Any) -> Json:
    """The data of one operation."""
    status, body = answer(shop, {"query": document(operation), "operationName": operation, "variables": variables})
    assert (status, "errors" in body) == (200, False), body
    found: Json = body["data"]
    return found


def routed(shop: Shop) -> list[Json]:
    """The fulfilment orders."""
    data = asked(shop, "FulfillmentOrders", id=f"gid://shopify/Order/{ORDER}")
    found: list[Json] = data["order"]["fulfillmentOrders"]["nodes"]
    return found


def created(shop: Shop, order: Json, quantity: int) -> Json:
    """The payload of a fulfilment of some units."""
    line = {"id": order["lineItems"]["nodes"][0]["id"], "quantity": quantity}
    part = {"fulfillmentOrderId": order["id"], "fulfillmentOrderLineItems": [line]}
    payload: Json = asked(shop, "FulfillmentCreate", fulfillment={"lineItemsByFulfillmentOrder": [part]})
    found: Json = payload["fulfillmentCreate"]
    return found


def remaining(orders: list[Json]) -> list[tuple[str, int]]:
    """Status and open units of each."""
    return [(item["status"], item["lineItems"]["nodes"][0]["remainingQuantity"]) for item in orders]


def test_what_is_fulfilled_is_no_longer_open_and_no_more_than_that_is_taken() -> None:
    shop = opened()
    (order,) = routed(shop)
    assert created(shop, order, 2)["userErrors"] == []
    assert remaining(routed(shop)) == [("IN_PROGRESS", 1)]
    refused = created(shop, order, 2)["userErrors"][0]["message"]
    assert refused == "Invalid fulfillment order line item quantity requested."
    assert created(shop, order, 1)["userErrors"] == []
    assert remaining(routed(shop)) == [("CLOSED", 0)]
    assert [item["topic"] for item in shop.news].count("fulfillments/create") == 2


def test_a_cancelled_fulfilment_is_open_again_in_a_new_order() -> None:
    shop = opened()
    (order,) = routed(shop)
    made = created(shop, order, 3)["fulfillment"]
    asked(shop, "FulfillmentCancel", id=made["id"])
    assert remaining(routed(shop)) == [("CLOSED", 0), ("OPEN", 3)]


def test_a_hold_lets_nothing_go() -> None:
    shop = opened()
    (order,) = routed(shop)
    act(shop, {"act": "hold", "order_id": ORDER})
    message = created(shop, order, 1)["userErrors"][0]["message"]
    assert message.endswith("has an unfulfillable status= on_hold.")
    act(shop, {"act": "release_hold", "order_id": ORDER})
    assert created(shop, order, 1)["userErrors"] == []


def test_what_a_person_ships_or_refunds_is_open_no_more() -> None:
    shop = opened()
    routed(shop)
    act(shop, {"act": "fulfill", "order_id": ORDER, "lines": [{"line_id": ORDER * 10, "quantity": 1}]})
    act(shop, {"act": "cancel", "order_id": ORDER, "refund": "none"})
    assert remaining(routed(shop)) == [("CLOSED", 0)]


def test_webhooks_do_not_show_fulfilment_orders() -> None:
    shop = opened()
    routed(shop)
    told = act(shop, {"act": "fulfill", "order_id": ORDER})
    assert all(MEMBER not in item["body"] for item in told)
