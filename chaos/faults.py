"""What is done to the stage while orders flow. Each fault runs in the cell's own thread: what it starts must outlive it."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
from redis import Redis

from chaos.proxy import Mode
from chaos.stage import Stage, port_of
from chaos.storm import strike
from chaos.traffic import Traffic
from connector.embedded.postgres import start_postgres
from connector.embedded.valkey import start_valkey

Fault = Callable[[Stage, Traffic, random.Random], None]

# A deploy gives every process thirty seconds.
GRACE_SECONDS = 30.0
# Longer than the lease of a record.
PAST_LEASE_SECONDS = 130.0


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
                strike(stage, keeper)

    return fault


def redeployed(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
    """The new release is started, then SIGTERM to everything of the old one: twice."""
    for _ in range(2):
        stage.pause.wait(seeded.uniform(0.5, 2.0))
        old = list(stage.keepers)
        stage.start_worker()
        stage.start_beat()
        stage.start_web()
        for keeper in old:
            keeper.signal(signal.SIGTERM)
        for keeper in old:
            if not keeper.retire(grace=GRACE_SECONDS):
                stage.notes.append(f"{keeper.name} did not end within {GRACE_SECONDS:.0f} s of SIGTERM")
            stage.keepers.remove(keeper)
            stage.retired.append(keeper)


def flushed(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
    """FLUSHALL, several times."""
    while traffic.flows:
        stage.pause.wait(seeded.uniform(0.5, 2.0))
        flush(stage)


def flush(stage: Stage) -> None:
    """Redis forgets everything."""
    with Redis.from_url(stage.redis.url, socket_timeout=5) as redis:
        redis.flushall()


def flushed_before_anybody_read(stage: Stage, traffic: Traffic, _seeded: random.Random) -> None:
    """All is accepted while no worker runs, Redis is flushed, then a worker comes."""
    traffic.join()
    flush(stage)
    stage.start_worker()


def redis_killed(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
    """Killed, away for some seconds, back and empty; twice."""
    for _ in range(2):
        stage.pause.wait(seeded.uniform(0.5, 2.0))
        os.kill(stage.redis.pid, signal.SIGKILL)
        stage.killed_servers += 1
        stage.redis.stop()
        stage.pause.wait(seeded.uniform(1.0, 4.0))
        stage.redis = start_valkey(stage.directory / "valkey", durable=False)
        stage.redis_proxy.target = port_of(stage.redis.url)


def redis_frozen(seconds: float) -> Fault:
    """Stopped, so that it takes connections and says nothing."""

    def fault(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
        stage.pause.wait(seeded.uniform(0.5, 2.0))
        with _stopped(stage.redis.pid):
            stage.pause.wait(seconds)

    return fault


def redis_half_open(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
    """The links to Redis die without a word; new ones work again after ten seconds."""
    stage.pause.wait(seeded.uniform(0.5, 2.0))
    stage.redis_proxy.mode = Mode.BLACK_HOLE
    stage.pause.wait(10)
    stage.redis_proxy.mode = Mode.PASSING


def redis_slow_and_reset(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
    """Every packet late, every few seconds all links reset."""
    stage.redis_proxy.mode = Mode.DELAY
    while traffic.flows:
        stage.pause.wait(seeded.uniform(1.0, 3.0))
        stage.redis_proxy.reset()
    stage.redis_proxy.mode = Mode.PASSING


def postgres_restarted(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
    """Immediate shutdown, no checkpoint, and up again; twice."""
    for _ in range(2):
        stage.pause.wait(seeded.uniform(0.5, 2.0))
        os.kill(stage.database.pid, signal.SIGQUIT)
        stage.killed_servers += 1
        stage.database.child.wait(30)
        stage.database.stop()
        stage.database = start_postgres(stage.directory / "postgres", durable=True)
        stage.database_proxy.target = port_of(stage.database.url)


def postgres_frozen(seconds: float) -> Fault:
    """Every process of it stopped."""

    def fault(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
        stage.pause.wait(seeded.uniform(0.5, 2.0))
        with _stopped(stage.database.pid):
            stage.pause.wait(seconds)

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


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    """A server and its children stopped; what it started meanwhile is let go too."""
    server = psutil.Process(pid)
    server.suspend()
    family = server.children(recursive=True)
    for child in family:
        with suppress(psutil.NoSuchProcess):
            child.suspend()
    try:
        yield
    finally:
        for process in (server, *family):
            with suppress(psutil.NoSuchProcess):
                process.resume()
