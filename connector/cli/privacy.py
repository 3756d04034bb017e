"""`ml-connector privacy …`: what customers asked for by law, and the data that was put together for them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.errors import ConfigError
from connector.flows.privacy import hand_over, the_export
from connector.store import connections
from connector.store import privacy as store
from connector.store.privacy import Export

_ACTOR = "command line"


@click.group()
def privacy() -> None:
    """Customers' requests for their data."""


@privacy.command(name="list")
@data_option
@json_option
def list_(data: Path, as_json: bool) -> None:
    """List the requests for data, newest first. Exit 1 when one is overdue."""
    now = datetime.now(UTC)
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = store.every_export(database)
        names = {stored.id: stored.name for stored in connections.every(database)}
    rows = [
        {
            "request": export.request_id,
            "connection": names.get(export.connection_id),
            "customer": export.customer_id,
            "made": export.made_at,
            "due": export.due_at,
            "fetched": export.fetched_at,
            "state": _state(export, now),
        }
        for export in found
    ]
    if as_json:
        print_json(rows)
    else:
        columns = ("request", "connection", "customer", "made (UTC)", "due (UTC)", "fetched (UTC)", "state")
        print_table(columns, [tuple(row.values()) for row in rows])
    if any(row["state"] == "overdue" for row in rows):
        raise SystemExit(1)


@privacy.command()
@click.argument("request_id")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A new file, readable by its owner only.")
@click.option("--connection", "connection_name", help="Where several connections have a request of this id.")
@data_option
@json_option
def export(request_id: str, out: Path | None, connection_name: str | None, data: Path, as_json: bool) -> None:
    """Take the data put together for REQUEST_ID, to hand it to the merchant. That it was taken is written down.

    Without --out the data is printed, as JSON.
    """
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = the_export(database, request_id, connection_name)
        document = hand_over(database, runtime.vault, found, actor=_ACTOR)
        # Before the commit: a request counts as answered only once the data is in somebody's hands.
        if out is not None:
            _write(out, json.dumps(document, indent=2, ensure_ascii=False))
    if out is None:
        print_json(document)
    elif as_json:
        print_json({"request": request_id, "file": str(out), "deliveries": len(document["deliveries"])})
    else:
        click.echo(f"{out}: {len(document['deliveries'])} deliveries; hand it to the merchant, then delete it")


def _state(export: Export, now: datetime) -> str:
    if export.fetched_at is not None:
        return "fetched"
    return "overdue" if export.due_at < now else "due"


def _write(path: Path, text: str) -> None:
    """A new file for its owner alone. Raises ConfigError when it cannot be made."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"--out {path}: {error.strerror}") from error
