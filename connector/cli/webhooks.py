"""`ml-connector shopify webhooks …`: the subscriptions in the shop beside the ones that are needed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from connector.cli.connections import the_connection, webhook_url
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.config import Settings
from connector.flows import subscriptions
from connector.flows.subscriptions import Difference, State
from connector.flows.systems import Systems
from connector.runtime import Runtime
from connector.shopify.subscriptions import COMPLIANCE, Subscription

_SHOWN = {
    State.OK: "ok",
    State.MISSING: "missing",
    State.ELSEWHERE: "points elsewhere",
    State.FIELDS: "other fields",
    State.REFUSED: "refused",
}
_UNNEEDED = "not needed"
_NOT_SHOWN = (
    "Shopify's API shows no subscription that the app declares in its own configuration (shopify.app.toml): a topic "
    f"declared there is not missing, and sync would make it a second time. {', '.join(COMPLIANCE)} can be declared "
    "there only."
)


@click.group()
def webhooks() -> None:
    """Webhook subscriptions of a shop."""


@webhooks.command()
@click.argument("name")
@data_option
@json_option
def check(name: str, data: Path, as_json: bool) -> None:
    """Compare the subscriptions in the shop of connection NAME with the needed ones. Exit 1 when something is to be done."""
    with opened(data) as (runtime, settings):
        systems, uri = _opened(runtime, settings, name)
        found = subscriptions.survey(systems, uri)
    _show(found.differences, found.unneeded, uri, as_json=as_json)
    if any(one.state is State.MISSING for one in found.differences):
        click.echo(_NOT_SHOWN, err=True)
    _end(found.differences)


@webhooks.command()
@click.argument("name")
@data_option
@json_option
def sync(name: str, data: Path, as_json: bool) -> None:
    """Make the subscriptions that connection NAME lacks in its shop and mend those that differ. Exit 1 when one stays wrong."""
    with opened(data) as (runtime, settings):
        systems, uri = _opened(runtime, settings, name)
        done = subscriptions.sync(systems, runtime.engine, uri)
    _show(done, (), uri, as_json=as_json)
    _end(done)


def _opened(runtime: Runtime, settings: Settings, name: str) -> tuple[Systems, str]:
    """The connection of that name, and where its webhooks are to come."""
    with runtime.engine.begin() as database:
        stored = the_connection(database, name)
    return runtime.open_unchecked(stored.id), webhook_url(stored, settings)


def _show(differences: Sequence[Difference], unneeded: Sequence[Subscription], uri: str, *, as_json: bool) -> None:
    rows = [_row(one) for one in differences] + [
        {"topic": one.topic, "state": _UNNEEDED, "detail": f"{one.id} points to {one.uri}"} for one in unneeded
    ]
    if as_json:
        print_json({"uri": uri, "topics": rows})
        return
    click.echo(f"webhooks to {uri}")
    print_table(("topic", "state", "detail"), [tuple(row.values()) for row in rows])


def _row(one: Difference) -> dict[str, Any]:
    return {"topic": one.wanted.topic, "state": _SHOWN[one.state], "detail": one.detail}


def _end(differences: Sequence[Difference]) -> None:
    if any(one.state is not State.OK for one in differences):
        raise SystemExit(1)
