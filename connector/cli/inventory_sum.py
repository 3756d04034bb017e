"""One item at one location spelled out as a sum, with when each term was learnt."""

import click

from connector.cli.output import shown
from connector.flows.stock_drift import Standing
from connector.flows.stock_sentences import SumLine, shop_lines, sum_lines

_WIDTH = 10


def print_sum(one: Standing) -> None:
    """The terms one below the other, and what the shop has."""
    row = one.row
    there = "no NetSuite item" if row.netsuite_item is None else f"NetSuite item {row.netsuite_item}"
    click.echo(f"{row.sku} at {one.place.name} ({there}, Shopify inventory item {row.item})")
    for line in sum_lines(one):
        _print_line(line)
    if row.shop is None:
        seen = f", seen {shown(row.seen_at)} UTC" if row.seen_at else ""
        click.echo(f"{'':>{_WIDTH + 3}} not stocked in the shop{seen}")
    for line in shop_lines(one):
        _print_line(line)
    if row.published_at is not None:
        click.echo(f"last pushed: {row.published} at {shown(row.published_at)} UTC")
    else:
        click.echo("never pushed")
    if one.said:
        click.echo(f"not pushed: {one.said}")


def _print_line(line: SumLine) -> None:
    learnt = f", {line.learnt} {shown(line.at)} UTC" if line.at else ""
    click.echo(f"{line.sign} {f'{line.units.normalize():f}':>{_WIDTH}}  {line.what}{learnt}")
