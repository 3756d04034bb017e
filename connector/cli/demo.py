"""`ml-connector demo`: both sandboxes, all our processes, a day in the life of orders, a verdict from the two ledgers."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console

from connector.cli.demo_goods import stock_the_shop
from connector.cli.demo_play import play
from connector.cli.demo_result import print_result, result_json
from connector.cli.demo_stage import Stage, opened_stage
from connector.cli.opening import opened
from connector.cli.output import print_json
from connector.flows import people
from connector.flows.acting import Who
from connector.sandbox.scenario import world
from connector.sandbox.scenario.day import Day, Sale, day, one_more
from connector.store.roles import Role
from connector.store.users import NewUser

# Units of each product before the first order; enough for a day of so many orders more.
_STOCK = 40


@click.command()
@click.option(
    "--orders", default=200, show_default=True, type=click.IntRange(1, 5000), help="How many orders are placed."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same day.")
@click.option("--keep", is_flag=True, help="Leave everything running afterwards and say how to send one more order.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(orders: int, seed: int, keep: bool, as_json: bool) -> None:
    """Show a day between Shopify and NetSuite on this machine alone: orders, stock, parcels. Exit 0 when all agrees."""
    said = Console(stderr=True, highlight=False)
    planned = day(seed, orders)
    units = _STOCK + orders
    with opened_stage(said, units=units) as stage:
        stock_the_shop(stage, units)
        started = time.monotonic()
        refused = play(planned, stage, said, seed=seed)
        elapsed = time.monotonic() - started
        ledger = stage.account.get("ledger")
        verdict = stage.evening_verdict(planned, ledger)
        verdict.problems += refused
        latency = _latencies(planned.sales, stage, ledger)
        if as_json:
            print_json(result_json(verdict, latency, elapsed))
        else:
            print_result(verdict, latency, elapsed)
        if keep:
            _keep(stage, planned, said)
    if not verdict.agrees:
        raise SystemExit(1)


def _latencies(sales: Sequence[Sale], stage: Stage, ledger: Mapping[str, Any]) -> list[float]:
    """Seconds from an order's first delivery to its sales order, by the two sandboxes' clocks."""
    first: dict[int, float] = {}
    for delivery in stage.shop.get("deliveries"):
        known = first.get(delivery["order_id"], delivery["sent_at"])
        first[delivery["order_id"]] = min(known, delivery["sent_at"])
    made = {item["external_id"]: item["at"] for item in ledger["transactions"]}
    keys = {sale.order["id"]: world.order_key(sale.order["id"]) for sale in sales}
    return [made[key] - first[order_id] for order_id, key in keys.items() if key in made and order_id in first]


def sign_in_link(stage: Stage) -> str:
    """A user of the demo's console, and the link that lets in."""
    with opened(stage.directory) as (runtime, _):
        by = Who("demo", Role.ADMIN)
        return people.add(runtime.engine, NewUser("demo", Role.ADMIN), by=by, now=datetime.now(UTC)).url(stage.url)


def _keep(stage: Stage, planned: Day, said: Console) -> None:
    """Leaves everything running until Ctrl-C; one more order waits in the shop to be announced."""
    extra = one_more(len(planned.sales))
    stage.shop.post("orders", {"order": extra.order, "transactions": extra.transactions, "is_new": True})
    body = f'{{"topic": "orders/create", "order_id": {extra.order["id"]}}}'
    said.print(f"\nconsole   {sign_in_link(stage)}", soft_wrap=True)
    said.print("          signs you in once, as an admin of this demo")
    said.print(f"web       {stage.url}  (/healthz, /readyz, /metrics)")
    said.print(f"shop      {stage.shop.url}/_sandbox/ledger")
    said.print(f"account   {stage.account.url}/_sandbox/ledger")
    said.print(f"data      --data {stage.directory}")
    said.print("\nSend one more order, then look at it:")
    said.print(f"  curl -s {stage.shop.url}/_sandbox/deliver -d '{body}'", soft_wrap=True)
    said.print(f"  ml-connector orders show '{extra.order['name']}' --data {stage.directory}", soft_wrap=True)
    said.print("\nCtrl-C stops everything.")
    stage.supervisor.wait()
