"""`ml-connector demo`: both sandboxes, all our processes, a day of orders, and a verdict from the sandboxes' own ledgers."""

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from connector.cli.connection_file import read_connection_file
from connector.cli.connections import webhook_url
from connector.cli.demo_result import print_result, result_json
from connector.cli.opening import opened
from connector.cli.output import print_json
from connector.cli.sandboxes import LogIns, Sandbox, new_log_ins, start_sandbox, write_connection_file
from connector.cli.serve import running
from connector.embedded.postgres import remove_postgres
from connector.embedded.servers import free_port
from connector.embedded.supervisor import Supervisor
from connector.errors import Unavailable
from connector.sandbox.judge import judge
from connector.sandbox.scenario import world
from connector.sandbox.scenario.day import Day, Sale, day, one_more
from connector.store import connections

EXISTING_CUSTOMERS = 50
# Both sides' access tokens end after so long, so that they are renewed many times while the orders flow.
TOKEN_SECONDS = 3
# Deliveries under way at once; a real shop sends a burst about as fast.
_SENDERS = 8
_PATIENCE_SECONDS = 120.0
_SILENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs for the demo."""

    shop: Sandbox
    account: Sandbox
    supervisor: Supervisor
    directory: Path
    url: str
    webhook_url: str


@click.command()
@click.option(
    "--orders", default=200, show_default=True, type=click.IntRange(1, 5000), help="How many orders are placed."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same day.")
@click.option("--keep", is_flag=True, help="Leave everything running afterwards and say how to send one more order.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(orders: int, seed: int, keep: bool, as_json: bool) -> None:
    """Show a day of orders going from Shopify to NetSuite, on this machine alone. Exit 0 when every number agrees."""
    said = Console(stderr=True, highlight=False)
    planned = day(seed, orders)
    with _stage(said) as stage:
        started = time.monotonic()
        _play(planned, stage, said)
        elapsed = time.monotonic() - started
        ledger = stage.account.get("ledger")
        verdict = judge(
            stage.shop.get("ledger"),
            ledger,
            planned.sales,
            shop_id=world.SHOP_ID,
            known_customers=[item["id"] for item in world.existing_customers(EXISTING_CUSTOMERS)],
        )
        latency = _latencies(planned.sales, stage, ledger)
        if as_json:
            print_json(result_json(verdict, latency, elapsed))
        else:
            print_result(verdict, latency, elapsed)
        if keep:
            _keep(stage, planned, said)
    if not verdict.agrees:
        raise SystemExit(1)


@contextmanager
def _stage(said: Console) -> Iterator[Stage]:
    """Starts everything, one line a step, and takes it away again."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="ml-connector-demo-"))
        stack.callback(_remove, directory)
        began = time.monotonic()

        def step(text: str) -> None:
            said.print(f"[dim]{time.monotonic() - began:5.1f} s[/dim]  {text}")

        port = free_port()
        supervisor = stack.enter_context(
            running(directory, port=port, durable=False, logs=directory, log_level="WARNING", step=step)
        )
        log_ins, lives = new_log_ins(), {"token_seconds": TOKEN_SECONDS}
        account_config = world.account_config(EXISTING_CUSTOMERS) | log_ins.of_account() | lives
        account = start_sandbox(supervisor, "netsuite", account_config, directory)
        step(f"sandbox NetSuite account  {account.url}")
        shop = start_sandbox(supervisor, "shopify", world.shop_config() | log_ins.of_shop() | lives, directory)
        step(f"sandbox Shopify shop      {shop.url}")
        url = _connect(directory, shop, account, log_ins)
        shop.post("settings", {"webhook_url": url})
        step("connection added, webhook URL given to the shop")
        yield Stage(shop, account, supervisor, directory, f"http://127.0.0.1:{port}", url)


def _connect(directory: Path, shop: Sandbox, account: Sandbox, log_ins: LogIns) -> str:
    """Adds the connection by its file, as a user would; the webhook URL."""
    file = write_connection_file(directory, shop, account, log_ins, world.rules())
    with opened(directory) as (runtime, settings), runtime.engine.begin() as database:
        stored = connections.add(database, read_connection_file(file), runtime.vault)
        return webhook_url(stored, settings)


