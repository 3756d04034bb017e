"""Stock sent to a standard shop: mutations, points used of those it restores, memory of the pushing process, local time."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from sqlalchemy import text

from bench.stage import Stage, setup_line, stage
from bench.stock_reader import MAIN
from connector.config import Settings
from connector.runtime import build

_ITEMS = 100_000
_FEW = 1_000
_AT_ONCE = 10_000
_FIRST_ITEM = 100_001
_BUCKET, _RATE = 2000, 100
_POINTS_PER_CALL = 10

# Both sides' mirrors as complete readings leave them.
_MIRRORS = (
    "insert into items (connection_id, netsuite_id, sku, item_type, inactive) "
    "select c.id, n, 'S' || n, 'InvtPart', false from connections c, generate_series(:first, :last) n",
    "insert into stock (connection_id, netsuite_item, netsuite_location, available, changed_at) "
    "select c.id, n, 2, 9, '2026-01-05 08:00:00' from connections c, generate_series(:first, :last) n",
    "insert into shop_items (connection_id, inventory_item, variant, sku, tracked) "
    "select c.id, n, n + 1000000000, 'S' || n, true from connections c, generate_series(:first, :last) n",
    "insert into levels (connection_id, inventory_item, shopify_location, available, seen_at) "
    "select c.id, n, :main, 8, now() from connections c, generate_series(:first, :last) n",
    "insert into stock_readings (connection_id, source, locations, complete_at, full_at) "
    "select id, 'inventoryitemlocations', '2', now(), now() from connections",
    "analyze",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One push by a process of its own. `sending`: seconds from the first mutation to the last."""

    compared: int
    sent: int
    mutations: int
    stale: int
    refused: int
    named: int
    wall: float
    cpu: float
    sending: float
    throttled: int
    queries: int
    peak_mb: float
    start_mb: float


def push(*, runs: int, seconds: float) -> None:
    """Nothing changed, 1 % changed, everything changed."""
    del seconds
    with stage() as here:
        print(
            f"push: {setup_line()}, load {os.getloadavg()[0]:.1f}; {_ITEMS:,} items at one location, "
            f"a shop of {_RATE} points/s with a bucket of {_BUCKET:,}"
        )
        _prepare(here)
        for run in range(runs):
            _changed(here, 10 * run + 10, _ITEMS)
            done = _push(here)
            _told("100 % changed", done)
            spent = done.mutations * _POINTS_PER_CALL
            floor = max(0.0, (spent - _BUCKET) / _RATE)
            print(f"    floor of sending {floor:.1f} s, {floor / done.sending:.0%} of the points used")
            _changed(here, 10 * run + 11, _FEW)
            _told("1 % changed", _push(here))
            _told("nothing changed", _push(here))


def _prepare(here: Stage) -> None:
    here.shop.post("settings", {"webhook_url": None, "bucket": _BUCKET, "restore_rate": _RATE})
    for first in range(_FIRST_ITEM, _FIRST_ITEM + _ITEMS, _AT_ONCE):
        items = [{"id": n, "sku": f"S{n}", "levels": {str(MAIN): 8}} for n in range(first, first + _AT_ONCE)]
        here.shop.post("inventory", {"load": items}, timeout=120)
    _execute(here, _MIRRORS, first=_FIRST_ITEM, last=_FIRST_ITEM + _ITEMS - 1, main=MAIN)


def _changed(here: Stage, units: int, count: int) -> None:
    """NetSuite has so many units of the first so many items now."""
    changed = ("update stock set available = :units where netsuite_item between :first and :last", "analyze stock")
    _execute(here, changed, units=units, first=_FIRST_ITEM, last=_FIRST_ITEM + count - 1)


def _execute(here: Stage, statements: tuple[str, ...], **values: int) -> None:
    runtime = build(Settings.from_env(here.env))
    with runtime.engine.begin() as connection:
        for statement in statements:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), named)
    runtime.close()


def _push(here: Stage) -> Run:
    argv = [sys.executable, "-m", "bench.stock_pusher"]
    done = subprocess.run(argv, env=dict(here.env), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def _told(what: str, run: Run) -> None:
    print(
        f"  {what}: {run.compared:,} compared, {run.sent:,} sent by {run.mutations} mutations, {run.queries} queries, "
        f"{run.throttled} throttled, {run.stale} stale; {run.wall:.2f} s, {run.sending:.2f} s of it sending; "
        f"CPU {run.cpu:.2f} s; peak {run.peak_mb:.0f} MB ({run.start_mb:.0f} MB before it), "
        f"load {os.getloadavg()[0]:.1f}"
    )
