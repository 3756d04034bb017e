"""The audit log is opened and replayed: seen beforehand, at a pace, with a reason, and without writing anything twice."""

import json
from datetime import timedelta
from typing import Any

import pytest

from connector.errors import ConfigError
from connector.flows.job_feed import AT_ONCE, advance
from connector.mapping.masking import MASK
from connector.store import jobs, operator_actions
from connector.store.jobs import JobState
from tests.clock import later, now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.world import World


def sold(world: World, number: int, **changes: Any) -> int:
    """An order is placed, heard of and worked on; its record."""
    order = rest_order(number, **changes)
    world.shop.put_order(order, [payment(order)])
    (record_id,) = heard(world, "orders/create", order, event_id=f"e-{number}").record_ids
    world.work(record_id)
    return int(record_id)


def newest(world: World) -> jobs.Job:
    with world.engine.begin() as connection:
        return jobs.newest(connection, limit=1)[0]


def worked_off(world: World) -> int:
    """A job is fed and worked on until it is done; passes made."""
    woken: list[int] = []
    passes = 0
    while advance(world.engine, woken.append, now=now()):
        passes += len(woken)
        while woken:
            world.work(woken.pop())
    return passes


def test_replaying_what_is_in_step_writes_nothing(world: World, run: Any) -> None:
    for number in range(5001, 5004):
        sold(world, number)
    before, calls = world.transactions(), len(world.calls())
    assert run("events", "replay", "--start", "--because", "a drill").exit_code == 0
    assert worked_off(world) == 3
    assert world.transactions() == before
    assert [call for call in world.calls()[calls:] if "suiteql" not in call] == []
    job = newest(world)
    assert (job.state, job.total, job.sent, job.by_state) == (JobState.DONE, 3, 3, {"in_sync": 3})


def test_a_replay_brings_what_was_held_and_nothing_else(world: World, run: Any) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="NEW-SKU")
    assert world.record(5002).state == "held"
    world.account.tables.put("item", {"id": "820", "itemid": "NEW-SKU", "itemtype": "InvtPart", "isinactive": "F"})
    seen = json.loads(run("events", "replay", "--sku", "NEW-SKU", "--json").stdout)
    assert (seen["deliveries"], seen["records"]) == (1, 1)
    assert [request["request"] for request in seen["samples"][0]["requests"]][-1].startswith("POST")
    assert world.record(5002).state == "held"
    run("events", "replay", "--sku", "NEW-SKU", "--start", "--because", "the item is there now")
    assert worked_off(world) == 1


def test_a_preview_counts_what_one_pass_answers_together_and_does_nothing(world: World, run: Any) -> None:
    sold(world, 5001)
    order = rest_order(5001)
    for topic in ("orders/paid", "orders/updated", "orders/updated"):
        heard(world, topic, order)
    world.work(world.record(5001).id)
    calls = len(world.calls())
    seen = json.loads(run("events", "replay", "--order", "1001", "--json").stdout)
    assert (seen["deliveries"], seen["records"], seen["repeats"]) == (4, 1, 3)
    assert (seen["netsuite_writes"], seen["netsuite_reads"]) == (0, 0)
    # To look at an order that is in step costs the shop's points all the same.
    assert seen["shopify_points"] > 0
    assert seen["minutes"] > 0
    assert len(world.calls()) == calls
    assert "nothing was done" in run("events", "replay", "--order", "#1001").stdout


def test_a_preview_says_which_fields_of_what_stands_would_differ(world: World, run: Any) -> None:
    sold(world, 5001)
    order = rest_order(5001, note="ring the bell twice", price="21.00")
    world.shop.put_order(order, [payment(order)])
    (sample,) = json.loads(run("events", "replay", "--order", "1001", "--json").stdout)["samples"]
    (key,) = [key for key in sample["changed"] if "-ORDER-" in key]
    differs = {one["field"]: (one["before"], one["after"]) for one in sample["changed"][key]}
    assert differs["lines.50010.rate"] == ("20", "21")
    # What somebody typed is not told, only that it is another one.
    assert differs["memo"] in ((None, MASK), (MASK, MASK))
    text = run("events", "replay", "--order", "1001").stdout
    assert "lines.50010.rate" in text
    assert "ring the bell" not in text
    assert "ada@example.com" not in text


def test_a_replay_of_a_connection_that_cannot_be_opened_says_why_nothing_was_tried(world: World, run: Any) -> None:
    sold(world, 5001)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("delete from credentials where side = 'netsuite'")
    seen = json.loads(run("events", "replay", "--order", "1001", "--json").stdout)
    assert "the credentials of us-store are gone" in seen["samples"][0]["why_not"]
    assert (seen["records"], seen["netsuite_writes"], seen["minutes"]) == (1, None, None)


