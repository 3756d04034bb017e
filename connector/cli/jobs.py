"""`ml-connector jobs …`: what was set going over many records, and how far it is."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.flows.job_feed import change
from connector.store import jobs as store
from connector.store.jobs import JobState


@click.group()
def jobs() -> None:
    """Replays and imports: how far they are; pause, resume and stop them."""


@jobs.command(name="list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@data_option
@json_option
def list_(limit: int, data: Path, as_json: bool) -> None:
    """List the newest jobs, newest first."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = store.newest(database, limit=limit)
    if as_json:
        print_json([asdict(job) | {"undone": job.undone} for job in found])
        return
    print_table(
        ("job", "what", "state", "started (UTC)", "sent", "of", "at rest", "by", "because"),
        [
            (j.id, j.kind, j.state, j.made_at, j.sent, j.total, at_rest(j), j.actor, j.reason)
            for j in found
        ],
    )  # fmt: skip


@jobs.command()
@click.argument("job_id", type=int)
@data_option
@json_option
def pause(job_id: int, data: Path, as_json: bool) -> None:
    """Send no more records until it is resumed."""
    _change(job_id, JobState.PAUSED, data, as_json=as_json)


@jobs.command()
@click.argument("job_id", type=int)
@data_option
@json_option
def resume(job_id: int, data: Path, as_json: bool) -> None:
    """Go on with a paused job."""
    _change(job_id, JobState.RUNNING, data, as_json=as_json)


@jobs.command()
@click.argument("job_id", type=int)
@data_option
@json_option
def stop(job_id: int, data: Path, as_json: bool) -> None:
    """End a job; what it has sent already goes on."""
    _change(job_id, JobState.STOPPED, data, as_json=as_json)


def _change(job_id: int, state: JobState, data: Path, *, as_json: bool) -> None:
    with opened(data) as (runtime, _):
        change(runtime, job_id, state, actor=COMMAND_LINE, now=datetime.now(UTC))
    if as_json:
        print_json({"id": job_id, "state": state})
    else:
        click.echo(f"job {job_id} is {state}")


def at_rest(job: store.Job) -> str:
    """How many of its records came to rest how."""
    return ", ".join(f"{count} {state}" for state, count in sorted(job.by_state.items()) if count)
