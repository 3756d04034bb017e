"""Each schedule of each connection runs once for each slot, one run at a time, and again when its worker died."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from connector.errors import ConfigError, Conflict, NeedsDecision, Unauthorized, Unavailable
from connector.flows import schedule_overview, scheduled
from connector.flows.asking import run_soon
from connector.flows.jobs import JOBS
from connector.flows.schedule_overview import schedule_views
from connector.flows.scheduled import Job, Ran
from connector.flows.systems import Systems, Wake, Workplace
from connector.mapping.rules import Rules
from connector.store import connections, operator_actions
from connector.store import scheduled_runs as store
from connector.store.mirror_tables import paused_schedules, scheduled_runs, wanted_runs
from connector.store.scheduled_runs import RunOutcome
from tests import factories
from tests.scheduling import nobody
from tests.world import World, another_runtime, approved, new_connection

# The first second of a slot of every cadence used here.
START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_job(work: Callable[[], Mapping[str, int]] = lambda: {"rows": 1}, *, cadence: str | int = 300) -> Job:
    """A job that does this and nothing else."""

    def run(_systems: Systems, _workplace: Workplace, _wake: Wake) -> Mapping[str, int]:
        return work()

    return Job("orders.poll", cadence, run)


def ran(world: World, job: Job, at: datetime = START) -> Ran | None:
    """One try to run a job of the world's connection."""
    return scheduled.run(world.runtime, job, world.connection.id, nobody, now=at)


def rows(world: World) -> list[Any]:
    """Every run, oldest first."""
    with world.engine.begin() as connection:
        return list(connection.execute(select(scheduled_runs).order_by(scheduled_runs.c.id)))


def begun_elsewhere(world: World, at: datetime = START) -> None:
    """A worker began a run, and never said that it ended."""
    values = {"connection_id": world.connection.id, "name": "orders.poll", "started_at": at}
    slot = scheduled.Rhythm(300).slot(at)
    with world.engine.begin() as connection:
        lease_until = at + timedelta(seconds=store.LEASE_SECONDS)
        connection.execute(insert(scheduled_runs).values(**values, slot=slot, lease_until=lease_until))


def add_another(world: World, name: str, rules: Mapping[str, Any]) -> int:
    """One more connection beside the world's; its id."""
    new = new_connection(world.shop_url, world.account_url, name=name, rules={**factories.rules_json(), **rules})
    with world.engine.begin() as connection:
        stored = connections.add(connection, new, world.runtime.vault)
    return approved(world.engine, stored).id


def test_many_beats_at_once_make_one_run(world: World) -> None:
    together = threading.Barrier(8)
    times: list[int] = []

    def beat(_number: int) -> Ran | None:
        together.wait(10)
        return ran(world, a_job(lambda: times.append(1) or {"rows": 1}))  # type: ignore[func-returns-value]  # appends

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(beat, range(8)))
    assert len(times) == 1
    assert [result.counts for result in results if result] == [{"rows": 1}]
    assert [(row.outcome, row.counts) for row in rows(world)] == [("done", {"rows": 1})]


def test_the_next_slot_runs_again_and_the_same_one_does_not(world: World) -> None:
    moments = [START, START + MINUTE, START + 4.9 * MINUTE, START + 5 * MINUTE, START + 6 * MINUTE]
    assert [ran(world, a_job(), at) is not None for at in moments] == [True, False, False, True, False]


def test_a_run_that_goes_on_is_not_started_again_in_its_next_slot(world: World) -> None:
    begun_elsewhere(world)
    with world.engine.begin() as connection:
        connection.execute(update(scheduled_runs).values(lease_until=START + 20 * MINUTE))
    assert ran(world, a_job(), START + 10 * MINUTE) is None
    assert scheduled.due(world.engine, [a_job()], now=START + 10 * MINUTE) == []


def test_a_killed_run_starts_again_once_its_lease_ended(world: World) -> None:
    daily = a_job(cadence=86_400)
    begun_elsewhere(world)
    assert ran(world, daily, START + 4 * MINUTE) is None
    after = START + timedelta(seconds=store.LEASE_SECONDS)
    assert scheduled.due(world.engine, [daily], now=after) == [(world.connection.id, "orders.poll")]
    assert ran(world, daily, after) is not None
    assert [(row.outcome, row.asked_by) for row in rows(world)] == [("lost", None), ("done", "after a lost run")]
    assert ran(world, daily, after + MINUTE) is None


