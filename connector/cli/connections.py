"""`ml-connector connection …`: add one from a file, list them, show one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from connector.cli.connection_file import read_connection_file
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table, shown
from connector.config import Settings
from connector.errors import ConfigError
from connector.flows import overview as overviews
from connector.flows.overview import Overview, because, overview, state, summaries
from connector.flows.rule_changes import release, said_of
from connector.mapping.rules import Rules
from connector.store import connections, held
from connector.store.connections import StoredConnection


@click.group()
def connection() -> None:
    """Shops and the NetSuite accounts they are kept equal to."""


@connection.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@json_option
def add(file: Path, data: Path, as_json: bool) -> None:
    """Add the connection FILE describes and print the webhook URL for Shopify.

    A connection that exists is changed: rules, addresses and secrets are replaced, the webhook URL stays, and orders that
    were held for a rule that changed are tried again.
    """
    new = read_connection_file(file)
    with opened(data) as (runtime, settings), runtime.engine.begin() as database:
        existing = connections.by_name(database, new.name)
        if existing is None:
            stored = connections.add(database, new, runtime.vault)
        else:
            stored = connections.change(database, existing, new, runtime.vault)
            click.echo(f"changed; {_released(database, existing, stored)}", err=True)
        for name in connections.share_concurrency(database, stored):
            click.echo(
                f"{stored.netsuite_account} is {name}'s account too: concurrency is {stored.netsuite_concurrency} for both now",
                err=True,
            )
        found = overview(database, runtime.vault, stored, now=datetime.now(UTC))
    _print(found, settings, as_json=as_json)
    if not as_json:
        click.echo(_NEXT.format(name=stored.name), err=True)


def _released(database: Connection, before: StoredConnection, after: StoredConnection) -> str:
    """Lets what the change concerns go on, and says how much that is; all of it where another shop or account answers."""
    if (before.shop, before.netsuite_account) != (after.shop, after.netsuite_account):
        return said_of(held.release_unmapped(database, after.id), ["another shop or account"])
    rules = (Rules.from_json(one.rules) for one in (before, after))
    return said_of(*release(database, after.id, *rules))


@connection.command(name="list")
@data_option
@json_option
def list_(data: Path, as_json: bool) -> None:
    """List all connections, whether they work, and what ends next."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = summaries(database)
    if as_json:
        print_json([summary.to_json() for summary in found])
        return
    rows = [
        (s.stored.name, s.stored.shop, s.stored.netsuite_account, _brief_state(s.stored), _end(s.next_end))
        for s in found
    ]
    print_table(("name", "shop", "NetSuite account", "state", "ends next"), rows)


@connection.command()
@click.argument("name")
@data_option
@json_option
def show(name: str, data: Path, as_json: bool) -> None:
    """Show one connection: state, ends, webhook URL, rules; secrets stay sealed."""
    with opened(data) as (runtime, settings), runtime.engine.begin() as database:
        found = overview(database, runtime.vault, the_connection(database, name), now=datetime.now(UTC))
    _print(found, settings, as_json=as_json)


def the_connection(database: Connection, name: str) -> StoredConnection:
    """The connection of that name. Raises ConfigError."""
    stored = connections.by_name(database, name)
    if stored is None:
        raise ConfigError(f"there is no connection named {name}; see `ml-connector connection list`")
    return stored


def the_only_connection(database: Connection, name: str | None) -> StoredConnection:
    """The connection of that name, or the only one there is. Raises ConfigError."""
    if name is not None:
        return the_connection(database, name)
    every = connections.every(database)
    if len(every) != 1:
        names = ", ".join(sorted(one.name for one in every)) or "none yet"
        raise ConfigError(f"say which connection; there is {names}")
    return every[0]


def webhook_url(stored: StoredConnection, settings: Settings) -> str:
    """Where Shopify sends this connection's webhooks."""
    return overviews.webhook_url(stored, settings.address)


def events_url(stored: StoredConnection, settings: Settings) -> str:
    """Where NetSuite says what changed; it answers once the connection has an event secret."""
    return overviews.events_url(stored, settings.address)


def state_in_words(stored: StoredConnection) -> str:
    """`working`, or what it is and why."""
    reason = because(stored)
    return state(stored) + (f": {reason}" if reason else "")


def _print(found: Overview, settings: Settings, *, as_json: bool) -> None:
    stored = found.stored
    if as_json:
        print_json(
            found.to_json()
            | {"webhook_url": webhook_url(stored, settings), "netsuite_events_url": events_url(stored, settings)}
        )
        return
    for label, value in _lines(found, settings):
        click.echo(f"{label:18}{value}")


def _lines(found: Overview, settings: Settings) -> list[tuple[str, Any]]:
    stored = found.stored
    lines: list[tuple[str, Any]] = [("connection", stored.name), ("state", state_in_words(stored))]
    if stored.halt_code is not None:
        lines.append(("halted since", _moment(stored.halted_at) + ", tried again " + _moment(stored.probe_at)))
    lines += [
        ("shop", stored.shop),
        ("Shopify", f"{stored.shopify_api_url}, API {stored.shopify_api_version}"),
        ("NetSuite account", stored.netsuite_account),
        ("NetSuite", stored.netsuite_api_url),
        ("concurrency", f"{stored.netsuite_concurrency}{_shared(found)}"),
        ("approved", _approved(stored)),
        ("webhook URL", webhook_url(stored, settings)),
        ("NetSuite events", events_url(stored, settings)),
    ]
    for life in found.lives:
        ends = [
            f"{what} until {_moment(at)}"
            for what, at in (
                ("token", life.token_ends_at),
                ("refresh token", life.refresh_ends_at),
                ("certificate", life.certificate_ends_at),
            )
            if at is not None
        ]
        lines.append((life.side, ", ".join([life.auth, *(ends or ["no end known"])])))
    lines += [(f"{e.urgency}:", f"{e.side} {e.what} ends {_moment(e.ends_at)}: {e.advice}") for e in found.endings]
    return lines


def _approved(stored: StoredConnection) -> str:
    """The pair that may be written to."""
    if stored.approved is None:
        return "not yet: the first pair of the same kind that answers is"
    pair = stored.approved
    kinds = {True: "production", False: "test"}
    return (
        f"{pair['shop']} ({kinds[pair['shop_is_production']]}, id {pair['shop_id']}) with {pair['account']} "
        f"({kinds[pair['account_is_production']]})"
    )


def _shared(found: Overview) -> str:
    names = ", ".join(found.shares_account_with)
    return f", shared with {names}" if names else ""


def _brief_state(stored: StoredConnection) -> str:
    """A halt by its code: the whole sentence stands in `show`."""
    if stored.enabled and stored.halt_code is not None:
        return f"halted: {stored.halt_code.replace('_', ' ')}"
    return state_in_words(stored)


def _end(next_end: tuple[str, datetime] | None) -> str:
    return "" if next_end is None else f"{next_end[0]} {next_end[1]:%Y-%m-%d}"


def _moment(at: datetime | None) -> str:
    return "at once" if at is None else f"{shown(at)} UTC"


_NEXT = """
Next: `ml-connector connection ping {name}` tests both sides, `ml-connector shopify webhooks sync {name}` makes the
webhook subscriptions. Where the API may not make them, paste the webhook URL into Shopify by hand."""
