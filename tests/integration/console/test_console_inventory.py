"""/inventory: what NetSuite has, what the shop should have and has; what differs, freezing, and the push."""

import csv
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, text

from connector.flows import scheduled
from connector.flows.asking import run_soon
from connector.flows.jobs import the_job
from connector.store import forced_pushes, operator_actions, scheduled_runs
from tests.clock import now
from tests.scheduling import run_everywhere
from tests.stocking import MAIN, compared, mugs_differ, shown_by_the_shop, stock_rules
from tests.visiting import Visitor
from tests.world import World, another_runtime, opened_world

FORCE = "/inventory-push/force"
WHY = {"store": "us-store", "because": "counted by hand"}


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """Two units of each item are kept back: mugs differ, lids are right, the shop has a ghost that NetSuite has not."""
    with opened_world(database, redis_url, rules=stock_rules(buffer=2)) as opened:
        mugs_differ(opened)
        yield opened


def has(world: World, sku: str) -> int:
    """What the shop has of an item."""
    return next(item.levels[MAIN].available for item in world.shop.inventory.standing() if item.sku == sku)


def test_each_row_spells_its_sum_out(otto: Visitor) -> None:
    rows = {row["sku"]: row for row in otto.json("/inventory")["rows"]}
    mug = rows["MUG"]
    assert (mug["available"], mug["buffer"], mug["publishable"]) == ({"2": "30"}, 2, 28)
    assert (mug["shop"], mug["drift"], mug["state"]) == (20, 8, "differs")
    assert rows["LID"]["state"] == "equal"
    assert "30 − 2 kept = 28 28 20 8 too few never" in otto.reads("/inventory")


def test_what_is_wrong_is_counted_and_can_be_listed_alone(otto: Visitor) -> None:
    page = otto.json("/inventory")
    assert (page["summary"]["compared"], page["summary"]["different"], page["summary"]["on_sale"]) == (3, 1, 2)
    assert [row["sku"] for row in otto.json("/inventory?show=drift")["rows"]] == ["MUG"]
    assert page["summary"]["problems"] == 1
    (ghost,) = otto.json("/inventory?show=problem")["rows"]
    assert (ghost["sku"], ghost["problem"]) == (
        "GHOST", "no active item of NetSuite has this SKU",
    )  # fmt: skip


def test_a_row_that_was_mended_leaves_the_list_at_once(otto: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("update levels set available = 28 where inventory_item = 11"))
    assert otto.json("/inventory?show=drift")["rows"] == []


def test_two_items_with_one_sku_are_named(otto: Visitor, world: World) -> None:
    shown_by_the_shop(world, {"MUG": 20, "LID": 5, "GHOST": 1, "MUG ": 4})
    with world.engine.begin() as connection:
        connection.execute(text("update shop_items set sku = 'MUG' where sku = 'GHOST'"))
    rows = otto.json("/inventory?q=MUG")["rows"]
    assert [row["problem"] for row in rows] == ["2 items of the shop share this SKU"] * 2


def test_a_sku_is_found_by_how_it_begins(otto: Visitor) -> None:
    assert [row["sku"] for row in otto.json("/inventory?q=L")["rows"]] == ["LID"]
    assert otto.json("/inventory?q=%25")["rows"] == []


def test_pages_follow_each_other_without_a_gap_or_a_double(otto: Visitor, world: World) -> None:
    shown_by_the_shop(world, {f"ITEM-{number:03}": 1 for number in range(120)})
    compared(world)
    seen: list[str] = []
    path = "/inventory"
    while True:
        page = otto.json(path)
        seen += [row["sku"] for row in page["rows"]]
        if page["after"] is None:
            break
        path = f"/inventory?after={page['after']}"
    assert seen == [f"ITEM-{number:03}" for number in range(120)]


def test_the_file_has_every_row(otto: Visitor) -> None:
    response = otto.get("/inventory.csv")
    rows = list(csv.DictReader(response.text.splitlines()))
    assert [(row["sku"], row["publishable"], row["drift"]) for row in rows] == [
        ("GHOST", "0", ""), ("LID", "5", "0"), ("MUG", "28", "8"),
    ]  # fmt: skip


def test_the_page_of_a_sku_tells_the_sum_step_by_step(otto: Visitor) -> None:
    (one,) = otto.json("/inventory/MUG")["sums"]
    assert [(step["sign"], step["units"]) for step in one["steps"]] == [
        (" ", "30"), ("-", "0"), ("-", "2"), ("x", "100"), ("=", "28"), (" ", "20"), ("+", "8"),
    ]  # fmt: skip
    assert "kept back (inventory.buffer)" in otto.reads("/inventory/MUG")
    assert otto.get("/inventory/NOTHING").status_code == 404


