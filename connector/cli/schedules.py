"""`ml-connector schedules …`: what runs again and again for each connection, when it ran last, and when it will next."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Connection

from connector.cli.connections import the_connection
from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.flows import schedule_overview, scheduled
from connector.flows.jobs import JOBS, the_job
from connector.flows.schedule_overview import ScheduleView, schedule_views
from connector.flows.sweep import left_to_sweeper
from connector.store import clock, connections
from connector.store.connections import StoredConnection
from connector.store.scheduled_runs import RunOutcome, StoredRun

_COLUMNS = ("schedule", "every", "last run", "took", "outcome", "next")
_WHOLE = ("schedule", "every", "last run", "took")


@click.group()
def schedules() -> None:
    """What runs again and again for each connection."""


@schedules.command(name="list")
@click.argument("connection", required=False)
@data_option
@json_option
def list_(connection: str | None, data: Path, as_json: bool) -> None:
    """List the schedules of CONNECTION, or of all; times are in UTC."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        now = clock.read(database).at
        found = schedule_views(database, _asked_for(database, connection), JOBS, now=now)
    if as_json:
        print_json([view.to_json() for view in found])
        return
    for stored in dict.fromkeys(view.stored.name for view in found):
        rows = [_row(view, now) for view in found if view.stored.name == stored]
        print_table(_COLUMNS, rows, title=stored, whole=_WHOLE)


@schedules.command()
@click.argument("connection")
@click.argument("name")
@data_option
@json_option
def run(connection: str, name: str, data: Path, as_json: bool) -> None:
    """Run schedule NAME of CONNECTION now, in this process, a paused one too. Exit 1 when it fails."""
    job = the_job(name)
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored, now = the_connection(database, connection), clock.read(database).at
        ran = scheduled.run_by_hand(runtime, job, stored, left_to_sweeper(runtime.engine), actor=COMMAND_LINE, now=now)
    if as_json:
        print_json({"schedule": name, "outcome": ran.outcome, "reason": ran.reason, "counts": dict(ran.counts)})
    else:
        click.echo(f"{name}: {ran.reason or _counts(ran.counts) or 'done'}")
    if ran.outcome is not RunOutcome.DONE:
        raise SystemExit(1)


@schedules.command()
@click.argument("connection")
@click.argument("name")
@data_option
@json_option
def pause(connection: str, name: str, data: Path, as_json: bool) -> None:
    """Stop schedule NAME of CONNECTION until it is resumed; `run` still runs it."""
    the_job(name)
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        is_new = schedule_overview.pause(database, the_connection(database, connection), name, actor=COMMAND_LINE)
    _say(connection, name, "paused" if is_new else "was paused already", as_json=as_json)


@schedules.command()
@click.argument("connection")
@click.argument("name")
@data_option
@json_option
def resume(connection: str, name: str, data: Path, as_json: bool) -> None:
    """Let schedule NAME of CONNECTION go on."""
    the_job(name)
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        is_new = schedule_overview.resume(database, the_connection(database, connection), name, actor=COMMAND_LINE)
    _say(connection, name, "goes on" if is_new else "was not paused", as_json=as_json)


def _asked_for(database: Connection, name: str | None) -> Sequence[StoredConnection]:
    return connections.every(database) if name is None else [the_connection(database, name)]


def _say(connection: str, name: str, said: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"connection": connection, "schedule": name, "said": said})
    else:
        click.echo(f"{connection}: {name} {said}")


def _row(view: ScheduleView, now: datetime) -> tuple[str, ...]:
    last = view.standing.last
    every = _span(view.every)
    if last is None:
        return (view.standing.name, every, "never", "", "", _next(view, now))
    took = "" if last.finished_at is None else _took((last.finished_at - last.started_at).total_seconds())
    return (view.standing.name, every, _moment(last.started_at, now), took, _outcome(last, now), _next(view, now))


def _outcome(run: StoredRun, now: datetime) -> str:
    if run.finished_at is None:
        return "running" if run.is_going_on(now) else "lost"
    said = run.reason or _counts(run.counts or {})
    return f"{run.outcome}: {said}" if said else str(run.outcome)


def _next(view: ScheduleView, now: datetime) -> str:
    if view.next_at is None:
        return view.waits_for or ""
    if view.late_by is not None:
        return f"late by {_span(view.late_by.total_seconds())}"
    ahead = (view.next_at - now).total_seconds()
    return f"in {_span(ahead)}" if ahead >= 1 else "now"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())


def _moment(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else _span(seconds)


def _span(seconds: float) -> str:
    """A length of time in its largest whole unit that keeps it exact enough: 45 s, 15 min, 24 h."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
