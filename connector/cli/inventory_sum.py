"""One item at one location spelled out as a sum, with when each term was learnt."""

from decimal import Decimal

import click

from connector.cli.output import shown
from connector.flows.stock_drift import Standing

_WIDTH = 10


def print_sum(one: Standing) -> None:
    """The terms one below the other, and what the shop has."""
    terms, row = one.terms, one.row
    there = "no NetSuite item" if row.netsuite_item is None else f"NetSuite item {row.netsuite_item}"
    click.echo(f"{row.sku} at {one.place.name} ({there}, Shopify inventory item {row.item})")
    told = f", told {shown(row.told_at)} UTC" if row.told_at else ""
    for place, units in terms.available.items():
        what = "what the members make" if place == "kit" else f"available at NetSuite location {place}"
        _line(" ", units, what + told)
    if not terms.available:
        _line(" ", Decimal(0), "available; NetSuite told no stock at these locations")
    _line("-", terms.waiting, "sold here, not yet committed in NetSuite")
    if terms.unseen:
        _line("-", terms.unseen, "gone from the shop a moment ago; an order may not be findable yet")
    _line("-", Decimal(terms.buffer), "kept back (inventory.buffer)")
    _line("x", terms.percent, "percent (inventory.percent), rounded down")
    if terms.cap is not None:
        _line("<", Decimal(terms.cap), "at most (inventory.cap)")
    _line("=", Decimal(one.wanted), "to be published")
    _print_shop(one)


def _print_shop(one: Standing) -> None:
    row = one.row
    seen = f", seen {shown(row.seen_at)} UTC" if row.seen_at else ""
    if row.shop is None:
        click.echo(f"{'':>{_WIDTH + 3}} not stocked in the shop{seen}")
    else:
        _line(" ", Decimal(row.shop), f"in the shop{seen}")
    if one.difference is not None:
        _line("+" if one.difference > 0 else "-" if one.difference else " ", Decimal(abs(one.difference)), "difference")
    if row.published_at is not None:
        click.echo(f"last pushed: {row.published} at {shown(row.published_at)} UTC")
    else:
        click.echo("never pushed")
    if problem := one.problem or row.problem:
        click.echo(f"not pushed: {problem}")


def _line(sign: str, units: Decimal, what: str) -> None:
    number = f"{units.normalize():f}"
    click.echo(f"{sign} {number:>{_WIDTH}}  {what}")
