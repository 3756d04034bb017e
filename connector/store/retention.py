"""The end of what deliveries said: bodies and headers go, a batch at a time; ids, moments and hashes stay for ever."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from connector.store.tables import RecordState, events

# What still waits for a worker or a person keeps its evidence.
_OPEN = (RecordState.PENDING, RecordState.WORKING, RecordState.HELD, RecordState.PARKED)

_LOOK = text(
    """
    with looked_at as (
        select id, connection_id, received_at, record_kind, shopify_id from events
        where connection_id = :connection_id and body is not null and received_at < :before
              and (received_at, id) > (:after_at, :after_id)
        order by received_at, id limit :limit
        for update skip locked
    ), forgotten as (
        update events set body = null, headers = '{}', redacted_at = coalesce(redacted_at, now())
        where id in (
            select l.id from looked_at l where not exists (
                select from records r where r.connection_id = l.connection_id and r.kind = l.record_kind
                and r.shopify_id = l.shopify_id and r.state = any(:open)
            )
        )
        returning id
    )
    select (select count(*) from forgotten) as forgotten, received_at, id
    from looked_at order by received_at desc, id desc limit 1
    """
)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a walk over the log has come: behind this delivery, oldest first."""

    received_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of some deliveries; `last` is None when there are no more."""

    forgotten: int
    last: Place | None


def forget_batch(
    connection: Connection, connection_id: int, *, before: datetime, after: Place | None, limit: int
) -> Batch:
    """Takes away what some deliveries from before a moment said, unless their record is still open.

    One that somebody else changes right now is left for the next walk.
    """
    row = connection.execute(
        _LOOK,
        {
            "connection_id": connection_id,
            "before": before,
            "after_at": after.received_at if after else "-infinity",
            "after_id": after.id if after else 0,
            "limit": limit,
            "open": list(_OPEN),
        },
    ).one_or_none()
    return Batch(0, None) if row is None else Batch(row.forgotten, Place(row.received_at, row.id))


def kept(connection: Connection, connection_id: int, *, before: datetime) -> int:
    """Deliveries from before a moment that still say something."""
    query = select(func.count()).where(
        events.c.connection_id == connection_id, events.c.body.is_not(None), events.c.received_at < before
    )
    return int(connection.execute(query).scalar_one())
