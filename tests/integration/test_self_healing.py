"""Undone work is found in Postgres alone, Redis may be away for good, and the canary tells when the way is closed."""

import base64
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import requests
from celery import Celery
from sqlalchemy import func, select, text, update

from connector import logs
from connector.embedded.servers import free_port
from connector.flows import canary
from connector.flows.jobs import JOBS
from connector.flows.sweep import HEARTBEAT, sweep
from connector.store import census, connections, throughput
from connector.store import scheduled_runs as store_of_runs
from connector.store.connection_tables import credentials
from connector.store.credentials import NETSUITE
from connector.store.mirror_tables import scheduled_runs
from connector.store.progress_tables import heartbeats
from connector.store.records import CANARY, LEASE, claim
from connector.store.tables import attempts, records
from tests.clock import later, now
from tests.office import Office
from tests.payloads import rest_order
from tests.tokens import account_tokens, end_soon
from tests.waiting import eventually
from tests.world import KEY, SESSION_SECRET, World
from web.health import Health
from workers.sweeper import Sweeper
from workers.wakes import OwnCanary, Wakes


@dataclass
class Workers:
    """Who is woken, and whether anybody hears."""

    hear: bool = True
    woken: list[int] = field(default_factory=list)

    def __call__(self, record_id: int) -> bool:
        self.woken.append(record_id)
        return self.hear


def canaries(world: World) -> list[int]:
    with world.engine.begin() as connection:
        return list(connection.execute(select(records.c.id).where(records.c.kind == CANARY)).scalars())


def heard(world: World) -> datetime | None:
    with world.engine.begin() as connection:
        return census.heartbeat(connection, canary.HEARTBEAT)


def away() -> Wakes:
    """Wakes on a Redis that is not there."""
    app = Celery(broker=f"redis://127.0.0.1:{free_port()}/0")
    app.conf.update(
        task_ignore_result=True,
        broker_transport_options={
            "socket_connect_timeout": 1,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
        },
    )
    return Wakes(app)


def sweeper(world: World, wakes: Wakes, *, work_for: float = 15.0) -> Sweeper:
    own = OwnCanary(wakes, every=300, late_after=600)
    return Sweeper(lambda: world.runtime, wakes, own, alone_after=0.0, work_for=work_for)


def looks_alone(world: World) -> None:
    """One look of a sweeper without Redis, to the end of what it began."""
    alone = sweeper(world, away())
    alone.look()
    alone.stop()


def begun(world: World) -> int:
    """How many runs have begun."""
    with world.engine.begin() as connection:
        return int(connection.execute(select(func.count()).select_from(scheduled_runs)).scalar_one())


def queued(world: World, queue: str) -> list[str]:
    """Names of the tasks that wait in a queue."""
    waiting = world.runtime.redis.lrange(queue, 0, -1)
    return [json.loads(message)["headers"]["task"] for message in waiting]


def test_a_canary_is_put_out_once_in_five_minutes_and_arrives_like_any_record(world: World) -> None:
    workers = Workers()
    sweep(world.engine, workers, now=now())
    sweep(world.engine, workers, now=later(timedelta(minutes=4)))
    assert workers.woken[:1] == canaries(world)
    assert heard(world) is None
    world.work(workers.woken[0])
    assert heard(world) is not None
    workers.woken.clear()
    sweep(world.engine, workers, now=later(timedelta(minutes=4)))
    assert workers.woken == []
    sweep(world.engine, workers, now=later(timedelta(minutes=6)))
    assert workers.woken == canaries(world)
    with world.engine.begin() as connection:
        assert connection.execute(select(func.count()).select_from(attempts)).scalar_one() == 0
    assert world.calls() == []


def test_wakes_that_are_not_heard_are_told_and_not_all_tried(world: World) -> None:
    ids = [world.sell(rest_order(5000 + number)) for number in range(3)]
    workers = Workers(hear=False)
    unheard = sweep(world.engine, workers, now=later(timedelta(seconds=40)))
    assert len(workers.woken) == 1
    assert set(ids) <= set(unheard)


