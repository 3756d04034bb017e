"""The options that choose deliveries, the same for looking at them and for replaying them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from connector.cli.connections import the_connection
from connector.store.event_list import EventFilter
from connector.store.tables import RecordState

F = TypeVar("F", bound=Callable[..., Any])
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]

_OPTIONS = (
    click.option("--connection", "connection_name", help="Only of this connection."),
    click.option("--since", type=click.DateTime(_TIMES), help="Received at or after this moment (UTC)."),
    click.option("--until", type=click.DateTime(_TIMES), help="Received before this moment (UTC)."),
    click.option("--topic", help="Only this topic, for example orders/create."),
    click.option(
        "--state", type=click.Choice([state.value for state in RecordState]), help="Only where the record stands so."
    ),
    click.option("--reason", help="Only where the record waits for this reason, for example not_mapped."),
    click.option("--sku", help="Only where the record waits for this SKU."),
    click.option("--order", help="Only of this order, by name or Shopify id."),
)


def filter_options(command: F) -> F:
    """All of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def the_filter(database: Connection, ids: tuple[int, ...] = (), **asked: Any) -> EventFilter:
    """What the options say. Raises ConfigError for a connection that is not there."""
    name = asked.pop("connection_name")
    chosen = None if name is None else the_connection(database, name).id
    for moment in ("since", "until"):
        asked[moment] = _utc(asked[moment])
    return EventFilter(connection_id=chosen, ids=ids, **asked)


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)
