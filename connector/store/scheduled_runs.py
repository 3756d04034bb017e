"""The runs of each connection's schedules: who begins one, how long it is ours, what came of it, and who wants one now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.store.mirror_tables import paused_schedules, scheduled_runs, wanted_runs

# A run whose process died counts as lost after it; one that lives renews it.
LEASE_SECONDS = 300.0

# The newest run of each pair is found by its index; at most one of a pair is unfinished, and it is the newest.
_STANDINGS = text(
    """
    select pair.connection_id, pair.name, run.id, run.started_at, run.lease_until, run.finished_at, run.outcome,
           run.reason, run.counts, run.asked_by, run.again_at, paused.paused_by, paused.paused_at, wanted.asked_by as wanted_by
    from unnest(cast(:connection_ids as bigint[]), cast(:names as text[])) as pair (connection_id, name)
    left join lateral (
        select * from scheduled_runs r where r.connection_id = pair.connection_id and r.name = pair.name
        order by r.started_at desc, r.id desc limit 1
    ) run on true
    left join paused_schedules paused on paused.connection_id = pair.connection_id and paused.name = pair.name
    left join wanted_runs wanted on wanted.connection_id = pair.connection_id and wanted.name = pair.name
    """
)


class RunOutcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    # Its worker died, and the lease ended before the run did; or it was stopped in the middle.
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One run. `finished_at` and `outcome` are None while it goes on; `again_at`: when one that failed is tried again."""

    id: int
    started_at: datetime
    lease_until: datetime
    finished_at: datetime | None
    outcome: str | None
    reason: str | None
    counts: Mapping[str, int] | None
    asked_by: str | None
    again_at: datetime | None

    def is_going_on(self, now: datetime) -> bool:
        """True while it is unfinished and its lease has not ended."""
        return self.finished_at is None and self.lease_until > now

    def is_lost(self, now: datetime) -> bool:
        """True once its lease ended without an end of the run."""
        return self.finished_at is None and self.lease_until <= now


@dataclass(frozen=True, slots=True)
class Standing:
    """One schedule of one connection: its newest run, who paused it, and who wants a run now."""

    connection_id: int
    name: str
    last: StoredRun | None
    paused_by: str | None
    paused_at: datetime | None
    wanted_by: str | None


def standings(connection: Connection, pairs: Sequence[tuple[int, str]]) -> list[Standing]:
    """How the schedules of these (connection id, name) stand, in any order."""
    values = {"connection_ids": [pair[0] for pair in pairs], "names": [pair[1] for pair in pairs]}
    found = []
    for row in connection.execute(_STANDINGS, values).mappings():
        last = None
        if row["id"] is not None:
            last = StoredRun(**{name: row[name] for name in StoredRun.__dataclass_fields__})
        found.append(
            Standing(row["connection_id"], row["name"], last, row["paused_by"], row["paused_at"], row["wanted_by"])
        )
    return found


def begin(
    connection: Connection, connection_id: int, name: str, *, slot: int, now: datetime, lease_until: datetime
) -> int | None:
    """Begins the run of this slot, or one that is wanted or was lost; its id. None when there is none to begin.

    None too while one is going on. The caller commits before it works.
    """
    again = _take_turn(connection, connection_id, name, now=now)
    if again is None:
        return None
    wanted = connection.execute(
        delete(wanted_runs)
        .where(wanted_runs.c.connection_id == connection_id, wanted_runs.c.name == name)
        .returning(wanted_runs.c.asked_by)
    ).scalar_one_or_none()
    values = {"connection_id": connection_id, "name": name, "started_at": now, "lease_until": lease_until}
    values["asked_by"] = wanted or ("after a lost run" if again else None)
    in_turn = upsert(scheduled_runs).values(**values, slot=slot).on_conflict_do_nothing()
    run_id = connection.execute(in_turn.returning(scheduled_runs.c.id)).scalar_one_or_none()
    if run_id is not None or values["asked_by"] is None:
        return run_id
    return int(connection.execute(insert(scheduled_runs).values(**values).returning(scheduled_runs.c.id)).scalar_one())


