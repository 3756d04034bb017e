"""Orders through the whole product: latency at a steady rate, use of NetSuite's slots under a backlog, memory."""

import random
import threading
import time
from statistics import quantiles
from typing import Any

import psutil

from bench.stage import Stage, setup_line, stage
from connector.cli.serve import celery_argv, is_answering, web_argv
from connector.sandbox.scenario import world
from connector.sandbox.scenario.drafts import Shape
from connector.sandbox.scenario.orders import order

_SHAPE = Shape(customer="existing")


def latency(*, runs: int, seconds: float) -> None:
    """Webhook sent → sales order made, at 20 orders a second, by the sandboxes' clocks."""
    with stage() as here:
        began = time.monotonic()
        _start(here)
        place(here, range(1))
        announce(here, range(1), parallel=1)
        _arrived(here, 1)
        print(f"latency: {setup_line()}; one web process, one worker of 10 threads, NetSuite answers at once")
        print(f"  start of the processes to the first order in NetSuite: {time.monotonic() - began:.1f} s")
        count, pause = int(20 * seconds), threading.Event()
        for run in range(runs):
            numbers = range(1 + run * count, 1 + (run + 1) * count)
            place(here, numbers)
            due = time.monotonic()
            for number in numbers:
                pause.wait(max(0.0, due - time.monotonic()))
                due += 1 / 20
                threading.Thread(target=announce, args=(here, [number])).start()
            _arrived(here, numbers[-1] + 1)
            cuts = quantiles(_waits(here, numbers), n=100, method="inclusive")
            print(f"  20 orders/s for {seconds:.0f} s: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms")
        _memory(here)


def slots(*, runs: int, seconds: float) -> None:
    """A backlog against 15 slots of 200 ms: how much of them is used, and how often we are refused."""
    del seconds
    for _ in range(runs):
        with stage(concurrency=15, latency_ms=200) as here:
            argv = celery_argv("worker")
            argv[argv.index("--concurrency") + 1] = "24"
            here.supervisor.start("web", web_argv(here.port), env=here.env, is_ready=lambda: is_answering(here.port))
            place(here, range(600))
            announce(here, range(600), parallel=16)
            here.supervisor.start("worker", argv, env=here.env)
            _arrived(here, 60)
            begin, busy = time.monotonic(), busy_seconds(here)
            calls = here.account.get("ledger")["calls"]["total"]
            _arrived(here, 500)
            elapsed, used = time.monotonic() - begin, busy_seconds(here) - busy
            ledger = here.account.get("ledger")
            print(f"slots: {setup_line()}; 15 slots, 200 ms a call, 600 orders waiting, one worker of 24 threads")
            print(
                f"  {440 / elapsed:.1f} orders/s, {(ledger['calls']['total'] - calls) / elapsed:.1f} calls/s of 75, "
                f"{100 * used / (15 * elapsed):.1f} % of the slots busy, {ledger['calls']['refused_429']} refused"
            )
            _memory(here)


def _start(here: Stage) -> None:
    here.supervisor.start("worker", celery_argv("worker"), env=here.env)
    here.supervisor.start("web", web_argv(here.port), env=here.env, is_ready=lambda: is_answering(here.port))


def place(here: Stage, numbers: Any) -> None:
    """Puts orders into the shop, which says nothing of them."""
    for number in numbers:
        made, payments = order(number + 1, _SHAPE, random.Random(number))
        here.shop.post("orders", {"order": made, "transactions": payments})


def announce(here: Stage, numbers: Any, *, parallel: int = 1) -> None:
    """Sends the webhook of each."""
    deliveries = [{"topic": "orders/create", "order_id": _id(number)} for number in numbers]
    here.shop.post("deliveries", {"deliveries": deliveries, "parallel": parallel}, timeout=120)


def _id(number: int) -> int:
    return 5_900_000_000_001 + number


def _arrived(here: Stage, count: int) -> None:
    pause, deadline = threading.Event(), time.monotonic() + 180
    while here.account.get("counts").get("CustDep", 0) < count:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {here.account.get('counts')} of {count} orders arrived")
        pause.wait(0.1)


def busy_seconds(here: Stage) -> float:
    """For how long slots of the account were busy, all together."""
    return float(here.account.get("ledger")["concurrency"]["busy_slot_seconds"])


def _waits(here: Stage, numbers: Any) -> list[float]:
    sent = {delivery["order_id"]: delivery["sent_at"] for delivery in here.shop.get("deliveries")}
    made = {item["external_id"]: item["at"] for item in here.account.get("ledger")["transactions"]}
    return [made[f"SHOPIFY-{world.SHOP_ID}-ORDER-{_id(number)}"] - sent[_id(number)] for number in numbers]


def _memory(here: Stage) -> None:
    sizes = []
    for managed in here.supervisor.running():
        process = psutil.Process(managed.child.pid)
        family = [process, *process.children(recursive=True)]
        sizes.append(f"{managed.name} {sum(one.memory_info().rss for one in family) / 2**20:.0f} MB")
    print("  resident memory: " + ", ".join(sizes))
