"""An order that was called off while NetSuite had not answered: it is not let go before it is known what became of it there."""

from datetime import timedelta

from sqlalchemy import func, select, update

from connector.flows.doubtful import settle_left
from connector.flows.leasing import OVER_AFTER
from connector.flows.schedule import JITTER
from connector.store.records import RecordView
from connector.store.tables import effects, records
from tests.integration.test_order_life import ORDER, happens, sales_order
from tests.payloads import rest_order
from tests.waiting import eventually
from tests.world import World


def test_a_cancelled_order_is_not_let_go_while_netsuite_may_yet_make_it(world: World) -> None:
    world.account.faults.add({"kind": "drop_before", "method": "POST", "path": "salesOrder"})
    world.work(world.sell(rest_order(ORDER)))
    happens(world, "cancel", reason="customer")
    waiting = world.record(ORDER)
    assert (waiting.state, waiting.reason_code) == ("pending", "may_yet_come")
    assert "may yet make it" in str(waiting.reason)
    assert looked_for_in(world) <= 10 * (1 + JITTER)
    sent_before(world, timedelta(minutes=15))
    assert again(world).state == "pending"
    assert looked_for_in(world) >= 60 * (1 - JITTER) - 1
    sent_before(world, OVER_AFTER)
    assert again(world).state == "excluded"
    assert world.transactions("SalesOrd") == []
    assert settle_left(world.runtime.open_systems(world.connection.id), world.runtime) == 0
    with world.engine.begin() as connection:
        open_ones = select(func.count()).where(effects.c.state.in_(("sent", "unknown")))
        assert connection.execute(open_ones).scalar_one() == 0


def test_a_cancelled_order_that_netsuite_makes_late_is_closed_there(world: World) -> None:
    world.account.faults.add({"kind": "late_commit", "method": "POST", "path": "salesOrder", "seconds": 1.0})
    world.work(world.sell(rest_order(ORDER)))
    happens(world, "cancel", reason="customer")
    eventually(lambda: world.account.faults.later == 0, within=30)
    assert again(world).state == "in_sync"
    assert sales_order(world)["status"] == "H"


def test_a_payment_that_was_voided_while_netsuite_may_yet_book_it_is_looked_for_again(world: World) -> None:
    world.account.faults.add({"kind": "late_commit", "method": "POST", "path": "customerDeposit", "seconds": 1.0})
    world.work(world.sell(rest_order(ORDER)))
    happens(world, "cancel", reason="customer", refund="original")
    eventually(lambda: world.account.faults.later == 0, within=30)
    assert again(world).state == "in_sync", world.record(ORDER).reason
    assert len(world.transactions("CustDep")) == len(world.transactions("CustRfnd"))


def sent_before(world: World, earlier: timedelta) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(effects).values(sent_at=func.now() - earlier))


def looked_for_in(world: World) -> float:
    """Seconds until the next pass."""
    with world.engine.begin() as connection:
        left = select(func.extract("epoch", records.c.next_attempt_at - func.now())).where(records.c.kind == "order")
        return float(connection.execute(left).scalar_one())


def again(world: World) -> RecordView:
    """The record after its next pass, whenever that was to be."""
    with world.engine.begin() as connection:
        connection.execute(update(records).values(next_attempt_at=func.now()))
    world.work(world.record(ORDER).id)
    return world.record(ORDER)
