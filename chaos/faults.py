"""What is done to the stage while orders flow. Each fault runs in the cell's own thread: what it starts must outlive it."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import psutil
import psycopg2
from redis import Redis

from chaos.disk import fill, is_full, make_room
from chaos.proxy import Mode
from chaos.stage import Stage, port_of
from chaos.storm import WAITING, follow, strike
from chaos.traffic import Traffic
from connector.embedded.postgres import start_postgres
from connector.embedded.valkey import start_valkey

Fault = Callable[[Stage, Traffic, random.Random], None]

# A deploy gives every process thirty seconds.
GRACE_SECONDS = 30.0
# Longer than the lease of a record.
PAST_LEASE_SECONDS = 70.0
# A server of ours takes 120.
_MANY = 80
_END_OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> all(%s)"
)


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


def redeployed(times: int) -> Fault:
    """The new release is started, then SIGTERM to everything of the old one; so many times, and no delivery notices."""

    def fault(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
        for _ in range(times):
            stage.pause.wait(seeded.uniform(0.5, 2.0))
            _roll_out(stage)
        refused = {status: count for status, count in traffic.answers.items() if status >= 500}
        if refused:
            stage.notes.append(f"deliveries were answered {refused} while it was deployed")

    return fault


def _roll_out(stage: Stage) -> None:
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
    """Redis forgets everything. What was due then is followed until it is found again."""
    follow(stage, WAITING)
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


def connections_used_up(seconds: float) -> Fault:
    """Somebody else takes every connection PostgreSQL has, ours too, and keeps them for a while."""

    def fault(stage: Stage, _traffic: Traffic, seeded: random.Random) -> None:
        stage.pause.wait(seeded.uniform(1.0, 2.0))
        with ExitStack() as stack:
            taken = [_another(stage, stack)]
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                with taken[0].cursor() as cursor:
                    cursor.execute(_END_OTHERS, ([one.info.backend_pid for one in taken],))
                with suppress(psycopg2.OperationalError):
                    while True:
                        taken.append(_another(stage, stack))
                stage.pause.wait(0.2)
        stage.notes += [] if len(taken) > _MANY else [f"only {len(taken)} connections could be taken"]

    return fault


def _another(stage: Stage, stack: ExitStack) -> Any:
    taken = stack.enter_context(closing(psycopg2.connect(stage.database.url, connect_timeout=5)))
    taken.autocommit = True
    return taken


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
