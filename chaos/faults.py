"""What is done to the stage while orders flow. Each fault runs in the cell's own thread: what it starts must outlive it."""

import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chaos import strikes
from chaos.disk import fill, is_full, make_room
from chaos.proxy import Mode
from chaos.stage import Stage, port_of
from chaos.strikes import PAST_LEASE_SECONDS, Strike, nobody
from chaos.traffic import Traffic
from connector.embedded.postgres import start_postgres

Fault = Callable[[Stage, Traffic, random.Random], None]


def nothing(_stage: Stage, _traffic: Traffic, _seeded: random.Random) -> None:
    """What the cell is about stands in its setting."""


def killed(name: str) -> Fault:
    """`kill -9` of one of our processes at random times, while orders flow; one that is still starting is let be."""

    def fault(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
        while traffic.flows:
            stage.pause.wait(seeded.uniform(2.0, 7.0))
            if not stage.is_up(name):
                continue
            for keeper in stage.of(name):
                keeper.kill()

    return fault


def struck(strike: Strike, times: int = 1) -> Fault:
    """One blow or several, each a moment after the last."""

    def fault(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
        for _ in range(times):
            stage.pause.wait(seeded.uniform(0.5, 2.0))
            strike(stage, seeded, nobody)

    return fault


def redeployed(times: int) -> Fault:
    """The new release is started, then SIGTERM to everything of the old one; so many times, and no delivery notices."""

    def fault(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
        struck(strikes.rolled_out, times)(stage, traffic, seeded)
        refused = {status: count for status, count in traffic.answers.items() if status >= 500}
        if refused:
            stage.notes.append(f"deliveries were answered {refused} while it was deployed")

    return fault


def flushed(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
    """FLUSHALL, several times."""
    while traffic.flows:
        struck(strikes.redis_flushed)(stage, traffic, seeded)


def flushed_before_anybody_read(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
    """All is accepted while no worker runs, Redis is flushed, then a worker comes."""
    traffic.join()
    strikes.redis_flushed(stage, seeded, nobody)
    stage.start_worker()


def redis_slow_and_reset(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
    """Every packet late, every few seconds all links reset."""
    stage.redis_proxy.mode = Mode.DELAY
    while traffic.flows:
        stage.pause.wait(seeded.uniform(1.0, 3.0))
        stage.redis_proxy.reset()
    stage.redis_proxy.mode = Mode.PASSING


def disk_filled(seconds: float) -> Fault:
    """Not a byte is left where PostgreSQL lies; then there is room again, and it is started if it had to stop."""

    def fault(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
        stage.pause.wait(seeded.uniform(1.0, 2.0))
        place = stage.directory / "postgres"
        fill(place)
        stage.pause.wait(seconds)
        stage.notes += [] if is_full(place) else ["the disk was not full"]
        make_room(place)
        if stage.database.child.poll() is not None:
            stage.killed_servers += 1
            stage.database.stop()
            stage.database = start_postgres(place, durable=True)
            stage.database_proxy.target = port_of(stage.database.url)

    return fault


def beat_killed(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
    """It dies and nobody starts it again."""
    stage.pause.wait(seeded.uniform(1.0, 2.0))
    for keeper in stage.of("beat"):
        keeper.kill()
        keeper.retire(grace=1)


def together(first: Fault, *others: Fault) -> Fault:
    """Several faults at once. The first one alone may start servers: those live as long as the thread that made them."""

    def fault(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
        with ThreadPoolExecutor(len(others)) as pool:
            beside = [pool.submit(other, stage, traffic, random.Random(seeded.random())) for other in others]
            first(stage, traffic, seeded)
        for one in beside:
            one.result()

    return fault


def netsuite(*faults: dict[str, Any]) -> Fault:
    """Faults of the sandbox, planned before the orders' calls come."""

    def fault(stage: Stage, _traffic: Traffic, _seeded: random.Random) -> None:
        for one in faults:
            stage.account.post("faults", one)

    return fault


def worker_paused(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
    """One of two workers stops past its leases, and then goes on where it was."""
    stage.pause.wait(seeded.uniform(2.0, 4.0))
    paused = stage.of("worker")[0]
    paused.signal(signal.SIGSTOP)
    stage.pause.wait(PAST_LEASE_SECONDS)
    paused.signal(signal.SIGCONT)
