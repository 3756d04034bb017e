"""What is done every few seconds does not grow with an import: what only waits for its job is not among what is undone."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from celery import Celery
from sqlalchemy import Connection, text

from bench.plans import explained
from connector.flows.job_feed import AT_ONCE, advance
from connector.flows.sweep import HEARTBEAT
from connector.store import census, inbox, jobs, records, reservations, undone
from tests.clock import later, now
from tests.hearing import heard
from tests.payloads import rest_order
from tests.waiting import eventually
from tests.world import World
from workers.sweeper import EVERY, Sweeper
from workers.wakes import OwnCanary, Wakes

LISTED = 20_000


def told_again(world: World) -> inbox.Delivery:
    """One more delivery about order 5001."""
    return inbox.Delivery(
        world.connection.id, "orders/updated", "again", None, None, {}, b"sealed", b"0" * 32, records.ORDER, "5001"
    )


def updates(connection: Connection) -> list[int]:
    """Rows of the records that this session changed, and how many of them in place."""
    names = ("pg_stat_get_xact_tuples_updated", "pg_stat_get_xact_tuples_hot_updated")
    return [int(connection.execute(text(f"select {name}('records'::regclass)")).scalar_one()) for name in names]


def listed(world: World) -> int:
    """An import that has listed many orders and sent the first ones; its job."""
    wish = {"chosen": {}, "reason": "history", "actor": "test"}
    with world.engine.begin() as connection:
        job_id = jobs.begin_listing(connection, world.connection.id, kind=jobs.HISTORY, wish=wish, now=now())
        for start in range(0, LISTED, 5000):
            ids = {str(6_000_000 + number): f"#{number}" for number in range(start, start + 5000)}
            jobs.list_unknown(connection, job_id, world.connection.id, ids)
        jobs.run(connection, job_id)
    advance(world.engine, lambda _: True, now=now())
    with world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    return job_id


def most_rows(world: World, ask: Callable[[Connection], object]) -> int:
    """The most rows that any step of the plans passed on or looked at in vain."""
    plan = "\n".join(line for one in explained(world.engine, ask, analyze=True) for line in one.plan)
    counts = re.findall(r"actual .*?rows=(\d+)|Rows Removed by .*?: (\d+)|Heap Fetches: (\d+)", plan)
    assert counts, plan
    return max(int(one or two or three) for one, two, three in counts)


def test_neither_the_sweep_nor_the_feeding_reads_what_only_waits(world: World) -> None:
    job_id = listed(world)
    at = later(timedelta(minutes=1))
    assert most_rows(world, lambda connection: undone.due(connection, now=at, limit=500)) <= AT_ONCE
    assert most_rows(world, lambda connection: jobs.undone(connection, job_id)) <= AT_ONCE
    with world.engine.begin() as connection:
        assert jobs.undone(connection, job_id) == AT_ONCE
        connection.execute(text("update records set state = 'in_sync' where not waits_for_job"))
        assert jobs.undone(connection, job_id) == 0
        connection.rollback()


def test_an_import_that_waits_is_not_read_for_reservations(world: World) -> None:
    record_id = world.sell(rest_order(5001))
    world.deliver(told_again(world))
    with world.engine.begin() as connection:
        assert [one.record_id for one in reservations.unread(connection, world.connection.id, after=0)] == [record_id]
        connection.execute(text("update records set next_attempt_at = :never"), {"never": records.UNTIL_SENT})
        assert reservations.unread(connection, world.connection.id, after=0) == []


def test_an_import_that_waits_is_no_age_of_undone_work(world: World) -> None:
    listed(world)
    with world.engine.begin() as connection:
        connection.execute(text("update records set due_since = now() - interval '1 day'"))
        assert census.census(connection, now=now()).oldest_pending_seconds > 86_000
        connection.execute(text("update records set state = 'in_sync' where not waits_for_job"))
        assert census.census(connection, now=now()).oldest_pending_seconds == 0
        connection.rollback()


def test_feeding_a_job_is_all_that_is_done_between_two_sweeps(world: World, redis_url: str) -> None:
    listed(world)
    app = Celery(broker=redis_url)
    app.conf.task_ignore_result = True
    wakes = Wakes(app)
    sweeper = Sweeper(lambda: world.runtime, wakes, OwnCanary(wakes, every=300, late_after=600))
    assert sweeper.feed()
    with world.engine.begin() as connection:
        assert census.heartbeat(connection, HEARTBEAT) is None
        connection.execute(text("update jobs set state = 'paused'"))
    assert not sweeper.feed()


@pytest.mark.parametrize("state", ["pending", "working"])
def test_a_webhook_of_an_undone_order_writes_no_index_anew(world: World, state: str) -> None:
    heard(world, "orders/create", rest_order(5001))
    with world.engine.begin() as connection:
        connection.execute(text("update records set state = :state"), {"state": state})
    with world.engine.begin() as connection:
        before = updates(connection)
        inbox.accept(connection, [told_again(world)])
        after = updates(connection)
    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 1]


def test_a_running_job_makes_no_sweep_of_every_second(world: World, redis_url: str) -> None:
    job_id = listed(world)
    app = Celery(broker=redis_url)
    app.conf.task_ignore_result = True
    wakes = Wakes(app)
    sweeper = Sweeper(lambda: world.runtime, wakes, OwnCanary(wakes, every=300, late_after=600))

    def has_sent(count: int) -> bool:
        with world.engine.begin() as connection:
            query = text("select count(*) from job_records where job_id = :id and sent_at is not null")
            return bool(connection.execute(query, {"id": job_id}).scalar_one() == count)

    def swept_at() -> datetime | None:
        with world.engine.begin() as connection:
            return census.heartbeat(connection, HEARTBEAT)

    began = time.monotonic()
    sweeper.start()
    try:
        first = eventually(swept_at)
        for times in (2, 3):
            with world.engine.begin() as connection:
                connection.execute(
                    text("update records set state = 'in_sync' where kind = 'order' and not waits_for_job")
                )
            eventually(partial(has_sent, times * AT_ONCE), within=60)
        # On a machine so busy that this took as long as the time between two sweeps, there may have been another.
        assert swept_at() == first or time.monotonic() - began >= EVERY
    finally:
        sweeper.stop()
