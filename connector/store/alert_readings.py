"""What alert rules are compared with: one cheap reading each, however many orders and deliveries there are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from connector.store.records import ORDER
from connector.store.tables import RecordState, records

_UNDONE = (RecordState.PENDING, RecordState.WORKING)
_PROBLEMS = (RecordState.HELD, RecordState.PARKED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The order that is due for longest. `failing_for`: the code of its last failure, None while nothing has failed."""

    name: str
    since: datetime
    failing_for: str | None


def oldest_undone(connection: Connection, connection_id: int) -> Waiting | None:
    """The order that has waited longest, retries included, of those that no job feeds; None when none waits.

    One that a person released waits since then, however long it is not in step.
    """
    failing_for = case((records.c.first_failed_at.is_not(None), records.c.reason_code))
    query = (
        select(records.c.name, records.c.shopify_id, records.c.due_since, failing_for.label("failing_for"))
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == ORDER,
            records.c.state.in_(_UNDONE),
            ~records.c.waits_for_job,
        )
        .order_by(records.c.due_since)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Waiting(row.name or row.shopify_id, row.due_since, row.failing_for)


def counted_since(connection: Connection, connection_id: int, since: datetime) -> tuple[int, int]:
    """Of the orders first heard of since a moment: how many there are, and how many are held or parked.

    The newest record before that moment bounds it by id: no index is sorted by time.
    """
    floor = connection.execute(
        select(records.c.id).where(records.c.created_at < since).order_by(records.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    rows = connection.execute(
        select(records.c.state, func.count())
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == ORDER,
            records.c.state.in_(list(RecordState)),
            records.c.id > (floor or 0),
        )
        .group_by(records.c.state)
    )
    by_state = {row[0]: int(row[1]) for row in rows}
    return sum(by_state.values()), sum(by_state.get(state, 0) for state in _PROBLEMS)
