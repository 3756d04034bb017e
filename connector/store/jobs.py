"""Jobs over many records: a person's wish, worked off a few records at a time so that new orders go first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, cast, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.limits import Lane
from connector.store.job_tables import job_records, jobs
from connector.store.records import ORDER, UNTIL_SENT
from connector.store.tables import RecordState, records

REPLAY = "replay"
HISTORY = "history"


class JobState(StrEnum):
    """Where a job stands."""

    LISTING = "listing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `sent` of its `total` records were made due; of those `undone` are still worked on, `by_state` the rest."""

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
    by_state: Mapping[str, int]

    @property
    def undone(self) -> int:
        """Records that were made due and have not come to rest."""
        return sum(self.by_state.get(state, 0) for state in _UNDONE)


_UNDONE = (RecordState.PENDING, RecordState.WORKING)
_GOING_ON = (JobState.LISTING, JobState.RUNNING, JobState.PAUSED)


def start(
    connection: Connection, connection_id: int, record_ids: Sequence[int], *, kind: str, wish: Mapping[str, Any]
) -> int:
    """Keeps a job over these records; its id. `wish`: chosen, reason and actor."""
    values = {"connection_id": connection_id, "kind": kind, "total": len(record_ids), **wish}
    job_id = int(connection.execute(insert(jobs).values(values).returning(jobs.c.id)).scalar_one())
    if record_ids:
        connection.execute(
            insert(job_records), [{"job_id": job_id, "record_id": record_id} for record_id in record_ids]
        )
    return job_id


def begin_listing(
    connection: Connection, connection_id: int, *, kind: str, wish: Mapping[str, Any], now: datetime
) -> int:
    """Keeps a job whose records are still being found; its id. One that was left listing is stopped for it."""
    unfinished = and_(jobs.c.connection_id == connection_id, jobs.c.kind == kind, jobs.c.state == JobState.LISTING)
    for left in connection.execute(select(jobs.c.id).where(unfinished)).scalars().all():
        change(connection, left, JobState.STOPPED, now=now)
    values = {"connection_id": connection_id, "kind": kind, "state": JobState.LISTING, **wish}
    return int(connection.execute(insert(jobs).values(values).returning(jobs.c.id)).scalar_one())


def left_listing(
    connection: Connection, connection_id: int, *, since: str, until: str | None
) -> tuple[int, dict[str, Any]] | None:
    """The newest import that is still listing that stretch by a bulk operation, and how far it is.

    Without `until` one that was begun without it too.
    """
    same_end = jobs.c.chosen["until"].as_string() == until if until else jobs.c.chosen["is_open"].as_boolean()
    row = connection.execute(
        select(jobs.c.id, jobs.c.chosen)
        .where(
            jobs.c.connection_id == connection_id,
            jobs.c.kind == HISTORY,
            jobs.c.state == JobState.LISTING,
            jobs.c.chosen["since"].as_string() == since,
            jobs.c.chosen.has_key("bulk"),
            same_end,
        )
        .order_by(jobs.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.id, row.chosen["bulk"])


def keep_progress(connection: Connection, job_id: int, progress: Mapping[str, Any]) -> None:
    """How far the listing of a job is."""
    added = jobs.c.chosen.op("||")(cast({"bulk": dict(progress)}, JSONB))
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(chosen=added))


def is_listing(connection: Connection, job_id: int) -> bool:
    """Whether records may still be added to a job; while this transaction lasts, nobody stops it."""
    state = select(jobs.c.state).where(jobs.c.id == job_id).with_for_update()
    return JobState(connection.execute(state).scalar_one()) is JobState.LISTING


def list_unknown(connection: Connection, job_id: int, connection_id: int, orders: Mapping[str, str]) -> int:
    """Adds those orders (name by id) to a job that no record knows, or that wait for another job too; returns how many."""
    rows = [
        {
            "connection_id": connection_id,
            "kind": ORDER,
            "shopify_id": shopify_id,
            "name": name,
            "lane": Lane.HISTORY,
            "next_attempt_at": UNTIL_SENT,
        }
        for shopify_id, name in sorted(orders.items())
    ]
    if not rows:
        return 0
    connection.execute(upsert(records).values(rows).on_conflict_do_nothing())
    waiting = select(literal(job_id), records.c.id).where(
        records.c.connection_id == connection_id,
        records.c.kind == ORDER,
        records.c.shopify_id.in_(list(orders)),
        records.c.next_attempt_at == UNTIL_SENT,
    )
    statement = upsert(job_records).from_select(["job_id", "record_id"], waiting)
    listed = connection.execute(statement.on_conflict_do_nothing()).rowcount
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(total=jobs.c.total + listed))
    return listed


def run(connection: Connection, job_id: int) -> None:
    """All its records are listed: they may be sent."""
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(state=JobState.RUNNING))


def running(connection: Connection) -> list[int]:
    """Ids of the jobs that go on, locked, oldest first; another process's are left out."""
    found = connection.execute(
        select(jobs.c.id).where(jobs.c.state == JobState.RUNNING).order_by(jobs.c.id).with_for_update(skip_locked=True)
    )
    return list(found.scalars())


