"""Leases, due times and expiry are told by the database: a worker whose own clock is wrong works like any other."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from connector.flows import scheduled, sweep
from connector.flows.jobs import the_job
from connector.store.clock import database_now
from connector.store.progress_tables import heartbeats
from connector.store.records import CANARY, LEASE
from connector.store.tables import attempts, effects, records
from tests.clock import now
from tests.payloads import rest_order
from tests.visiting import opened_console
from tests.world import KEY, SESSION_SECRET, World

# A process whose clock is wrong works on one record.
_WORKER = """
import os, sys
from chaos.clocked import set_wrong
set_wrong()
from connector.config import Settings
from connector.flows.process import process
from connector.runtime import build
outcome = process(int(sys.argv[1]), build(Settings.from_env(os.environ)), worker="wrong")
print(None if outcome is None else outcome.state, flush=True)
"""

# A web process whose clock is wrong is asked how the product is.
_WEB = """
import json, os
from chaos.clocked import set_wrong
set_wrong()
from connector.config import Settings
from connector.runtime import build
from web.health import Health
runtime = build(Settings.from_env(os.environ))
health = Health(runtime.engine, runtime.redis, runtime.counters)
samples = [sample for metric in health.collect() for sample in metric.samples]
silent = {sample.labels["part"]: sample.value for sample in samples if sample.name == "ml_connector_silent_seconds"}
(oldest,) = [sample.value for sample in samples if sample.name == "ml_connector_oldest_pending_seconds"]
print(json.dumps({"checks": health.checks(), "silent": silent, "oldest": oldest}), flush=True)
"""


def worked_on(record_id: int, database_url: str, redis_url: str, *, wrong_by: int) -> str:
    """What a worker whose clock is so many seconds ahead makes of a record."""
    return said_by(_WORKER, database_url, redis_url, str(record_id), wrong_by=wrong_by)


def said_by(program: str, database_url: str, redis_url: str, *arguments: str, wrong_by: int) -> str:
    """The last line of a process whose clock is so many seconds ahead."""
    env = dict(os.environ) | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CONNECTOR_KEYS": f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}",
        "CONNECTOR_SESSION_SECRET": SESSION_SECRET,
        "CHAOS_CLOCK": str(wrong_by),
    }
    argv = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()[-1]


def log_in(world: World) -> None:
    """A worker whose clock is right has fetched the token that all share: what a wrong one signs is not accepted."""
    world.work(world.sell(rest_order(6001)))


def canary_of(world: World) -> int:
    """A record that is due and for which neither system is asked."""
    sweep.sweep(world.engine, lambda _: True, now=now())
    with world.engine.begin() as connection:
        return int(connection.execute(select(records.c.id).where(records.c.kind == CANARY)).scalar_one())


def test_a_worker_whose_clock_is_behind_takes_what_is_due(world: World, database_url: str, redis_url: str) -> None:
    assert worked_on(canary_of(world), database_url, redis_url, wrong_by=-300) == "in_sync"


def test_a_worker_whose_clock_is_ahead_leaves_the_leases_of_others(
    world: World, database_url: str, redis_url: str
) -> None:
    record_id = canary_of(world)
    with world.engine.begin() as connection:
        held = {"state": "working", "lease_owner": "another", "lease_until": func.now() + LEASE}
        connection.execute(update(records).where(records.c.id == record_id).values(held))
    assert worked_on(record_id, database_url, redis_url, wrong_by=300) == "None"


@pytest.mark.parametrize("wrong_by", [-300, 300])
def test_a_record_is_tried_again_when_it_is_time_by_the_database(
    world: World, database_url: str, redis_url: str, wrong_by: int
) -> None:
    log_in(world)
    world.account.faults.add({"kind": "status_before", "status": 503, "times": 1000})
    record_id = world.sell(rest_order())
    before = database_now(world.engine)
    assert worked_on(record_id, database_url, redis_url, wrong_by=wrong_by) == "pending"
    after = database_now(world.engine)
    with world.engine.begin() as connection:
        again_at = connection.execute(select(records.c.next_attempt_at).where(records.c.id == record_id)).scalar_one()
        started = connection.execute(
            select(attempts.c.started_at).where(attempts.c.record_id == record_id)
        ).scalar_one()
    assert before <= started <= after
    assert before < again_at <= after + timedelta(seconds=15)


def test_when_a_write_left_is_told_by_the_database(world: World, database_url: str, redis_url: str) -> None:
    log_in(world)
    record_id = world.sell(rest_order())
    assert worked_on(record_id, database_url, redis_url, wrong_by=300) == "in_sync"
    with world.engine.begin() as connection:
        assert connection.execute(select(func.max(effects.c.sent_at) < func.now())).scalar_one()


@pytest.mark.parametrize("wrong_by", [-1800, 1800])
def test_a_web_process_whose_clock_is_wrong_tells_truly_what_is_late(
    world: World, database_url: str, redis_url: str, wrong_by: int
) -> None:
    world.work(canary_of(world))
    world.sell(rest_order())
    well = json.loads(said_by(_WEB, database_url, redis_url, wrong_by=wrong_by))
    assert set(well["checks"].values()) == {"ok"}
    assert all(0 <= seconds < 60 for seconds in (*well["silent"].values(), well["oldest"]))
    with world.engine.begin() as connection:
        connection.execute(update(heartbeats).values(at=func.now() - timedelta(minutes=20)))
    late = json.loads(said_by(_WEB, database_url, redis_url, wrong_by=wrong_by))
    assert {part: said.split(" for ")[0] for part, said in late["checks"].items() if said != "ok"} == {
        "sweeper": "silent", "canary": "silent"
    }  # fmt: skip
    assert all(1200 <= seconds < 1260 for seconds in late["silent"].values())


@pytest.mark.parametrize("wrong_by", [-14_400, 14_400])
def test_a_console_whose_clock_is_wrong_tells_truly_what_is_late(world: World, wrong_by: int) -> None:
    world.work(canary_of(world))
    scheduled.heard_of_beat(world.engine)
    world.sell(rest_order())
    job = the_job("events.forget")
    assert scheduled.run_by_hand(
        world.runtime, job, world.connection, lambda _: None, actor="test", now=database_now(world.engine)
    )
    with opened_console(world, clock=lambda: now() + timedelta(seconds=wrong_by)) as console:
        page = replace(console, name="ada").json("/overview")
        said = {part["name"]: part["word"] for part in page["parts"]}
        system = replace(console, name="ada").json("/system")
        rows = {row["name"]: row for row in console.json("/schedules")["rows"]}
    assert {said[part] for part in ("NetSuite", "Shopify")} == {"works"}
    assert (said["Workers"], said["Beat"], said["The way through"]) == ("work", "work", "open")
    assert 0 <= system["oldest_pending_seconds"] < 60
    assert rows["events.forget"]["late_by"] is None
    with world.engine.begin() as connection:
        connection.execute(update(heartbeats).values(at=func.now() - timedelta(minutes=20)))
    with opened_console(world, clock=lambda: now() + timedelta(seconds=wrong_by)) as console:
        said = {part["name"]: part["word"] for part in console.json("/overview")["parts"]}
    assert (said["Workers"], said["Beat"], said["The way through"]) == ("silent", "silent", "blocked")
