"""Without any webhook the product is merely slower: what Shopify changed and nobody told us becomes due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from connector.errors import Forbidden
from connector.flows.catch_up import CURSOR, LOOK_BACK, OVERLAP, catch_up, catch_up_customers, look_back
from connector.store import cursors, subscriptions
from connector.store.connection_tables import connections, silences
from connector.store.tables import events, records
from tests.clock import now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.world import World


def placed(world: World, number: int, *, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """An order nobody tells of."""
    moment = (at or now()).isoformat()
    order = rest_order(number, created_at=moment, updated_at=moment, **changes)
    world.shop.put_order(order, [payment(order)])
    return order


def caught_up(world: World) -> dict[str, int]:
    """One catch-up, and a pass over everything it found."""
    woken: list[int] = []
    counts = catch_up(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
    for record_id in woken:
        world.work(record_id)
    return dict(counts)


def began(world: World, at: datetime) -> None:
    """The connection has been there since."""
    with world.engine.begin() as connection:
        connection.execute(update(connections).values(created_at=at))


def test_orders_no_webhook_told_of_are_booked_once(world: World) -> None:
    for number in range(5001, 5004):
        placed(world, number)
    assert caught_up(world) == {"orders": 3, "unheard": 3}
    assert {world.record(number).state for number in range(5001, 5004)} == {"in_sync"}
    assert caught_up(world) == {"orders": 3, "unheard": 0}
    assert len(world.transactions("SalesOrd")) == 3


def test_what_a_webhook_told_is_not_looked_at_again_unless_it_changed_since(world: World) -> None:
    order = placed(world, 5001)
    world.work(heard(world, "orders/create", order).record_ids[0])
    assert caught_up(world)["unheard"] == 0
    placed(world, 5001, at=now() + timedelta(seconds=5), note="changed")
    assert caught_up(world)["unheard"] == 1
    assert caught_up(world)["unheard"] == 0


def test_an_order_that_waits_for_its_first_pass_is_not_told_twice(world: World) -> None:
    heard(world, "orders/create", placed(world, 5001))
    assert caught_up(world)["unheard"] == 0


def test_hints_stand_in_the_audit_log_with_where_they_came_from(world: World) -> None:
    placed(world, 5001)
    caught_up(world)
    with world.engine.begin() as connection:
        (row,) = connection.execute(select(events)).all()
    assert (row.source, row.topic, row.record_kind, row.shopify_id) == ("poll", "orders/changed", "order", "5001")


def test_the_first_time_nothing_before_the_connection_is_read(world: World) -> None:
    placed(world, 5001, at=now() - timedelta(days=2))
    assert caught_up(world) == {"orders": 0, "unheard": 0}


def test_a_silence_is_caught_up_from_its_beginning_and_then_closed(world: World) -> None:
    began(world, now() - timedelta(days=30))
    caught_up(world)
    placed(world, 5001, at=now() - timedelta(days=5))
    with world.engine.begin() as connection:
        cursors.advance(connection, world.connection.id, "orders.catch_up", now().isoformat())
    assert caught_up(world)["unheard"] == 0
    with world.engine.begin() as connection:
        since, until = now() - timedelta(days=6), now() - timedelta(days=4)
        subscriptions.note_silence(connection, world.connection.id, "orders/create", since=since, until=until)
    assert caught_up(world)["unheard"] == 1
    with world.engine.begin() as connection:
        assert connection.execute(select(silences.c.caught_up_at)).scalar_one() is not None
        assert subscriptions.open_silences(connection, world.connection.id) == []


def test_every_day_the_last_three_days_are_looked_over_once_more(world: World) -> None:
    began(world, now() - timedelta(days=30))
    caught_up(world)
    placed(world, 5001, at=now() - LOOK_BACK + timedelta(hours=1))
    placed(world, 5002, at=now() - LOOK_BACK - timedelta(hours=1))
    with world.engine.begin() as connection:
        cursors.advance(connection, world.connection.id, "orders.catch_up", now().isoformat())
    assert caught_up(world)["unheard"] == 0
    counts = look_back(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)
    assert counts == {"orders": 1, "unheard": 1}


def looked_back(world: World) -> dict[str, int]:
    """One daily look, and a pass over everything it found."""
    woken: list[int] = []
    counts = look_back(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
    for record_id in woken:
        world.work(record_id)
    return dict(counts)


def test_a_second_change_within_the_second_of_the_first_is_found_by_the_daily_look(world: World) -> None:
    second = now().replace(microsecond=0)
    order = placed(world, 5001, at=second)
    world.work(heard(world, "orders/create", order).record_ids[0])
    placed(world, 5001, at=second, cancelled_at=second.isoformat(), cancel_reason="customer")
    assert caught_up(world)["unheard"] == 0
    assert looked_back(world)["unheard"] == 1
    (sales_order,) = world.transactions("SalesOrd")
    assert sales_order["status"] in ("C", "H"), world.record(5001).reason


def test_what_was_read_long_after_its_change_is_not_looked_at_again(world: World) -> None:
    began(world, now() - timedelta(days=30))
    order = placed(world, 5001, at=now() - timedelta(minutes=1))
    world.work(heard(world, "orders/create", order).record_ids[0])
    assert looked_back(world) == {"orders": 1, "unheard": 0}


def test_more_orders_than_fit_on_a_page_are_all_found(world: World) -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    began(world, moment)
    for number in range(6000, 6301):
        placed(world, number, at=moment + timedelta(seconds=number // 100))
    woken: list[int] = []
    counts = catch_up(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
    assert counts == {"orders": 301, "unheard": 301}
    assert len(set(woken)) == 301
    assert world.shop.operations["OrdersUpdatedSince"] == 2


def watermark(world: World, at: datetime) -> None:
    """How far the last catch-up came."""
    with world.engine.begin() as connection:
        cursors.advance(connection, world.connection.id, CURSOR, at.isoformat())


def test_after_days_in_which_we_were_down_everything_since_the_last_time_is_found(world: World) -> None:
    began(world, now() - timedelta(days=30))
    watermark(world, now() - timedelta(days=9))
    placed(world, 5001, at=now() - timedelta(days=8))
    placed(world, 5002, at=now() - timedelta(days=1))
    assert caught_up(world) == {"orders": 2, "unheard": 2}
    assert len(world.transactions("SalesOrd")) == 2


def test_an_order_that_the_search_showed_late_lies_in_the_overlap(world: World) -> None:
    began(world, now() - timedelta(days=30))
    last = now() - timedelta(hours=2)
    watermark(world, last)
    placed(world, 5001, at=last - OVERLAP + timedelta(seconds=5))
    placed(world, 5002, at=last - OVERLAP - timedelta(seconds=5))
    assert caught_up(world) == {"orders": 1, "unheard": 1}
    counts = look_back(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)
    assert counts == {"orders": 2, "unheard": 1}


def test_a_catch_up_that_broke_off_begins_where_the_last_whole_one_ended(world: World) -> None:
    began(world, now() - timedelta(days=30))
    last = now() - timedelta(days=2)
    watermark(world, last)
    for number in range(6000, 6300):
        placed(world, number, at=last + timedelta(seconds=number - 6000))
    woken: list[int] = []

    def die(record_id: int) -> None:
        woken.append(record_id)
        if len(woken) == 260:
            raise KeyboardInterrupt

    systems = world.runtime.open_systems(world.connection.id)
    with pytest.raises(KeyboardInterrupt):
        catch_up(systems, world.runtime, die)
    with world.engine.begin() as connection:
        cursor = cursors.read(connection, world.connection.id, CURSOR)
    assert cursor is not None
    assert datetime.fromisoformat(cursor.watermark) == last
    # What was kept as a hint is due whether it was woken or not: the sweeper finds it.
    assert catch_up(systems, world.runtime, woken.append) == {"orders": 300, "unheard": 0}
    with world.engine.begin() as connection:
        due = select(func.count()).select_from(records).where(records.c.state == "pending")
        assert connection.execute(due).scalar_one() == 300


def customer(world: World, number: int, *, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """A customer of the shop nobody tells of."""
    moment = (at or now()).isoformat()
    made = {
        "id": number, "first_name": "New", "last_name": "Buyer", "email": f"new{number}@example.com", "addresses": [],
        "created_at": moment, "updated_at": moment, **changes,
    }  # fmt: skip
    world.shop.customers.put(made)
    return made


def customers_caught_up(world: World) -> dict[str, int]:
    """One catch-up of customers, and a pass over everybody it found."""
    woken: list[int] = []
    counts = catch_up_customers(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
    for record_id in woken:
        world.work(record_id)
    return dict(counts)


def in_netsuite(world: World) -> set[str]:
    """The e-mail addresses of NetSuite's customers that came of the shop."""
    return {str(one["email"]) for one in world.account.ledger()["customers"] if one["external_id"]}