def test_without_redis_the_sweeper_does_the_work_itself(world: World) -> None:
    ids = [world.sell(rest_order(5001 + number)) for number in range(2)]
    with world.engine.begin() as connection:
        connection.execute(update(records).values(woken_at=now() - timedelta(minutes=1)))
    looks_alone(world)
    assert ids
    assert {world.record(5001 + number).state for number in range(2)} == {"in_sync"}
    assert len(world.transactions("SalesOrd")) == 2
    assert heard(world) is not None


def test_while_redis_hears_the_sweeper_leaves_the_work_to_the_workers(world: World, redis_url: str) -> None:
    world.sell(rest_order(5001))
    with world.engine.begin() as connection:
        connection.execute(update(records).values(woken_at=now() - timedelta(minutes=1)))
    app = Celery(broker=redis_url)
    app.conf.task_ignore_result = True
    sweeper(world, Wakes(app)).look()
    assert world.record(5001).state == "pending"
    assert world.calls() == []


def test_without_beat_the_sweeper_asks_for_all_that_beat_asks_for(world: World, redis_url: str) -> None:
    app = Celery(broker=redis_url)
    app.conf.task_ignore_result = True
    sweeper(world, Wakes(app)).look()
    # Beat's other message, the tick, only asks for runs.
    assert set(queued(world, "maintenance")) == {"credentials.refresh", "schedules.run"}


