"""`ml-connector mapping test`: what a draft of rules would change, before it is used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from connector.cli.connections import the_connection
from connector.cli.mapping import drafted
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json
from connector.flows.rehearsal import RecordChange
from connector.flows.rule_trial import Trial, trials


@click.command(name="test")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--last", default=10, show_default=True, type=click.IntRange(0, 250), help="How many of the newest orders."
)
@data_option
@json_option
def trial(name: str, file: Path, last: int, data: Path, as_json: bool) -> None:
    """Print what FILE would change of the documents of connection NAME, field by field. Writes nothing.

    Tried on orders that ship with the product and on the connection's newest ones, as if none were in NetSuite yet. Exit 1
    when an order that is written whole now would not be.
    """
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = the_connection(database, name)
        found = trials(runtime, stored, drafted(runtime, stored, file), last=last)
    if as_json:
        print_json(_json(stored.rules_version, found))
    else:
        _print(found)
    if any(item.comparison.is_worse for item in found):
        raise SystemExit(1)


def _json(version: int, found: Sequence[Trial]) -> dict[str, Any]:
    return {
        "present_version": version,
        "changed": sum(item.comparison.is_changed for item in found),
        "worse": sum(item.comparison.is_worse for item in found),
        "orders": [_trial_json(item) for item in found],
    }


def _trial_json(item: Trial) -> dict[str, Any]:
    return {
        "order": item.name,
        "example": item.is_example,
        "before": item.comparison.before,
        "now": item.comparison.after,
        "records": [
            {
                "kind": change.kind,
                "external_id": change.external_id,
                "changes": [
                    {"field": field.field, "before": field.before, "now": field.after} for field in change.fields
                ],
            }
            for change in item.comparison.records
        ],
    }


def _print(found: Sequence[Trial]) -> None:
    for item in found:
        if item.comparison.is_changed:
            _print_trial(item)
    examples = sum(item.is_example for item in found)
    changed = sum(item.comparison.is_changed for item in found)
    worse = sum(item.comparison.is_worse for item in found)
    click.echo(
        f"{examples} examples and {len(found) - examples} orders: {changed} change, {worse} would not be written"
    )


def _print_trial(item: Trial) -> None:
    click.echo(f"example {item.name}" if item.is_example else item.name)
    if item.comparison.before != item.comparison.after:
        click.echo(f"  before: {item.comparison.before}")
        click.echo(f"  now:    {item.comparison.after}")
    for change in item.comparison.records:
        _print_record(change)


def _print_record(change: RecordChange) -> None:
    """A record that only one side has is named, not spelled out."""
    what = f"  {change.kind.replace('_', ' ')} {change.external_id}"
    if change.is_new or change.is_gone:
        click.echo(f"{what}: {'written only now' if change.is_new else 'not written any more'}")
        return
    click.echo(what)
    width = max(len(field.field) for field in change.fields)
    for field in change.fields:
        click.echo(f"    {field.field:{width}}  {_shown(field.before)} → {_shown(field.after)}")


def _shown(value: str | None) -> str:
    return "nothing" if value is None else value
