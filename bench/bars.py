"""What must hold while something else is broken: webhooks with Redis frozen, beside slow connections, orders after an outage."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

import requests
from sqlalchemy import text

from bench.load import Load, measure
from bench.orders import announce, busy_seconds, place
from bench.stage import Stage, setup_line, stage
from connector.cli.serve import celery_argv, is_answering, web_argv
from connector.config import Settings
from connector.store.engine import make_engine

_SLOW = 200
_HEAD = b"POST /webhooks/shopify/slow HTTP/1.1\r\nHost: localhost\r\n"
# What a slow connection begins with, and what it goes on with every second.
_KINDS: tuple[tuple[bytes, Callable[[int], bytes]], ...] = (
    (_HEAD, lambda step: b"X-Slow-%d: 1\r\n" % step),
    (_HEAD + b"Content-Type: application/json\r\nContent-Length: 8192\r\n\r\n{", lambda _: b'"x":1,'),
    (b"", lambda _: b""),
)
_SLOTS = 15
_LARGEST_SHOP = {"restore_rate": 2000, "bucket": 40_000}
_CALL_MS = 400


def frozen(*, runs: int, seconds: float) -> None:
    """300 webhooks a second, `seconds` long, with no worker and a Redis that neither answers nor refuses."""
    for _ in range(runs):
        with stage() as here:
            _start_web(here)
            os.kill(here.redis.pid, signal.SIGSTOP)
            try:
                load = measure(here.port, here.path, connections=50, seconds=seconds, rate=300)
            finally:
                os.kill(here.redis.pid, signal.SIGCONT)
            print(f"frozen: {setup_line()}; 300 webhooks/s of 8192 bytes for {seconds:.0f} s, no worker, Redis frozen")
            print(f"  {_figures(load)}, {_kept(here)} of {int(300 * seconds)} in the inbox")


def slow(*, runs: int, seconds: float) -> None:
    """100 webhooks a second beside 200 connections that trickle headers, trickle bodies or say nothing."""
    with stage() as here:
        _start_web(here)
        print(f"slow: {setup_line()}; 100 webhooks/s for {seconds:.0f} s beside {_SLOW} slow connections")
        for _ in range(runs):
            alone = measure(here.port, here.path, connections=50, seconds=seconds, rate=100)
            with _slow_connections(here.port):
                beside = measure(here.port, here.path, connections=50, seconds=seconds, rate=100)
            print(f"  alone  {_figures(alone)}\n  beside {_figures(beside)}")


def outage(*, runs: int, seconds: float) -> None:
    """NetSuite answers 503 to everything for `seconds`, while five orders a second come; how the backlog is worked off."""
    orders = int(5 * seconds)
    for _ in range(runs):
        with stage(concurrency=_SLOTS, latency_ms=_CALL_MS) as here:
            argv = celery_argv("worker")
            argv[argv.index("--concurrency") + 1] = "24"
            here.supervisor.start("worker", argv, env=here.env)
            _start_web(here)
            # The largest shops' budget: with less of it, the shop's points are what the backlog waits for.
            here.shop.post("settings", _LARGEST_SHOP)
            place(here, range(orders + 1))
            # The mirrors of items and customers are read before anything fails.
            announce(here, range(1))
            _wait(lambda: _booked(here) == 1, within=60)
            here.account.post("faults", {"kind": "status_before", "status": 503, "times": 1_000_000})
            _announce_slowly(here, range(1, orders + 1), seconds)
            requests.delete(f"{here.account.url}/_sandbox/faults", timeout=30).raise_for_status()
            print(
                f"outage: {setup_line()}; {seconds:.0f} s of 503, {orders} orders waiting, {_SLOTS} slots, {_CALL_MS} ms a call,"
                f" a shop of {_LARGEST_SHOP['restore_rate']} points/s"
            )
            _say_drained(here, orders + 1)


def _say_drained(here: Stage, orders: int) -> None:
    """Waits until all is booked; of the time between a tenth and nine tenths how busy the slots were."""
    began, before = time.monotonic(), _refused(here)
    _wait(lambda: _booked(here) >= orders * 0.1, within=900)
    first, busy = time.monotonic(), busy_seconds(here)
    _wait(lambda: _booked(here) >= orders * 0.9, within=900)
    window, used = time.monotonic() - first, busy_seconds(here) - busy
    _wait(lambda: _booked(here) >= orders, within=900)
    refused = _refused(here)
    share = 100 * (refused[0] - before[0]) / max(1, refused[1] - before[1])
    print(
        f"  all booked after {time.monotonic() - began:.0f} s; between 10 and 90 % of the orders {window:.0f} s,"
        f" {100 * used / (_SLOTS * window):.1f} % of the slots busy; {share:.2f} % of the calls refused with 429"
    )


def _announce_slowly(here: Stage, numbers: range, seconds: float) -> None:
    begun, pause = time.monotonic(), threading.Event()
    for number in numbers:
        pause.wait(max(0.0, begun + seconds * (number - 1) / len(numbers) - time.monotonic()))
        announce(here, [number])
    pause.wait(max(0.0, begun + seconds - time.monotonic()))


def _booked(here: Stage) -> int:
    return int(here.account.get("counts").get("CustDep", 0))


def _refused(here: Stage) -> tuple[int, int]:
    """Calls that were refused for want of a slot, and all calls."""
    calls = here.account.get("ledger")["calls"]
    return int(calls["refused_429"]), int(calls["total"]) + int(calls["refused_429"])


def _wait(is_so: Callable[[], bool], *, within: float) -> None:
    pause, deadline = threading.Event(), time.monotonic() + within
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"it did not come within {within:.0f} s")
        pause.wait(0.25)


def _start_web(here: Stage) -> None:
    argv = web_argv(here.port, processes=2)
    here.supervisor.start("web", argv, env=here.env, is_ready=lambda: is_answering(here.port))


def _figures(load: Load) -> str:
    return f"{load.rate:.0f}/s answered 200, p50 {load.p50:.1f} ms, p99 {load.p99:.1f} ms, other answers {load.failed}"


def _kept(here: Stage) -> int:
    engine = make_engine(Settings.from_env(here.env).database_url)
    with engine.begin() as connection:
        count = int(connection.execute(text("select count(*) from events")).scalar_one())
    engine.dispose()
    return count


@contextlib.contextmanager
def _slow_connections(port: int) -> Iterator[None]:
    """A third of each kind, until the block ends."""
    links = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(_SLOW)]
    ending = threading.Event()

    def trickle() -> None:
        step = 0
        while not ending.wait(1.0):
            step += 1
            for number, link in enumerate(links):
                # The server may have had enough of it.
                with contextlib.suppress(OSError):
                    link.sendall(_KINDS[number % 3][1](step))

    for number, link in enumerate(links):
        link.sendall(_KINDS[number % 3][0])
    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        for link in links:
            link.close()