def test_a_run_ends_between_two_calls_when_its_process_leaves_and_is_due_at_once(world: World) -> None:
    def two_calls(systems: Systems, workplace: Workplace, _wake: Wake) -> Mapping[str, int]:
        systems.netsuite.server_time()
        workplace.leaving.set()
        systems.netsuite.server_time()
        return {"rows": 2}

    leaving = replace(a_job(cadence=86_400), run=two_calls)
    before = len(world.account.calls)
    stopped = ran(world, leaving)
    assert stopped is not None
    assert (stopped.outcome, len(world.account.calls) - before) == (RunOutcome.LOST, 1)
    # The process that leaves begins nothing any more, another one at once.
    after = START + MINUTE
    assert ran(world, leaving, after) is None
    assert scheduled.due(world.engine, [leaving], now=after) == [(world.connection.id, "orders.poll")]
    again = scheduled.run(another_runtime(world), a_job(cadence=86_400), world.connection.id, nobody, now=after)
    assert again is not None
    assert [(row.outcome, row.asked_by) for row in rows(world)] == [("lost", None), ("done", "after a lost run")]
    assert not scheduled.due(world.engine, [leaving], now=after + MINUTE)


def test_a_run_that_was_given_up_cannot_write_its_end_over_it(world: World) -> None:
    def slow() -> Mapping[str, int]:
        with world.engine.begin() as connection:
            connection.execute(update(scheduled_runs).values(lease_until=START))
        assert ran(world, a_job(), START + 10 * MINUTE) is not None
        return {"rows": 7}

    ran(world, a_job(slow))
    assert [(row.outcome, row.counts) for row in rows(world)] == [("lost", None), ("done", {"rows": 1})]


def test_each_connection_has_its_own_cadence(world: World) -> None:
    other = add_another(world, "eu-store", {"schedules": {"orders_poll": 60}})
    job = a_job(cadence="orders_poll")
    for connection_id in (world.connection.id, other):
        scheduled.run(world.runtime, job, connection_id, nobody, now=START)
    assert scheduled.due(world.engine, [job], now=START + MINUTE) == [(other, "orders.poll")]
    assert len(scheduled.due(world.engine, [job], now=START + 5 * MINUTE)) == 2


def test_the_cadence_of_every_schedule_is_a_rule(world: World) -> None:
    names = {job.name.replace(".", "_") for job in JOBS}
    rules = {**world.connection.rules, "schedules": dict.fromkeys(names, 7200)}
    with world.engine.begin() as connection:
        stored = replace(world.connection, rules=Rules.from_json(rules).to_json())
        views = schedule_views(connection, [stored], JOBS, now=START)
    assert {view.every for view in views} == {7200}


def test_another_cadence_holds_from_the_next_tick_on(world: World) -> None:
    job = a_job(cadence="orders_poll")
    ran(world, job)
    rules = Rules.from_json({**factories.rules_json(), "schedules": {"orders_poll": 60}}).to_json()
    with world.engine.begin() as connection:
        connections.change_rules(
            connection, connections.by_id(connection, world.connection.id), rules, actor="test", note="faster"
        )
    assert ran(world, job, START + MINUTE) is not None


def test_a_failure_is_written_down_and_the_others_do_not_wait_for_it(world: World) -> None:
    other = add_another(world, "eu-store", {})

    def fails() -> Mapping[str, int]:
        raise Unavailable("NetSuite is away")

    failed = ran(world, a_job(fails))
    assert failed is not None
    assert (failed.outcome, failed.reason) == ("failed", "NetSuite is away")
    assert rows(world)[0].reason == "NetSuite is away"
    assert scheduled.due(world.engine, [a_job()], now=START) == [(other, "orders.poll")]
    assert ran(world, a_job(), START + 5 * MINUTE) is not None


