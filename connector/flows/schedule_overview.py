"""Each schedule of a connection as a person asks about it: when it ran, what came of it, when it runs next, and if not, why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from connector.flows.overview import state
from connector.flows.scheduled import Job, Rhythm, is_at_work
from connector.store import operator_actions, scheduled_runs
from connector.store.connections import StoredConnection
from connector.store.scheduled_runs import Standing

# Ticks come every quarter of a minute, and a worker may be busy for a while.
_LATE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """One schedule. `next_at`: when its next run is due; None while nothing begins it. `waits_for` says why then."""

    stored: StoredConnection
    standing: Standing
    every: int
    next_at: datetime | None
    late_by: timedelta | None
    waits_for: str | None

    def to_json(self) -> dict[str, Any]:
        """As it is shown with --json."""
        last = self.standing.last
        return {
            "connection": self.stored.name,
            "schedule": self.standing.name,
            "every_seconds": self.every,
            "last_run": last and scheduled_runs.values_of(last),
            "next_at": self.next_at,
            "late_by_seconds": self.late_by and round(self.late_by.total_seconds()),
            "waits_for": self.waits_for,
            "paused_by": self.standing.paused_by,
            "paused_at": self.standing.paused_at,
            "wanted_by": self.standing.wanted_by,
        }


def schedule_views(
    connection: Connection, every: Sequence[StoredConnection], jobs: Sequence[Job], *, now: datetime
) -> list[ScheduleView]:
    """The schedules of these connections, in the order of connections and jobs."""
    found = scheduled_runs.standings(connection, [(stored.id, job.name) for stored in every for job in jobs])
    by_place = {(one.connection_id, one.name): one for one in found}
    return [_view(stored, job, by_place[stored.id, job.name], now) for stored in every for job in jobs]


def pause(connection: Connection, stored: StoredConnection, name: str, *, actor: str) -> bool:
    """Stops a schedule until it is resumed; False when it was paused already."""
    if not scheduled_runs.pause(connection, stored.id, name, paused_by=actor):
        return False
    operator_actions.write_down(connection, stored.id, actor=actor, action="schedule paused", details={"name": name})
    return True


def resume(connection: Connection, stored: StoredConnection, name: str, *, actor: str) -> bool:
    """Lets a schedule go on; False when it was not paused."""
    if not scheduled_runs.resume(connection, stored.id, name):
        return False
    operator_actions.write_down(connection, stored.id, actor=actor, action="schedule resumed", details={"name": name})
    return True


def _view(stored: StoredConnection, job: Job, standing: Standing, now: datetime) -> ScheduleView:
    every = job.every(stored)
    waits_for = _waits_for(stored, standing, now)
    if waits_for is not None:
        return ScheduleView(stored, standing, every, None, None, waits_for)
    next_at = _next(standing, job.rhythm(stored, now), now)
    late_by = now - next_at if now - next_at > _LATE_AFTER else None
    return ScheduleView(stored, standing, every, next_at, late_by, None)


def _waits_for(stored: StoredConnection, standing: Standing, now: datetime) -> str | None:
    if not is_at_work(stored):
        return f"connection {state(stored)}"
    if standing.paused_by is not None:
        return f"paused by {standing.paused_by}"
    return "running" if standing.last is not None and standing.last.is_going_on(now) else None


def _next(standing: Standing, rhythm: Rhythm, now: datetime) -> datetime:
    last = standing.last
    if last is None:
        return now
    in_turn = datetime.fromtimestamp(rhythm.slot(last.started_at) + rhythm.seconds, UTC)
    if last.is_lost(now):
        return min(in_turn, last.lease_until)
    if last.again_at is not None:
        in_turn = min(in_turn, last.again_at)
    return min(in_turn, now) if standing.wanted_by is not None else in_turn