def test_customers_no_webhook_told_of_are_made_once_and_kept_up(world: World) -> None:
    past = now() - timedelta(seconds=30)
    for number in (7001, 7002):
        customer(world, number, at=past)
    assert customers_caught_up(world) == {"customers": 2, "unheard": 2}
    assert in_netsuite(world) == {"new7001@example.com", "new7002@example.com"}
    assert customers_caught_up(world) == {"customers": 2, "unheard": 0}
    customer(world, 7001, email="moved@example.com")
    assert customers_caught_up(world)["unheard"] == 1
    assert in_netsuite(world) == {"moved@example.com", "new7002@example.com"}
    with world.engine.begin() as connection:
        kept = {(row.source, row.topic, row.record_kind) for row in connection.execute(select(events))}
    assert kept == {("poll", "customers/changed", "customer")}


def test_a_customer_that_a_webhook_told_of_is_not_looked_at_again(world: World) -> None:
    made = customer(world, 7001, at=now() - timedelta(seconds=30))
    world.work(heard(world, "customers/create", made).record_ids[0])
    assert customers_caught_up(world) == {"customers": 1, "unheard": 0}


def test_the_first_time_the_customers_of_three_days_are_read(world: World) -> None:
    began(world, now() - timedelta(days=300))
    customer(world, 7001, at=now() - LOOK_BACK + timedelta(hours=1))
    customer(world, 7002, at=now() - LOOK_BACK - timedelta(hours=1))
    assert customers_caught_up(world) == {"customers": 1, "unheard": 1}


def test_each_catch_up_closes_the_silences_of_its_own_topics(world: World) -> None:
    began(world, now() - timedelta(days=30))
    caught_up(world)
    customers_caught_up(world)
    customer(world, 7001, at=now() - timedelta(days=5))
    since, until = now() - timedelta(days=6), now() - timedelta(days=4)
    with world.engine.begin() as connection:
        for topic in ("orders/create", "customers/update"):
            subscriptions.note_silence(connection, world.connection.id, topic, since=since, until=until)
    caught_up(world)
    with world.engine.begin() as connection:
        (left,) = subscriptions.open_silences(connection, world.connection.id)
    assert left.topic == "customers/update"
    assert customers_caught_up(world)["unheard"] == 1
    with world.engine.begin() as connection:
        assert subscriptions.open_silences(connection, world.connection.id) == []


def test_customers_are_not_asked_for_without_the_scope(world: World) -> None:
    granted = [scope for scope in world.shop.config.scopes if not scope.endswith("_customers")]
    world.shop.config.scopes = granted
    with pytest.raises(Forbidden):
        customers_caught_up(world)
