"""How far jobs are, for a page: from what each counts itself and from the records that are open, never by counting all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, true

from connector.store.job_tables import job_records, jobs
from connector.store.jobs import JobState
from connector.store.tables import RecordState, records

_UNDONE = (RecordState.PENDING, RecordState.WORKING)
_OPEN = (RecordState.HELD, RecordState.PARKED)


@dataclass(frozen=True, slots=True)
class Progress:
    """One job. Of its `total` records `sent` were made due; of those `undone` are still worked on.

    `held`, `parked`: its records that need a person now.
    """

    id: int
    connection_id: int
    kind: str
    chosen: Mapping[str, Any]
    reason: str
    actor: str
    state: JobState
    made_at: datetime
    ended_at: datetime | None
    total: int
    sent: int
    undone: int
    held: int
    parked: int

    @property
    def at_rest(self) -> int:
        """Records that came to rest, in whatever state."""
        return max(self.sent - self.undone, 0)


def listed(
    connection: Connection, connection_ids: Sequence[int], *, limit: int, before: int | None = None
) -> list[Progress]:
    """Jobs of the connections, newest first; `before`: only older ones than the job of this id."""
    query = select(jobs).where(jobs.c.connection_id.in_(list(connection_ids)))
    if before is not None:
        query = query.where(jobs.c.id < before)
    return _with_progress(connection, connection.execute(query.order_by(jobs.c.id.desc()).limit(limit)).all())


def of_job(connection: Connection, job_id: int) -> Progress | None:
    """One job, or None."""
    found = _with_progress(connection, connection.execute(select(jobs).where(jobs.c.id == job_id)).all())
    return found[0] if found else None


def _with_progress(connection: Connection, rows: Sequence[Row[Any]]) -> list[Progress]:
    going_on = [row.id for row in rows if row.ended_at is None]
    undone = _counted(connection, going_on, _UNDONE)
    left_open = _counted(connection, [row.id for row in rows], _OPEN)
    return [
        Progress(
            row.id, row.connection_id, row.kind, row.chosen, row.reason, row.actor, JobState(row.state), row.made_at,
            row.ended_at, row.total, row.sent,
            sum(undone.get((row.id, state), 0) for state in _UNDONE),
            left_open.get((row.id, RecordState.HELD), 0), left_open.get((row.id, RecordState.PARKED), 0),
        )
        for row in rows
    ]  # fmt: skip


def _counted(
    connection: Connection, job_ids: Sequence[int], states: Sequence[RecordState]
) -> Mapping[tuple[int, str], int]:
    """Records by job and state, from those in the states, which are few beside those of a job."""
    if not job_ids:
        return {}
    there = select(jobs.c.connection_id).where(jobs.c.id.in_(list(job_ids))).distinct()
    chosen = (
        select(records.c.id, records.c.state)
        .where(records.c.connection_id.in_(there), records.c.state.in_(states), ~records.c.waits_for_job)
        .cte("chosen")
        .prefix_with("materialized")
    )
    in_jobs = select(job_records.c.job_id).where(
        job_records.c.record_id == chosen.c.id,
        job_records.c.job_id.in_(list(job_ids)),
        job_records.c.sent_at.is_not(None),
    )
    # `offset 0`: each by its key, instead of all records of the jobs beside them.
    each = in_jobs.offset(0).correlate(chosen).lateral("each")
    found = connection.execute(
        select(each.c.job_id, chosen.c.state, func.count())
        .select_from(chosen.join(each, true()))
        .group_by(each.c.job_id, chosen.c.state)
    ).all()
    return {(job_id, state): count for job_id, state, count in found}
