"""/schedules: what runs again and again for each connection, when it ran, when it runs next; run now, pause, go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.flows import schedule_overview
from connector.flows.asking import run_soon
from connector.flows.jobs import JOBS, the_job
from connector.flows.schedule_overview import ScheduleView, schedule_views
from connector.store import clock, operator_actions
from connector.store.scheduled_runs import StoredRun
from web.console.asking import Asked, Form
from web.console.screens import Console, Done
from web.console.site import Visit


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of a schedule. `outcome`: running, lost, or how it ended; `seconds` is None while it runs."""

    started_at: datetime
    seconds: float | None
    outcome: str
    reason: str | None
    counts: Mapping[str, int]
    asked_by: str | None


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One schedule of one connection. `waits_for`: why nothing begins it; `late_by` in seconds."""

    store: str
    name: str
    every_seconds: int
    last: LastRun | None
    next_at: datetime | None
    late_by: float | None
    waits_for: str | None
    paused_by: str | None
    wanted_by: str | None


@dataclass(frozen=True, slots=True)
class SchedulesPage:
    """Every schedule, in the order of connections."""

    rows: tuple[ScheduleRow, ...]


def schedules_screen(console: Console) -> None:
    """Registers the screen and its acts."""

    @console.screen("schedules", "/schedules", Asked, SchedulesPage)
    def read(visit: Visit, asked: Asked) -> SchedulesPage:
        """Every schedule with its last and next run."""
        stores = [visit.store(asked.store)] if asked.store else visit.stores
        with visit.engine.begin() as database:
            now = clock.read(database).at
            found = schedule_views(database, stores, JOBS, now=now)
        return SchedulesPage(tuple(_row(view, now) for view in found))

    @console.act("schedules_run", "/schedules/<store>/<name>/run", Form)
    def run(visit: Visit, _form: Form, store: str, name: str) -> Done:
        """Run a schedule now; a worker begins it within a second."""
        stored, job = visit.store(store), the_job(name)
        with visit.engine.begin() as database:
            operator_actions.write_down(
                database, stored.id, actor=visit.who.name, action="schedule run asked", details={"name": job.name}
            )
        is_new = run_soon(visit.engine, stored.id, job.name, asked_by=visit.who.name)
        visit.site.wakes.put_run(stored.id, job.name)
        return Done(f"{name} of {store} {'is asked for' if is_new else 'was asked for already'}.", _at(store))

    @console.act("schedules_pause", "/schedules/<store>/<name>/pause", Form)
    def pause(visit: Visit, _form: Form, store: str, name: str) -> Done:
        """Stop a schedule until it is resumed."""
        stored, job = visit.store(store), the_job(name)
        with visit.engine.begin() as database:
            is_new = schedule_overview.pause(database, stored, job.name, actor=visit.who.name)
        return Done(f"{name} of {store} {'is paused' if is_new else 'was paused already'}.", _at(store))

    @console.act("schedules_resume", "/schedules/<store>/<name>/resume", Form)
    def resume(visit: Visit, _form: Form, store: str, name: str) -> Done:
        """Let a schedule go on."""
        stored, job = visit.store(store), the_job(name)
        with visit.engine.begin() as database:
            is_new = schedule_overview.resume(database, stored, job.name, actor=visit.who.name)
        return Done(f"{name} of {store} {'goes on' if is_new else 'was not paused'}.", _at(store))


def _at(store: str) -> str:
    return f"/schedules?store={store}"


def _row(view: ScheduleView, now: datetime) -> ScheduleRow:
    standing = view.standing
    return ScheduleRow(
        store=view.stored.name,
        name=standing.name,
        every_seconds=view.every,
        last=_last(standing.last, now) if standing.last else None,
        next_at=view.next_at,
        late_by=view.late_by.total_seconds() if view.late_by else None,
        waits_for=view.waits_for,
        paused_by=standing.paused_by,
        wanted_by=standing.wanted_by,
    )


def _last(run: StoredRun, now: datetime) -> LastRun:
    ended = run.finished_at
    outcome = run.outcome or ("running" if run.is_going_on(now) else "lost")
    seconds = (ended - run.started_at).total_seconds() if ended else None
    return LastRun(run.started_at, seconds, outcome, run.reason, dict(run.counts or {}), run.asked_by)
