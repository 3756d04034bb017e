"""Orders that are not written to NetSuite: what the shop holds for them is not given to a second buyer."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text, update

from connector.flows import catalog, stock_sync
from connector.flows.stock_drift import read_shop
from connector.flows.stock_push import push
from connector.sandbox.shopify.acts.verbs import act
from connector.store import jobs
from connector.store.tables import RecordState, records
from tests.clock import now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.stocking import MAIN, WAREHOUSE, minutes_pass, stock_rules
from tests.world import World, opened_world

ORDER, ITEM, VARIANT = 5001, 11, 5000
Json = dict[str, Any]


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """Ten mugs on both sides, in step."""
    stock = [{"item": "812", "location": str(WAREHOUSE), "on_hand": 10, "changed": "2026-01-05 08:00:00"}]
    rules = stock_rules(table="inventoryitemlocations")
    rules["orders"] = {**rules.get("orders", {}), "created_after": "2026-01-01T00:00:00Z"}
    with opened_world(database, redis_url, rules=rules, account={"stock": stock}) as world:
        world.shop.inventory.load([{"id": ITEM, "sku": "MUG-RED", "variant_id": VARIANT, "levels": {MAIN: 10}}])
        catalog.refresh(catalog.ITEM_CATALOG, world.runtime.open_systems(world.connection.id), world.engine)
        poll(world)
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
        yield world


def poll(world: World) -> None:
    stock_sync.poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)


def shown(world: World) -> int:
    """What the shop shows when everything is told, read, passed and pushed, twice over."""
    for _ in range(2):
        minutes_pass(world, 3)
        poll(world)
        woken: list[int] = []
        push(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
        for record_id in woken:
            world.work(record_id)
    return world.shop.inventory.items[ITEM].levels[MAIN].available


def sold(**changes: Any) -> Json:
    moment = now().isoformat(timespec="seconds")
    order = rest_order(ORDER, quantity=3, created_at=moment, updated_at=moment) | changes
    order["line_items"][0]["variant_id"] = VARIANT
    return order


def passed(world: World, order: Json, *payments: Json) -> int:
    """The order is placed, heard of, and passed once."""
    for told in world.shop.put_order(order, list(payments)):
        heard(world, told["topic"], told["body"])
    (record_id,) = heard(world, "orders/create", order).record_ids
    world.work(record_id)
    return record_id


def happens(world: World, verb: str, **asked: Any) -> None:
    """Something is done to the order in the shop, heard of, and the order passed where it is due."""
    for told in act(world.shop, {"act": verb, "order_id": ORDER, **asked}):
        heard(world, told["topic"], told["body"])
    world.work(world.record(ORDER).id)


UNPAID: Json = {"financial_status": "pending"}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("orders.financial_status", UNPAID),
        ("orders.include_test", {"test": True}),
        ("orders.created_after", {"created_at": "2025-12-30T10:00:00-05:00"}),
    ],
)
def test_units_of_an_order_that_is_left_out_are_not_given_back(shop: World, rule: str, changes: Json) -> None:
    passed(shop, sold(**changes))
    assert (shop.record(ORDER).state, shop.record(ORDER).reason_subject) == ("excluded", rule)
    assert shown(shop) == 7


@pytest.mark.parametrize(
    ("verb", "asked", "left"),
    [
        ("cancel", {"reason": "customer"}, 10),
        ("fulfill", {}, 10),
        ("fulfill", {"lines": [{"line_id": ORDER * 10, "quantity": 1}]}, 8),
    ],
)
def test_units_of_an_order_that_is_left_out_are_freed_by_what_happens_in_the_shop(
    shop: World, verb: str, asked: Json, left: int
) -> None:
    passed(shop, sold(**UNPAID))
    assert shown(shop) == 7
    happens(shop, verb, **asked)
    assert shown(shop) == left


def test_an_order_that_is_paid_later_is_committed_and_kept_back_once(shop: World) -> None:
    passed(shop, sold(**UNPAID))
    assert shown(shop) == 7
    happens(shop, "pay")
    assert shop.record(ORDER).state == "in_sync"
    assert shown(shop) == 7
    with shop.engine.begin() as connection:
        assert connection.execute(text("select count(*) from reservations")).scalar_one() == 0


def test_units_of_an_order_that_a_person_ignores_are_freed_when_the_shop_frees_them(shop: World) -> None:
    order = sold()
    order["line_items"].append(order["line_items"][0] | {"id": 1, "sku": "UNKNOWN", "variant_id": 1, "price": "0.00"})
    record_id = passed(shop, order, payment(order))
    assert shop.record(ORDER).state == "held"
    with shop.engine.begin() as connection:
        connection.execute(update(records).where(records.c.id == record_id).values(state=RecordState.IGNORED))
    assert shown(shop) == 7
    happens(shop, "cancel", reason="customer")
    assert shop.record(ORDER).state == "ignored"
    assert shown(shop) == 10


def test_units_of_orders_that_were_left_out_before_stock_was_pushed_are_kept_back(shop: World) -> None:
    passed(shop, sold(**UNPAID))
    with shop.engine.begin() as connection:
        for table in ("reservations", "levels", "shop_items", "lowered_levels"):
            connection.execute(text(f"delete from {table}"))
    assert shown(shop) == 7


def test_units_of_orders_left_out_are_kept_back_though_the_shop_was_read_before_the_first_push(shop: World) -> None:
    """A comparison at night can read the shop's items while the push still waits for a person."""
    passed(shop, sold(**UNPAID))
    with shop.engine.begin() as connection:
        for table in ("reservations", "lowered_levels"):
            connection.execute(text(f"delete from {table}"))
        connection.execute(text("delete from cursors where name = 'inventory.left_out'"))
    assert shown(shop) == 7


