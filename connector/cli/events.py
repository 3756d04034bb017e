"""`ml-connector events …`: the audit log of deliveries, and another pass over what they spoke of."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from connector.cli.event_filter import filter_options, the_filter
from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json, print_table, shown
from connector.cli.trials import estimate_json, print_estimate, print_trial, trial_json
from connector.flows import audit, replay
from connector.flows.audit import Opened
from connector.flows.replay import Preview, Sample
from connector.store import event_list


@click.group()
def events() -> None:
    """Deliveries as they came in."""


@events.command(name="list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--before", type=int, help="Only those older than the delivery of this id: the next page.")
@filter_options
@data_option
@json_option
def list_(limit: int, before: int | None, data: Path, as_json: bool, **asked: Any) -> None:
    """List the newest deliveries, newest first."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = event_list.found_events(database, the_filter(database, **asked), limit=limit, before=before)
    if as_json:
        print_json([asdict(event) for event in found])
        return
    columns = ("id", "received (UTC)", "connection", "topic", "record", "delivery id")
    print_table(
        columns,
        [(e.id, e.received_at, e.connection, e.topic, e.shopify_id, e.delivery_id) for e in found],
    )


@events.command()
@click.argument("event_id", type=int)
@click.option(
    "--reveal", is_flag=True, help="Show the body as it came, with what it says of people. It is written down."
)
@data_option
@json_option
def show(event_id: int, reveal: bool, data: Path, as_json: bool) -> None:
    """Show one delivery: headers, body without its people, what it led to."""
    with opened(data) as (runtime, _):
        found = audit.opened(runtime, event_id, actor=COMMAND_LINE, reveal=reveal)
    if as_json:
        print_json(_as_json(found))
    else:
        _print_event(found)


@events.command(name="replay")
@click.argument("ids", nargs=-1, type=int)
@filter_options
@click.option("--samples", default=3, show_default=True, type=click.IntRange(0, 50), help="Orders to try beforehand.")
@click.option("--start", is_flag=True, help="Replay; without it only what would happen is shown.")
@click.option("--because", default="", help="Why; it is written down with the replay.")
@data_option
@json_option
def replay_(
    ids: tuple[int, ...], samples: int, start: bool, because: str, data: Path, as_json: bool, **asked: Any
) -> None:
    """Look again at every order and customer that some deliveries spoke of: those with these IDS, or of the filter.

    What is in step with NetSuite is left as it is; nothing is ever written twice.
    """
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            wanted = the_filter(database, ids, **asked)
        if start:
            job_id = replay.start(runtime, wanted, because=because, actor=COMMAND_LINE)
            print_json({"job": job_id}) if as_json else click.echo(f"job {job_id} is running: `ml-connector jobs list`")
            return
        seen = replay.preview(runtime, wanted, samples=samples)
    if as_json:
        print_json(_preview_json(seen))
    else:
        _print_preview(seen)


def _as_json(found: Opened) -> dict[str, Any]:
    return asdict(found.event.view) | {
        "headers": dict(found.event.headers),
        "body": found.body,
        "is_kept": found.body is not None,
        "body_sha256": found.event.body_sha256.hex(),
        "is_revealed": found.is_revealed,
        "same_as": list(found.event.twins),
        "record": found.record and asdict(found.record),
        "pass": found.passed and asdict(found.passed),
        "written": [
            {"kind": one.kind, "external_id": one.natural_key, "netsuite_id": one.remote_id, "state": one.state}
            for one in found.written
        ],
    }


def _print_event(found: Opened) -> None:
    view, event = found.view, found.event
    click.echo(f"{view.topic} of {view.connection}, received {shown(view.received_at)} UTC")
    delay = f", {found.delay:.1f} s after it happened" if found.delay is not None else ""
    click.echo(f"delivery {view.delivery_id}, event {view.event_id or '-'}{delay}")
    for name, value in event.headers.items():
        click.echo(f"  {name}: {value}")
    _print_body(found)
    if event.twins:
        click.echo(f"says the same as {', '.join(str(twin) for twin in event.twins)}")
    record = found.record
    if record is None:
        click.echo("it speaks of no record that is worked on")
    else:
        click.echo(f"{record.kind} {record.name or record.shopify_id}: {record.state}" + _reason(record.reason))
        _print_pass(found)


def _print_pass(found: Opened) -> None:
    passed = found.passed
    if passed is None:
        click.echo("no pass has answered it yet")
        return
    ended = f"the pass of {shown(passed.started_at)} UTC, by {passed.worker} under rules {passed.rules_version}"
    click.echo(f"{ended}: {passed.outcome}{_reason(passed.reason)}; {len(passed.calls)} calls")
    for one in found.written:
        click.echo(f"  {one.kind} {one.natural_key}, internal id {one.remote_id or 'not known'}: {one.state}")


def _print_body(found: Opened) -> None:
    head = f"body (SHA-256 {found.event.body_sha256.hex()[:16]}…)"
    if found.body is None:
        click.echo(f"{head} and headers: no longer kept, by rules.events.keep_days; what it led to is")
        return
    click.echo(f"{head}{'' if found.is_revealed else ', without its people'}:")
    click.echo(found.body)


def _reason(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _preview_json(seen: Preview) -> dict[str, Any]:
    return {
        "deliveries": seen.deliveries,
        "records": len(seen.record_ids),
        "repeats": seen.repeats,
        **estimate_json(seen.estimate),
        "samples": [{"record": _name(sample), **trial_json(sample.trial)} for sample in seen.samples],
    }


def _print_preview(seen: Preview) -> None:
    click.echo(f"{seen.deliveries} deliveries speak of {len(seen.record_ids)} orders and customers")
    click.echo(f"{seen.repeats} of them need no pass of their own")
    for sample in seen.samples:
        print_trial(_name(sample), sample.trial)
    print_estimate(seen.estimate, behind="at what both systems grant now")
    click.echo("nothing was done; add --start --because REASON to replay")


def _name(sample: Sample) -> str:
    return sample.record.name or sample.record.shopify_id