def test_what_nobody_expected_is_written_down_without_its_text_and_raised(world: World) -> None:
    def breaks() -> Mapping[str, int]:
        raise KeyError("somebody@example.com")

    with pytest.raises(KeyError):
        ran(world, a_job(breaks))
    assert rows(world)[0].reason == "unexpected KeyError; the log has more"
    assert rows(world)[0].finished_at is not None


def test_refused_credentials_halt_the_connection_and_its_runs_wait(world: World) -> None:
    def refused() -> Mapping[str, int]:
        raise Unauthorized("the token was refused")

    ran(world, a_job(refused))
    assert scheduled.due(world.engine, JOBS, now=START + 5 * MINUTE) == []
    assert ran(world, a_job(), START + 5 * MINUTE) is None


def test_a_paused_connection_is_left_alone_and_a_wish_waits_for_it(world: World) -> None:
    with world.engine.begin() as connection:
        connections.pause(connection, world.connection.id, because="stocktaking")
    run_soon(world.engine, world.connection.id, "orders.poll", asked_by="test")
    assert ran(world, a_job()) is None
    with world.engine.begin() as connection:
        connections.resume(connection, world.connection.id)
    assert scheduled.due(world.engine, [a_job()], now=START) == [(world.connection.id, "orders.poll")]


def test_many_wishes_in_a_burst_make_one_run_without_any_wake(world: World) -> None:
    ran(world, a_job())
    asked = [run_soon(world.engine, world.connection.id, "orders.poll", asked_by="hint") for _ in range(50)]
    assert asked == [True] + [False] * 49
    assert scheduled.due(world.engine, [a_job()], now=START + MINUTE) == [(world.connection.id, "orders.poll")]
    results = [ran(world, a_job(), START + MINUTE) for _ in range(3)]
    assert [result is not None for result in results] == [True, False, False]
    assert [row.asked_by for row in rows(world)] == [None, "hint"]


def test_a_wish_that_comes_during_the_run_makes_one_more(world: World) -> None:
    connection_id = world.connection.id

    def asks() -> Mapping[str, int]:
        run_soon(world.engine, connection_id, "orders.poll", asked_by="hint")
        assert ran(world, a_job()) is None
        return {}

    ran(world, a_job(asks))
    assert scheduled.wanted(world.engine, connection_id, [a_job()]) == ["orders.poll"]
    assert ran(world, a_job(), START + MINUTE) is not None
    assert scheduled.wanted(world.engine, connection_id, [a_job()]) == []


def test_a_paused_schedule_runs_by_hand_only(world: World) -> None:
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
        assert schedule_overview.pause(connection, stored, "orders.poll", actor="test")
        assert not schedule_overview.pause(connection, stored, "orders.poll", actor="test")
    run_soon(world.engine, stored.id, "orders.poll", asked_by="hint")
    assert ran(world, a_job()) is None
    assert scheduled.due(world.engine, [a_job()], now=START) == []
    by_hand = scheduled.run_by_hand(world.runtime, a_job(), stored, nobody, actor="Ada", now=START)
    assert by_hand.outcome == "done"
    assert [row.asked_by for row in rows(world)] == ["Ada"]
    with world.engine.begin() as connection:
        assert schedule_overview.resume(connection, stored, "orders.poll", actor="test")
        acts = operator_actions.of_connection(connection, stored.id)
    assert [(act.action, act.details) for act in acts] == [
        ("schedule paused", {"name": "orders.poll"}),
        ("schedule resumed", {"name": "orders.poll"}),
    ]
    assert ran(world, a_job()) is not None


def test_nobody_runs_by_hand_what_is_running(world: World) -> None:
    begun_elsewhere(world)
    with pytest.raises(Conflict, match=r"orders\.poll of us-store is running already"):
        scheduled.run_by_hand(world.runtime, a_job(), world.connection, nobody, actor="Ada", now=START + MINUTE)


def test_runs_of_more_than_two_weeks_ago_are_deleted_in_batches(world: World) -> None:
    values = [
        {"connection_id": world.connection.id, "name": "orders.poll", "started_at": START - number * MINUTE}
        for number in range(2500)
    ]
    with world.engine.begin() as connection:
        connection.execute(insert(scheduled_runs).values(finished_at=START, outcome="done"), values)
    at = START + timedelta(days=14) - 1 * MINUTE
    assert scheduled.clean(world.engine, now=at) == 2500 - 2
    assert scheduled.clean(world.engine, now=at) == 0
    with world.engine.begin() as connection:
        assert connection.execute(select(func.count()).select_from(scheduled_runs)).scalar_one() == 2


