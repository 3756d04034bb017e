"""The judge finds every wrong level and parcel that NetSuite left in the shop, and nothing in a right shop."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from connector.sandbox.judge import judge_evening
from connector.sandbox.scenario.day import day
from connector.sandbox.scenario.world import ITEMS, WAREHOUSE, shop_items
from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.verdict import Verdict
from tests.living import KNOWN, SHOP_ID, books, lived, sums

Json = dict[str, Any]
DAY = day(1, 80)
STOCK = 200
TRACKING = {"company": "UPS", "numbers": ["1Z00000001"]}
# An order that lived its life without a parcel, and the SKU of its first line.
QUIET = next(sale for sale, life in zip(DAY.sales, DAY.lives, strict=True) if life.name == "note")
SKU = QUIET.order["line_items"][0]["sku"]
UNKNOWN = next(sale for sale in DAY.sales if sale.expect.startswith("held"))


def sold() -> Json:
    """The shop after the day, in which the warehouse's parcel of one order arrived; every level as NetSuite has it."""
    shop: Shop = lived(DAY)
    wish = {"act": "fulfill", "order_id": QUIET.order["id"], "location_id": 655441491, "tracking": TRACKING}
    act(shop, wish)
    shop.inventory.load(item | {"levels": {"655441491": STOCK}} for item in shop_items())
    return shop.ledger()


def account_of(shop: Json) -> Json:
    """Right books, the shipment behind that parcel, and stock."""
    made = books(DAY, {"orders": [_before(order) for order in shop["orders"]]})
    order = next(item for item in made["transactions"] if item["id"] == f"so{QUIET.order['id']}")
    lines = [{"item": ITEMS[line["sku"]], "quantity": str(line["quantity"])} for line in QUIET.order["line_items"]]
    made["transactions"].append(
        order | {"id": "if", "tran_id": "IF7", "type": "ItemShip", "external_id": None, "created_from": order["id"],
                 "item_lines": lines, "tracking": ["1Z00000001"]}
    )  # fmt: skip
    for item in made["transactions"]:
        if item["type"] == "SalesOrd":
            bought = next(order for order in shop["orders"] if f"so{order['id']}" == item["id"])
            item["item_lines"] = [line | {"line": n} for n, line in enumerate(_lines(bought, item), 1)]
    made["stock"] = [
        {"item": item, "location": WAREHOUSE, "available": str(STOCK + waiting(sku, shop)), "back_ordered": "0"}
        for sku, item in ITEMS.items()
    ]
    return made | {"events": [{"type": "itemreceipt", "at": 0, "status": 200}]}


def waiting(sku: str, shop: Json) -> int:
    """Units the shop holds for orders that NetSuite does not have: those held for a SKU, and those left out that stand."""
    out = {sale.order["id"] for sale in DAY.sales if sale.expect.startswith(("held", "excluded"))}
    orders = [order for order in shop["orders"] if order["id"] in out and order["cancelled_at"] is None]
    lines = [line for order in orders for line in order["lines"]]
    return sum(line["current_quantity"] for line in lines if line["sku"] == sku)


def _before(order: Json) -> Json:
    return order if order["id"] != QUIET.order["id"] else order | {"fulfillments": []}


def _lines(order: Json, booked: Json) -> list[Json]:
    closed = booked["item_lines"][0]["closed"]
    return [
        {
            "item": ITEMS.get(line["sku"], "901"),
            "quantity": str(line["current_quantity"]),
            "fulfilled": "0",
            "closed": closed,
        }
        for line in order["lines"]
    ]


SHOP = sold()
ACCOUNT = account_of(SHOP)


def verdict(shop: Json, account: Json) -> Verdict:
    account["money"] = sums(account["transactions"])
    return judge_evening(shop, account, DAY, shop_id=SHOP_ID, known_customers=KNOWN)


def parcels(shop: Json) -> list[Json]:
    """The fulfilments of the order that the warehouse shipped."""
    found: list[Json] = next(order for order in shop["orders"] if order["id"] == QUIET.order["id"])["fulfillments"]
    return found


def shipment(account: Json) -> Json:
    return next(item for item in account["transactions"] if item["id"] == "if")


def level(shop: Json) -> Json:
    return next(item for item in shop["inventory"]["levels"] if item["sku"] == SKU)


