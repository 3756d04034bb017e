"""Stock, both halves: what NetSuite has is read, and what the shop should have is sent."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from sqlalchemy import func, select

from connector.errors import ConnectorError
from connector.flows import reserving, stock_drift, stock_noting, stock_poll, stock_push
from connector.flows.asking import run_soon
from connector.flows.scheduled import Job, run_by_hand
from connector.flows.stock_places import stock_places
from connector.flows.stock_push import Comparison
from connector.flows.systems import Systems, Wake, Workplace
from connector.store import forced_pushes, operator_actions

log = structlog.get_logger(__name__)

PUSH = "inventory.push"


def poll(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Reads what changed in NetSuite; units that it committed before this reading began are not kept back any more."""
    with workplace.engine.begin() as connection:
        began_at = connection.execute(select(func.clock_timestamp())).scalar_one()
    counts = stock_poll.poll(systems, workplace, wake)
    settled = reserving.settle(systems, workplace, began_at=began_at)
    if counts["changed"] or settled:
        run_soon(workplace.engine, systems.connection.id, PUSH, asked_by="inventory.poll")
    return {**counts, "settled": settled}


def compare(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """The nightly comparison; what differs is pushed at once."""
    counts = stock_drift.compare(systems, workplace, wake)
    if counts.get("different"):
        run_soon(workplace.engine, systems.connection.id, PUSH, asked_by="inventory.drift")
    return counts


def push(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Sends what differs; past the guards, and after a reading of its own, where an admin asked for that one run.

    The wish is gone once it is taken: a run that fails or dies does not leave it to the next one.
    """
    with workplace.engine.begin() as connection:
        forced = forced_pushes.take(connection, systems.connection.id)
    if forced is not None and forced.is_fresh:
        return _synced(systems, workplace, wake, is_forced=True, actor=forced.asked_by)
    if forced is not None:
        log.warning("forced_push_too_old", connection_id=systems.connection.id, asked_by=forced.asked_by)
    return stock_push.push(systems, workplace, wake)


def sync(
    systems: Systems, workplace: Workplace, wake: Wake, *, is_forced: bool, actor: str, now: datetime
) -> Mapping[str, int]:
    """Reads and sends now, as a run of the push: never beside another one. A push that was forced is written down.

    Raises Conflict while one is going on, and what both halves raise.
    """
    raised: list[ConnectorError] = []

    def both(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
        try:
            return _synced(systems, workplace, wake, is_forced=is_forced, actor=actor)
        except ConnectorError as error:
            raised.append(error)
            raise

    job = Job(PUSH, "inventory_push", stock_noting.noted(both))
    ran = run_by_hand(workplace, job, systems.connection, wake, actor=actor, now=now)
    for error in raised:
        raise error
    return ran.counts


def _synced(systems: Systems, workplace: Workplace, wake: Wake, *, is_forced: bool, actor: str) -> Mapping[str, int]:
    read = _read(systems, workplace, wake, is_forced=is_forced)
    if is_forced:
        with workplace.engine.begin() as connection:
            operator_actions.write_down(connection, systems.connection.id, actor=actor, action="stock push forced")
    return read | dict(stock_push.pushed(systems, workplace, wake, is_forced=is_forced))


def _read(systems: Systems, workplace: Workplace, wake: Wake, *, is_forced: bool) -> dict[str, int]:
    """What the reading did. A person may force a push by what was read before, where NetSuite does not answer now."""
    try:
        return {f"read_{name}": count for name, count in poll(systems, workplace, wake).items()}
    except ConnectorError:
        if not is_forced:
            raise
        return {"read_failed": 1}


def preview(systems: Systems, workplace: Workplace, wake: Wake) -> Comparison:
    """Reads now, and says what would be sent. Wants no push and gives no unit free: that is the next reading's."""
    stock_poll.poll(systems, workplace, wake)
    stock_push.look(systems, workplace)
    return stock_push.compared(systems, workplace, stock_places(systems))