def test_what_is_frozen_is_not_pushed_until_it_is_thawed(otto: Visitor, world: World) -> None:
    said = otto.does("/inventory/MUG/freeze", **WHY)
    assert "Frozen by otto" in said
    assert "counted by hand" in said
    run_everywhere(world.runtime, "inventory.push", now=now())
    assert has(world, "MUG") == 20
    assert [row["sku"] for row in otto.json("/inventory?show=frozen")["rows"]] == ["MUG"]
    assert otto.json("/inventory")["summary"]["different"] == 0
    assert "is thawed" in otto.does("/inventory/MUG/thaw", store="us-store")
    (thawed,) = otto.json("/inventory?q=MUG")["rows"]
    assert (thawed["state"], thawed["problem"]) == ("differs", None)
    run_everywhere(world.runtime, "inventory.push", now=now())
    assert has(world, "MUG") == 28
    with world.engine.begin() as connection:
        acts = [(one.actor, one.action) for one in operator_actions.of_connection(connection, world.connection.id)]
    assert ("otto", "sku frozen") in acts
    assert ("otto", "sku thawed") in acts


def test_a_page_is_told_that_stock_was_compared_again(otto: Visitor, stranger: Visitor, world: World) -> None:
    shown = quote(otto.json("/inventory")["summary"]["compared_at"])
    path = f"/inventory-news?store=us-store&compared_at={shown}"
    assert otto.reads(path) == ""
    compared(world)
    assert "Compared again" in otto.reads(path)
    assert stranger.get(path).status_code == 404


def test_freezing_asks_for_a_reason(otto: Visitor) -> None:
    assert otto.presses("/inventory/MUG/freeze", store="us-store", because=" ").status_code == 400
    assert otto.json("/inventory/MUG")["frozen"] is None


def test_a_push_is_shown_before_it_is_asked_for(otto: Visitor, world: World) -> None:
    page = otto.json("/inventory-push")
    assert [(row["sku"], row["shop"], row["publishable"]) for row in page["sent"]] == [("MUG", 20, 28)]
    assert page["guard"] == {
        "on_sale": 2, "emptied": 0, "percent": "0.0", "allowed_percent": "20", "stops": False,
    }  # fmt: skip
    assert has(world, "MUG") == 20
    assert otto.woken.runs == []


def test_chosen_rows_that_would_not_be_sent_say_why(otto: Visitor) -> None:
    page = otto.json("/inventory-push?item=11&item=13")
    assert [row["sku"] for row in page["sent"]] == ["MUG"]
    assert [(row["sku"], row["state"]) for row in page["kept_back"]] == [("GHOST", "problem")]


def test_what_differs_and_is_left_alone_says_why(otto: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("delete from stock where netsuite_item = 2000"))
    page = otto.json("/inventory-push")
    assert page["sent"] == []
    assert [(row["sku"], row["problem"]) for row in page["kept_back"]] == [
        ("MUG", f"NetSuite tells no stock of it for {MAIN}")
    ]


def test_a_push_is_asked_for_with_a_reason_and_a_worker_is_told(otto: Visitor, world: World) -> None:
    assert otto.presses("/inventory-push", store="us-store", because="").status_code == 400
    assert "A push to us-store is asked for." in otto.does("/inventory-push", **WHY, item=["11"])
    assert otto.woken.runs == [(world.connection.id, the_job("inventory.push").name)]
    assert otto.json("/inventory")["push"]["wanted_by"] == "otto"
    with world.engine.begin() as connection:
        act = operator_actions.of_connection(connection, world.connection.id)[-1]
    assert (act.action, act.details) == (
        "stock push asked", {"because": "counted by hand", "looked_at": [11]},
    )  # fmt: skip


def test_a_viewer_may_look_and_not_act(vera: Visitor) -> None:
    assert "Push…" not in vera.reads("/inventory")
    assert vera.presses("/inventory-push", **WHY).status_code == 403
    assert vera.presses("/inventory/MUG/freeze", **WHY).status_code == 403
    assert vera.presses("/inventory/MUG/thaw", store="us-store").status_code == 403


@pytest.mark.parametrize("path", ["/inventory", "/inventory/MUG", "/inventory-push", "/inventory.csv"])
def test_a_store_of_others_is_not_there(stranger: Visitor, path: str) -> None:
    assert path == "/inventory" or stranger.get(path).status_code == 404
    assert stranger.get(f"{path}?store=us-store").status_code == 404


def test_nobody_acts_on_a_store_of_others(stranger: Visitor) -> None:
    for path in ("/inventory-push", FORCE, "/inventory/MUG/freeze"):
        assert stranger.presses(path, **WHY).status_code == 404
    assert stranger.presses("/inventory/MUG/thaw", store="us-store").status_code == 404


