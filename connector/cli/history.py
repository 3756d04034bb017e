"""`ml-connector history import`: what was there before the connection, behind everything that is new."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from connector.cli.connections import the_only_connection
from connector.cli.history_netsuite import import_netsuite, show_netsuite
from connector.cli.jobs import at_rest
from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import console, print_json, print_table, progress_line
from connector.cli.trials import estimate_json, print_estimate, print_trial, trial_json
from connector.errors import ConfigError
from connector.flows import history as flow
from connector.flows.history import Outlook, Span
from connector.flows.systems import Systems
from connector.runtime import Runtime
from connector.store import jobs
from connector.store.jobs import Job, JobState

_DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
_EVERY = 0.5
# Between two lines where no bar can be drawn.
_LINE_EVERY = 10.0


@click.group()
def history() -> None:
    """Orders from before the connection."""


@history.command(name="import")
@click.option("--connection", "connection_name", help="Where there are several.")
@click.option(
    "--side",
    type=click.Choice(["shopify", "netsuite"]),
    default="shopify",
    show_default=True,
    help="Shopify's orders, or NetSuite's items and customers that changed since a day of its clock.",
)
@click.option("--since", type=_DATE, help="Orders placed from this day on (UTC).")
@click.option("--until", type=_DATE, help="Orders placed before this day (UTC); now, where it is not given.")
@click.option("--order", "names", multiple=True, help="Only the order of this name; may be given several times.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, by day and currency, and how long it takes.")
@click.option(
    "--samples", default=flow.SAMPLES, show_default=True, type=click.IntRange(0, 50), help="Orders a dry run tries."
)
@click.option("--detach", is_flag=True, help="Set it going and return; `ml-connector jobs list` shows how far it is.")
@data_option
@json_option
def import_(
    connection_name: str | None, side: str, since: datetime | None, until: datetime | None, names: tuple[str, ...],
    dry_run: bool, samples: int, detach: bool, data: Path, as_json: bool,
) -> None:  # fmt: skip
    """Import orders placed before the connection was there. What is known already is left alone: begin again at will."""
    if side == "netsuite":
        if since is None or until is not None or names or detach:
            raise ConfigError("--side netsuite takes --since, and neither --until nor --order nor --detach")
        _netsuite(connection_name, since.date(), data, dry_run=dry_run, as_json=as_json)
        return
    span = _span(since, until, names)
    with opened(data) as (runtime, _):
        systems = _systems(runtime, connection_name)
        if dry_run:
            _show(flow.outlook(systems, runtime, span, samples=samples), as_json=as_json)
            return
        job = _listed(systems, runtime, span, as_json=as_json)
        if not detach:
            job = _followed(runtime, job, as_json=as_json)
    if as_json:
        print_json({"job": job.id, "state": job.state, "new": job.total, "at_rest": dict(job.by_state)})
    else:
        click.echo(
            f"job {job.id} is {job.state}: {job.sent} of {job.total} orders sent, {at_rest(job) or 'none at rest'}"
        )
    bulk = job.chosen.get("bulk", {})
    for sentence in bulk.get("unread", ()):
        click.echo(f"an order of the list cannot be read and is not imported: {sentence}", err=True)
    if bulk.get("unread_count") or (job.state == JobState.DONE and set(job.by_state) - {"in_sync", "excluded"}):
        raise SystemExit(1)


def _netsuite(name: str | None, since: date, data: Path, *, dry_run: bool, as_json: bool) -> None:
    with opened(data) as (runtime, _):
        systems = _systems(runtime, name)
        if dry_run:
            show_netsuite(systems, since, as_json=as_json)
        else:
            import_netsuite(systems, runtime, since, as_json=as_json)


def _span(since: datetime | None, until: datetime | None, names: tuple[str, ...]) -> Span:
    if since is None and not names:
        raise ConfigError("say from when on with --since, or which orders with --order")
    now = datetime.now(UTC)
    begin = since.replace(tzinfo=UTC) if since else datetime.min.replace(tzinfo=UTC)
    end = until.replace(tzinfo=UTC) if until else now
    if begin >= end:
        raise ConfigError(f"--since {begin:%Y-%m-%d} is not before --until {end:%Y-%m-%d}")
    return Span(begin, end, names, is_open=until is None)


def _systems(runtime: Runtime, name: str | None) -> Systems:
    with runtime.engine.begin() as database:
        stored = the_only_connection(database, name)
    return runtime.open_systems(stored.id)


def _listed(systems: Systems, runtime: Runtime, span: Span, *, as_json: bool) -> Job:
    with Progress(TextColumn("{task.description}"), console=console(), disable=as_json) as bar:
        task = bar.add_task("looking for orders")

        def tell(found: int, new: int) -> None:
            bar.update(task, description=f"{found} orders found, {new} of them new")

        job_id = flow.begin(systems, runtime, span, actor=COMMAND_LINE, now=datetime.now(UTC), tell=tell)
    return _job(runtime, job_id)


def _followed(runtime: Runtime, job: Job, *, as_json: bool) -> Job:
    """Shows how far it is until it ends; the workers do the work, so Ctrl-C only ends the showing."""
    if as_json or not console().is_terminal:
        return _waited_for(runtime, job, lambda line: None if as_json else click.echo(line))
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    began = time.monotonic()
    with Progress(*columns, console=console()) as bar:
        task = bar.add_task("orders", total=job.total, rate="")
        while job.state == JobState.RUNNING:
            time.sleep(_EVERY)
            job = _job(runtime, job.id)
            done = job.sent - job.undone
            rate = done / (time.monotonic() - began)
            bar.update(task, completed=done, rate=f"{rate:.1f}/s")
    return job


def _waited_for(runtime: Runtime, job: Job, tell: Callable[[str], None]) -> Job:
    """The same in lines, for a file or a log: one now and then, and one at the end."""
    began = told = time.monotonic()
    while job.state == JobState.RUNNING:
        time.sleep(_EVERY)
        job = _job(runtime, job.id)
        now = time.monotonic()
        if now - told >= _LINE_EVERY or job.state != JobState.RUNNING:
            tell(progress_line(job.sent - job.undone, job.total, now - began, what="orders"))
            told = now
    return job


def _job(runtime: Runtime, job_id: int) -> Job:
    with runtime.engine.begin() as database:
        job = jobs.by_id(database, job_id)
    if job is None:
        raise ConfigError(f"job {job_id} is gone")
    return job


def _show(found: Outlook, *, as_json: bool) -> None:
    days: list[dict[str, Any]] = [
        {"day": day, "currency": currency, "orders": count, "total": total}
        for (day, currency), (count, total) in found.sums.items()
    ]
    if as_json:
        print_json({
            "found": found.found, "known": found.known, "new": found.new, "days": days,
            "ours": found.ours, "adopted": found.adopted, "doubtful": found.doubtful, "statuses": dict(found.by_status),
            "samples": {name: trial_json(trial) for name, trial in found.samples},
            **estimate_json(found.estimate),
        })  # fmt: skip
        return
    click.echo(f"{found.found} orders, {found.known} of them known already, {found.new} new")
    print_table(("day", "currency", "orders", "total"), [tuple(day.values()) for day in days])
    if found.ours:
        click.echo(f"{found.ours} of them stand in NetSuite under our external ids and are taken up")
    if found.adopted or found.doubtful:
        held = f"{len(found.doubtful)} held" + (":" if found.doubtful else "")
        click.echo(f"{found.adopted} of them have the total of another connector's document and are adopted, {held}")
    for name, sentence in found.doubtful.items():
        click.echo(f"{name}: {sentence}")
    for name, trial in found.samples:
        print_trial(name, trial)
    print_estimate(found.estimate, behind="behind everything that is new")
    click.echo("nothing was written")