def test_units_sold_while_no_stock_was_pushed_are_kept_back_when_it_is_again(shop: World) -> None:
    assert shown(shop) == 10
    systems = shop.runtime.open_systems(shop.connection.id)
    without = systems.rules.model_copy(
        update={"inventory": systems.rules.inventory.model_copy(update={"locations": {}})}
    )
    pushed_nothing = push(replace(systems, rules=without), shop.runtime, lambda _: None)
    assert pushed_nothing == {}
    passed(shop, sold(**UNPAID))
    with shop.engine.begin() as connection:
        for table in ("reservations", "lowered_levels"):
            connection.execute(text(f"delete from {table}"))
    assert shown(shop) == 7


def begin_anew(world: World) -> None:
    """Nothing was noted of any order, as before the first push."""
    with world.engine.begin() as connection:
        for table in ("reservations", "lowered_levels"):
            connection.execute(text(f"delete from {table}"))
        connection.execute(text("delete from cursors where name = 'inventory.left_out'"))


def forget_deliveries(world: World) -> None:
    """As retention leaves them; those an import took in never had one."""
    with world.engine.begin() as connection:
        connection.execute(text("update events set body = null, redacted_at = now() where record_kind = 'order'"))


def test_units_of_an_order_left_out_are_kept_back_though_its_deliveries_are_forgotten(shop: World) -> None:
    passed(shop, sold(**UNPAID))
    begin_anew(shop)
    forget_deliveries(shop)
    assert shown(shop) == 7


def test_an_order_left_out_that_was_shipped_is_not_read_to_know_that_it_holds_nothing(shop: World) -> None:
    passed(shop, sold(**UNPAID))
    happens(shop, "fulfill")
    begin_anew(shop)
    forget_deliveries(shop)
    before = shop.shop.operations["OrderById"]
    assert shown(shop) == 10
    assert shop.shop.operations["OrderById"] == before


def test_units_of_an_imported_order_are_kept_back_before_its_first_pass(shop: World) -> None:
    order = sold(financial_status="paid")
    shop.shop.put_order(order, [payment(order)])
    with shop.engine.begin() as connection:
        at = now()
        job_id = jobs.begin_listing(
            connection,
            shop.connection.id,
            kind=jobs.HISTORY,
            wish={"chosen": {}, "reason": "test", "actor": "test"},
            now=at,
        )
        jobs.list_unknown(connection, job_id, shop.connection.id, {str(ORDER): order["name"]})
        connection.execute(update(records).values(next_attempt_at=at))
    poll(shop)
    push(shop.runtime.open_systems(shop.connection.id), shop.runtime, lambda _: None)
    with shop.engine.begin() as connection:
        assert connection.execute(text("select quantity from reservations")).scalars().all() == [3]


def test_units_of_an_order_that_was_held_before_stock_was_pushed_are_kept_back(shop: World) -> None:
    order = sold()
    order["line_items"].append(order["line_items"][0] | {"id": 1, "sku": "UNKNOWN", "variant_id": 1, "price": "0.00"})
    passed(shop, order, payment(order))
    assert shop.record(ORDER).state == "held"
    begin_anew(shop)
    assert shown(shop) == 7
