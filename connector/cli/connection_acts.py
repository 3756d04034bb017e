"""`ml-connector connection pause|resume|remove|approve`: what a person does to a connection as a whole."""

from datetime import UTC, datetime
from pathlib import Path

import click

from connector.cli.connections import state_in_words, the_connection
from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json
from connector.flows import operating
from connector.flows.guard import Pair
from connector.flows.overview import because, state
from connector.store import connections
from connector.store.connections import StoredConnection


@click.command()
@click.argument("name")
@click.option(
    "--because", default="a person paused it", show_default=True, help="Why; it is shown with the connection."
)
@data_option
@json_option
def pause(name: str, because: str, data: Path, as_json: bool) -> None:
    """Stop all work on a connection; webhooks are still kept, and worked on after `resume`."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        stored = the_connection(database, name)
        operating.pause(database, stored, because=because, actor=COMMAND_LINE)
        stored = connections.by_id(database, stored.id)
    _print(stored, as_json=as_json)


@click.command()
@click.argument("name")
@data_option
@json_option
def resume(name: str, data: Path, as_json: bool) -> None:
    """Let work on a connection go on; what has gathered is begun within seconds."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        stored = the_connection(database, name)
        if not stored.enabled:
            operating.resume(database, stored, actor=COMMAND_LINE)
            stored = connections.by_id(database, stored.id)
    _print(stored, as_json=as_json)


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for the name.")
@data_option
@json_option
def remove(name: str, yes: bool, data: Path, as_json: bool) -> None:
    """End a connection: its secrets are destroyed, its webhook URL answers 404, its name is free; the history stays."""
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = the_connection(database, name)
        if not yes and click.prompt(f"Type {name} to remove it", err=True) != name:
            click.echo("another name was typed; nothing was changed", err=True)
            raise SystemExit(1)
        with runtime.engine.begin() as database:
            operating.remove(database, stored, actor=COMMAND_LINE)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        click.echo(f"{name} is removed; delete its webhooks in {stored.shop}, which are answered 404 from now on")


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
@json_option
def approve(name: str, yes: bool, data: Path, as_json: bool) -> None:
    """Approve the shop and the account that answer now as the ones to write to."""
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = the_connection(database, name)
        pair = operating.answering_pair(runtime, stored)
        _say(stored, pair)
        if not yes and not click.confirm("Write to this pair from now on?", err=True):
            click.echo("nothing was changed", err=True)
            raise SystemExit(1)
        operating.approve(runtime, stored, pair, actor=COMMAND_LINE, now=datetime.now(UTC))
        with runtime.engine.begin() as database:
            stored = connections.by_id(database, stored.id)
    if as_json:
        print_json({"name": name, "state": state(stored), "because": because(stored), "approved": pair.to_json()})
    else:
        click.echo(f"{name}: {state_in_words(stored)}")


def _say(stored: StoredConnection, pair: Pair) -> None:
    """Both sides, as they answer and as they were approved."""
    kinds = {True: "production", False: "test"}
    click.echo(f"shop     {pair.shop} (id {pair.shop_id}), {kinds[pair.shop_is_production]}", err=True)
    click.echo(f"account  {pair.account}, {kinds[pair.account_is_production]}", err=True)
    now = pair.to_json()
    for member, before in (stored.approved or {}).items():
        if member in now and now[member] != before:
            click.echo(f"approved until now: {member} = {before}", err=True)


def _print(stored: StoredConnection, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": stored.name, "state": state(stored), "because": because(stored)})
    else:
        click.echo(f"{stored.name}: {state_in_words(stored)}")
