"""`ml-connector connection …`: add one from a file, list and show them."""

from pathlib import Path

import click

from connector.cli.connection_file import read_connection_file
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.config import Settings
from connector.errors import ConfigError
from connector.store import connections, records
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
    were held for a missing mapping are tried again.
    """
    new = read_connection_file(file)
    with opened(data) as (runtime, settings), runtime.engine.begin() as database:
        existing = connections.by_name(database, new.name)
        if existing is None:
            stored = connections.add(database, new, runtime.vault)
        else:
            stored = connections.change(database, existing, new, runtime.vault)
            released = records.release_unmapped(database, stored.id)
            click.echo(f"changed; {released} held orders are tried again", err=True)
    _show(stored, settings, as_json=as_json)


@connection.command(name="list")
@data_option
@json_option
def list_(data: Path, as_json: bool) -> None:
    """List all connections."""
    with opened(data) as (runtime, settings), runtime.engine.begin() as database:
        found = connections.every(database)
    if as_json:
        print_json([_public(stored, settings) for stored in found])
    else:
        print_table(
            ("name", "shop", "NetSuite account", "enabled"),
            [
                (stored.name, stored.shop, stored.netsuite_account, "yes" if stored.enabled else "no")
                for stored in found
            ],
        )


@connection.command()
@click.argument("name")
@data_option
@json_option
def show(name: str, data: Path, as_json: bool) -> None:
    """Show one connection and its webhook URL; secrets stay sealed."""
    with opened(data) as (runtime, settings), runtime.engine.begin() as database:
        stored = connections.by_name(database, name)
    if stored is None:
        raise ConfigError(f"there is no connection named {name}; see `ml-connector connection list`")
    _show(stored, settings, as_json=as_json)


def webhook_url(stored: StoredConnection, settings: Settings) -> str:
    """Where Shopify sends this connection's webhooks."""
    host = settings.public_url or f"http://127.0.0.1:{settings.port}"
    return f"{host}/webhooks/shopify/{stored.key}"


def _show(stored: StoredConnection, settings: Settings, *, as_json: bool) -> None:
    public = _public(stored, settings)
    if as_json:
        print_json(public)
        return
    for label, name in _LABELS.items():
        click.echo(f"{label:18}{public[name]}")
    click.echo(
        "\nPaste the webhook URL into Shopify for the topics orders/create, orders/updated, orders/paid,", err=True
    )
    click.echo("orders/cancelled, orders/edited, order_transactions/create and refunds/create.", err=True)


def _public(stored: StoredConnection, settings: Settings) -> dict[str, object]:
    return {
        "name": stored.name,
        "enabled": stored.enabled,
        "shop": stored.shop,
        "shopify_api_url": stored.shopify_api_url,
        "api_version": stored.shopify_api_version,
        "netsuite_account": stored.netsuite_account,
        "netsuite_api_url": stored.netsuite_api_url,
        "concurrency": stored.netsuite_concurrency,
        "webhook_url": webhook_url(stored, settings),
        "rules": dict(stored.rules),
    }


_LABELS = {
    "connection": "name",
    "shop": "shop",
    "Shopify": "shopify_api_url",
    "NetSuite account": "netsuite_account",
    "NetSuite": "netsuite_api_url",
    "webhook URL": "webhook_url",
}
