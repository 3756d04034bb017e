"""NetSuite's stock reaches the shop: what differs, compared before it is set, and never what a buyer just bought."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, text, update

from connector.errors import NeedsDecision, Stopped, Unavailable
from connector.flows.reserving import settle
from connector.flows.stock_drift import read_shop
from connector.flows.stock_places import stock_places
from connector.flows.stock_push import compared, pushed
from connector.flows.stock_sending import Sender
from connector.flows.stock_sync import poll, preview, sync
from connector.stopping import ends_when
from connector.store import items, reservations, scheduled_runs
from connector.store import stock as store
from connector.store.items import Item
from connector.store.mirror_tables import levels, stock
from connector.store.unseen import Units
from tests.clock import later, now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.pushing import in_shop, moves, now_text, run, stocked
from tests.stocking import MAIN, WAREHOUSE, minutes_pass, stock_rules
from tests.world import World, opened_world


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """A world that pushes the warehouse's stock."""
    with opened_world(database, redis_url, rules=stock_rules()) as world:
        yield world


def test_only_what_differs_is_sent_in_one_call(shop: World) -> None:
    stocked(shop, {"A": 5, "B": 7, "C": 0}, {"A": 5, "B": 3, "C": 4})
    assert run(shop)["sent"] == 2
    assert in_shop(shop) == {"A": 5, "B": 7, "C": 0}
    assert shop.shop.operations["InventorySet"] == 1
    assert run(shop)["mutations"] == 0


def test_a_thousand_changed_items_are_four_mutations(shop: World) -> None:
    skus = [f"S{number:04}" for number in range(1000)]
    stocked(shop, dict.fromkeys(skus, 9), dict.fromkeys(skus, 8))
    assert run(shop)["mutations"] == 4
    assert set(in_shop(shop).values()) == {9}
    assert shop.shop.operations["InventorySet"] == 4


def test_a_process_that_leaves_sends_nothing_more_and_doubts_nothing(shop: World) -> None:
    stocked(shop, dict.fromkeys("AB", 9), dict.fromkeys("AB", 8))
    systems, leaving = shop.runtime.open_systems(shop.connection.id), threading.Event()
    changes = compared(systems, shop.runtime, stock_places(systems)).changes
    leaving.set()
    with ends_when(leaving):
        sent = Sender(systems, shop.runtime).send(changes)
    assert (len(changes), sent.rows, type(sent.failed), shop.shop.operations["InventorySet"]) == (2, 0, Stopped, 0)
    # What was not sent is known not to be: the next push sends it without asking the shop again.
    assert not compared(systems, shop.runtime, stock_places(systems)).unseen
    assert run(shop)["sent"] == 2
    assert in_shop(shop) == dict.fromkeys("AB", 9)


def test_a_reading_that_was_stopped_keeps_no_push_waiting(shop: World) -> None:
    stocked(shop, {"A": 9}, {"A": 8})
    systems, leaving = shop.runtime.open_systems(shop.connection.id), threading.Event()
    leaving.set()
    with ends_when(leaving), pytest.raises(Stopped):
        poll(systems, shop.runtime, lambda _: None)
    assert run(shop)["sent"] == 1


def test_units_that_netsuite_has_not_committed_are_kept_back(shop: World) -> None:
    stocked(shop, {"MUG-RED": 10}, {"MUG-RED": 10})
    order = rest_order(5001, quantity=3, total="60.00")
    order["line_items"][0]["variant_id"] = 5000
    shop.shop.put_order(order, [payment(order)])
    heard(shop, "orders/create", order)
    run(shop)
    assert in_shop(shop) == {"MUG-RED": 7}


def test_what_somebody_bought_unheard_is_not_given_back(shop: World) -> None:
    """The webhook is late: the shop has less than we saw, and NetSuite knows nothing of the order."""
    stocked(shop, {"MUG-RED": 10}, {"MUG-RED": 10})
    order = rest_order(5001, quantity=3, total="60.00")
    order["line_items"][0]["variant_id"] = 5000
    order["created_at"] = order["updated_at"] = now_text(shop)
    shop.shop.put_order(order, [payment(order)])
    assert in_shop(shop) == {"MUG-RED": 7}
    moves(shop, "MUG-RED", 12)
    counts = run(shop)
    assert in_shop(shop) == {"MUG-RED": 9}
    assert counts["stale"] == 0


def test_a_push_that_would_empty_the_shop_waits_for_a_person(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(60)]
    stocked(shop, dict.fromkeys(skus[:30], 0) | dict.fromkeys(skus[30:], 8), dict.fromkeys(skus, 8))
    with pytest.raises(NeedsDecision, match="30 of 60 levels on sale would fall to nothing"):
        run(shop)
    assert set(in_shop(shop).values()) == {8}
    systems = shop.runtime.open_systems(shop.connection.id)
    assert pushed(systems, shop.runtime, lambda _: None, is_forced=True)["sent"] == 30


