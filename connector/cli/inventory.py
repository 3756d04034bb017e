"""`ml-connector inventory …`: what the shop has of each item beside what it should have."""

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from connector.cli.connections import the_only_connection
from connector.cli.inventory_sum import print_sum
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.errors import ConfigError
from connector.flows.stock_drift import Standing, standings
from connector.flows.stock_places import stock_places
from connector.flows.stock_sentences import plain, spelled
from connector.runtime import Runtime
from connector.store import shop_items

_COLUMNS = ("sku", "location", "available", "waiting", "buffer", "percent", "cap", "publish", "shop", "differs")


@click.group()
def inventory() -> None:
    """Stock: what NetSuite has, what the shop may sell of it, and what the shop has."""


@inventory.command()
@click.argument("sku", required=False)
@click.option("--connection", "name", help="Only this connection; needed where there are several.")
@click.option("--all", "with_equal", is_flag=True, help="Show what is equal too.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@data_option
@json_option
def status(sku: str | None, name: str | None, with_equal: bool, as_csv: bool, data: Path, as_json: bool) -> None:
    """Compare the shop's stock with what it should be, by what both sides said last; asks neither of them for stock.

    With a SKU, that item spelled out as a sum. Exit 1 when something differs or cannot be pushed; what
    inventory.frozen names is left out.
    """
    with opened(data) as (runtime, _), _standings(runtime, name, sku) as found:
        shown = [one for one in found if sku or with_equal or one.is_wrong]
    if sku and not shown:
        raise ConfigError(f"no item with the SKU {sku} is known on both sides and sold from a location of the rules")
    if as_json:
        print_json([_json(one) for one in shown])
    elif as_csv:
        _print_csv(shown)
    elif sku:
        for one in shown:
            print_sum(one)
    else:
        _print_table(shown)
    if any(one.is_wrong for one in shown):
        raise SystemExit(1)


@contextmanager
def _standings(runtime: Runtime, name: str | None, sku: str | None) -> Iterator[Iterator[Standing]]:
    with runtime.engine.begin() as database:
        stored = the_only_connection(database, name)
    systems = runtime.open_unchecked(stored.id)
    if not systems.rules.inventory.locations:
        raise ConfigError(f"the rules of {stored.name} name no inventory.locations: no stock is pushed to this shop")
    places = stock_places(systems)
    with runtime.engine.begin() as database:
        if shop_items.is_empty(database, stored.id):
            raise ConfigError(
                f"nothing is known yet of the shop's items: run `ml-connector inventory sync {stored.name}`, or wait for "
                "the first push"
            )
        yield (
            one for place in places for one in standings(database, stored.id, place, systems.rules.inventory, sku=sku)
        )


def _json(one: Standing) -> dict[str, Any]:
    row = one.row
    return {
        "sku": row.sku, "location": one.place.name, "shopify_location": one.place.location, "inventory_item": row.item,
        "netsuite_item": row.netsuite_item, "available": dict(one.terms.available), "waiting": one.terms.waiting,
        "unseen": one.terms.unseen, "buffer": one.terms.buffer, "percent": one.terms.percent, "cap": one.terms.cap,
        "publishable": one.wanted, "shop": row.shop, "difference": one.difference, "problem": one.said,
        "netsuite_seen_at": row.told_at, "shop_seen_at": row.seen_at, "published": row.published,
        "published_at": row.published_at,
    }  # fmt: skip


def _cells(one: Standing) -> list[object]:
    terms = one.terms
    return [
        one.row.sku, one.place.name, plain(terms.total), plain(terms.waiting), terms.buffer, plain(terms.percent),
        terms.cap, one.wanted, one.row.shop, one.difference and f"{one.difference:+d}",
    ]  # fmt: skip


def _short(one: Standing) -> list[object]:
    """The terms in one cell: a terminal is narrow and SKUs are long."""
    terms = one.terms
    differs = one.difference and f"{one.difference:+d}"
    return [one.row.sku, one.place.name, spelled(terms), one.wanted, one.row.shop, differs]


def _print_csv(shown: Sequence[Standing]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*_COLUMNS, "problem"])
    writer.writerows([*_cells(one), one.said] for one in shown)


def _print_table(shown: Sequence[Standing]) -> None:
    """What differs as a table, what is not pushed as sentences."""
    wrong = [one for one in shown if one.said is None]
    if wrong:
        columns = ("sku", "location", "stock", "publish", "shop", "differs")
        print_table(columns, [_short(one) for one in wrong])
    for one in shown:
        if one.said is not None:
            click.echo(f"{one.row.sku}: {one.said}")
    if not shown:
        click.echo("the shop has what it should have of every item")
