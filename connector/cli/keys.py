"""`ml-connector keys …`: which key of CONNECTOR_KEYS seals what, and sealing anew with the first one."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.flows.resealing import Report, Step, counted, reseal

_LINE_EVERY_SECONDS = 1.0


@click.group()
def keys() -> None:
    """The keys that seal secrets and webhook bodies."""


@keys.command()
@click.option("--check", is_flag=True, help="Only count what each key seals; change nothing.")
@data_option
@json_option
def rotate(check: bool, data: Path, as_json: bool) -> None:
    """Seal everything with the first key of CONNECTOR_KEYS, while all processes run; safe to break off and repeat.

    Exit 1 when something is left that another key sealed.
    """
    with opened(data) as (runtime, _):
        if check:
            report = counted(runtime.engine, runtime.vault)
        else:
            report = reseal(runtime.engine, runtime.vault, _progress(), actor=COMMAND_LINE)
    if as_json:
        print_json(_json(report))
    else:
        _print(report)
    if not report.is_done:
        raise SystemExit(1)


def _progress() -> Step:
    """One line that is written over on a terminal; in a file a line a second."""
    told = [time.monotonic()]
    end = "\r" if sys.stderr.isatty() else "\n"

    def step(what: str, count: int) -> None:
        if time.monotonic() - told[0] >= _LINE_EVERY_SECONDS:
            told[0] = time.monotonic()
            click.echo(f"{count:,} {what} sealed anew{end}", nl=False, err=True)

    return step


def _json(report: Report) -> dict[str, Any]:
    return {
        "sealing_key": report.sealing_key,
        "is_done": report.is_done,
        "sealed": {tally.name: tally.sealed for tally in report.tallies},
        "keys": {tally.name: tally.keys for tally in report.tallies},
        "needless": list(report.needless),
        "missing": list(report.missing),
        "closed": [place for tally in report.tallies for place in tally.closed],
        "seconds": round(report.seconds, 3),
    }


def _print(report: Report) -> None:
    rows = [
        (tally.what, tally.sealed, key_id or "(no sealed value)", count)
        for tally in report.tallies
        for key_id, count in sorted(tally.keys.items())
    ]
    print_table(("what", "sealed anew", "key", "seals now"), rows)
    if report.sealed:
        rate = report.sealed / max(report.seconds, 0.001)
        click.echo(f"{report.sealed:,} sealed anew in {report.seconds:.1f} s, {rate:,.0f} a second", err=True)
    for key_id in report.needless:
        click.echo(
            f"the key {key_id} seals nothing any more: take it out of CONNECTOR_KEYS once every process runs with "
            f"{report.sealing_key} in front"
        )
    for tally in report.tallies:
        _print_left(tally.what, tally.keys, report)
        for place in tally.closed:
            click.echo(f"not opened by its own key, it was changed or copied there: {place}", err=True)


def _print_left(what: str, counts: dict[str, int], report: Report) -> None:
    """What a key that is not the first one still seals."""
    sentences: dict[bool, Callable[[str, int], str]] = {
        True: lambda key_id, n: (
            f"CONNECTOR_KEYS lacks the key {key_id}, which sealed {n:,} {what}: add it, and run again"
        ),
        False: lambda key_id, n: f"the key {key_id} still seals {n:,} {what}: ml-connector keys rotate",
    }
    for key_id, count in sorted(counts.items()):
        if key_id and key_id != report.sealing_key:
            click.echo(sentences[key_id in report.missing](key_id, count), err=True)