@pytest.mark.parametrize(("number", "empty", "is_stopped"), [(50, 10, False), (50, 11, True), (49, 49, False)])
def test_the_guard_stops_above_its_percentage_and_from_its_number_of_levels_on(
    shop: World, number: int, empty: int, is_stopped: bool
) -> None:
    skus = [f"S{one:03}" for one in range(number)]
    stocked(shop, dict.fromkeys(skus[:empty], 0) | dict.fromkeys(skus[empty:], 8), dict.fromkeys(skus, 8))
    if is_stopped:
        with pytest.raises(NeedsDecision, match=f"{empty} of {number} levels on sale would fall to nothing"):
            run(shop)
    else:
        assert run(shop)["sent"] == empty


def test_the_guard_counts_no_level_that_is_not_pushed(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(50)]
    stocked(shop, dict.fromkeys(skus[:11], 0) | dict.fromkeys(skus[11:], 8), dict.fromkeys(skus, 8))
    others = [f"X{number}" for number in range(60)]
    shop.shop.inventory.load({"sku": sku, "levels": {MAIN: 8}} for sku in others)
    with shop.engine.begin() as connection:
        known = [Item(9000 + number, sku, "InvtPart", False) for number, sku in enumerate(others)]
        items.keep(connection, shop.connection.id, known)
    read_shop(shop.runtime.open_systems(shop.connection.id), shop.runtime)
    with pytest.raises(NeedsDecision, match="11 of 50 levels on sale would fall to nothing"):
        run(shop)


@pytest.mark.parametrize("location", [None, "7"])
def test_nothing_is_pushed_where_orders_are_committed_elsewhere(
    database: Engine, redis_url: str, location: str | None
) -> None:
    with opened_world(database, redis_url, rules=stock_rules() | {"location": location}) as world:
        stocked(world, {"A": 5}, {"A": 3})
        with pytest.raises(NeedsDecision, match="Set location to one of them"):
            run(world)
        assert in_shop(world) == {"A": 3}


def test_a_group_of_netsuite_locations_is_sold_as_one(database: Engine, redis_url: str) -> None:
    rules = stock_rules(locations={str(MAIN): ["2", "3"]})
    with opened_world(database, redis_url, rules=rules) as world:
        stocked(world, {"A": 5}, {"A": 3})
        with world.engine.begin() as connection:
            row = {"netsuite_item": 2000, "available": 4, "changed_at": "2026-11-24 10:00:00"}
            row |= {"connection_id": world.connection.id}
            connection.execute(insert(stock), [row | {"netsuite_location": place} for place in (3, 4)])
        run(world)
        assert in_shop(world) == {"A": 9}


def test_a_preview_wants_no_push_and_gives_no_units_free(shop: World) -> None:
    stocked(shop, {"MUG-RED": 10}, {"MUG-RED": 8})
    systems = shop.runtime.open_systems(shop.connection.id)
    with shop.engine.begin() as connection:
        record_id = shop.announce(5001)
        reservations.keep(connection, shop.connection.id, record_id, [Units(None, "MUG-RED", 1)])
        reservations.commit(connection, shop.connection.id, record_id, but=[])
    (change,) = preview(systems, shop.runtime, lambda _: None).changes
    assert (change.was, change.quantity) == (8, 9)
    with shop.engine.begin() as connection:
        assert scheduled_runs.wanted(connection, shop.connection.id) == []
        assert connection.execute(text("select count(*) from reservations")).scalar_one() == 1
    assert in_shop(shop) == {"MUG-RED": 8}