def test_a_wish_is_kept_once_for_each_schedule_and_pauses_too(world: World) -> None:
    for name in ("orders.poll", "customers.poll", "orders.poll"):
        run_soon(world.engine, world.connection.id, name, asked_by="hint")
    with world.engine.begin() as connection:
        assert len(connection.execute(select(wanted_runs)).all()) == 2
        assert connection.execute(select(paused_schedules)).all() == []


def test_a_lease_is_renewed_while_the_run_goes_on_and_not_after_its_end(world: World) -> None:
    begun_elsewhere(world)
    (before,) = rows(world)
    with world.engine.begin() as connection:
        store.renew(connection, before.id, seconds=300)
    (renewed,) = rows(world)
    assert renewed.lease_until > before.lease_until + timedelta(days=1)
    with world.engine.begin() as connection:
        store.finish(connection, before.id, RunOutcome.DONE, now=START)
        store.renew(connection, before.id, seconds=9000)
    assert rows(world)[0].lease_until == renewed.lease_until


@pytest.mark.parametrize(
    ("zone", "night"),
    [("America/Los_Angeles", "2026-11-26T11:00:00+00:00"), ("Asia/Tokyo", "2026-11-25T18:00:00+00:00")],
)
def test_a_run_of_once_a_day_begins_at_night_where_the_connection_is(world: World, zone: str, night: str) -> None:
    daily, begins = a_job(cadence=86_400), datetime.fromisoformat(night)
    stored = replace(world.connection, rules={**world.connection.rules, "time_zone": zone})
    rhythm = daily.rhythm(stored, begins)
    second = timedelta(seconds=1)
    assert rhythm.slot(begins - second) < rhythm.slot(begins) == rhythm.slot(begins + timedelta(days=1) - second)


def test_a_run_that_failed_is_tried_again_before_its_next_slot(world: World) -> None:
    answers: list[dict[str, int] | Exception] = [Unavailable("NetSuite answered 503"), {"rows": 1}]

    def once() -> dict[str, int]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    job = a_job(once, cadence=86_400)
    first = ran(world, job)
    assert first is not None
    assert first.outcome == "failed"
    assert ran(world, job, START + timedelta(minutes=4)) is None
    with world.engine.begin() as connection:
        (view,) = schedule_views(connection, [world.connection], [job], now=START + timedelta(minutes=4))
    assert view.next_at is not None
    assert view.next_at - START < timedelta(minutes=6)
    again = ran(world, job, START + timedelta(minutes=6))
    assert again is not None
    assert again.outcome == "done"
    assert [row.asked_by for row in rows(world)] == [None, "after a failure"]
    assert ran(world, job, START + timedelta(minutes=20)) is None


def test_a_run_that_waits_for_a_person_is_not_tried_before_its_next_slot(world: World) -> None:
    def waits() -> dict[str, int]:
        raise NeedsDecision("a person has to look", subject="inventory:guard")

    job = a_job(waits, cadence=86_400)
    assert ran(world, job) is not None
    assert ran(world, job, START + timedelta(minutes=20)) is None
    with world.engine.begin() as connection:
        (view,) = schedule_views(connection, [world.connection], [job], now=START + timedelta(minutes=20))
    assert view.next_at is not None
    assert view.next_at - START > timedelta(minutes=20)


@pytest.mark.parametrize(("seconds", "is_allowed"), [(59, False), (60, True), (86_400, True), (86_401, False)])
def test_stock_is_read_once_a_minute_to_once_a_day(seconds: int, is_allowed: bool) -> None:
    rules = {"schedules": {"inventory_poll": seconds}}
    if is_allowed:
        assert Rules.from_json(rules).schedules.inventory_poll == seconds
    else:
        with pytest.raises(ConfigError, match=r"rules\.schedules\.inventory_poll"):
            Rules.from_json(rules)
