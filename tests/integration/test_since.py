"""Since when a record is not in step, and since when it is due: what is tried meanwhile moves neither."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from connector.store import alert_readings, census, held, inbox, order_census, problems, records, wanted
from connector.store.problems import Cause
from connector.store.records import ORDER, ORDER_STATUS
from connector.store.tables import RecordState
from connector.store.tables import records as table
from tests.clock import now
from tests.hearing import heard
from tests.payloads import rest_order
from tests.world import World

_IN_PLACE = text("select pg_stat_get_xact_tuples_hot_updated(cast('records' as regclass))")
DAY = timedelta(days=1)
GHOST = "sku:GHOST"


def aged(world: World, by: timedelta = DAY) -> None:
    """As if so much time had passed since everything that happened."""
    moments = ("open_since", "due_since", "changed_at", "created_at", "first_failed_at", "woken_at")
    with world.engine.begin() as connection:
        connection.execute(update(table).values({name: table.c[name] - by for name in moments}))


def failed(world: World, record_id: int) -> None:
    """A pass met a NetSuite that is away; the next one may begin."""
    world.account.faults.add({"kind": "status_before", "status": 503, "times": 1000})
    world.work(record_id)
    world.account.faults.clear()
    with world.engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == record_id).values(next_attempt_at=func.now()))


def column(world: World, record_id: int, name: str) -> Any:
    with world.engine.begin() as connection:
        return connection.execute(select(table.c[name]).where(table.c.id == record_id)).scalar_one()


def age(world: World, record_id: int, name: str = "open_since") -> int:
    """In whole days."""
    moment: datetime = column(world, record_id, name)
    return (now() - moment).days


def ghost(world: World, number: int = 5001) -> int:
    """An order that is held for a SKU; its record."""
    record_id = world.sell(rest_order(number, sku="GHOST"))
    world.work(record_id)
    assert world.record(number).state == "held"
    return record_id


def changed(world: World, number: int) -> None:
    """A delivery tells of an order once more."""
    heard(world, "orders/updated", {"id": number, "name": f"#{number}"})


def test_retries_do_not_make_an_order_younger(world: World) -> None:
    record_id = world.sell(rest_order())
    for _ in range(3):
        failed(world, record_id)
        aged(world)
    assert age(world, record_id) == age(world, record_id, "due_since") == 3
    with world.engine.begin() as connection:
        waiting = alert_readings.oldest_undone(connection, world.connection.id)
        assert census.oldest_pending_seconds(connection, now=now()) > 2.9 * 86400
        (row,) = order_census.open_orders(connection, [world.connection.id])
        (group,) = problems.retried_groups(connection, [world.connection.id])
    assert waiting is not None
    assert (now() - waiting.since).days == (now() - row.since).days == (now() - group.first_at).days == 3
    assert waiting.failing_for == "unavailable"


def test_deliveries_do_not_make_an_order_younger_that_nobody_works_on(world: World) -> None:
    record_id = world.sell(rest_order())
    aged(world)
    changed(world, 5001)
    assert age(world, record_id) == age(world, record_id, "due_since") == 1
    assert age(world, record_id, "changed_at") == 0


def test_a_hold_that_is_repeated_is_as_old_as_the_first(world: World) -> None:
    record_id = ghost(world)
    aged(world)
    changed(world, 5001)
    assert age(world, record_id, "due_since") == 0
    world.work(record_id)
    assert age(world, record_id) == 1
    with world.engine.begin() as connection:
        (group,) = problems.open_groups(connection, [world.connection.id])
        (waiting,) = held.waiting(connection, world.connection.id, limit=9)
    assert (now() - group.first_at).days == (now() - waiting.since).days == 1
    assert (now() - group.last_at).days == 0


def test_a_released_order_is_open_as_long_as_before_and_due_from_now_on(world: World) -> None:
    record_id = ghost(world)
    aged(world)
    with world.engine.begin() as connection:
        assert problems.release(connection, Cause(world.connection.id, "not_mapped", GHOST)) == [record_id]
        waiting = alert_readings.oldest_undone(connection, world.connection.id)
    assert waiting is not None
    assert (age(world, record_id), (now() - waiting.since).days, waiting.failing_for) == (1, 0, None)


def test_an_order_that_came_to_rest_is_open_from_its_next_change_on(world: World) -> None:
    record_id = world.sell(rest_order())
    world.work(record_id)
    aged(world)
    changed(world, 5001)
    assert age(world, record_id) == age(world, record_id, "due_since") == 0
    world.work(record_id)
    assert world.record(5001).state == "in_sync"
    aged(world)
    world.announce(5001)
    assert age(world, record_id) == 0


def test_what_was_in_step_and_is_held_now_is_open_from_now_on(world: World) -> None:
    record_id = world.sell(rest_order())
    world.work(record_id)
    aged(world)
    with world.engine.begin() as connection:
        held.hold(connection, record_id, code="total_mismatch", reason="the totals differ")
    assert age(world, record_id) == 0


def test_what_comes_during_a_pass_is_open_since_it_came(world: World) -> None:
    """The pass brought the older change into step."""
    record_id = world.sell(rest_order())
    aged(world)
    with world.engine.begin() as connection:
        lease = records.claim(connection, record_id, owner="test", now=now())
    assert lease is not None
    changed(world, 5001)
    assert age(world, record_id) == 1
    came_at = column(world, record_id, "changed_at")
    with world.engine.begin() as connection:
        assert records.settle(connection, lease, records.Standing(RecordState.IN_SYNC), now=now())
    assert column(world, record_id, "open_since") == column(world, record_id, "due_since") == came_at


def test_what_comes_during_a_pass_that_ends_held_is_open_as_long_as_before(world: World) -> None:
    record_id = world.sell(rest_order(sku="GHOST"))
    aged(world)
    with world.engine.begin() as connection:
        lease = records.claim(connection, record_id, owner="test", now=now())
    assert lease is not None
    changed(world, 5001)
    with world.engine.begin() as connection:
        records.settle(connection, lease, records.Standing(RecordState.HELD, "not_mapped", GHOST), now=now())
    assert (age(world, record_id), age(world, record_id, "due_since")) == (1, 0)


def test_news_for_the_shop_are_as_old_as_the_first_that_is_not_told(world: World) -> None:
    def want() -> int:
        with world.engine.begin() as connection:
            return wanted.want(connection, world.connection.id, ORDER_STATUS, ["5001"])[0]

    record_id = want()
    aged(world)
    want()
    assert age(world, record_id) == 1


def test_what_waited_for_its_job_is_due_once_it_is_sent(world: World) -> None:
    record_id = world.announce(5001)
    with world.engine.begin() as connection:
        connection.execute(update(table).values(next_attempt_at=records.UNTIL_SENT))
    aged(world)
    world.announce(5001)
    assert (age(world, record_id), age(world, record_id, "due_since")) == (1, 0)


def test_a_delivery_updates_an_open_record_in_place(world: World) -> None:
    """No indexed column is changed, so that no index is written: what the receiver's speed rests on."""
    world.announce(5001)
    at = world.connection.id
    again = inbox.Delivery(at, "orders/updated", "again", None, None, {}, b"sealed", b"hash", ORDER, "5001")
    with world.engine.begin() as connection:
        before = connection.execute(_IN_PLACE).scalar_one()
        inbox.accept(connection, [again])
        assert connection.execute(_IN_PLACE).scalar_one() - before == 1