def test_nothing_is_pushed_from_a_reading_that_was_cut_off(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    with shop.engine.begin() as connection:
        store.fail(connection, shop.connection.id, "unavailable: NetSuite answered 500")
    with pytest.raises(NeedsDecision, match="NetSuite answered 500"):
        run(shop)
    assert in_shop(shop) == {"A": 3}


def test_a_change_of_somebody_else_is_remembered_and_our_own_echo_does_no_harm(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    run(shop)
    (news,) = shop.shop.inventory.adjust({"item": 11, "location": MAIN, "available": 2})
    heard(shop, news["topic"], news["body"])
    assert run(shop)["sent"] == 0
    minutes_pass(shop, 3)
    assert run(shop)["sent"] == 1
    assert in_shop(shop) == {"A": 5}


@pytest.mark.parametrize(("is_by_rule", "b"), [(False, None), (True, 4)])
def test_an_item_that_is_not_stocked_is_named_or_stocked_by_rule(
    database: Engine, redis_url: str, is_by_rule: bool, b: int | None
) -> None:
    rules = stock_rules()
    rules["inventory"]["activate"] = is_by_rule
    with opened_world(database, redis_url, rules=rules) as world:
        stocked(world, {"A": 3, "B": 4}, {"A": 3})
        world.shop.inventory.load([{"id": 12, "sku": "B", "levels": {}}])
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
        assert run(world)["named"] == (0 if is_by_rule else 1)
        assert run(world)["named"] == 0
        levels_of_b = world.shop.inventory.with_sku("B")[0].levels
        assert (levels_of_b[MAIN].available if MAIN in levels_of_b else None) == b


def test_the_push_counts_units_until_a_later_reading_of_netsuite_contains_them(shop: World) -> None:
    stocked(shop, {"MUG-RED": 10}, {"MUG-RED": 10})
    with shop.engine.begin() as connection:
        for table, column in (("stock", "netsuite_item"), ("items", "netsuite_id")):
            connection.execute(text(f"update {table} set {column} = 812"))
    order = rest_order(5001, quantity=3, total="60.00")
    order["line_items"][0]["variant_id"] = 5000
    shop.shop.put_order(order, [payment(order)])
    shop.work(heard(shop, "orders/create", order).record_ids[0])
    assert shop.record(5001).state == "in_sync"
    run(shop)
    assert in_shop(shop) == {"MUG-RED": 7}
    moves(shop, "MUG-RED", 7)
    settle(shop.runtime.open_systems(shop.connection.id), shop.runtime, began_at=later(timedelta(seconds=1)))
    run(shop)
    assert in_shop(shop) == {"MUG-RED": 7}


def test_units_added_to_an_order_that_was_passed_are_kept_back_before_its_next_pass(shop: World) -> None:
    stocked(shop, {"MUG-RED": 10}, {"MUG-RED": 10})
    with shop.engine.begin() as connection:
        for table, column in (("stock", "netsuite_item"), ("items", "netsuite_id")):
            connection.execute(text(f"update {table} set {column} = 812"))
    order = rest_order(5001, quantity=3, total="60.00")
    order["line_items"][0]["variant_id"] = 5000
    shop.shop.put_order(order, [payment(order)])
    shop.work(heard(shop, "orders/create", order).record_ids[0])
    moves(shop, "MUG-RED", 7)
    settle(shop.runtime.open_systems(shop.connection.id), shop.runtime, began_at=later(timedelta(seconds=1)))
    order["line_items"][0] |= {"quantity": 5, "current_quantity": 5}
    order["updated_at"] = now_text(shop)
    heard(shop, "orders/updated", order)
    run(shop)
    assert in_shop(shop) == {"MUG-RED": 5}


def test_the_first_push_reads_the_shop_before_it_compares(shop: World) -> None:
    stocked(shop, {"A": 5, "B": 7}, {"A": 5, "B": 3}, is_known=False)
    assert run(shop)["sent"] == 1
    assert in_shop(shop) == {"A": 5, "B": 7}


def test_a_person_may_push_by_what_was_read_before_while_netsuite_is_away(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    shop.account.faults.add({"kind": "status_before", "method": "POST", "path": "suiteql", "times": 9})
    systems = shop.runtime.open_systems(shop.connection.id)

    def synced(*, is_forced: bool) -> dict[str, int]:
        found = sync(systems, shop.runtime, lambda _: None, is_forced=is_forced, actor="test", now=now())
        return dict(found)

    with pytest.raises(Unavailable):
        synced(is_forced=False)
    assert in_shop(shop) == {"A": 3}
    assert synced(is_forced=True)["sent"] == 1
    assert in_shop(shop) == {"A": 5}


def test_units_noted_beside_a_pass_that_has_ended_are_free_after_the_next_reading(shop: World) -> None:
    stocked(shop, {"A": 10}, {"A": 10})
    record_id = shop.sell(rest_order(5001))
    shop.work(record_id)
    with shop.engine.begin() as connection:
        reservations.keep(connection, shop.connection.id, record_id, [Units(None, "A", 3)])
    run(shop)
    assert in_shop(shop) == {"A": 7}
    settle(shop.runtime.open_systems(shop.connection.id), shop.runtime, began_at=later(timedelta(seconds=1)))
    run(shop)
    assert in_shop(shop) == {"A": 10}


def test_levels_in_doubt_are_read_before_the_guard_counts_what_would_be_empty(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(60)]
    stocked(shop, dict.fromkeys(skus, 0), dict.fromkeys(skus, 8))
    with shop.engine.begin() as connection:
        connection.execute(update(levels).values(seen_at=None))
    with pytest.raises(NeedsDecision, match="60 of 60 levels on sale would fall to nothing"):
        run(shop)
    assert set(in_shop(shop).values()) == {8}


def test_a_thousand_changed_items_are_one_page_and_four_mutations(shop: World) -> None:
    skus = [f"S{number:04}" for number in range(1000)]
    stocked(shop, dict.fromkeys(skus, 8), dict.fromkeys(skus, 8))
    systems = shop.runtime.open_systems(shop.connection.id)
    poll(systems, shop.runtime, lambda _: None)
    changed = now().strftime("%Y-%m-%d %H:%M:%S")
    shop.account.set_stock(
        [{"item": 2000 + n, "location": WAREHOUSE, "on_hand": 7, "changed": changed} for n in range(1000)]
    )
    asked, answered = len(shop.account.calls), shop.shop.operations.total()
    poll(systems, shop.runtime, lambda _: None)
    assert run(shop)["sent"] == 1000
    assert len(shop.account.calls) - asked == 1
    assert shop.shop.operations.total() - answered == shop.shop.operations["InventorySet"] == 4
    assert set(in_shop(shop).values()) == {7}
