"""`ml-connector inventory sync`: reads NetSuite's stock and sends what differs, now."""

from pathlib import Path

import click

from connector.cli.connections import the_connection
from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.flows import stock_sync
from connector.flows.stock_push import Comparison
from connector.flows.sweep import left_to_sweeper
from connector.store.clock import database_now


@click.command()
@click.argument("connection")
@click.option("--force", is_flag=True, help="Send although much would fall to nothing, or a reading was cut off.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; nothing is.")
@data_option
@json_option
def sync(connection: str, force: bool, dry_run: bool, data: Path, as_json: bool) -> None:
    """Read NetSuite's stock and send what differs to the shop of CONNECTION, now. Exit 1 when something is refused."""
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = the_connection(database, connection)
        systems = runtime.open_systems(stored.id)
        if dry_run:
            _show(stock_sync.preview(systems, runtime, left_to_sweeper(runtime.engine)), as_json=as_json)
            return
        now = database_now(runtime.engine)
        counts = stock_sync.sync(
            systems, runtime, left_to_sweeper(runtime.engine), is_forced=force, actor=COMMAND_LINE, now=now
        )
    if as_json:
        print_json(dict(counts))
    else:
        click.echo(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()))
    if counts.get("refused") or counts.get("stale"):
        raise SystemExit(1)


def _show(found: Comparison, *, as_json: bool) -> None:
    rows = [(one.sku, one.location, one.was, one.quantity) for one in found.changes]
    if as_json:
        names = ("sku", "location", "from", "to")
        print_json({
            "compared": found.compared, "changes": [dict(zip(names, row, strict=True)) for row in rows],
            "problems": [problem.sentence for problem in found.problems], "never_read": len(found.unseen),
        })  # fmt: skip
        return
    click.echo(f"{found.compared} levels compared, {len(rows)} would be sent")
    print_table(("SKU", "location", "from", "to"), rows)
    for problem in found.problems:
        click.echo(f"not pushed: {problem.sentence}", err=True)
    if found.unseen:
        click.echo(f"{len(found.unseen)} levels were never read from the shop; the push reads them first", err=True)
    click.echo("nothing was sent; `inventory status SKU` spells a sum out")