def goes_on(connection: Connection) -> bool:
    """Whether any job runs, also one that another process is feeding."""
    return connection.execute(select(jobs.c.id).where(jobs.c.state == JobState.RUNNING).limit(1)).first() is not None


def undone(connection: Connection, job_id: int) -> int:
    """Records of a job that were made due and have not come to rest."""
    return _sent_and_open(connection, job_records.c.job_id == job_id)


def at_work(connection: Connection, *, until: datetime) -> int:
    """Records that running jobs made due and that are worked on, or due until then: one that waits for long takes no room."""
    is_now = or_(records.c.state == RecordState.WORKING, records.c.next_attempt_at <= until)
    running_jobs = select(jobs.c.id).where(jobs.c.state == JobState.RUNNING)
    return _sent_and_open(connection, job_records.c.job_id.in_(running_jobs), is_now)


def _sent_and_open(connection: Connection, which: ColumnElement[bool], *of_records: ColumnElement[bool]) -> int:
    """Counted from the records that are undone, which are few."""
    open_now = (
        select(records.c.id)
        .where(records.c.state.in_(_UNDONE), ~records.c.waits_for_job, *of_records)
        .cte("open_now")
        .prefix_with("materialized")
    )
    found = connection.execute(
        select(func.count(open_now.c.id.distinct()))
        .select_from(open_now.join(job_records, job_records.c.record_id == open_now.c.id))
        .where(which, job_records.c.sent_at.is_not(None))
    )
    return int(found.scalar_one())


def is_left(connection: Connection, job_id: int) -> bool:
    """Whether a job has records that were not sent."""
    unsent = select(job_records.c.record_id).where(job_records.c.job_id == job_id, job_records.c.sent_at.is_(None))
    return connection.execute(unsent.limit(1)).first() is not None


def take(connection: Connection, job_id: int, *, limit: int, now: datetime) -> list[int]:
    """The next records of a job, marked as sent."""
    unsent = (
        select(job_records.c.record_id)
        .where(job_records.c.job_id == job_id, job_records.c.sent_at.is_(None))
        .order_by(job_records.c.record_id)
        .limit(limit)
    )
    found = connection.execute(
        update(job_records)
        .where(job_records.c.job_id == job_id, job_records.c.record_id.in_(unsent))
        .values(sent_at=now)
        .returning(job_records.c.record_id)
    )
    taken = sorted(found.scalars())
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(sent=jobs.c.sent + len(taken)))
    return taken


def finish(connection: Connection, job_id: int, *, now: datetime) -> None:
    """Nothing is left to do of a job."""
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(state=JobState.DONE, ended_at=now))


def change(connection: Connection, job_id: int, state: JobState, *, now: datetime) -> bool:
    """Pauses, resumes or stops a job; False when it has ended. One that is stopped takes back what it never sent."""
    is_end = state is JobState.STOPPED
    left = _GOING_ON if is_end else (JobState.RUNNING, JobState.PAUSED)
    changed = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.in_(left))
        .values(state=state, ended_at=now if is_end else None)
    )
    if is_end and changed.rowcount:
        _forget_unsent(connection, job_id)
    return changed.rowcount == 1


def _forget_unsent(connection: Connection, job_id: int) -> None:
    """Records that wait for this job alone."""
    unsent = select(job_records.c.record_id).where(job_records.c.job_id == job_id, job_records.c.sent_at.is_(None))
    waits_elsewhere = (
        select(job_records.c.record_id)
        .join(jobs, jobs.c.id == job_records.c.job_id)
        .where(job_records.c.record_id == records.c.id, jobs.c.id != job_id, jobs.c.state.in_(_GOING_ON))
        .exists()
    )
    alone = and_(records.c.id.in_(unsent), records.c.next_attempt_at == UNTIL_SENT, ~waits_elsewhere)
    connection.execute(delete(records).where(alone))


def by_id(connection: Connection, job_id: int) -> Job | None:
    """One job with its progress."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return None if row is None else _job(connection, row)


def newest(connection: Connection, *, limit: int) -> list[Job]:
    """Jobs with their progress, newest first."""
    found = connection.execute(select(jobs).order_by(jobs.c.id.desc()).limit(limit)).all()
    return [_job(connection, row) for row in found]


def _job(connection: Connection, row: Row[Any]) -> Job:
    sent = and_(job_records.c.sent_at.is_not(None))
    counted = connection.execute(
        select(records.c.state, sent.label("sent"), func.count())
        .select_from(job_records.join(records, records.c.id == job_records.c.record_id))
        .where(job_records.c.job_id == row.id)
        .group_by(records.c.state, "sent")
    ).all()
    return Job(
        id=row.id,
        connection_id=row.connection_id,
        kind=row.kind,
        chosen=row.chosen,
        reason=row.reason,
        actor=row.actor,
        state=JobState(row.state),
        made_at=row.made_at,
        ended_at=row.ended_at,
        total=sum(count for _, _, count in counted),
        sent=sum(count for _, is_sent, count in counted if is_sent),
        by_state={state: count for state, is_sent, count in counted if is_sent},
    )
