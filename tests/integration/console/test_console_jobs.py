"""/jobs: what a person set going over many records."""

import pytest

from connector.flows import replay
from connector.flows.job_feed import AT_ONCE, advance
from connector.store import operator_actions
from connector.store.event_list import EventFilter
from tests.clock import now
from tests.hearing import heard
from tests.payloads import rest_order
from tests.visiting import Visitor
from tests.world import World
from web.console.paging import cursor


def going(world: World, *, orders: int) -> int:
    """A replay of that many orders, whose first records were made due; its id."""
    for number in range(orders):
        heard(world, "orders/create", rest_order(6000 + number))
    job = replay.start(world.runtime, EventFilter(topic="orders/create"), because="books were shut", actor="otto")
    assert advance(world.engine, lambda _record_id: None, now=now())
    return job


def test_a_job_says_how_far_it_is_who_wanted_it_and_why(otto: Visitor, world: World) -> None:
    job = going(world, orders=AT_ONCE + 5)
    (row,) = otto.json("/jobs")["jobs"]["rows"]
    assert (row["total"], row["sent"], row["at_rest"], row["state"]) == (AT_ONCE + 5, AT_ONCE, 0, "running")
    world.work(world.record(6000).id)
    page = otto.reads(f"/jobs/{job}")
    assert "books were shut" in page
    assert "topic orders/create" in page
    one = otto.json(f"/jobs/{job}")["job"]
    assert (one["at_rest"], one["by"]) == (1, "otto")
    assert one["per_minute"] > 0
    assert one["seconds_left"] > 0


def test_a_job_is_paused_goes_on_and_is_stopped_for_good(otto: Visitor, world: World) -> None:
    job = going(world, orders=2)
    assert "is paused" in otto.does(f"/jobs/{job}/pause")
    assert "Go on" in otto.reads("/jobs")
    assert "goes on" in otto.does(f"/jobs/{job}/resume")
    assert "is stopped" in otto.does(f"/jobs/{job}/stop")
    assert otto.presses(f"/jobs/{job}/resume").status_code == 400
    assert otto.presses(f"/jobs/{job}/burn").status_code == 404
    with world.engine.begin() as connection:
        acts = [(act.actor, act.action) for act in operator_actions.of_connection(connection, world.connection.id)]
    assert acts[-3:] == [("otto", "job paused"), ("otto", "job running"), ("otto", "job stopped")]


def test_the_live_parts_are_pieces_of_their_pages(otto: Visitor, world: World) -> None:
    job = going(world, orders=1)
    for part in ("/jobs/rows", f"/jobs/{job}/progress"):
        text = otto.get(part).text
        assert "<progress" in text
        assert "<html" not in text


def test_without_jobs_the_list_says_how_one_begins(otto: Visitor) -> None:
    assert "No jobs yet" in otto.reads("/jobs")


def test_jobs_are_paged_newest_first(otto: Visitor, world: World) -> None:
    heard(world, "orders/create", rest_order(6000))
    made = [replay.start(world.runtime, EventFilter(), because="again", actor="otto") for _ in range(52)]
    first = otto.json("/jobs")["jobs"]
    second = otto.json(f"/jobs?after={first['after']}")["jobs"]
    assert [row["id"] for row in first["rows"] + second["rows"]] == sorted(made, reverse=True)
    assert second["after"] is None


@pytest.mark.parametrize("path", ["/jobs", "/events", "/problems/us-store/not_mapped"])
@pytest.mark.parametrize("cursor", ["x", cursor(["abc"]), cursor([1, 2])])
def test_what_is_no_page_of_a_list_is_refused(otto: Visitor, path: str, cursor: str) -> None:
    assert otto.get(f"{path}?after={cursor}").status_code == 400


def test_a_viewer_sees_no_button_and_may_not_press_one(vera: Visitor, world: World) -> None:
    job = going(world, orders=1)
    assert "Pause" not in vera.reads(f"/jobs/{job}")
    assert vera.presses(f"/jobs/{job}/pause").status_code == 403


def test_a_job_of_others_is_not_there(stranger: Visitor, world: World) -> None:
    job = going(world, orders=1)
    assert stranger.json("/jobs")["jobs"]["rows"] == []
    assert stranger.get(f"/jobs/{job}").status_code == 404
    assert stranger.get(f"/jobs/{job}/progress").status_code == 404
    assert stranger.presses(f"/jobs/{job}/stop").status_code == 404


def test_a_job_says_its_filter_without_the_number_of_its_store(otto: Visitor, world: World) -> None:
    heard(world, "orders/create", rest_order(6000))
    chosen = EventFilter(connection_id=world.connection.id, topic="orders/create")
    job = replay.start(world.runtime, chosen, because="books were shut", actor="otto")
    assert "1 order or customer: topic orders/create Began" in otto.reads(f"/jobs/{job}")
