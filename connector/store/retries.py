"""When a record is tried again: later after a failure, and sooner once the system that was away answers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, case, func, literal, or_, select, update

from connector.store.connection_tables import connections
from connector.store.records import Lease, Standing, held_by
from connector.store.tables import RecordState, records

# A record that fails whenever it is looked at is brought forward no more often than this.
BRAKE = timedelta(minutes=15)
# Every pass that goes well brings so many forward of those that wait for the systems it asked: a backlog comes few at
# first, each time more, and stops coming when they are away again.
AT_ONCE = 4


class Side(StrEnum):
    """The systems that may be away, as the transport names them."""

    NETSUITE = "netsuite"
    SHOPIFY = "shopify"


def postpone(connection: Connection, lease: Lease, standing: Standing, *, until: datetime, attempts: int) -> None:
    """Frees the lease and sets the next try; `attempts` is the new count."""
    now = func.now()
    connection.execute(
        update(records)
        .where(held_by(lease))
        .values(
            state=standing.state,
            reason_code=standing.reason_code,
            reason_subject=standing.reason_subject,
            reason=standing.reason,
            lease_owner=None,
            lease_until=None,
            attempts=attempts,
            waits_on=None if standing.away is None else _address(standing.away, lease.connection_id),
            first_failed_at=func.coalesce(records.c.first_failed_at, now),
            next_attempt_at=until,
            woken_at=now,
            changed_at=now,
        )
    )


def bring_forward(connection: Connection, connection_id: int, sides: Iterable[str], *, limit: int) -> list[int]:
    """Makes due records that wait for the systems of a connection, which answer; returns their ids, the oldest first.

    How often they were tried, and since when they fail, stays.
    """
    found: list[int] = []
    for side in sides:
        waiting = (
            select(records.c.id)
            .where(
                records.c.state == RecordState.PENDING,
                records.c.waits_on == _address(side, connection_id),
                or_(records.c.forwarded_at.is_(None), records.c.forwarded_at < func.now() - BRAKE),
                records.c.next_attempt_at > func.now(),
            )
            .order_by(records.c.forwarded_at.asc().nulls_first(), records.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found += connection.execute(waiting).scalars()
    if found:
        moved = {"next_attempt_at": func.now(), "woken_at": func.now(), "forwarded_at": func.now()}
        connection.execute(update(records).where(records.c.id.in_(found)).values(moved))
    return found


def _address(side: str, connection_id: int) -> ColumnElement[str]:
    """The account or shop of a connection, as `records.waits_on` names it: two connections may share an account."""
    where = case((literal(side) == Side.NETSUITE, connections.c.netsuite_account), else_=connections.c.shop)
    return select(literal(f"{side} ") + where).where(connections.c.id == connection_id).scalar_subquery()
