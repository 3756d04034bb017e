"""What was sent and never answered is looked for although no pass of its record will: held, ignored, parked or left out."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from connector.flows.leasing import OVER_AFTER
from connector.store.tables import effects, records
from tests.clock import now
from tests.payloads import rest_order
from tests.scheduling import run_everywhere
from tests.world import World

_LONG_AGO = OVER_AFTER + timedelta(minutes=1)


def unanswered(world: World, state: str, *, ago: timedelta = _LONG_AGO) -> None:
    """NetSuite made the sales order and its answer was lost; then the record came to rest."""
    world.account.faults.add({"kind": "commit_then_drop", "method": "POST", "path": "salesOrder"})
    world.work(world.sell(rest_order()))
    assert effect(world).state == "unknown"
    rests(world, state, ago=ago)


def rests(world: World, state: str, *, ago: timedelta = _LONG_AGO) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(records).where(records.c.kind == "order").values(state=state))
        sent_at = func.now() - ago
        connection.execute(update(effects).where(effects.c.kind == "sales_order").values(sent_at=sent_at))


def effect(world: World) -> Any:
    """The effect of the sales order."""
    with world.engine.begin() as connection:
        return connection.execute(select(effects).where(effects.c.kind == "sales_order")).one()


def settled(world: World) -> int:
    return run_everywhere(world.runtime, "orders.verify", now=now())["settled"]


@pytest.mark.parametrize("state", ["held", "ignored", "parked", "excluded"])
def test_what_stands_is_known_and_its_record_stays_as_it_is(world: World, state: str) -> None:
    unanswered(world, state)
    assert settled(world) == 1
    (standing,) = world.transactions("SalesOrd")
    assert (effect(world).state, effect(world).remote_id) == ("confirmed", str(standing["id"]))
    assert world.record(5001).state == state
    assert settled(world) == 0


def test_what_was_not_made_is_known_not_to_be(world: World) -> None:
    world.account.faults.add({"kind": "status_before", "method": "POST", "path": "salesOrder"})
    world.work(world.sell(rest_order()))
    with world.engine.begin() as connection:
        connection.execute(update(effects).where(effects.c.kind == "sales_order").values(state="sent"))
    rests(world, "held")
    assert settled(world) == 1
    assert (effect(world).state, effect(world).remote_id) == ("planned", None)
    world.work(world.announce(5001))
    assert world.record(5001).state == "in_sync"
    assert len(world.transactions("SalesOrd")) == 1


def test_what_a_pass_will_look_for_or_netsuite_may_still_be_at_is_left_alone(world: World) -> None:
    unanswered(world, "pending")
    assert settled(world) == 0
    rests(world, "held", ago=OVER_AFTER - timedelta(minutes=1))
    assert settled(world) == 0
    assert effect(world).state == "unknown"


def test_what_stands_with_other_money_is_left_to_its_record_and_keeps_no_other_waiting(world: World) -> None:
    unanswered(world, "held")
    with world.engine.begin() as connection:
        connection.execute(update(effects).where(effects.c.kind == "sales_order").values(amount=1))
    assert settled(world) == 0
    assert effect(world).state == "unknown"


def test_what_was_sent_of_an_order_that_the_shop_has_forgotten_is_known(world: World) -> None:
    unanswered(world, "pending")
    world.shop.remove_order(5001)
    world.work(world.announce(5001))
    (standing,) = world.transactions("SalesOrd")
    assert world.record(5001).state == "excluded"
    assert (effect(world).state, effect(world).remote_id) == ("confirmed", str(standing["id"]))
