"""Two warehouses sell through one shop, and orders are written to one of them in NetSuite: no unit of the other is sold twice."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connector.flows import catalog, stock_sync
from connector.flows.stock_drift import read_shop
from connector.flows.stock_push import push
from connector.sandbox.shopify.acts.verbs import act
from tests.clock import now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.stocking import MAIN, WAREHOUSE, minutes_pass, stock_rules
from tests.world import World, opened_world

ORDER, LINE, ITEM, VARIANT = 5001, 50010, 11, 5000
SECOND, SECOND_WAREHOUSE = 77, 3
Json = dict[str, Any]


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """Ten mugs in each of two warehouses, in step; orders are written to the first."""
    stock = [
        {"item": "812", "location": str(place), "on_hand": 10, "changed": "2026-01-05 08:00:00"}
        for place in (WAREHOUSE, SECOND_WAREHOUSE)
    ]
    places = [{"id": str(WAREHOUSE), "name": "Warehouse"}, {"id": str(SECOND_WAREHOUSE), "name": "Second"}]
    rules = stock_rules(
        table="inventoryitemlocations",
        locations={str(MAIN): [str(WAREHOUSE)], str(SECOND): [str(SECOND_WAREHOUSE)]},
    )
    with opened_world(database, redis_url, rules=rules, account={"stock": stock, "locations": places}) as world:
        world.shop.config.locations = [{"id": MAIN, "name": "Main"}, {"id": SECOND, "name": "Second"}]
        levels = {MAIN: 10, SECOND: 10}
        world.shop.inventory.load([{"id": ITEM, "sku": "MUG-RED", "variant_id": VARIANT, "levels": levels}])
        catalog.refresh(catalog.ITEM_CATALOG, world.runtime.open_systems(world.connection.id), world.engine)
        stock_sync.poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
        yield world


def hears(world: World, news: list[Json]) -> None:
    for told in news:
        heard(world, told["topic"], told["body"])


def pushes(world: World) -> tuple[int, int]:
    """What the shop shows at both when everything is told, read, passed and pushed, twice over."""
    for _ in range(2):
        minutes_pass(world, 3)
        stock_sync.poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)
        woken: list[int] = []
        push(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
        for record_id in woken:
            world.work(record_id)
    shown = world.shop.inventory.items[ITEM].levels
    return shown[MAIN].available, shown[SECOND].available


def sells(world: World, at: int, *, routed: Mapping[int, int] | None = None, **changes: Any) -> None:
    """Three mugs are sold from a location, and routed there or as `routed` says, by location."""
    moment = now().isoformat(timespec="seconds")
    order = rest_order(ORDER, quantity=3, created_at=moment, updated_at=moment, location_id=at)
    order["line_items"][0]["variant_id"] = VARIANT
    hears(world, world.shop.put_order(order, [payment(order)]))
    wanted = {at: 3} if routed is None else routed
    orders = [
        {"location_id": place, "lines": [{"line_id": LINE, "quantity": units}], **changes}
        for place, units in wanted.items()
    ]
    act(world.shop, {"act": "assign", "order_id": ORDER, "orders": orders})
    heard(world, "orders/create", order)
    world.work(world.record(ORDER).id)
    assert world.record(ORDER).state == "in_sync"


def test_what_ships_from_the_warehouse_that_orders_are_written_to_is_counted_once(shop: World) -> None:
    sells(shop, MAIN)
    assert pushes(shop) == (7, 10)


def test_what_ships_from_the_other_is_kept_back_there_until_it_has_left(shop: World) -> None:
    sells(shop, SECOND)
    assert pushes(shop) == (7, 7)
    hears(shop, act(shop.shop, {"act": "fulfill", "order_id": ORDER, "location_id": SECOND}))
    shop.work(shop.record(ORDER).id)
    with shop.engine.begin() as connection:
        kept = text("select count(*) from reservations where committed_at is null")
        assert connection.execute(kept).scalar_one() == 0


def test_what_ships_from_the_other_stays_kept_back_while_news_of_its_order_wait_for_a_pass(shop: World) -> None:
    sells(shop, SECOND)
    assert pushes(shop) == (7, 7)
    hears(shop, act(shop.shop, {"act": "update", "order_id": ORDER, "changes": {"note": "Ring twice"}}))
    minutes_pass(shop, 3)
    push(shop.runtime.open_systems(shop.connection.id), shop.runtime, lambda _: None)
    assert shop.record(ORDER).state == "pending"
    assert shop.shop.inventory.items[ITEM].levels[SECOND].available == 7


def test_units_of_one_line_are_kept_back_where_each_ships_from(shop: World) -> None:
    sells(shop, MAIN, routed={MAIN: 2, SECOND: 1})
    assert pushes(shop) == (7, 9)


def test_units_may_be_anywhere_while_the_shop_does_not_show_where_they_ship_from(shop: World) -> None:
    sells(shop, SECOND, service="a service that the app must not see")
    assert pushes(shop) == (7, 7)


def test_units_that_netsuite_just_committed_are_kept_back_until_its_figures_show_it_beside_those_of_the_other(
    shop: World,
) -> None:
    sells(shop, MAIN, routed={MAIN: 2, SECOND: 1})
    with shop.engine.begin() as connection:
        rows = connection.execute(
            text("select shopify_location, quantity, committed_at is null as waits from reservations order by 1, 2")
        )
        assert {tuple(row) for row in rows} == {(SECOND, 1, True), (MAIN, 2, False)}
