"""What happens to stock in the sandbox's shop when orders are placed, changed, shipped and taken back."""

from typing import Any

import pytest

from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.control import control
from connector.sandbox.shopify.shop import Shop, ShopConfig
from tests.payloads import payment, rest_order

Json = dict[str, Any]
MAIN, FLOOR = 655441491, 77


@pytest.fixture
def shop() -> Shop:
    """Ten red mugs in the warehouse and one on the shop floor; five of them are ordered."""
    made = Shop(ShopConfig())
    made.inventory.load([{"id": 11, "sku": "MUG-RED", "levels": {FLOOR: 1, MAIN: 10}}])
    order = rest_order(quantity=5)
    made.put_order(order, [payment(order)])
    return made


def stock(shop: Shop, location: int = MAIN) -> tuple[int, int, int]:
    """Available, committed and on hand, by the shop's own ledger."""
    row = next(row for row in shop.ledger()["inventory"]["levels"] if row["location"] == location)
    return row["available"], row["committed"], row["on_hand"]


def do(shop: Shop, verb: str, **asked: Any) -> list[Json]:
    """One act; the webhooks about stock that it causes."""
    deliveries = act(shop, {"act": verb, "order_id": 5001, **asked})
    return [item["body"] for item in deliveries if item["topic"] == "inventory_levels/update"]


def test_an_order_holds_units_where_there_are_enough(shop: Shop) -> None:
    assert stock(shop) == (5, 5, 10)
    assert stock(shop, FLOOR) == (1, 0, 1)
    (entry,) = shop.inventory.ledger()["history"]
    assert (entry["by"], entry["delta"], entry["committed"]) == ("order #1001", -5, 5)


def test_an_order_that_is_told_again_holds_nothing_more(shop: Shop) -> None:
    order, transactions = shop.order(5001) or ({}, [])
    assert shop.put_order(order, transactions) == []
    assert stock(shop) == (5, 5, 10)


def test_what_is_shipped_is_gone_and_what_is_not_shipped_after_all_is_held_again(shop: Shop) -> None:
    assert do(shop, "fulfill", lines=[{"line_id": 50010, "quantity": 3}], location_id=MAIN) == []
    assert stock(shop) == (5, 2, 7)
    do(shop, "cancel_fulfillment")
    assert stock(shop) == (5, 5, 10)


def test_what_is_shipped_from_elsewhere_is_gone_from_there(shop: Shop) -> None:
    do(shop, "fulfill", lines=[{"line_id": 50010, "quantity": 1}], location_id=FLOOR)
    assert stock(shop) == (6, 4, 10)
    assert stock(shop, FLOOR) == (0, 0, 0)


def test_a_cancelled_order_gives_its_units_back_where_it_restocks(shop: Shop) -> None:
    (told,) = do(shop, "cancel")
    assert told["available"] == 10
    assert told["admin_graphql_api_id"] == f"gid://shopify/InventoryLevel/{MAIN}?inventory_item_id=11"
    assert stock(shop) == (10, 0, 10)


def test_a_cancelled_order_without_restocking_takes_its_units_away(shop: Shop) -> None:
    assert do(shop, "cancel", restock=False) == []
    assert stock(shop) == (5, 0, 5)


def test_returned_goods_lie_where_they_are_put(shop: Shop) -> None:
    do(shop, "fulfill", location_id=MAIN)
    line = {"line_id": 50010, "quantity": 2}
    do(shop, "refund", lines=[line | {"restock_type": "return", "location_id": FLOOR}])
    assert (stock(shop), stock(shop, FLOOR)) == ((5, 0, 5), (3, 0, 3))
    do(shop, "refund", lines=[line | {"quantity": 1, "restock_type": "no_restock"}])
    assert (stock(shop), stock(shop, FLOOR)) == ((5, 0, 5), (3, 0, 3))


def test_an_edit_holds_more_or_less(shop: Shop) -> None:
    do(shop, "edit", changes=[{"set_quantity": {"line_id": 50010, "quantity": 7}}])
    assert stock(shop) == (3, 7, 10)
    do(shop, "edit", changes=[{"set_quantity": {"line_id": 50010, "quantity": 1}}])
    assert stock(shop) == (9, 1, 10)


def test_a_shop_without_inventory_behaves_as_before() -> None:
    shop = Shop(ShopConfig())
    assert shop.put_order(rest_order(), []) == []
    assert shop.ledger()["inventory"] == {"levels": [], "history": []}


def test_items_change_and_go_with_their_webhooks(shop: Shop) -> None:
    asked = {
        "load": [{"id": 12, "sku": "NEW", "levels": {str(MAIN): 2}}],
        "change": [{"id": 11, "sku": "MUG-CRIMSON"}],
        "delete": [{"id": 12}],
        "adjust": [{"item": 11, "location": MAIN, "delta": -1, "by": "another app"}],
    }
    answer: Any = control(shop, "inventory", asked)
    assert [(item["topic"], item["body"].get("sku")) for item in answer["deliveries"]] == [
        ("inventory_items/update", "MUG-CRIMSON"),
        ("products/update", None),
        ("inventory_items/delete", None),
        ("inventory_levels/update", None),
    ]
    assert shop.inventory.ledger()["history"][-1]["by"] == "another app"
