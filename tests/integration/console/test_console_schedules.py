"""/schedules: what runs again and again."""

from connector.store import operator_actions
from tests.visiting import Visitor
from tests.world import World


def test_a_run_is_asked_for_once_and_a_worker_is_told(otto: Visitor, world: World) -> None:
    assert "inventory.poll of us-store is asked for." in otto.does("/schedules/us-store/inventory.poll/run")
    assert "was asked for already" in otto.does("/schedules/us-store/inventory.poll/run")
    assert otto.woken.runs == [(world.connection.id, "inventory.poll")] * 2
    row = next(row for row in otto.json("/schedules")["rows"] if row["name"] == "inventory.poll")
    assert row["wanted_by"] == "otto"


def test_a_paused_schedule_says_who_paused_it_and_goes_on(otto: Visitor, world: World) -> None:
    assert "paused by otto" in otto.does("/schedules/us-store/orders.poll/pause")
    with world.engine.begin() as connection:
        acts = [(act.actor, act.action) for act in operator_actions.of_connection(connection, world.connection.id)]
    assert ("otto", "schedule paused") in acts
    assert "paused by otto" not in otto.does("/schedules/us-store/orders.poll/resume")


def test_a_viewer_sees_no_button_and_may_not_press_one(vera: Visitor) -> None:
    assert "Run now" not in vera.reads("/schedules")
    assert vera.presses("/schedules/us-store/orders.poll/pause").status_code == 403


def test_a_store_of_others_is_not_there(stranger: Visitor) -> None:
    assert stranger.json("/schedules") == {"rows": []}
    assert stranger.get("/schedules?store=us-store").status_code == 404
    assert stranger.presses("/schedules/us-store/orders.poll/run").status_code == 404