def test_without_beat_and_redis_tokens_are_renewed_and_ends_are_told(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.work(world.sell(rest_order()))
    end_soon(world, NETSUITE, share_left=0.2)
    with world.engine.begin() as connection:
        connections.pause(connection, world.connection.id, because="a test")
        connection.execute(update(credentials).values(certificate_ends_at=later(timedelta(days=10))))
    logs.configure("WARNING")
    looks_alone(world)
    assert account_tokens(world)["issued"] == 2
    assert "credential_ends" in capsys.readouterr().err


def test_a_look_that_works_by_itself_ends_in_time_and_the_next_one_goes_on(world: World) -> None:
    ids = [world.sell(rest_order(5001 + number)) for number in range(3)]
    with world.engine.begin() as connection:
        connection.execute(update(records).values(woken_at=now() - timedelta(minutes=1)))
    alone = sweeper(world, away(), work_for=0.0)
    assert ids
    for done in (1, 2, 3):
        with world.engine.begin() as connection:
            connection.execute(update(heartbeats).values(at=now() - timedelta(hours=1)))
        alone.look()
        assert [world.record(5001 + number).state for number in range(3)].count("in_sync") == done
        with world.engine.begin() as connection:
            assert now() - census.every_heartbeat(connection)[HEARTBEAT] < timedelta(minutes=1)


def test_without_redis_no_order_waits_for_a_run_of_minutes(world: World) -> None:
    world.work(world.sell(rest_order(5001)))
    world.sell(rest_order(5002))
    with world.engine.begin() as connection:
        connection.execute(update(records).values(woken_at=now() - timedelta(minutes=1)))
    alone = sweeper(world, away())
    with world.engine.begin() as connection:
        # A run that begins takes its turn first, and that has to wait for us.
        for job in JOBS:
            turn = text("select pg_advisory_xact_lock(hashtextextended(:key, 0))")
            connection.execute(turn, {"key": f"schedule {world.connection.id} {job.name}"})
        alone.look()
        found = world.record(5002)
        assert (found.state, found.reason, begun(world)) == ("in_sync", None, 0)
    eventually(lambda: begun(world))
    alone.stop()


def test_what_waits_in_the_queue_is_not_woken_again(world: World) -> None:
    ids = [world.sell(rest_order(5000 + number)) for number in range(5)]
    with world.engine.begin() as connection:
        for number, record_id in enumerate(ids):
            woken = now() - timedelta(seconds=80 - 10 * number)
            connection.execute(update(records).where(records.c.id == record_id).values(woken_at=woken))
    workers = Workers()
    sweep(world.engine, workers, now=now(), queued=3)
    assert workers.woken[:-1] == ids[:2]
    assert workers.woken[-1:] == canaries(world)
    # As after a FLUSHALL: nothing is queued, so nobody has a wake.
    workers.woken.clear()
    sweep(world.engine, workers, now=later(timedelta(seconds=31)))
    assert set(ids) <= set(workers.woken)


def left_and_waiting(world: World) -> tuple[int, int]:
    """An order whose worker died, and one that was woken a minute ago and not read yet."""
    left, waiting = (world.sell(rest_order(5000 + number)) for number in range(2))
    with world.engine.begin() as connection:
        minute_ago = now() - timedelta(minutes=1)
        connection.execute(update(records).values(woken_at=minute_ago, next_attempt_at=now() - LEASE * 3))
        assert claim(connection, left, owner="dead", now=now() - LEASE * 2)
    return left, waiting


def test_what_is_tried_again_now_has_not_lost_a_wake(world: World) -> None:
    world.sell(rest_order(5001))
    with world.engine.begin() as connection:
        connection.execute(update(records).values(woken_at=now() - timedelta(minutes=15), next_attempt_at=now()))
    workers, ahead = Workers(), Workers()
    sweep(world.engine, workers, now=later(timedelta(seconds=1)), queued=1000, ahead=ahead)
    assert (ahead.woken, workers.woken) == ([], canaries(world))


def test_what_a_dead_worker_left_is_woken_past_a_long_queue(world: World) -> None:
    left, waiting = left_and_waiting(world)
    workers, ahead = Workers(), Workers()
    sweep(world.engine, workers, now=now(), queued=1000, ahead=ahead)
    assert (ahead.woken, workers.woken) == ([left], canaries(world))
    # Whoever has not been read for two minutes has lost its wake, or may as well have.
    sweep(world.engine, workers, now=later(timedelta(minutes=2)), queued=1000, ahead=ahead)
    assert ahead.woken == [left, waiting, left, *canaries(world)]


def test_a_wake_that_was_not_heard_leaves_the_others_to_be_told(world: World) -> None:
    left, waiting = left_and_waiting(world)
    workers = Workers()
    unheard = sweep(world.engine, workers, now=now(), ahead=Workers(hear=False))
    assert (list(unheard), workers.woken) == ([left, waiting, *canaries(world)], [])


def test_a_queue_longer_than_the_backlog_gets_no_wake(world: World) -> None:
    world.sell(rest_order(5001))
    workers = Workers()
    sweep(world.engine, workers, now=later(timedelta(minutes=1)), queued=7)
    assert workers.woken == canaries(world)


def test_the_wakes_that_nobody_read_are_counted(redis_url: str) -> None:
    app = Celery(broker=redis_url)
    app.conf.task_ignore_result = True
    wakes = Wakes(app)
    assert wakes.queued() == 0
    for record_id in range(3):
        assert wakes.send(record_id)
    assert wakes.queued() == 3
    assert away().queued() == 0


def test_without_redis_what_a_pass_brings_forward_is_worked_on_in_the_same_look(world: World) -> None:
    world.account.faults.add({"kind": "status_before", "status": 503, "times": 1000})
    world.work(world.sell(rest_order(5001)))
    world.account.faults.clear()
    with world.engine.begin() as connection:
        connection.execute(update(records).values(next_attempt_at=later(timedelta(hours=1))))
    world.sell(rest_order(5002))
    with world.engine.begin() as connection:
        connection.execute(
            update(records).where(records.c.shopify_id == "5002").values(woken_at=now() - timedelta(minutes=1))
        )
    # No run hears NetSuite before the pass does.
    with world.engine.begin() as connection:
        for job in JOBS:
            store_of_runs.pause(connection, world.connection.id, job.name, paused_by="test")
    looks_alone(world)
    assert {world.record(number).state for number in (5001, 5002)} == {"in_sync"}


def test_a_worker_is_deaf_when_redis_takes_its_canary_and_it_never_comes(redis_url: str) -> None:
    app = Celery(broker=redis_url)
    app.conf.task_ignore_result = True
    own = OwnCanary(Wakes(app), every=0.0, late_after=-1.0)
    assert not own.is_deaf()
    own.release()
    assert own.is_deaf()
    assert not own.came("another process")
    assert own.is_deaf()
    assert own.came(str(own.queue.routing_key))
    assert not own.is_deaf()


def test_a_worker_that_cannot_reach_redis_is_not_deaf() -> None:
    own = OwnCanary(away(), every=0.0, late_after=-1.0)
    own.release()
    assert not own.is_deaf()


# A worker's process that looks once and then waits. Its first argument: how SIGTERM is answered.
_DEAF = """
import os, signal, sys, threading
from celery import Celery
from connector.config import Settings
from connector.runtime import build
from workers.sweeper import Sweeper
from workers.wakes import OwnCanary, Wakes
if sys.argv[1] == "ignored":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
app = Celery(broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True
wakes, runtime = Wakes(app), build(Settings.from_env(os.environ))
own = OwnCanary(wakes, every=0.0, late_after=float(sys.argv[2]))
Sweeper(lambda: runtime, wakes, own, leave_within=0.2).look()
print("looked", flush=True)
threading.Event().wait(90)
"""


@pytest.mark.parametrize(
    ("how", "late_after", "code"), [("obeyed", -1.0, -signal.SIGTERM), ("ignored", -1.0, 70), ("obeyed", 600.0, None)]
)
def test_a_worker_that_hears_redis_no_more_ends_itself_and_no_other(
    world: World, database_url: str, redis_url: str, how: str, late_after: float, code: int | None
) -> None:
    keys = {
        "CONNECTOR_KEYS": f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}",
        "CONNECTOR_SESSION_SECRET": SESSION_SECRET,
    }
    env = dict(os.environ) | {"DATABASE_URL": database_url, "REDIS_URL": redis_url} | keys
    argv = [sys.executable, "-c", _DEAF, how, str(late_after)]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            if code is None:
                assert any(line == "looked\n" for line in child.stdout)
                assert child.poll() is None
            else:
                assert child.wait(60) == code
        finally:
            child.kill()