def test_a_push_that_would_empty_the_shop_is_said_to_stop(otto: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("update stock set available = 0"))
        connection.execute(text("update connections set rules = jsonb_set(rules, '{inventory,guard_items}', '1')"))
    compared(world)
    guard = otto.json("/inventory-push")["guard"]
    assert (guard["emptied"], guard["percent"], guard["stops"]) == (2, "100.0", True)
    assert "The push will stop and wait for a person" in otto.reads("/inventory-push")


@pytest.fixture
def emptied(world: World) -> World:
    """NetSuite has none of what the shop sells, and the guard has stopped the push of it."""
    with world.engine.begin() as connection:
        connection.execute(text("update connections set rules = jsonb_set(rules, '{inventory,guard_items}', '1')"))
    world.account.set_stock([{"item": 2000 + n, "location": 2, "on_hand": 0} for n in range(2)])
    world.runtime = another_runtime(world)
    run_everywhere(world.runtime, "inventory.poll", now=now())
    return world


def pushes(world: World) -> tuple[str, str | None]:
    """The push that is wanted, as a worker runs it: what came of it, and why."""
    ran = scheduled.run(world.runtime, the_job("inventory.push"), world.connection.id, lambda _: None, now=now())
    assert ran is not None
    return ran.outcome, ran.reason


def seen(visitor: Visitor) -> dict[str, str]:
    """What the form of the page says beside the reason."""
    return {"store": "us-store", "compared_at": visitor.json("/inventory-push")["compared_at"]}


def test_an_admin_sends_one_push_past_the_guard_that_stopped_it(ada: Visitor, emptied: World) -> None:
    outcome, reason = pushes(emptied)
    assert (outcome, "2 of 2 levels" in str(reason), has(emptied, "MUG")) == ("failed", True, 20)
    assert "Send to SANDBOX all the same" in ada.reads("/inventory-push")
    assert ada.presses(FORCE, **seen(ada), because="").status_code == 400
    assert "One push to us-store past the guards is asked for." in ada.does(FORCE, **seen(ada), because="sold out")
    assert ada.woken.runs == [(emptied.connection.id, "inventory.push")]
    assert pushes(emptied) == ("done", None)
    assert (has(emptied, "MUG"), has(emptied, "LID")) == (0, 0)
    with emptied.engine.begin() as connection:
        acts = operator_actions.of_connection(connection, emptied.connection.id)
    assert [(act.actor, act.action) for act in acts] == [
        ("ada", "forced stock push asked"), ("ada", "stock push forced"),
    ]  # fmt: skip
    because, emptied_of = acts[0].details["because"], (acts[0].details["emptied"], acts[0].details["on_sale"])
    assert (because, emptied_of) == ("sold out", (2, 2))


def test_a_push_past_the_guard_is_one_run(ada: Visitor, emptied: World) -> None:
    pushes(emptied)
    ada.does(FORCE, **seen(ada), because="sold out")
    assert "was asked for already" in ada.does(FORCE, **seen(ada), because="sold out")
    assert pushes(emptied)[0] == "done"
    shown_by_the_shop(emptied, {"MUG": 20, "LID": 5, "GHOST": 1})
    compared(emptied)
    run_soon(emptied.engine, emptied.connection.id, "inventory.push", asked_by="test")
    outcome, reason = pushes(emptied)
    assert (outcome, "levels on sale would fall to nothing" in str(reason)) == ("failed", True)
    assert has(emptied, "MUG") == 20


def test_a_wish_that_no_run_took_for_long_sends_nothing(ada: Visitor, emptied: World) -> None:
    pushes(emptied)
    ada.does(FORCE, **seen(ada), because="sold out")
    with emptied.engine.begin() as connection:
        connection.execute(text("update forced_pushes set asked_at = now() - interval '16 minutes'"))
    assert pushes(emptied)[0] == "failed"
    assert has(emptied, "MUG") == 20


def test_only_an_admin_who_saw_the_present_figures_forces_a_push(otto: Visitor, ada: Visitor, emptied: World) -> None:
    assert ada.presses(FORCE, **seen(ada), because="x").status_code == 409
    pushes(emptied)
    form = seen(ada)
    assert "An administrator sends it" in otto.reads("/inventory-push")
    assert otto.presses(FORCE, **form, because="x").status_code == 403
    compared(emptied)
    assert ada.presses(FORCE, **form, because="x").status_code == 409
    with emptied.engine.begin() as connection:
        scheduled_runs.pause(connection, emptied.connection.id, "inventory.push", paused_by="ben")
    refused = ada.presses(FORCE, **seen(ada), because="x")
    assert (refused.status_code, "paused or halted" in refused.text) == (400, True)
    with emptied.engine.begin() as connection:
        assert forced_pushes.take(connection, emptied.connection.id) is None


def test_before_anything_is_known_the_page_says_what_to_do(otto: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("delete from shop_items"))
    assert "The first push reads them all" in otto.reads("/inventory")
