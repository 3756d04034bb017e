"""A long stretch of orders listed for import: rate and memory of the process that reads the bulk operation's file."""

import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from bench.stage import Stage, setup_line, stage
from connector.sandbox.scenario.drafts import Shape
from connector.sandbox.scenario.orders import order

_ORDERS = 50_000
_AT_ONCE = 2_000
_FIRST_ORDER = 7_000_001
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def listing(*, runs: int, seconds: float) -> None:
    """How long it takes to have all of them in the job once Shopify's file is there, and the most memory that had."""
    del seconds
    with stage() as here:
        print(f"history: {setup_line()}, load {os.getloadavg()[0]:.1f}; {_ORDERS:,} orders to list, none known")
        _place(here)
        for _ in range(runs):
            argv = [sys.executable, "-m", "bench.history_lister"]
            done = subprocess.run(argv, env=dict(here.env), capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            told = json.loads(done.stdout.splitlines()[-1])
            print(
                f"  {told['listed']:,} listed, {told['reading']:.1f} s of reading and storing "
                f"({told['listed'] / told['reading']:,.0f} orders/s), {told['wall']:.1f} s with the sandbox's making of the "
                f"file; CPU {told['cpu']:.1f} s; peak {told['peak_mb']:.0f} MB ({told['start_mb']:.0f} MB before it)"
            )


def _place(here: Stage) -> None:
    here.shop.post("settings", {"webhook_url": None})
    shape, seeded = Shape(customer="existing"), random.Random(1)
    for first in range(0, _ORDERS, _AT_ONCE):
        load = []
        for number in range(first, first + _AT_ONCE):
            moment = (_BEGAN + timedelta(seconds=number * 60)).isoformat()
            made = order(number, shape, seeded)[0]
            load.append(made | {"id": _FIRST_ORDER + number, "created_at": moment, "updated_at": moment})
        here.shop.post("orders", {"load": load}, timeout=300)
