"""Finds undone work in Postgres alone: records that are due although no wake for them was heard, and the canary."""

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Engine, text

from connector.flows import canary
from connector.flows.systems import Wake
from connector.store import cursors, undone

log = structlog.get_logger(__name__)

HEARTBEAT = "sweeper"
LIMIT = 500
# Any constant: it only has to be the same in every worker.
_LOCK = 7_431_902_211


HeardWake = Callable[[int], bool]


def left_to_sweeper(engine: Engine) -> Wake:
    """A wake for processes that have no queue, such as commands: the next sweep of a worker finds the record, within seconds."""

    def wake(record_id: int) -> None:
        with engine.begin() as connection:
            undone.expect_sweep(connection, record_id)

    return wake


def sweep(
    engine: Engine, wake: HeardWake, *, now: datetime, queued: int = 0, ahead: HeardWake | None = None
) -> Sequence[int]:
    """Wakes every record that is due and unattended; returns those that could not be. One sweeper at a time does it.

    `wake` says whether it was heard; after the first that was not, the others are not tried. `queued`: how many wakes
    wait to be read; no record gets a second one beside them. `ahead` wakes what dead workers left behind, so that it is
    read before a long queue is; without it they are woken as all others.
    """
    with engine.begin() as connection:
        cursors.beat(connection, HEARTBEAT)
        if not connection.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar_one():
            return ()
        left = undone.left_behind(connection, now=now, limit=LIMIT)
        found = undone.due(connection, now=now, limit=LIMIT, queued=queued)
        bird = canary.release(connection, now=now)
    found += [bird] if bird is not None else []
    if left or found:
        log.info("swept", records=len(left) + len(found), left_behind=len(left))
    heard = sum(1 for _ in itertools.takewhile(ahead or wake, left))
    if heard < len(left):
        return [*left[heard:], *found]
    heard = sum(1 for _ in itertools.takewhile(wake, found))
    return found[heard:]
