"""Records that are due and that nobody works on: whom a sweeper wakes."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from connector.store.records import IS_WORKED_ON, LEASABLE, WAKE_AGAIN
from connector.store.tables import records

# A wake that is not read for so long is not waited for, however long the queue is.
READ_WITHIN = timedelta(minutes=2)


def due(connection: Connection, *, now: datetime, limit: int, queued: int = 0) -> list[int]:
    """Ids of records that nobody works on although they are due, marked as woken; two sweepers never take the same.

    `queued`: wakes that nobody has read yet. So many of the records have theirs, those that were woken last: it is read
    in its turn.
    """
    is_due = and_(_is_due(now), records.c.lease_until.is_(None))
    if queued:
        limit = min(limit, connection.execute(select(func.count()).where(is_due)).scalar_one() - queued)
    return _taken(connection, and_(is_due, records.c.woken_at < now - WAKE_AGAIN), now, limit)


def left_behind(connection: Connection, *, now: datetime, limit: int) -> list[int]:
    """The same of records that have no wake in any queue: it was read by a worker that died, or must have been lost."""
    since = func.greatest(records.c.woken_at, records.c.next_attempt_at)
    is_left = or_(records.c.lease_until < now, since < now - READ_WITHIN)
    return _taken(connection, and_(_is_due(now), is_left, records.c.woken_at < now - WAKE_AGAIN), now, limit)


def expect_sweep(connection: Connection, record_id: int) -> None:
    """Lets the next sweep find a record that is due and that nobody wakes, as if its wake had been lost long ago."""
    connection.execute(update(records).where(records.c.id == record_id).values(woken_at=func.now() - WAKE_AGAIN * 2))


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Due, and nobody works on it."""
    return and_(
        records.c.state.in_(LEASABLE),
        records.c.next_attempt_at <= now,
        or_(records.c.lease_until.is_(None), records.c.lease_until < now),
        ~records.c.waits_for_job,
        IS_WORKED_ON,
    )


def _taken(connection: Connection, which: ColumnElement[bool], now: datetime, limit: int) -> list[int]:
    """Marked as woken, those that wait longest first."""
    if limit <= 0:
        return []
    waiting = (
        select(records.c.id)
        .where(which)
        .order_by(records.c.woken_at, records.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = list(connection.execute(waiting).scalars())
    if found:
        connection.execute(update(records).where(records.c.id.in_(found)).values(woken_at=now))
    return found