def health(world: World, **minutes: int) -> Health:
    """The health of a world whose parts were heard of so long ago."""
    sweep(world.engine, lambda _: True, now=now())
    world.work(canaries(world)[0])
    with world.engine.begin() as connection:
        for name, ago in minutes.items():
            at = now() - timedelta(minutes=ago)
            connection.execute(update(heartbeats).where(heartbeats.c.name == name).values(at=at))
    return Health(world.engine, world.runtime.redis, world.runtime.counters)


@pytest.mark.parametrize(
    ("part", "minutes", "said"),
    [("canary", 9, "ok"), ("canary", 11, "silent for 660 s"), ("sweeper", 1, "ok"), ("sweeper", 3, "silent for 180 s")],
)
def test_readiness_and_metrics_tell_a_late_part_and_no_other(world: World, part: str, minutes: int, said: str) -> None:
    looked_at = health(world, **{part: minutes})
    assert {name: state for name, state in looked_at.checks().items() if state != "ok"} == (
        {} if said == "ok" else {part: said}
    )
    silent = {
        sample.labels["part"]: sample.value
        for metric in looked_at.collect()
        for sample in metric.samples
        if sample.name == "ml_connector_silent_seconds"
    }
    assert silent.keys() == {"canary", "sweeper"}
    assert silent[part] == pytest.approx(minutes * 60, abs=20)
    assert all(seconds < 20 for name, seconds in silent.items() if name != part)


def test_only_effects_that_have_not_come_to_their_end_are_counted(world: World) -> None:
    world.work(world.sell(rest_order(5001)))
    with world.engine.begin() as connection:
        assert census.census(connection, now=now()).effects == {}
        connection.execute(text("update effects set state = 'unknown' where kind = 'sales_order'"))
        assert census.census(connection, now=now()).effects == {("sales_order", "unknown"): 1}
        connection.execute(text("set local enable_seqscan = off"))
        query = "explain select kind, state, count(*) from effects where state in ('planned', 'sent', 'unknown')"
        plan = "\n".join(connection.execute(text(f"{query} group by kind, state")).scalars())
    assert "ix_effects_open" in plan


def test_a_late_part_is_an_answer_of_503(world: World, office: Office) -> None:
    health(world, canary=11)
    answer = requests.get(f"{office.url}/readyz", timeout=5)
    assert (answer.status_code, answer.json()["canary"]) == (503, "silent for 660 s")


def test_passes_are_counted_for_the_overview_though_redis_is_away(world: World) -> None:
    world.work(world.sell(rest_order()))
    looks_alone(world)
    with world.engine.begin() as connection:
        (counted,) = throughput.by_hour(connection, [world.connection.id], since=now() - timedelta(hours=2)).values()
    assert (counted.count, counted.in_sync) == (1, 1)