def test_a_replay_wants_a_reason_and_keeps_who_gave_it(world: World, run: Any) -> None:
    sold(world, 5001)
    refused = run("events", "replay", "--start")
    assert isinstance(refused.exception, ConfigError)
    assert "--because" in str(refused.exception)
    run("events", "replay", "--start", "--because", "missing in the books")
    with world.engine.begin() as connection:
        actions = operator_actions.of_connection(connection, world.connection.id)
    assert [(a.action, a.actor, a.details["because"]) for a in actions if a.action == "replay started"] == [
        ("replay started", "command line", "missing in the books")
    ]


def test_a_job_sends_a_few_records_at_a_time_and_can_be_paused_and_stopped(world: World, run: Any) -> None:
    ids = [heard(world, "orders/create", rest_order(6000 + number)).record_ids[0] for number in range(AT_ONCE + 5)]
    job_id = json.loads(run("events", "replay", "--start", "--because", "x", "--json").stdout)["job"]
    woken: list[int] = []
    assert advance(world.engine, woken.append, now=now())
    assert advance(world.engine, woken.append, now=now())
    assert woken == ids[:AT_ONCE]
    run("jobs", "pause", str(job_id))
    assert not advance(world.engine, woken.append, now=now())
    run("jobs", "resume", str(job_id))
    assert advance(world.engine, woken.append, now=now())
    assert json.loads(run("jobs", "stop", str(job_id), "--json").stdout) == {"id": job_id, "state": "stopped"}
    assert not advance(world.engine, woken.append, now=now())
    assert (newest(world).state, newest(world).sent) == (JobState.STOPPED, AT_ONCE)
    again = run("jobs", "resume", str(job_id))
    assert "is stopped" in str(again.exception)
    assert "stopped" in run("jobs", "list").stdout


def test_an_ignored_record_is_replayed_only_when_it_is_asked_for(world: World, run: Any) -> None:
    sold(world, 5001)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update records set state = 'ignored'")
    nothing = run("events", "replay", "--start", "--because", "x")
    assert "nothing is replayed" in str(nothing.exception)
    assert json.loads(run("events", "replay", "--state", "ignored", "--json").stdout)["records"] == 1


def test_a_delivery_is_shown_without_its_people_unless_that_is_asked_for_and_kept(world: World, run: Any) -> None:
    sold(world, 5001)
    heard(world, "orders/create", rest_order(5001), event_id="e-5001")
    first, second = sorted(item["id"] for item in json.loads(run("events", "list", "--json").stdout))
    shown = run("events", "show", str(first)).stdout
    assert "ada@example.com" not in shown
    assert "3.0 s after it happened" in shown
    assert "order #1001: " in shown
    assert "under rules 1: in_sync; " in shown
    assert "  sales_order SHOPIFY-548380009-ORDER-5001, internal id " in shown
    found = json.loads(run("events", "show", str(first), "--json").stdout)
    assert found["same_as"] == [second]
    assert (found["pass"]["outcome"], [one["kind"] for one in found["written"]]) == (
        "in_sync", ["customer", "sales_order", "customer_deposit"],
    )  # fmt: skip
    assert "no pass has answered it yet" in run("events", "show", str(second)).stdout
    assert "Ada" not in found["body"]
    with world.engine.begin() as connection:
        assert operator_actions.of_connection(connection, world.connection.id) == []
    assert "ada@example.com" in run("events", "show", str(first), "--reveal").stdout
    with world.engine.begin() as connection:
        (kept,) = operator_actions.of_connection(connection, world.connection.id)
    assert (kept.action, kept.details) == ("delivery revealed", {"event": first, "topic": "orders/create"})
    assert "there is no delivery 99999" in str(run("events", "show", "99999").exception)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ((), 3),
        (("--topic", "orders/paid"), 1),
        (("--order", "#1002"), 1),
        (("--order", "5001"), 2),
        (("--state", "held"), 1),
        (("--reason", "not_mapped"), 1),
        (("--sku", "NEW-SKU"), 1),
        (("--since", f"{later(timedelta(days=1)):%Y-%m-%d}"), 0),
        (("--until", f"{later(timedelta(days=1)):%Y-%m-%d}"), 3),
        (("--connection", "us-store"), 3),
    ],
)
def test_deliveries_are_found_by(world: World, run: Any, options: tuple[str, ...], count: int) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="NEW-SKU")
    heard(world, "orders/paid", rest_order(5001))
    world.work(world.record(5001).id)
    assert len(json.loads(run("events", "list", "--json", *options).stdout)) == count


def test_a_connection_nobody_knows_is_refused_with_those_there_are(world: World, run: Any) -> None:
    refused = run("events", "list", "--connection", "eu")
    assert "there is no connection named eu" in str(refused.exception)
