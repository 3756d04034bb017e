"""What waits for a system that was away comes forward when it answers, a few at a time, and not again and again."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text, update

from connector.flows import scheduled
from connector.flows.jobs import the_job
from connector.store import retries
from connector.store.connection_tables import connections
from connector.store.tables import RecordState, records
from tests.clock import now
from tests.payloads import rest_order
from tests.world import World

AWAY = "netsuite 1234567_SB1"


def fail(world: World, count: int, *, first: int = 5001) -> list[int]:
    """Orders whose pass met a NetSuite that is away; their next try is far off."""
    world.account.faults.add({"kind": "status_before", "status": 503, "times": 1000})
    ids = [world.sell(rest_order(number)) for number in range(first, first + count)]
    for record_id in ids:
        world.work(record_id)
    world.account.faults.clear()
    change(world, ids, next_attempt_at=func.now() + timedelta(hours=1))
    return ids


def change(world: World, ids: list[int], **values: Any) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(records).where(records.c.id.in_(ids)).values(values))


def due(world: World) -> list[int]:
    is_due = (records.c.state == RecordState.PENDING, records.c.next_attempt_at <= func.now())
    with world.engine.begin() as connection:
        return list(connection.execute(select(records.c.id).where(*is_due).order_by(records.c.id)).scalars())


def value(world: World, record_id: int, column: str) -> Any:
    with world.engine.begin() as connection:
        return connection.execute(select(records.c[column]).where(records.c.id == record_id)).scalar_one()


def test_a_pass_that_goes_well_brings_some_of_those_forward_that_wait_for_the_account(world: World) -> None:
    waiting = fail(world, retries.AT_ONCE + 2)
    assert [value(world, record_id, "waits_on") for record_id in waiting] == [AWAY] * len(waiting)
    outcome = world.work(world.sell(rest_order(6001)))
    assert outcome is not None
    assert outcome.wakes == tuple(waiting[: retries.AT_ONCE])
    assert due(world) == waiting[: retries.AT_ONCE]


def test_a_backlog_comes_forward_as_a_whole_and_each_attempt_still_counts(world: World) -> None:
    waiting = fail(world, 6)
    assert {value(world, record_id, "attempts") for record_id in waiting} == {1}
    woken = [world.sell(rest_order(6001))]
    for record_id in woken:
        outcome = world.work(record_id)
        woken += outcome.wakes if outcome is not None else ()
    assert sorted(woken[1:]) == waiting
    assert {world.record(5001 + number).state for number in range(6)} == {"in_sync"}
    assert {value(world, record_id, "waits_on") for record_id in waiting} == {None}


def test_what_fails_again_is_not_brought_forward_again_before_the_brake_is_off(world: World) -> None:
    (waiting,) = fail(world, 1)
    world.work(world.sell(rest_order(6001)))
    world.account.faults.add({"kind": "status_before", "status": 503, "times": 1000})
    world.work(waiting)
    world.account.faults.clear()
    assert value(world, waiting, "attempts") == 2
    change(world, [waiting], next_attempt_at=func.now() + timedelta(hours=1))
    world.work(world.sell(rest_order(6002)))
    assert due(world) == []
    change(world, [waiting], forwarded_at=func.now() - retries.BRAKE - timedelta(seconds=1))
    world.work(world.sell(rest_order(6003)))
    assert due(world) == [waiting]


def test_while_the_account_is_away_nothing_is_brought_forward(world: World) -> None:
    fail(world, 3)
    fail(world, 1, first=5101)
    assert due(world) == []


def test_the_accounts_of_others_bring_nothing_forward(world: World) -> None:
    fail(world, 1)
    with world.engine.begin() as connection:
        connection.execute(update(records).values(waits_on="netsuite 999"))
    world.work(world.sell(rest_order(6001)))
    assert due(world) == []


def test_a_shop_that_was_away_brings_its_orders_forward_too(world: World) -> None:
    waiting = fail(world, 1)
    with world.engine.begin() as connection:
        shop = connection.execute(select(connections.c.shop)).scalar_one()
        connection.execute(update(records).values(waits_on=f"shopify {shop}"))
    world.work(world.sell(rest_order(6001)))
    assert due(world) == waiting


def test_a_poll_that_goes_well_brings_them_forward_where_no_order_is_due(world: World) -> None:
    waiting, woken = fail(world, 1), list[int]()
    ran = scheduled.run(world.runtime, the_job("orders.poll"), world.connection.id, woken.append, now=now())
    assert ran is not None
    assert ran.reason is None
    assert woken == waiting == due(world)


def test_what_waits_is_found_by_its_index(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("set local enable_seqscan = off"))
        query = "explain select id from records where state = 'pending' and waits_on = 'netsuite 1'"
        order = " order by forwarded_at nulls first, id limit 4"
        plan = "\n".join(connection.execute(text(query + order)).scalars())
    assert "ix_records_waits_on" in plan
    assert "Sort" not in plan
