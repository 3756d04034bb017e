"""`ml-connector schedules`: what a person sees of the schedules, and does with them."""

import json
from typing import Any

from connector.flows.jobs import JOBS
from connector.flows.sweep import sweep
from connector.store import operator_actions
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.world import World


def listed(run: Any, *arguments: str) -> dict[str, Any]:
    """What --json says, by schedule."""
    result = run("schedules", "list", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return {one["schedule"]: one for one in json.loads(result.stdout)}


def test_a_run_by_hand_prints_its_counts_and_is_listed(world: World, run: Any) -> None:
    result = run("schedules", "run", "us-store", "items.refresh")
    assert result.exit_code == 0, result.output
    assert result.stdout == "items.refresh: rows 10, released 0\n"
    found = listed(run, "us-store")
    assert list(found) == [job.name for job in JOBS]
    last = found["items.refresh"]["last_run"]
    assert (last["outcome"], last["asked_by"]) == ("done", "command line")
    assert last["counts"] == {"rows": 10, "released": 0}
    assert found["items.refresh"]["every_seconds"] == 900
    assert found["billing.refresh"]["last_run"] is None


def test_what_a_run_by_hand_makes_due_is_woken_by_the_next_sweep(world: World, run: Any) -> None:
    moment = now().isoformat()
    order = rest_order(5001, created_at=moment, updated_at=moment)
    world.shop.put_order(order, [payment(order)])
    assert run("schedules", "run", "us-store", "orders.catch_up").stdout == "orders.catch_up: orders 1, unheard 1\n"
    woken: list[int] = []

    def wake(record_id: int) -> bool:
        woken.append(record_id)
        return True

    sweep(world.engine, wake, now=now())
    assert world.record(5001).id in woken


def test_a_failed_run_ends_with_its_reason_and_exit_code_1(world: World, run: Any) -> None:
    world.account.change({"denied_records": ["item"], "denied_tables": ["item"]})
    world.shop.config.shop = "other-store.myshopify.com"
    result = run("schedules", "run", "us-store", "connections.check")
    assert result.exit_code == 1
    assert "other-store.myshopify.com answers" in result.stdout
    assert listed(run)["connections.check"]["last_run"]["outcome"] == "failed"
    again = run("schedules", "run", "us-store", "connections.check")
    assert again.exit_code != 0
    assert "us-store is halted" in str(again.exception)


def test_a_pause_is_shown_with_who_made_it_and_written_down(world: World, run: Any) -> None:
    assert run("schedules", "pause", "us-store", "orders.verify").stdout == "us-store: orders.verify paused\n"
    one = listed(run)["orders.verify"]
    assert (one["paused_by"], one["waits_for"], one["next_at"]) == ("command line", "paused by command line", None)
    assert "paused by command line" in run("schedules", "list").stdout
    assert run("schedules", "resume", "us-store", "orders.verify").stdout == "us-store: orders.verify goes on\n"
    with world.engine.begin() as connection:
        acts = [act.action for act in operator_actions.of_connection(connection, world.connection.id)]
    assert acts == ["schedule paused", "schedule resumed"]


def test_an_unknown_schedule_is_refused_with_those_there_are(world: World, run: Any) -> None:
    result = run("schedules", "run", "us-store", "items.refesh")
    assert "there is no schedule named items.refesh; there are items.refresh" in str(result.exception)
