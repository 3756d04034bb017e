"""Sales whose orders cannot be found yet: neither a webhook told of them nor does the shop's search know them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.errors import ConnectorError
from connector.flows import catalog, stock_sync
from connector.flows.stock_drift import read_shop
from connector.flows.stock_push import push
from connector.sandbox.netsuite.accountant import act
from tests.clock import now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.stocking import MAIN, WAREHOUSE, minutes_pass, stock_rules
from tests.world import World, opened_world

ITEM, NETSUITE_ITEM, VARIANT = 11, 812, 5000
HOURS = 7200.0


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """Ten mugs on both sides, in step; what is bought from now on cannot be found by the search of orders."""
    stock = [{"item": str(NETSUITE_ITEM), "location": str(WAREHOUSE), "on_hand": 10, "changed": "2026-01-05 08:00:00"}]
    rules = stock_rules(table="inventoryitemlocations")
    with opened_world(database, redis_url, rules=rules, account={"stock": stock}) as world:
        world.shop.inventory.load([{"id": ITEM, "sku": "MUG-RED", "variant_id": VARIANT, "levels": {MAIN: 10}}])
        catalog.refresh(catalog.ITEM_CATALOG, world.runtime.open_systems(world.connection.id), world.engine)
        stock_sync.poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
        world.shop.config.search_lag = HOURS
        yield world


def run(world: World) -> Mapping[str, int]:
    """One push, with what changed in NetSuite read before."""
    systems = world.runtime.open_systems(world.connection.id)
    stock_sync.poll(systems, world.runtime, lambda _: None)
    return push(systems, world.runtime, lambda _: None)


def in_shop(world: World) -> int:
    return world.shop.inventory.items[ITEM].levels[MAIN].available


def arrive(world: World, units: int) -> None:
    act(world.account, {"act": "adjust_stock", "item": NETSUITE_ITEM, "location": WAREHOUSE, "by": units})


def buy(world: World, number: int, units: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A buyer takes units; the order, and the news of stock that the shop would send."""
    moment = now().isoformat()
    order = rest_order(number, quantity=units, created_at=moment, updated_at=moment)
    order["line_items"][0]["variant_id"] = VARIANT
    return order, world.shop.put_order(order, [payment(order)])


def test_a_stale_answer_gives_no_unit_of_an_unfindable_order_back(shop: World) -> None:
    arrive(shop, 5)
    buy(shop, 5001, 3)
    run(shop)
    assert in_shop(shop) == 12
    run(shop)
    assert in_shop(shop) == 12
    shop.shop.config.search_lag = 0
    run(shop)
    assert in_shop(shop) == 12
    minutes_pass(shop, 3)
    run(shop)
    assert in_shop(shop) == 12


def test_a_level_that_was_told_to_be_lower_is_not_raised_before_the_order_can_be_found(shop: World) -> None:
    _, news = buy(shop, 5001, 3)
    for told in news:
        heard(shop, told["topic"], told["body"])
    run(shop)
    assert in_shop(shop) == 7
    shop.shop.config.search_lag = 0
    run(shop)
    assert in_shop(shop) == 7
    assert shop.shop.operations["InventorySet"] == 0


def test_what_is_known_of_an_order_is_not_kept_back_twice(shop: World) -> None:
    order, _ = buy(shop, 5001, 3)
    heard(shop, "orders/create", order)
    arrive(shop, 5)
    run(shop)
    assert in_shop(shop) == 12


def test_an_order_in_netsuite_whose_units_its_figures_contain_is_not_kept_back_again(shop: World) -> None:
    order, news = buy(shop, 5001, 3)
    shop.work(heard(shop, "orders/create", order).record_ids[0])
    for told in news:
        heard(shop, told["topic"], told["body"])
    arrive(shop, 5)
    run(shop)
    assert shop.record(5001).state == "in_sync"
    assert in_shop(shop) == 12


def test_one_order_that_is_known_does_not_stand_for_another_one_that_is_not(shop: World) -> None:
    order, _ = buy(shop, 5001, 3)
    heard(shop, "orders/create", order)
    buy(shop, 5002, 2)
    arrive(shop, 5)
    run(shop)
    assert in_shop(shop) == 10


def test_units_of_a_test_order_stay_the_orders_as_the_shop_holds_them(shop: World) -> None:
    order, news = buy(shop, 5001, 3)
    order["test"] = True
    shop.work(heard(shop, "orders/create", order).record_ids[0])
    for told in news:
        heard(shop, told["topic"], told["body"])
    assert shop.record(5001).state == "excluded"
    run(shop)
    assert in_shop(shop) == 7


def test_a_count_by_hand_is_mended_once_no_order_can_explain_it(shop: World) -> None:
    shop.shop.inventory.adjust({"item": ITEM, "location": MAIN, "delta": -4})
    arrive(shop, 1)
    run(shop)
    assert in_shop(shop) == 7
    minutes_pass(shop, 3)
    run(shop)
    assert in_shop(shop) == 11


def test_a_sale_behind_a_write_whose_answer_was_lost_is_not_given_back(shop: World) -> None:
    arrive(shop, 5)
    shop.shop.change({"lose_answers": {"InventorySet": 3}})
    with pytest.raises(ConnectorError):
        run(shop)
    assert in_shop(shop) == 15
    buy(shop, 5001, 5)
    run(shop)
    assert in_shop(shop) == 10


def test_at_several_locations_nothing_that_was_sold_stands_for_something_else(shop: World) -> None:
    shop.shop.config.locations.append({"id": 5, "name": "Store", "isActive": True})
    shop.shop.inventory.load([{"id": ITEM, "sku": "MUG-RED", "variant_id": VARIANT, "levels": {MAIN: 10, 5: 10}}])
    read_shop(shop.runtime.open_systems(shop.connection.id), shop.runtime)
    order, _ = buy(shop, 5001, 3)
    heard(shop, "orders/create", order)
    assert in_shop(shop) == 7
    shop.shop.inventory.adjust({"item": ITEM, "location": MAIN, "delta": -2})
    arrive(shop, 5)
    run(shop)
    assert in_shop(shop) <= 10
