"""`ml-connector reconcile`: is every order of the shop accounted for, and is its money the same on both sides?"""

import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import click

from connector.cli.connections import the_only_connection
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import console, print_json, print_table
from connector.errors import ConfigError
from connector.flows.ledger_money import Difference, MoneyRow, Sums
from connector.flows.ledger_orders import Place
from connector.flows.proof_document import MONEY, amounts, document, exact
from connector.flows.proving import Proof, proof, window

_DAY = click.DateTime(["%Y-%m-%d"])
# From here on there is room for what came, what went back and what stayed side by side; else they stand in two lines.
_WIDE = 110
# Orders of a place that are named one by one before they are only counted.
_NAMED = 20


@click.command()
@click.argument("connection", required=False)
@click.option("--since", type=_DAY, help="From this day of the books on; without it the last 30 days.")
@click.option("--until", type=_DAY, help="Up to the beginning of this day; without it up to now.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the money of every day as CSV.")
@data_option
@json_option
def reconcile(
    connection: str | None, since: datetime | None, until: datetime | None, as_csv: bool, data: Path, as_json: bool
) -> None:
    """Prove that every order of the shop is accounted for, and its money the same on both sides.

    Reads both systems and writes nothing. Exit 1 when an order or the name of one is unknown, a document is missing or
    doubled, or a difference in money has no cause.
    """
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = the_only_connection(database, connection)
        systems = runtime.open_systems(stored.id)
        now = datetime.now(UTC)
        chosen = window(systems.rules, since=since and since.date(), until=until and until.date(), now=now)
        if chosen.since >= chosen.until:
            raise ConfigError(f"--since {_day(since)} is not before --until {_day(until)}, or lies in the future")
        found = proof(systems, runtime, chosen)
    if as_json:
        print_json(document(found))
    elif as_csv:
        _print_csv(found)
    else:
        _print(found)
    if not found.is_explained:
        raise SystemExit(1)


def _day(moment: datetime | None) -> str:
    return "now" if moment is None else f"{moment:%Y-%m-%d}"


def _print(found: Proof) -> None:
    chosen = found.window
    click.echo(f"orders placed from {chosen.since:%Y-%m-%d %H:%M} to {chosen.until:%Y-%m-%d %H:%M} UTC")
    counts = [(place.value, count) for place, count in found.counts.items() if count or place is Place.WRITTEN]
    print_table(("orders", str(len(found.orders))), counts)
    _print_money(found)
    _print_places(found)
    for gap in found.gaps:
        names = gap.first if gap.count == 1 else f"{gap.first} to {gap.last} ({gap.count})"
        click.echo(f"{'gap' if gap.is_explained else 'UNEXPLAINED gap'} {names}: {gap.cause}; {gap.why}")
    for finding in found.findings:
        click.echo(f"UNEXPLAINED {finding.name}: {finding.sentence}")
    click.echo("\n" + _verdict(found))


def _verdict(found: Proof) -> str:
    if found.is_explained:
        differences = (
            f"; {len(found.differences)} differences in money, each with its cause" if found.differences else ""
        )
        return f"every order is accounted for{differences}"
    names = sum(gap.count for gap in found.unexplained_gaps)
    said = f"unexplained: {len(found.findings)} of orders and documents, {len(found.unexplained)} of money"
    return f"{said}, {names} names" if names else said


def _print_money(found: Proof) -> None:
    """What the whole window comes to, then the days that differ, then each difference."""
    if found.rows:
        click.echo()
        _print_rows(("currency", "gateway"), [((row.currency, row.gateway), row) for row in _totals(found.rows)])
    differing = [row for row in found.rows if not row.is_equal]
    if differing:
        click.echo(f"\ndays that differ ({found.time_zone})")
        rows = [((str(row.day), row.currency, row.gateway), row) for row in differing]
        _print_rows(("day", "currency", "gateway"), rows)
    if found.differences:
        click.echo("\ndifferences")
        told = {one.order.placed.order_id for one in found.orders if one.place is not Place.WRITTEN}
        cells = [_difference(one, is_told=one.order_id in told) for one in found.differences]
        print_table(("order", "day", "shopify", "netsuite", "cause"), cells, whole=("order", "day"))


def _totals(rows: Sequence[MoneyRow]) -> list[MoneyRow]:
    found: defaultdict[tuple[str, str], list[MoneyRow]] = defaultdict(list)
    for row in rows:
        found[row.currency, row.gateway].append(row)
    return [
        MoneyRow(one[0].day, *key, _sum([row.shopify for row in one]), _sum([row.netsuite for row in one]))
        for key, one in sorted(found.items())
    ]


def _sum(sums: Sequence[Sums]) -> Sums:
    zero = Decimal(0)
    return Sums(sum((one.captured for one in sums), zero), sum((one.refunded for one in sums), zero))


def _print_rows(names: Sequence[str], rows: Sequence[tuple[Sequence[str], MoneyRow]]) -> None:
    is_wide = console().width >= _WIDE
    sides = ("shopify", "netsuite")
    columns = [f"{side}\n{name}" for side in sides for name in MONEY] if is_wide else sides
    cells: list[list[object]] = []
    for head, row in rows:
        money = amounts(row) if is_wide else [_two_lines(side, row) for side in (row.shopify, row.netsuite)]
        cells.append([*head, *money, "" if row.is_equal else f"{exact(row.difference, row):+}"])
    print_table((*names, *columns, "differs"), cells, whole=(*names, *columns, "differs"))


def _two_lines(side: Sums, row: MoneyRow) -> str:
    """What came, and below it what went back."""
    came = str(exact(side.captured, row))
    return f"{came}\n-{exact(side.refunded, row)}" if side.refunded else came


def _difference(one: Difference, *, is_told: bool) -> list[object]:
    """The reason is left out where it is told of the whole order."""
    both = (one.shopify, one.netsuite)
    mine, theirs = ("-" if amount is None else f"{exact(amount, one)} {one.currency}" for amount in both)
    mark = "" if one.cause.is_explained else "UNEXPLAINED "
    return [one.name, one.day, mine, theirs, f"{mark}{one.cause}" + ("" if is_told else f": {one.why}")]


def _print_places(found: Proof) -> None:
    """The orders that are not written, by name."""
    rest = [one for one in found.orders if one.place not in (Place.WRITTEN, Place.UNKNOWN)]
    if rest:
        click.echo("\nnot written")
        cells = [(one.order.placed.name, one.place.value, one.why) for one in rest[:_NAMED]]
        print_table(("order", "place", "why"), cells, whole=("order", "place"))
    if len(rest) > _NAMED:
        click.echo(f"and {len(rest) - _NAMED} more; --json has all")
    if found.gaps or found.findings:
        click.echo()


def _print_csv(found: Proof) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    columns = [f"{side}_{member}" for side in ("shopify", "netsuite") for member in MONEY]
    writer.writerow(["day", "currency", "gateway", *columns, "difference"])
    for row in found.rows:
        writer.writerow([row.day, row.currency, row.gateway, *amounts(row), exact(row.difference, row)])
