"""`ml-connector orders …`: one order's time line, its dry run, and another pass over it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from connector.cli.connections import the_connection
from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json, print_table, shown
from connector.cli.why import explained, print_why, why_json
from connector.errors import ConfigError
from connector.flows import order_acts
from connector.flows.dry_run import dry_run
from connector.flows.order_search import found_orders
from connector.flows.planning import Plan
from connector.flows.process import process
from connector.runtime import Runtime
from connector.store import connections, due, order_list, records, timeline, wanted
from connector.store.records import RecordView
from connector.store.tables import SHOP_KINDS, RecordState
from connector.store.timeline import Happening, What


@click.group()
def orders() -> None:
    """Orders: what happened to them, and what would happen now."""


@orders.command(name="list")
@click.option("--connection", "connection_name", help="Only of this connection.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in RecordState]),
    help="Only those that stand so.",
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--before", type=int, help="Only those behind the record of this id: the next page.")
@data_option
@json_option
def list_(
    connection_name: str | None, states: tuple[str, ...], limit: int, before: int | None, data: Path, as_json: bool
) -> None:
    """List orders, newest first."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        chosen = the_connection(database, connection_name).id if connection_name else None
        wanted = [RecordState(state) for state in states] or list(RecordState)
        found = order_list.listed(database, connection_id=chosen, states=wanted, limit=limit, before=before)
        _print_orders(database, found, as_json=as_json)


@orders.command()
@click.argument("term")
@data_option
@json_option
def find(term: str, data: Path, as_json: bool) -> None:
    """Find orders by TERM: an order's name, Shopify id or external id, NetSuite's number or internal id of what was made of
    it, or the buyer's e-mail address. Exit 1 when there are none."""
    with opened(data) as (runtime, _):
        found = found_orders(runtime, term)
        with runtime.engine.begin() as database:
            _print_orders(database, found, as_json=as_json)
    if not found:
        raise SystemExit(1)


@orders.command()
@click.argument("name")
@click.option("--why", is_flag=True, help="Say of every written field which source value and which rule made it.")
@data_option
@json_option
def show(name: str, why: bool, data: Path, as_json: bool) -> None:
    """Show the time line of an order, by its NAME (#1001) or Shopify id. Exit 1 when it needs a person."""
    with opened(data) as (runtime, _):
        record = _the_record(runtime, name)
        with runtime.engine.begin() as database:
            told = wanted.status_of(database, record)
            happened = timeline.happened(database, record.shopify_id)
        line = [_entry(one) for one in happened if one.order_id == record.id]
        origins, unexplained = explained(runtime, record) if why or as_json else ([], None)
    if as_json:
        reasons = {"why": why_json(origins), "why_not": unexplained}
        print_json({"order": asdict(record), "told_to_shop": told and asdict(told), "timeline": line} | reasons)
    else:
        total = f", {record.total} {record.currency}" if record.total is not None else ""
        click.echo(f"{record.name or record.shopify_id}{total}: {record.state}")
        if record.reason:
            click.echo(record.reason)
        if told is not None:
            click.echo(f"what the shop is told: {told.state}" + (f": {told.reason}" if told.reason else ""))
        print_table(("time (UTC)", "what", "detail"), [(e["at"], e["what"], e["detail"]) for e in line])
        print_why(origins)
        if unexplained is not None:
            click.echo(f"the fields cannot be explained now: {unexplained}", err=True)
    if {RecordState.HELD, RecordState.PARKED} & {record.state, told.state if told else record.state}:
        raise SystemExit(1)


@orders.command()
@click.argument("name")
@data_option
@json_option
def plan(name: str, data: Path, as_json: bool) -> None:
    """Dry run: print the exact bodies that would be sent to NetSuite for an order now. Writes nothing there."""
    with opened(data) as (runtime, _):
        record = _the_record(runtime, name)
        planned = dry_run(runtime, record)
    if as_json:
        print_json(_plan_json(planned))
    else:
        _print_plan(record, planned)


@orders.command()
@click.argument("name")
@data_option
@json_option
def sync(name: str, data: Path, as_json: bool) -> None:
    """Make one more pass over an order now, and over what the shop is told of it; one in step writes nothing.

    Exit 1 when it is held.
    """
    with opened(data) as (runtime, _):
        record = _the_record(runtime, name)
        with runtime.engine.begin() as database:
            told = wanted.status_of(database, record)
            ids = [record.id] if told is None else [record.id, told.id]
            for number in ids:
                due.mark_dirty(database, number)
        for number in ids:
            process(number, runtime, worker="command line")
        record = _the_record(runtime, record.shopify_id)
    if as_json:
        print_json({"order": asdict(record)})
    else:
        click.echo(f"{record.name}: {record.state}" + (f": {record.reason}" if record.reason else ""))
    if record.state != RecordState.IN_SYNC:
        raise SystemExit(1)