@pytest.mark.parametrize(
    ("state", "passes", "expected"),
    [
        # Never at rest: open since it was heard of.
        ("held", {"not_mapped": 5, "unavailable": 3}, (9, 1)),
        # At rest six days ago: open since the first pass after it.
        ("held", {"in_sync": 6, "not_mapped": 4, "not_mapped ": 2}, (4, 1)),
        ("pending", {"in_sync": 6}, (1, 1)),
    ],
)
def test_the_migration_tells_from_what_was_tried(
    world: World, state: str, passes: Mapping[str, int], expected: tuple[int, int]
) -> None:
    record_id = world.announce(5001)
    days = "make_interval(days => :days)"
    with world.engine.begin() as connection:
        values = {"id": record_id, "state": state}
        connection.execute(
            text(
                "update records set state = :state, created_at = now() - interval '9 days', "
                "changed_at = now() - interval '1 day' where id = :id"
            ),
            values,
        )
        for outcome, ago in passes.items():
            connection.execute(
                text(
                    "insert into attempts (record_id, worker, rules_version, started_at, outcome, calls) "
                    f"values (:id, 'test', 1, now() - {days}, :outcome, '[]')"
                ),
                {"id": record_id, "days": ago, "outcome": outcome.strip()},
            )
        migration = import_module("connector.store.migrations.versions.0031_since_when_records_are_open")
        connection.execute(text(migration._OF_THE_OPEN))
    assert (age(world, record_id), age(world, record_id, "due_since")) == expected
    assert column(world, record_id, "kind") == ORDER
