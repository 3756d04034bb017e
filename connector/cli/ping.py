"""`ml-connector connection ping`: asks both systems everything, and prints one line a probe, what to change, a verdict."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connector.cli.connections import the_connection, webhook_url
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import console, print_json
from connector.flows.ping import run
from connector.flows.ping.report import CONNECTION, NETSUITE, SHOPIFY, Probe, Report, Status, Verdict

_MARKS = {
    Status.OK: ("✓", "green"),
    Status.WARNING: ("!", "yellow"),
    Status.FAILED: ("✗", "red"),
    Status.SKIPPED: ("-", "dim"),
}
_VERDICTS = {Verdict.READY: "bold green", Verdict.WITH_WARNINGS: "bold yellow", Verdict.NOT_READY: "bold red"}


@click.command()
@click.argument("name")
@click.option("--propose", is_flag=True, help="Print only the rules that can be read from both systems, as TOML.")
@data_option
@json_option
def ping(name: str, propose: bool, data: Path, as_json: bool) -> None:
    """Ask both systems of the connection NAME everything it needs; writes nothing there.

    Works while it is paused or halted. Exit 0 when it is ready, with or without warnings, else 1; with --propose, 1 when
    something could not be read.
    """
    report = _report(name, data)
    if propose:
        _print_proposal(report, as_json=as_json)
        raise SystemExit(1 if report.unread else 0)
    if as_json:
        print_json(_json(report))
    else:
        _print(report)
    raise SystemExit(0 if report.is_ready else 1)


def _report(name: str, data: Path) -> Report:
    with opened(data) as (runtime, settings):
        with runtime.engine.begin() as database:
            stored = the_connection(database, name)
        return run.ping(runtime, stored.id, webhook_url=webhook_url(stored, settings), now=datetime.now(UTC))


def _json(report: Report) -> dict[str, object]:
    return {
        "connection": report.connection,
        "shop": report.shop,
        "netsuite_account": report.account,
        "at": report.at,
        "verdict": report.verdict,
        "probes": [asdict(probe) for probe in report.probes],
        "proposal": asdict(report.proposal),
        "unread": list(report.unread),
    }


def _print_proposal(report: Report, *, as_json: bool) -> None:
    """Nothing but the proposal on stdout; what could not be looked at on stderr."""
    if as_json:
        print_json(asdict(report.proposal) | {"unread": list(report.unread)})
    elif report.proposal.toml:
        click.echo(report.proposal.toml, nl=False)
    else:
        click.echo("nothing to propose: the rules have what can be read", err=True)
    if report.unread:
        click.echo(
            f"not read: {', '.join(report.unread)}; see `ml-connector connection ping {report.connection}`", err=True
        )


def _print(report: Report) -> None:
    out = console()
    heads = {CONNECTION: report.connection, SHOPIFY: report.shop, NETSUITE: report.account}
    widths = max(len(probe.name) for probe in report.probes), max(len(str(probe.ms)) for probe in report.probes)
    for side, name in heads.items():
        out.print(Text.assemble((side[0].upper() + side[1:], "bold"), f" {name}"))
        out.print(_lines([probe for probe in report.probes if probe.side == side], widths))
    for probe in report.probes:
        if probe.sentences:
            _print_sentences(out, probe)
    if report.proposal.rules:
        out.print()
        click.echo(report.proposal.toml, nl=False)
    out.print()
    out.print(Text(report.verdict, _VERDICTS[report.verdict]))


def _lines(probes: list[Probe], widths: tuple[int, int]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=1)
    grid.add_column(width=widths[0], no_wrap=True)
    grid.add_column(width=widths[1] + 3, no_wrap=True, justify="right")
    grid.add_column(overflow="fold")
    for probe in probes:
        mark, style = _MARKS[probe.status]
        time = "" if probe.status is Status.SKIPPED else f"{probe.ms} ms"
        dim = "dim" if probe.status is Status.SKIPPED else ""
        grid.add_row(Text(mark, style), Text(probe.name, dim), Text(time, "dim"), Text(probe.finding, dim))
    return grid


def _print_sentences(out: Console, probe: Probe) -> None:
    """What is to be changed, each sentence on lines of its own."""
    mark, style = _MARKS[probe.status]
    side = probe.side[0].upper() + probe.side[1:]
    out.print()
    out.print(Text.assemble((mark, style), "  ", (f"{side}: {probe.name}", "bold")))
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=3, justify="right")
    grid.add_column(overflow="fold")
    for sentence in probe.sentences:
        grid.add_row("·", Text(sentence))
    out.print(grid)