@orders.command()
@click.argument("name")
@click.option("--document", required=True, help="Internal id of the sales order or cash sale that is this order.")
@click.option("--reason", required=True, help="Why; it is kept.")
@data_option
def adopt(name: str, document: str, reason: str, data: Path) -> None:
    """Say which document of another connector an order is, and take it with the total it has there. Exit 1 when it is held.

    Nothing is changed in NetSuite: a difference stays, and what Shopify changes from now on is written.
    """
    with opened(data) as (runtime, _):
        record = _the_record(runtime, name)
        with runtime.engine.begin() as database:
            order_acts.adopt(database, record, document=document, because=reason, actor=COMMAND_LINE)
        process(record.id, runtime, worker="command line")
        record = _the_record(runtime, record.shopify_id)
    click.echo(f"{record.name}: {record.state}" + (f": {record.reason}" if record.reason else ""))
    if record.state != RecordState.IN_SYNC:
        raise SystemExit(1)


def _the_record(runtime: Runtime, name: str) -> RecordView:
    """The one order of that name or Shopify id. Raises ConfigError when there is none, or several."""
    with runtime.engine.begin() as database:
        found = records.by_name(database, name) or records.by_shopify_id(database, name)
    if not found:
        raise ConfigError(f"no order {name} is known; it may not have been announced yet")
    if len(found) > 1:
        ids = ", ".join(record.shopify_id for record in found)
        raise ConfigError(f"{len(found)} orders are named {name}; say which by Shopify id: {ids}")
    return found[0]


def _print_orders(database: Connection, found: Sequence[RecordView], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in found])
        return
    names = {stored.id: stored.name for stored in connections.every(database)}
    rows = [
        (o.id, o.name or o.shopify_id, names.get(o.connection_id, "removed"), o.total, o.currency, o.state, o.reason)
        for o in found
    ]
    print_table(("record", "order", "connection", "total", "currency", "state", "why"), rows, whole=("record", "order"))


def _entry(one: Happening) -> dict[str, Any]:
    """One line of the time line."""
    if one.what is What.DELIVERY:
        return {"at": one.at, "what": "delivery", "detail": f"{one.said} {one.key}"}
    if one.what is What.ATTEMPT:
        return {"at": one.at, "what": "pass", "detail": _pass(one), "calls": list(one.calls)}
    return {"at": one.at, "what": f"effect {one.state}", "detail": _effect(one)}


def _pass(one: Happening) -> str:
    calls = ", ".join(f"{c['system']} {c['method']} {c['path']} {c['status']} in {c['ms']} ms" for c in one.calls)
    said = f": {one.reason}" if one.reason else ""
    return f"{one.said}{said} ({calls or 'no calls'})"


def _effect(one: Happening) -> str:
    money = f" {one.amount} {one.currency}" if one.amount is not None else ""
    where = "Shopify" if one.said in SHOP_KINDS else "NetSuite"
    remote = f" = {where} {one.remote_id}" if one.remote_id else ""
    checked = f", total confirmed {shown(one.verified_at)}" if one.verified_at else ""
    return f"{one.said} {one.key}{money}{remote}{checked}"


def _plan_json(planned: Plan) -> dict[str, Any]:
    return {
        "excluded": planned.exclusion and asdict(planned.exclusion),
        "link": planned.link,
        "open_question": planned.open_question and str(planned.open_question),
        "notes": list(planned.notes),
        "effects": [
            {
                "kind": effect.intent.kind,
                "external_id": effect.intent.natural_key,
                "request": f"{effect.write.method} {effect.write.path}",
                "body": effect.write.body,
            }
            for effect in planned.effects
        ],
    }


def _print_plan(record: RecordView, planned: Plan) -> None:
    if planned.exclusion is not None:
        click.echo(f"{record.name} is excluded by {planned.exclusion.rule}: {planned.exclusion.reason}")
    elif not planned.effects and planned.open_question is None:
        click.echo(f"{record.name} is in step: nothing would be written")
    for effect in planned.effects:
        click.echo(f"{effect.write.method} {effect.write.path}")
        if effect.write.body is not None:
            print_json(effect.write.body)
    for sentence in (*planned.notes, *([str(planned.open_question)] if planned.open_question else [])):
        click.echo(sentence, err=True)
