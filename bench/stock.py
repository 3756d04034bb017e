"""NetSuite's stock read into Postgres: calls, time against the floor that latency sets, memory of the reading process."""

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from bench.stage import Stage, setup_line, stage

_ROWS = 100_000
_FEW = 1_000
_LATENCY_MS = 200
_FETCHERS = 4
_PAGE = 1000
# So that no reading of changes asks for it.
_LONG_AGO = "2026-01-05 08:00:00"
_FIRST_ITEM = 100_001


@dataclass(frozen=True, slots=True)
class Run:
    """One reading by a process of its own: seconds, megabytes, and how long the account took to answer in all."""

    rows: int
    changed: int
    calls: int
    wall: float
    cpu: float
    database: float
    peak_mb: float
    start_mb: float
    answering: float


def stock(*, runs: int, seconds: float) -> None:
    """Full readings with 1 % and 100 % changed, with and without latency, and a reading of changes."""
    del seconds
    with stage(concurrency=_FETCHERS + 1) as here:
        print(
            f"stock: {setup_line()}; {_ROWS:,} rows at one location, {_FETCHERS} slots for stock, PostgreSQL with fsync"
        )
        _set(here, _ROWS, 1, _LONG_AGO)
        _told("first reading, one fetcher, every row new", _read(here, "all"))
        for run in range(runs):
            _without_latency(here, run)
            _with_latency(here, run)
            _changes(here, run)


def _without_latency(here: Stage, run: int) -> None:
    _set(here, _FEW, 10 * run + 2, _LONG_AGO)
    _told("everything, 1 % changed, no latency", _read(here, "all"))
    _set(here, _ROWS, 10 * run + 3, _LONG_AGO)
    _told("everything, 100 % changed, no latency", _read(here, "all"))


def _with_latency(here: Stage, run: int) -> None:
    here.account.post("settings", {"latency_ms": _LATENCY_MS})
    _set(here, _FEW, 10 * run + 4, _LONG_AGO)
    done = _read(here, "all")
    # The clock first; then each fetcher its share of the pages, one after another.
    floor = (1 + math.ceil(_ROWS / _PAGE / _FETCHERS)) * _LATENCY_MS / 1000
    _told(f"everything, 1 % changed, {_LATENCY_MS} ms a call", done)
    print(f"    floor {floor:.1f} s, {done.wall / floor:.2f} x")
    here.account.post("settings", {"latency_ms": 0})


def _changes(here: Stage, run: int) -> None:
    _set(here, _FEW, 10 * run + 5)
    _told(f"changes, {_FEW:,} rows", _read(here, "changes"))
    # Out of the next reading's overlap.
    _set(here, _FEW, 10 * run + 5, _LONG_AGO)


def _set(here: Stage, count: int, quantity: int, changed: str | None = None) -> None:
    """Sets what is on hand of the first so many items."""
    row: dict[str, Any] = {"location": "2", "on_hand": quantity} | ({"changed": changed} if changed else {})
    rows = [row | {"item": str(_FIRST_ITEM + index)} for index in range(count)]
    here.account.post("stock", {"stock": rows}, timeout=120)


def _read(here: Stage, what: str) -> Run:
    before = here.account.get("calls")
    argv = [sys.executable, "-m", "bench.stock_reader", what]
    done = subprocess.run(argv, env=dict(here.env), capture_output=True, text=True, check=True)
    calls = here.account.get(f"calls?after={before[-1]['n'] if before else 0}")
    answering = sum(call["ms"] for call in calls if call["path"] == "suiteql") / 1000
    return Run(**json.loads(done.stdout.splitlines()[-1]), answering=answering)


def _told(what: str, run: Run) -> None:
    print(
        f"  {what}: {run.rows:,} rows, {run.changed:,} written, {run.calls} calls; {run.wall:.2f} s, "
        f"of it local: CPU {run.cpu:.2f} s and database {run.database:.2f} s (the account computed {run.answering:.2f} s); "
        f"peak {run.peak_mb:.0f} MB ({run.start_mb:.0f} MB before it read)"
    )