def test_a_right_shop_agrees_and_its_figures_are_netsuites() -> None:
    found = verdict(deepcopy(SHOP), deepcopy(ACCOUNT))
    assert found.problems == []
    goods = found.goods
    assert (goods.skus, goods.units.shopify, goods.units.netsuite) == (48, 48 * STOCK, 48 * STOCK)
    assert (goods.parcels.shopify, goods.parcels.netsuite, goods.numbers.shopify, goods.taken_back) == (1, 1, 1, 0)


def test_units_of_an_order_that_netsuite_does_not_have_are_not_for_sale() -> None:
    found = verdict(deepcopy(SHOP), deepcopy(ACCOUNT))
    units = sum(line["quantity"] for line in UNKNOWN.order["line_items"] if line["sku"] in ITEMS)
    assert found.goods.waiting >= units
    account = deepcopy(ACCOUNT)
    for row in account["stock"]:
        row["available"] = str(STOCK)
    wrong = verdict(deepcopy(SHOP), account).problems
    assert 0 < len(wrong) == sum(waiting(sku, SHOP) > 0 for sku in ITEMS)


WRONGS: dict[str, tuple[Callable[[Json, Json], Any], str]] = {
    "a level is too high": (lambda s, _: level(s).update(available=STOCK + 1), f"the shop has {STOCK + 1} of {SKU}"),
    "a level is too low": (lambda s, _: level(s).update(available=0), f"the shop has 0 of {SKU} for sale"),
    "a product is not stocked": (lambda s, _: s["inventory"]["levels"].remove(level(s)), f"the shop has 0 of {SKU}"),
    "something was sold that was not there": (
        lambda s, _: s["inventory"]["history"].append({"by": "order #1", "sku": SKU, "available": -1}),
        f"{SKU} was sold when it was not there: order #1 left -1",
    ),
    "NetSuite owes goods": (lambda _, a: a["stock"][0].update(back_ordered="2"), "NetSuite owes 2"),
    "an event was refused": (lambda _, a: a["events"][0].update(status=401), "1 events of NetSuite"),
    "a parcel did not arrive": (lambda s, _: parcels(s).clear(), "shipment IF7 of order"),
    "a parcel arrived twice": (
        lambda s, _: parcels(s).append(parcels(s)[0] | {"id": 2}),
        "parcel 2 of order",
    ),
    "a parcel holds less": (lambda s, _: parcels(s)[0]["lines"][0].update(quantity=0), "did not arrive in Shopify"),
    "a parcel has another number": (
        lambda s, _: parcels(s)[0].update(tracking_numbers=["1Z9"]),
        "has the numbers ['1Z9'] in Shopify, ['1Z00000001'] in NetSuite",
    ),
    "a number did not arrive": (
        lambda s, _: parcels(s)[0].update(tracking_numbers=[]),
        "has the numbers [] in Shopify",
    ),
    "a shipment was taken back and its parcel stands": (
        lambda _, a: a["transactions"].remove(shipment(a)),
        "NetSuite shipped none like it",
    ),
    "a parcel came back to NetSuite": (
        lambda s, a: a["transactions"].append(
            shipment(a) | {"id": "echo", "external_id": f"SHOPIFY-{SHOP_ID}-FUL-{parcels(s)[0]['id']}"}
        ),
        "which nobody sold",
    ),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_wrong_goods_are_found_and_named(wrong: str) -> None:
    shop, account = deepcopy(SHOP), deepcopy(ACCOUNT)
    change, named = WRONGS[wrong]
    change(shop, account)
    assert any(named in problem for problem in verdict(shop, account).problems)


def test_a_parcel_that_was_taken_back_on_both_sides_is_counted() -> None:
    shop, account = deepcopy(SHOP), deepcopy(ACCOUNT)
    parcels(shop)[0]["status"] = "cancelled"
    account["transactions"].remove(shipment(account))
    found = verdict(shop, account)
    assert (found.problems, found.goods.taken_back, found.goods.parcels.shopify) == ([], 1, 0)


def test_a_parcel_of_the_shops_own_that_was_taken_back_by_us_is_found() -> None:
    shop = deepcopy(SHOP)
    own = next(order for order in shop["orders"] if order["acts"] == ["fulfill"])
    own["fulfillments"][0]["status"] = "cancelled"
    assert any("which nobody sold" in problem for problem in verdict(shop, deepcopy(ACCOUNT)).problems)
