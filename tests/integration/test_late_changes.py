"""A change that got no answer, and that NetSuite carries out behind a newer one: it is put right once it can come no more."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from connector.flows.leasing import OVER_AFTER
from connector.flows.systems import Systems
from connector.netsuite.writes import Change
from connector.store.tables import effects, records
from tests.clock import now
from tests.integration.test_order_life import ORDER, placed, sales_order
from tests.integration.test_stale_workers import memo, noted
from tests.scheduling import run_everywhere
from tests.world import World

_BOB, _EVE = "leave it with Bob", "leave it with Eve"


@pytest.fixture
def overtaken(world: World) -> int:
    """The order's record: Bob's note got no answer, Eve's came behind it and stands."""
    placed(world)
    world.account.faults.add({"kind": "drop_before", "method": "PATCH", "path": "salesOrder"})
    record_id = noted(world, _BOB)
    world.work(record_id)
    assert world.record(ORDER).reason_code == "outcome_unknown"
    noted(world, _EVE)
    again(world, record_id)
    assert "Eve" in memo(world)
    return record_id


def test_what_came_behind_a_newer_change_is_put_right_when_it_is_over(world: World, overtaken: int) -> None:
    carried_out_late(world, _BOB)
    assert compared_again(world) == 0
    time_passes(world)
    assert compared_again(world) == 1
    assert world.record(ORDER).state == "pending"
    world.work(overtaken)
    assert ("Eve" in memo(world), world.record(ORDER).state) == (True, "in_sync")
    time_passes(world)
    assert compared_again(world) == 0


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_later_change_does_not_hide_that_an_older_one_may_come(
    world: World, overtaken: int, *, is_answered: bool
) -> None:
    if not is_answered:
        world.account.faults.add({"kind": "drop_before", "method": "PATCH", "path": "salesOrder"})
    noted(world, "leave it with Mallory")
    world.work(overtaken)
    noted(world, _EVE)
    again(world, overtaken)
    carried_out_late(world, _BOB)
    time_passes(world)
    assert compared_again(world) == 1
    world.work(overtaken)
    assert ("Eve" in memo(world), compared_again(world)) == (True, 0)


def test_what_was_sent_lately_and_answered_is_no_cause_to_compare_once_more(world: World, overtaken: int) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(effects).values(late_until=func.now()))
    assert compared_again(world) == 1
    world.work(overtaken)
    assert effect(world).late_until is None


def test_an_order_that_is_not_in_step_is_compared_once_it_is(world: World, overtaken: int) -> None:
    time_passes(world)
    for state, count in (("ignored", 0), ("held", 0), ("in_sync", 1)):
        with world.engine.begin() as connection:
            connection.execute(update(records).where(records.c.id == overtaken).values(state=state))
        assert compared_again(world) == count, state


def test_a_change_that_was_answered_is_not_compared_again(world: World) -> None:
    placed(world)
    world.work(noted(world, _BOB))
    time_passes(world)
    assert (effect(world).late_until, compared_again(world)) == (None, 0)


def carried_out_late(world: World, said: str) -> None:
    """NetSuite comes to a request of long ago."""
    systems: Systems = world.runtime.open_systems(world.connection.id)
    systems.netsuite.write(Change("salesOrder", str(sales_order(world)["id"]), {"memo": f"Shopify #1001: {said}"}))
    assert said in memo(world)


def again(world: World, record_id: int) -> None:
    """A pass, whenever that was to be."""
    with world.engine.begin() as connection:
        connection.execute(update(records).where(records.c.id == record_id).values(next_attempt_at=func.now()))
    world.work(record_id)
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason


def time_passes(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            update(effects).values(sent_at=effects.c.sent_at - OVER_AFTER, late_until=effects.c.late_until - OVER_AFTER)
        )


def compared_again(world: World) -> int:
    return run_everywhere(world.runtime, "orders.verify", now=now())["again"]


def effect(world: World) -> Any:
    with world.engine.begin() as connection:
        return connection.execute(select(effects).where(effects.c.kind == "sales_order")).one()
