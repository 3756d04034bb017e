"""Finds undone work in Postgres alone: records that are due although no wake for them was heard."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine, text

from connector.store import cursors, records

log = structlog.get_logger(__name__)

HEARTBEAT = "sweeper"
_LIMIT = 500
# Any constant: it only has to be the same in every worker.
_LOCK = 7_431_902_211


def sweep(engine: Engine, wake: Callable[[int], None], *, now: datetime) -> int:
    """Wakes every record that is due and unattended; returns how many. One sweeper at a time does it."""
    with engine.begin() as connection:
        cursors.beat(connection, HEARTBEAT)
        if not connection.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar_one():
            return 0
        found = records.due(connection, now=now, limit=_LIMIT)
    for record_id in found:
        wake(record_id)
    if found:
        log.info("swept", records=len(found))
    return len(found)
