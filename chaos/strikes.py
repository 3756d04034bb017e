"""One blow each. `let_go` is called as soon as it has fallen: whoever was held at a moment for it goes on into what is broken.

Servers are started in the calling thread, which must outlive them.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import psutil
import psycopg2
from redis import Redis

from chaos.orphans import WAITING, follow
from chaos.proxy import Mode
from chaos.stage import Stage, port_of
from connector.embedded.postgres import start_postgres
from connector.embedded.valkey import start_valkey

LetGo = Callable[[], None]
Strike = Callable[[Stage, random.Random, LetGo], None]

# A deploy gives every process thirty seconds.
GRACE_SECONDS = 30.0
# Longer than the lease of a record.
PAST_LEASE_SECONDS = 70.0
HALF_OPEN_SECONDS = 10.0
# A server of ours takes 120.
_MANY = 80
_END_OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> all(%s)"
)


def nobody() -> None:
    """Nobody is held."""


def workers_killed(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
    """`kill -9` of every worker; started again as a platform does."""
    for keeper in stage.of("worker"):
        keeper.kill()
    let_go()


def web_killed(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
    """`kill -9` of every web process."""
    for keeper in stage.of("web"):
        keeper.kill()
    let_go()


def rolled_out(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
    """The new release is started, then SIGTERM to everything of the old one, which has thirty seconds to end."""
    old = list(stage.keepers)
    stage.start_worker()
    stage.start_beat()
    stage.start_web()
    for keeper in old:
        keeper.signal(signal.SIGTERM)
    let_go()
    for keeper in old:
        if not keeper.retire(grace=GRACE_SECONDS):
            stage.notes.append(f"{keeper.name} did not end within {GRACE_SECONDS:.0f} s of SIGTERM")
        stage.keepers.remove(keeper)
        stage.retired.append(keeper)


def redis_flushed(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
    """Redis forgets everything. What was due then is followed until it is found again."""
    follow(stage, WAITING)
    with Redis.from_url(stage.redis.url, socket_timeout=5) as redis:
        redis.flushall()
    let_go()


def redis_killed(stage: Stage, seeded: random.Random, let_go: LetGo) -> None:
    """Killed, away for some seconds, back and empty."""
    os.kill(stage.redis.pid, signal.SIGKILL)
    let_go()
    stage.killed_servers += 1
    stage.redis.stop()
    stage.pause.wait(seeded.uniform(1.0, 4.0))
    stage.redis = start_valkey(stage.directory / "valkey", durable=False)
    stage.redis_proxy.target = port_of(stage.redis.url)


def redis_frozen(seconds: float) -> Strike:
    """Stopped, so that it takes connections and says nothing."""
    return _frozen(lambda stage: stage.redis.pid, seconds)


def redis_half_open(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
    """The links to Redis die without a word; new ones work again after ten seconds."""
    stage.redis_proxy.mode = Mode.BLACK_HOLE
    let_go()
    stage.pause.wait(HALF_OPEN_SECONDS)
    stage.redis_proxy.mode = Mode.PASSING


def postgres_restarted(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
    """Immediate shutdown, no checkpoint, and up again."""
    os.kill(stage.database.pid, signal.SIGQUIT)
    stage.killed_servers += 1
    stage.database.child.wait(30)
    let_go()
    stage.database.stop()
    stage.database = start_postgres(stage.directory / "postgres", durable=True)
    stage.database_proxy.target = port_of(stage.database.url)


def postgres_frozen(seconds: float) -> Strike:
    """Every process of it stopped."""
    return _frozen(lambda stage: stage.database.pid, seconds)


def connections_used_up(seconds: float) -> Strike:
    """Somebody else takes every connection PostgreSQL has, ours too, and keeps them for a while."""

    def strike(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
        with ExitStack() as stack:
            taken = [_another(stage, stack)]
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                with taken[0].cursor() as cursor:
                    cursor.execute(_END_OTHERS, ([one.info.backend_pid for one in taken],))
                with suppress(psycopg2.OperationalError):
                    while True:
                        taken.append(_another(stage, stack))
                let_go()
                stage.pause.wait(0.2)
        stage.notes += [] if len(taken) > _MANY else [f"only {len(taken)} connections could be taken"]

    return strike


def _another(stage: Stage, stack: ExitStack) -> Any:
    taken = stack.enter_context(closing(psycopg2.connect(stage.database.url, connect_timeout=5)))
    taken.autocommit = True
    return taken


def workers_paused(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
    """Every worker stops past its leases while another one works, and then goes on where it was."""
    paused = stage.of("worker")
    for keeper in paused:
        keeper.signal(signal.SIGSTOP)
    let_go()
    stage.start_worker()
    stage.pause.wait(PAST_LEASE_SECONDS)
    for keeper in paused:
        keeper.signal(signal.SIGCONT)


def _frozen(pid_of: Callable[[Stage], int], seconds: float) -> Strike:
    def strike(stage: Stage, _seeded: random.Random, let_go: LetGo) -> None:
        with _stopped(pid_of(stage)):
            let_go()
            stage.pause.wait(seconds)

    return strike


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
