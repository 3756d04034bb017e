"""`ml-connector events …`: the audit log of deliveries."""

from dataclasses import asdict
from pathlib import Path

import click

from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.store import timeline


@click.group()
def events() -> None:
    """Deliveries as they came in."""


@events.command(name="list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--topic", help="Only this topic, for example orders/create.")
@data_option
@json_option
def list_(limit: int, topic: str | None, data: Path, as_json: bool) -> None:
    """List the newest deliveries, newest first."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = timeline.newest_events(database, limit=limit, topic=topic)
    if as_json:
        print_json([asdict(event) for event in found])
        return
    columns = ("id", "received (UTC)", "connection", "topic", "order", "delivery id")
    print_table(
        columns,
        [(e.id, e.received_at, e.connection, e.topic, e.shopify_id, e.delivery_id) for e in found],
    )
