"""Everything that runs for the demo: our processes, both sandboxes, and the connection between them."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from connector.cli.connection_file import read_connection_file
from connector.cli.connections import events_url, webhook_url
from connector.cli.opening import opened
from connector.cli.sandboxes import LogIns, Sandbox, new_log_ins, start_sandbox, write_connection_file
from connector.cli.serve import running
from connector.embedded.postgres import remove_postgres
from connector.embedded.servers import free_port
from connector.embedded.supervisor import Supervisor
from connector.sandbox.judge import judge, judge_evening
from connector.sandbox.scenario import world
from connector.sandbox.scenario.day import Day
from connector.sandbox.verdict import Verdict
from connector.store import connections

EXISTING_CUSTOMERS = 50
# Both sides' access tokens end after so long, so that they are renewed many times while the orders flow.
TOKEN_SECONDS = 3

_KNOWN: Any = {
    "shop_id": world.SHOP_ID,
    "known_customers": [item["id"] for item in world.existing_customers(EXISTING_CUSTOMERS)],
}


@dataclass(frozen=True, slots=True)
class Stage:
    """The two sides, and where ours runs."""

    shop: Sandbox
    account: Sandbox
    supervisor: Supervisor
    directory: Path
    url: str
    webhook_url: str

    def verdict(self, so_far: Day) -> Verdict:
        """What both ledgers say of the orders now."""
        return judge(self.shop.get("ledger"), self.account.get("ledger"), so_far, **_KNOWN)

    def evening_verdict(self, so_far: Day, ledger: Any = None) -> Verdict:
        """What they say of orders, stock and parcels when the day is over; the account's as it was read or as it is."""
        return judge_evening(self.shop.get("ledger"), ledger or self.account.get("ledger"), so_far, **_KNOWN)


@contextmanager
def opened_stage(said: Console, *, units: int) -> Iterator[Stage]:
    """Starts everything, one line a step, and takes it away again; the warehouse has so many `units` of each product."""
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
        account_config |= {"stock": world.stock(units)}
        account = start_sandbox(supervisor, "netsuite", account_config, directory)
        step(f"sandbox NetSuite account  {account.url}")
        shop = start_sandbox(supervisor, "shopify", world.shop_config() | log_ins.of_shop() | lives, directory)
        step(f"sandbox Shopify shop      {shop.url}")
        shop.post("inventory", {"load": world.shop_items()})
        url, hears_events = _connect(directory, shop, account, log_ins)
        shop.post("settings", {"webhook_url": url})
        account.post("settings", {"event_url": hears_events})
        step("connection added, URLs given to the shop and the account")
        yield Stage(shop, account, supervisor, directory, f"http://127.0.0.1:{port}", url)


def _connect(directory: Path, shop: Sandbox, account: Sandbox, log_ins: LogIns) -> tuple[str, str]:
    """Adds the connection by its file, as a user would; where it hears Shopify's webhooks and NetSuite's events."""
    file = write_connection_file(directory, shop, account, log_ins, world.rules())
    with opened(directory) as (runtime, settings), runtime.engine.begin() as database:
        stored = connections.add(database, read_connection_file(file), runtime.vault)
        return webhook_url(stored, settings), events_url(stored, settings)


def _remove(directory: Path) -> None:
    remove_postgres(directory / "postgres")
    shutil.rmtree(directory, ignore_errors=True)
