"""A record that goes the whole way every few minutes and changes nothing: written, woken, leased, worked on, settled.

While it arrives, the way of every order is open; /readyz and the metrics tell when it is late.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.flows.result import Result
from connector.flows.systems import Workplace
from connector.store import cursors, wanted
from connector.store.records import Lease

HEARTBEAT = "canary"
EVERY = timedelta(minutes=5)
LATE_AFTER = 2 * EVERY


def release(connection: Connection, *, now: datetime) -> int | None:
    """Makes the canary due if it has sat for five minutes; its record's id, or None. There is none without a connection."""
    return wanted.release_canary(connection, before=now - EVERY)


def arrive(workplace: Workplace, _lease: Lease) -> Result:
    """The canary has come through: a worker took it up under a lease and can write to the database."""
    with workplace.engine.begin() as connection:
        cursors.beat(connection, HEARTBEAT)
    return Result()
