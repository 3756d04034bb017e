"""Orders from before the connection are imported behind everything else, once, however often the import is begun."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.cli.output import progress_line
from connector.errors import ConfigError, Conflict
from connector.flows.history import Span, begin, outlook
from connector.flows.job_feed import AT_ONCE, UNDONE_AT_MOST, advance
from connector.store import jobs, operator_actions
from connector.store.jobs import JobState
from tests import factories
from tests.clock import now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.world import World, opened_world

MAY = datetime(2026, 5, 1, tzinfo=UTC)
ALL = Span(MAY, MAY + timedelta(days=31))


def placed(world: World, number: int, *, day: int = 0, **changes: Any) -> dict[str, Any]:
    """An order of May, which nobody told us of."""
    moment = (MAY + timedelta(days=day, hours=1)).isoformat()
    order = rest_order(number, created_at=moment, updated_at=moment, **changes)
    world.shop.put_order(order, [payment(order)])
    return order


def imported(world: World, span: Span = ALL) -> jobs.Job:
    """An import, listed and worked off."""
    systems = world.runtime.open_systems(world.connection.id)
    job_id = begin(systems, world.runtime, span, actor="test", now=now(), tell=lambda _found, _new: None)
    woken: list[int] = []
    while advance(world.engine, woken.append, now=now()):
        while woken:
            world.work(woken.pop(0))
    with world.engine.begin() as connection:
        found = jobs.by_id(connection, job_id)
    assert found is not None
    return found


def test_orders_of_a_stretch_of_time_are_booked_once_however_often_it_is_imported(world: World) -> None:
    for number in range(5001, 5004):
        placed(world, number, day=number - 5001)
    placed(world, 5009, day=40)
    job = imported(world)
    assert (job.state, job.total, job.by_state) == (JobState.DONE, 3, {"in_sync": 3})
    assert len(world.transactions("SalesOrd")) == 3
    before = world.transactions()
    again = imported(world)
    assert (again.state, again.total) == (JobState.DONE, 0)
    assert world.transactions() == before


def test_an_order_that_stands_in_netsuite_under_our_id_is_adopted(world: World) -> None:
    placed(world, 5001)
    imported(world)
    before = world.transactions()
    with world.engine.begin() as connection:
        for table in ("job_records", "attempts", "effects", "records"):
            connection.exec_driver_sql(f"delete from {table}")
    assert imported(world).by_state == {"in_sync": 1}
    assert world.transactions() == before


def test_the_go_live_date_does_not_keep_an_imported_order_out_then_or_later(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(orders={"created_after": "2026-11-01T00:00:00Z"})
    with opened_world(database, redis_url, rules=rules) as world:
        order = placed(world, 5001, sku="NEW-SKU")
        assert imported(world).by_state == {"held": 1}
        (record_id,) = heard(world, "orders/updated", order).record_ids
        world.work(record_id)
        assert world.record(5001).state == "held"
        world.work(heard(world, "orders/create", placed(world, 5002)).record_ids[0])
        assert world.record(5002).state == "excluded"


def test_a_new_order_waits_behind_no_import(world: World) -> None:
    ids = [placed(world, 6000 + number)["id"] for number in range(60)]
    systems = world.runtime.open_systems(world.connection.id)
    begin(systems, world.runtime, ALL, actor="test", now=now(), tell=lambda _found, _new: None)
    woken: list[int] = []
    advance(world.engine, woken.append, now=now())
    assert len(woken) == AT_ONCE < len(ids)
    assert {lane for (lane,) in rows(world, "select distinct lane from records")} == {"history"}
    fresh = world.sell(rest_order(5001))
    assert rows(world, f"select lane from records where id = {fresh}") == [("orders",)]


def test_what_waits_for_long_takes_no_room_and_a_job_stands_still_while_a_system_is_away(world: World) -> None:
    for number in range(60):
        placed(world, 6000 + number)
    systems = world.runtime.open_systems(world.connection.id)
    begin(systems, world.runtime, ALL, actor="test", now=now(), tell=lambda _found, _new: None)
    sent: list[int] = []

    def sent_when_all_wait(wait: str) -> int:
        """How many more are sent while those that were sent wait so long for another try."""
        before = len(sent)
        with world.engine.begin() as connection:
            again = f"update records set next_attempt_at = now() + interval '{wait}' where not waits_for_job"
            connection.exec_driver_sql(again)
        assert advance(world.engine, sent.append, now=now())
        return len(sent) - before

    assert sent_when_all_wait("0 s") == AT_ONCE
    assert sent_when_all_wait("20 s") == 0
    assert sum(sent_when_all_wait("5 min") for _ in range(20)) == UNDONE_AT_MOST - AT_ONCE
    assert len(sent) == UNDONE_AT_MOST < 60


def rows(world: World, query: str) -> list[Any]:
    with world.engine.begin() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_a_stopped_import_leaves_nothing_behind_of_what_it_never_sent(world: World, run: Any) -> None:
    for number in range(45):
        placed(world, 6000 + number)
    job = json.loads(run("history", "import", "--since", "2026-05-01", "--detach", "--json").stdout)["job"]
    woken: list[int] = []
    advance(world.engine, woken.append, now=now())
    run("jobs", "stop", str(job))
    assert rows(world, "select count(*) from records where kind = 'order'") == [(AT_ONCE,)]


def test_an_import_that_died_while_listing_is_begun_again_with_what_it_had_found(world: World) -> None:
    placed(world, 5001)
    with world.engine.begin() as connection:
        wish = {"chosen": {}, "reason": "history", "actor": "test"}
        dead = jobs.begin_listing(connection, world.connection.id, kind=jobs.HISTORY, wish=wish, now=now())
        assert jobs.list_unknown(connection, dead, world.connection.id, {"5001": "#1001"}) == 1
    assert imported(world).by_state == {"in_sync": 1}
    with world.engine.begin() as connection:
        left = jobs.by_id(connection, dead)
    assert left is not None
    assert left.state == JobState.STOPPED


def test_a_dry_run_tells_days_money_and_calls_and_writes_nothing(world: World, run: Any) -> None:
    placed(world, 5001)
    placed(world, 5002, price="10.50")
    placed(world, 5003, day=2)
    world.work(heard(world, "orders/create", placed(world, 5004)).record_ids[0])
    before = world.transactions()
    seen = json.loads(run("history", "import", "--since", "2026-05-01", "--dry-run", "--json").stdout)
    assert (seen["found"], seen["known"], seen["new"]) == (4, 1, 3)
    assert seen["days"] == [
        {"day": "2026-04-30", "currency": "USD", "orders": 2, "total": "30.50"},
        {"day": "2026-05-02", "currency": "USD", "orders": 1, "total": "20.00"},
    ]
    assert set(seen["samples"]) == {"#1001", "#1002", "#1003"}
    assert seen["netsuite_writes"] == 3 * len(seen["samples"]["#1001"]["requests"]) > 0
    assert seen["shopify_points"] > 0 < seen["minutes"]
    assert seen["samples"]["#1001"]["requests"][-1]["body"]["payment"] == "20.00"
    assert world.transactions() == before
    assert rows(world, "select count(*) from records where kind = 'order'") == [(1,)]
    assert "nothing was written" in run("history", "import", "--since", "2026-05-01", "--dry-run").stdout


def test_a_dry_run_tells_which_orders_stand_under_our_ids_already(world: World, run: Any) -> None:
    world.work(heard(world, "orders/create", placed(world, 5001)).record_ids[0])
    placed(world, 5002)
    # As after a restore of a database from before the order.
    with world.engine.begin() as connection:
        for table in ("attempts", "effects", "records"):
            connection.exec_driver_sql(f"delete from {table}")
    found = json.loads(run("history", "import", "--since", "2026-05-01", "--dry-run", "--json").stdout)
    assert (found["new"], found["ours"], list(found["samples"])) == (2, 1, ["#1002"])
    assert found["netsuite_writes"] == len(found["samples"]["#1002"]["requests"]) > 0
    text = run("history", "import", "--since", "2026-05-01", "--dry-run", "--samples", "0").stdout
    assert "1 of them stand in NetSuite under our external ids" in text
    assert "#1002" not in text


def test_single_orders_are_imported_by_their_name(world: World, run: Any) -> None:
    placed(world, 5001)
    placed(world, 5002)
    found = json.loads(run("history", "import", "--order", "1002", "--detach", "--json").stdout)
    assert found["new"] == 1
    assert rows(world, "select shopify_id from records where kind = 'order'") == [("5002",)]
    assert "no order #77" in str(run("history", "import", "--order", "#77", "--detach").exception)


def test_an_import_is_written_down_and_wants_to_know_what(world: World, run: Any) -> None:
    assert isinstance(run("history", "import").exception, ConfigError)
    assert "is not before" in str(run("history", "import", "--since", "2026-05-02", "--until", "2026-05-01").exception)
    run("history", "import", "--since", "2026-05-01", "--until", "2026-06-01", "--detach")
    with world.engine.begin() as connection:
        (action,) = operator_actions.of_connection(connection, world.connection.id)
    assert (action.action, action.details["until"]) == ("history import", "2026-06-01T00:00:00+00:00")


def job_of(world: World, job_id: int) -> jobs.Job:
    with world.engine.begin() as connection:
        found = jobs.by_id(connection, job_id)
    assert found is not None
    return found


def listed(world: World, span: Span = ALL, tell: Callable[[int, int], None] = lambda _found, _new: None) -> int:
    """An import that is listed and not worked off; the id of its job."""
    systems = world.runtime.open_systems(world.connection.id)
    return begin(systems, world.runtime, span, actor="test", now=now(), tell=tell)


def test_stopping_an_import_takes_no_order_from_another_one(world: World, run: Any) -> None:
    placed(world, 5001)
    placed(world, 5002, day=20)
    first = listed(world, Span(MAY, MAY + timedelta(days=7)))
    second = listed(world)
    assert job_of(world, second).total == 2
    run("jobs", "stop", str(first))
    assert job_of(world, second).total == 2
    run("jobs", "stop", str(second))
    assert rows(world, "select count(*) from records where kind = 'order'") == [(0,)]


@pytest.mark.parametrize("end", ["jobs stop", "a narrower import"])
def test_an_import_that_died_while_listing_leaves_no_order_that_nobody_works_on(
    world: World, run: Any, end: str
) -> None:
    placed(world, 5001)
    with world.engine.begin() as connection:
        wish = {"chosen": {}, "reason": "history", "actor": "test"}
        dead = jobs.begin_listing(connection, world.connection.id, kind=jobs.HISTORY, wish=wish, now=now())
        jobs.list_unknown(connection, dead, world.connection.id, {"5001": "#1001"})
    if end == "jobs stop":
        run("jobs", "stop", str(dead))
    else:
        listed(world, Span(MAY + timedelta(days=20), MAY + timedelta(days=31)))
    assert job_of(world, dead).state == JobState.STOPPED
    assert rows(world, "select count(*) from records where kind = 'order'") == [(0,)]


def test_an_import_that_fails_while_listing_leaves_nothing(world: World) -> None:
    placed(world, 5001)
    with pytest.raises(ConfigError, match="#77"):
        listed(world, Span(MAY, now(), ["#1001", "#77"]))
    assert rows(world, "select state from jobs") == [("stopped",)]
    assert rows(world, "select count(*) from records where kind = 'order'") == [(0,)]


def test_an_import_stopped_while_it_lists_does_not_go_on(world: World, run: Any) -> None:
    placed(world, 5001)

    def stop(_found: int, _new: int) -> None:
        run("jobs", "stop", "1")

    with pytest.raises(Conflict, match="import 1 was stopped"):
        listed(world, tell=stop)
    assert rows(world, "select state from jobs") == [("stopped",)]
    assert rows(world, "select count(*) from records where kind = 'order'") == [(0,)]


def test_a_dry_run_sums_by_the_days_of_the_books(world: World) -> None:
    placed(world, 5001, day=3)
    late = placed(world, 5002)
    late["created_at"] = late["processed_at"] = "2026-05-05T03:30:00Z"
    world.shop.put_order(late, [payment(late)])
    systems = world.runtime.open_systems(world.connection.id)
    assert systems.rules.time_zone == "America/New_York"
    found = outlook(systems, world.runtime, ALL)
    assert {day: count for (day, _), (count, _) in found.sums.items()} == {"2026-05-03": 1, "2026-05-04": 1}


def test_a_line_of_progress_says_rate_and_time_left() -> None:
    assert progress_line(120, 600, 60.0, what="orders") == "120 of 600 orders, 2.0/s, 0:04:00 left"
    assert progress_line(0, 600, 5.0, what="orders") == "0 of 600 orders, 0.0/s, time left not known yet"