def begin_by_hand(
    connection: Connection, connection_id: int, name: str, *, asked_by: str, now: datetime, lease_until: datetime
) -> int | None:
    """Begins a run out of turn, whatever the schedule says; None while one is going on."""
    if _take_turn(connection, connection_id, name, now=now) is None:
        return None
    values = {"connection_id": connection_id, "name": name, "asked_by": asked_by, "started_at": now}
    statement = insert(scheduled_runs).values(**values, lease_until=lease_until)
    return int(connection.execute(statement.returning(scheduled_runs.c.id)).scalar_one())


def renew(connection: Connection, run_id: int, *, seconds: float) -> None:
    """Prolongs the lease of a run that is going on, from now."""
    until = func.now() + text("make_interval(secs => :seconds)").bindparams(seconds=seconds)
    connection.execute(
        update(scheduled_runs)
        .where(scheduled_runs.c.id == run_id, scheduled_runs.c.finished_at.is_(None))
        .values(lease_until=until)
    )


def finish(
    connection: Connection, run_id: int, outcome: RunOutcome, *, now: datetime, reason: str | None = None,
    counts: Mapping[str, int] | None = None, again_at: datetime | None = None,
) -> None:  # fmt: skip
    """Writes down what came of a run; one that was given up as lost stays so."""
    connection.execute(
        update(scheduled_runs)
        .where(scheduled_runs.c.id == run_id, scheduled_runs.c.finished_at.is_(None))
        .values(
            finished_at=now,
            outcome=outcome,
            reason=reason,
            counts=None if counts is None else dict(counts),
            again_at=again_at,
        )
    )


def ask(connection: Connection, connection_id: int, name: str, *, asked_by: str) -> bool:
    """Writes down that a run is wanted now; False when one is wanted already and has not begun. One statement."""
    statement = upsert(wanted_runs).values(connection_id=connection_id, name=name, asked_by=asked_by)
    return connection.execute(statement.on_conflict_do_nothing()).rowcount == 1


def wanted(connection: Connection, connection_id: int) -> list[str]:
    """Names of the runs that are wanted now and have not begun."""
    found = connection.execute(
        select(wanted_runs.c.name).where(wanted_runs.c.connection_id == connection_id).order_by(wanted_runs.c.asked_at)
    )
    return list(found.scalars())


def pause(connection: Connection, connection_id: int, name: str, *, paused_by: str) -> bool:
    """Stops a schedule; False when it is paused already."""
    statement = upsert(paused_schedules).values(connection_id=connection_id, name=name, paused_by=paused_by)
    return connection.execute(statement.on_conflict_do_nothing()).rowcount == 1


def resume(connection: Connection, connection_id: int, name: str) -> bool:
    """Lets a schedule go on; False when it was not paused."""
    statement = delete(paused_schedules).where(
        paused_schedules.c.connection_id == connection_id, paused_schedules.c.name == name
    )
    return connection.execute(statement).rowcount == 1


def delete_older(connection: Connection, before: datetime, *, limit: int) -> int:
    """Deletes at most `limit` finished runs that began before then; how many."""
    old = (
        select(scheduled_runs.c.id)
        .where(scheduled_runs.c.started_at < before, scheduled_runs.c.finished_at.is_not(None))
        .order_by(scheduled_runs.c.id)
        .limit(limit)
    )
    return connection.execute(delete(scheduled_runs).where(scheduled_runs.c.id.in_(old))).rowcount


def _take_turn(connection: Connection, connection_id: int, name: str, *, now: datetime) -> bool | None:
    """Makes everybody else wait until the transaction ends. None: a run is going on. True: one was given up as lost."""
    key = f"schedule {connection_id} {name}"
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    unfinished = connection.execute(
        select(scheduled_runs.c.id, scheduled_runs.c.lease_until).where(
            scheduled_runs.c.connection_id == connection_id,
            scheduled_runs.c.name == name,
            scheduled_runs.c.finished_at.is_(None),
        )
    ).all()
    if any(row.lease_until > now for row in unfinished):
        return None
    for row in unfinished:
        finish(connection, row.id, RunOutcome.LOST, now=row.lease_until, reason="its process ended before the run did")
    return bool(unfinished)


def values_of(run: StoredRun) -> dict[str, Any]:
    """A run as it is shown."""
    took = None if run.finished_at is None else round((run.finished_at - run.started_at).total_seconds(), 1)
    return {
        "started_at": run.started_at, "finished_at": run.finished_at, "outcome": run.outcome, "reason": run.reason,
        "counts": run.counts, "again_at": run.again_at, "seconds": took, "asked_by": run.asked_by,
    }  # fmt: skip