def _play(planned: Day, stage: Stage, said: Console) -> None:
    """Places every order, sends every delivery, and notes until the account has what it must have."""
    for sale in planned.sales:
        stage.shop.post("orders", {"order": sale.order, "transactions": sale.transactions})
    expected = sum(sale.expect == "synced" for sale in planned.sales)
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=said) as progress:
        sending = progress.add_task("webhooks sent", total=len(planned.deliveries))
        arriving = progress.add_task("orders in NetSuite", total=expected)
        for start in range(0, len(planned.deliveries), 50):
            batch = planned.deliveries[start : start + 50]
            stage.shop.post("deliveries", {"deliveries": batch, "parallel": _SENDERS}, timeout=120)
            progress.advance(sending, len(batch))
            progress.update(arriving, completed=_arrived(stage)[0])
        _wait_for(planned, stage, progress, arriving)


def _wait_for(planned: Day, stage: Stage, progress: Progress, task: Any) -> None:
    """Ends when everything is there, or when nothing has moved for a while: then the verdict says what is missing."""
    wanted = (
        sum(sale.expect == "synced" for sale in planned.sales),
        sum(len(sale.deposits) for sale in planned.sales if sale.expect == "synced"),
    )
    deadline = time.monotonic() + _PATIENCE_SECONDS
    moved_at, before = time.monotonic(), (0, 0)
    while (now := _arrived(stage)) != wanted and time.monotonic() < deadline:
        progress.update(task, completed=now[0])
        if now != before:
            moved_at, before = time.monotonic(), now
        if time.monotonic() - moved_at > _SILENCE_SECONDS:
            return
        if not stage.supervisor.pause(0.1):
            raise Unavailable("the demo was interrupted")
    progress.update(task, completed=now[0])


def _arrived(stage: Stage) -> tuple[int, int]:
    """Sales orders and deposits that stand in the account, by its own count."""
    counts: Mapping[str, int] = stage.account.get("counts")
    return counts.get("SalesOrd", 0), counts.get("CustDep", 0)


def _latencies(sales: Sequence[Sale], stage: Stage, ledger: Mapping[str, Any]) -> list[float]:
    """Seconds from an order's first delivery to its sales order, by the two sandboxes' clocks."""
    first: dict[int, float] = {}
    for delivery in stage.shop.get("deliveries"):
        known = first.get(delivery["order_id"], delivery["sent_at"])
        first[delivery["order_id"]] = min(known, delivery["sent_at"])
    made = {item["external_id"]: item["at"] for item in ledger["transactions"]}
    keys = {sale.order["id"]: f"SHOPIFY-{world.SHOP_ID}-ORDER-{sale.order['id']}" for sale in sales}
    return [made[key] - first[order_id] for order_id, key in keys.items() if key in made and order_id in first]


def _keep(stage: Stage, planned: Day, said: Console) -> None:
    """Leaves everything running until Ctrl-C; one more order notes in the shop to be announced."""
    extra = one_more(len(planned.sales))
    stage.shop.post("orders", {"order": extra.order, "transactions": extra.transactions})
    body = f'{{"topic": "orders/create", "order_id": {extra.order["id"]}}}'
    said.print(f"\nweb       {stage.url}  (/healthz, /readyz, /metrics)")
    said.print(f"shop      {stage.shop.url}/_sandbox/ledger")
    said.print(f"account   {stage.account.url}/_sandbox/ledger")
    said.print(f"data      --data {stage.directory}")
    said.print("\nSend one more order, then look at it:")
    said.print(f"  curl -s {stage.shop.url}/_sandbox/deliver -d '{body}'", soft_wrap=True)
    said.print(f"  ml-connector orders show '{extra.order['name']}' --data {stage.directory}", soft_wrap=True)
    said.print("\nCtrl-C stops everything.")
    stage.supervisor.wait()


def _remove(directory: Path) -> None:
    remove_postgres(directory / "postgres")
    shutil.rmtree(directory, ignore_errors=True)
