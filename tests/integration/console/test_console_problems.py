"""/problems: what needs a person by its cause, mended in place, and what waited goes on."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text

from connector.flows.process import process
from connector.store import connections, operator_actions
from tests import visiting
from tests.payloads import payment, rest_order
from tests.visiting import Visitor
from tests.world import World, another_runtime

CAUSE = "/problems/us-store/not_mapped"


def held(world: World, number: int, **changes: Any) -> int:
    """An order is placed and worked on; its record."""
    record_id = world.sell(rest_order(number, **changes))
    world.work(record_id)
    assert world.record(number).state == "held"
    return record_id


def paid_by(world: World, number: int, gateway: str) -> int:
    """An order is paid through a gateway that is not mapped, and held; its record."""
    order = rest_order(number)
    record_id = world.sell(order, payment(order, gateway=gateway))
    world.work(record_id)
    return record_id


def acts(world: World) -> list[Any]:
    with world.engine.begin() as connection:
        return operator_actions.of_connection(connection, world.connection.id)


@pytest.fixture
def ghosts(world: World) -> list[int]:
    """Two orders wait for one SKU, one for another, one for a gateway; their records."""
    return [
        held(world, 5001, sku="GHOST-1"),
        held(world, 5002, sku="GHOST-1", price="5.25"),
        held(world, 5003, sku="GHOST-2"),
        paid_by(world, 5004, "paypal"),
    ]


def test_problems_are_grouped_by_cause_with_count_money_and_advice(otto: Visitor, ghosts: list[int]) -> None:
    rows = otto.json("/problems")["rows"]
    assert [(row["subject"], row["count"]) for row in rows] == [
        ("sku:GHOST-1", 2), ("sku:GHOST-2", 1), ("gateway:paypal", 1),
    ]  # fmt: skip
    assert rows[0]["money"] == [{"currency": "USD", "amount": "25.25"}]
    page = otto.reads("/problems")
    assert "No NetSuite item for SKU GHOST-1" in page
    assert "25.25 USD" in page
    assert otto.json("/problems?reason=rejected")["rows"] == []


def test_a_sku_is_mapped_and_exactly_what_waited_for_it_is_released(
    otto: Visitor, world: World, ghosts: list[int]
) -> None:
    asked = f"{CAUSE}/map?subject=sku:GHOST-1&value=MUG-BLUE"
    seen = otto.reads(asked)
    assert "MUG-BLUE (813)" in seen
    assert "2 records" in seen
    assert "#1001" in seen
    assert "SANDBOX" in seen
    form = {"subject": "sku:GHOST-1", "value": "MUG-BLUE", "because": "renamed"}
    assert "2 records go on" in otto.does(f"{CAUSE}/map", **form)
    assert [world.record(number).state for number in (5001, 5002, 5003, 5004)] == ["pending", "pending", "held", "held"]
    assert otto.woken.records == ghosts[:2]
    assert [row["subject"] for row in otto.json("/problems?tab=retrying")["rows"]] == ["sku:GHOST-1"]
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
    assert stored.rules["items"]["skus"] == {"GHOST-1": "MUG-BLUE"}
    (act,) = acts(world)
    assert (act.actor, act.action, act.details["released"], act.details["because"]) == (
        "otto", "rules changed", 2, "renamed",
    )  # fmt: skip
    assert process(ghosts[0], another_runtime(world), worker="test") is not None
    assert world.record(5001).state == "in_sync"
    (order,) = world.transactions("SalesOrd")
    assert order["total"] == "20"
    resolved = otto.json("/problems?tab=resolved")["rows"]
    assert [(row["subject"], row["count"]) for row in resolved] == [("sku:GHOST-1", 1)]


def test_a_gateway_is_mapped_to_method_and_account(otto: Visitor, world: World, ghosts: list[int]) -> None:
    form = {"subject": "gateway:paypal", "value": "Card", "second": "Bank", "because": "new gateway"}
    assert "1 record goes on" in otto.does(f"{CAUSE}/map", **form)
    with world.engine.begin() as connection:
        methods = connections.by_id(connection, world.connection.id).rules["payments"]["methods"]
    assert methods["paypal"] == {"method": "Card", "account": "Bank"}


def test_what_netsuite_does_not_have_is_refused_before_and_at_the_act(
    otto: Visitor, world: World, ghosts: list[int]
) -> None:
    assert "NetSuite has no item named 'NOPE'" in otto.reads(f"{CAUSE}/map?subject=sku:GHOST-1&value=NOPE")
    assert "fill in" in otto.reads(f"{CAUSE}/map?subject=sku:GHOST-1")
    refused = otto.presses(f"{CAUSE}/map", subject="sku:GHOST-1", value="NOPE", because="x")
    assert refused.status_code == 400
    assert "no item named" in refused.text
    assert world.record(5001).state == "held"
    assert acts(world) == []


def test_the_page_of_a_cause_lists_its_orders_and_offers_what_looks_alike(
    otto: Visitor, world: World, ghosts: list[int]
) -> None:
    near = held(world, 5005, sku="MUG-REDD")
    found = otto.json(f"{CAUSE}?subject=sku:MUG-REDD")
    assert [row["name"] for row in found["waiting"]["rows"]] == ["#1005"]
    assert found["waiting"]["rows"][0]["path"] == "/orders/%231005?store=us-store"
    assert found["gaps"][0]["offered"][0] == "MUG-RED"
    assert near
    names = otto.json(f"{CAUSE}?subject=gateway:paypal&names=true")["gaps"]
    assert [(gap["list"], gap["offered"]) for gap in names] == [
        ("payment method", ["Card", "Gift card"]),
        ("account", ["Bank"]),
    ]
    assert "Nothing waits for this any more" in otto.reads(f"{CAUSE}?subject=sku:NONE")


def test_a_shop_that_cannot_be_asked_fails_no_page(otto: Visitor, world: World, ghosts: list[int]) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("delete from credentials"))
    with world.engine.begin() as connection:
        connection.execute(text("update connections set revision = revision + 1"))
    assert "NetSuite could not be asked" in otto.reads(f"{CAUSE}?subject=gateway:paypal&names=true")


def test_all_is_tried_again_with_a_reason_and_nothing_else(otto: Visitor, world: World, ghosts: list[int]) -> None:
    seen = otto.reads(f"{CAUSE}/again?subject=sku:GHOST-1")
    assert "2 records" in seen
    assert "#1002, #1001" in seen
    assert otto.presses(f"{CAUSE}/again", subject="sku:GHOST-1").status_code == 400
    said = otto.does(f"{CAUSE}/again", subject="sku:GHOST-1", because="item is there")
    assert "2 records are tried again" in said
    assert [world.record(number).state for number in (5001, 5002, 5003, 5004)] == ["pending", "pending", "held", "held"]
    assert acts(world)[-1].details == {
        "code": "not_mapped", "subject": "sku:GHOST-1", "records": 2, "because": "item is there",
    }  # fmt: skip
    nothing = otto.presses(f"{CAUSE}/again", subject="sku:GHOST-1", because="once more")
    assert "nothing waits" in nothing.text.lower()


def test_a_cause_that_names_nothing_is_one_of_its_own(otto: Visitor, world: World) -> None:
    held(world, 5001, sku="GHOST-1")
    number = held(world, 5002, sku="GHOST-1")
    with world.engine.begin() as connection:
        connection.execute(
            text("update records set state = 'parked', reason_code = 'rejected', reason_subject = null where id = :id"),
            {"id": number},
        )
    (row,) = otto.json("/problems?reason=rejected")["rows"]
    assert (row["count"], row["parked"], row["subject"]) == (1, 1, "")
    assert [one["name"] for one in otto.json("/problems/us-store/rejected")["waiting"]["rows"]] == ["#1002"]
    otto.does("/problems/us-store/rejected/again", because="mended")
    assert (world.record(5001).state, world.record(5002).state) == ("held", "pending")


def test_who_looks_after_a_problem_is_shown_to_all(otto: Visitor, vera: Visitor, ghosts: list[int]) -> None:
    assert "otto looks after it" in otto.does(f"{CAUSE}/assign", subject="sku:GHOST-1", to="otto")
    assert [row["assigned_to"] for row in vera.json("/problems")["rows"]] == ["otto", None, None]
    assert [row["subject"] for row in otto.json("/problems?mine=true")["rows"]] == ["sku:GHOST-1"]
    assert vera.json("/problems?mine=true")["rows"] == []
    otto.does(f"{CAUSE}/assign", subject="sku:GHOST-1", to="")
    assert otto.json("/problems?mine=true")["rows"] == []


def test_what_is_put_aside_comes_back_when_its_time_is_over(otto: Visitor, world: World, ghosts: list[int]) -> None:
    assert "put aside for 24 hours" in otto.does(f"{CAUSE}/snooze", subject="sku:GHOST-1", hours=24)
    assert [row["subject"] for row in otto.json("/problems")["rows"]] == ["sku:GHOST-2", "gateway:paypal"]
    assert [row["subject"] for row in otto.json("/problems?tab=snoozed")["rows"]] == ["sku:GHOST-1"]
    with world.engine.begin() as connection:
        connection.execute(
            text("update problem_care set snoozed_until = snoozed_until - :day"), {"day": timedelta(days=1, seconds=1)}
        )
    assert len(otto.json("/problems")["rows"]) == 3


def test_new_problems_are_announced_and_move_nothing(
    otto: Visitor, stranger: Visitor, world: World, ghosts: list[int]
) -> None:
    (news,) = re.findall(r'hx-get="(/problems/news[^"]*)"', unescape(otto.get("/problems").text))
    assert otto.get(news).text.strip() == ""
    held(world, 5005, sku="GHOST-2")
    assert "1 new" in otto.get(news).text
    assert stranger.get(news).text.strip() == ""


def test_what_a_rule_leaves_out_is_not_said_to_be_tried_again(otto: Visitor, world: World, ghosts: list[int]) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update records set state = 'pending', reason_code = case id when :id then 'excluded' else reason_code end"
            ),
            {"id": ghosts[0]},
        )
    rows = otto.json("/problems?tab=retrying")["rows"]
    assert sum(row["count"] for row in rows) == 3
    assert {row["code"] for row in rows} == {"not_mapped"}


def test_what_writes_money_asks_for_the_password_again(
    otto: Visitor, world: World, ghosts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = replace(visiting.PEOPLE["otto"], password_at=datetime.now(UTC) - timedelta(hours=1))
    monkeypatch.setitem(visiting.PEOPLE, "otto", long_ago)
    for act, form in (("again", {}), ("map", {"value": "MUG-BLUE"})):
        response = otto.presses(f"{CAUSE}/{act}", subject="sku:GHOST-1", because="x", **form)
        assert response.location.startswith("/sign-in/password")
    assert world.record(5001).state == "held"
    assert acts(world) == []


def test_without_problems_nothing_needs_you(otto: Visitor) -> None:
    assert "Nothing needs you" in otto.reads("/problems")


def test_a_rule_that_is_about_more_than_one_order_is_set_by_an_admin(otto: Visitor, ada: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("update connections set rules = jsonb_set(rules, '{items,gift_card}', 'null')"))
    order = rest_order(5001)
    order["line_items"][0]["gift_card"] = True
    world.work(world.sell(order))
    (row,) = otto.json("/problems")["rows"]
    assert row["subject"] == "rule:items.gift_card"
    form = {"subject": row["subject"], "value": "Gift card", "because": "we sell them now"}
    assert otto.presses(f"{CAUSE}/map", **form).status_code == 403
    assert "1 record goes on" in ada.does(f"{CAUSE}/map", **form)


def test_a_viewer_reads_and_does_nothing(vera: Visitor, ghosts: list[int]) -> None:
    page = vera.reads(f"{CAUSE}?subject=sku:GHOST-1")
    assert "Try all again" not in page
    assert "See what happens" not in page
    for act in ("again", "map", "assign", "snooze"):
        assert vera.presses(f"{CAUSE}/{act}", subject="sku:GHOST-1", because="x").status_code == 403


def test_problems_of_others_are_not_there(stranger: Visitor, ghosts: list[int]) -> None:
    for tab in ("open", "retrying", "snoozed", "resolved"):
        assert stranger.json(f"/problems?tab={tab}")["rows"] == []
    for path in ("", "/again", "/map"):
        assert stranger.get(f"{CAUSE}{path}?subject=sku:GHOST-1").status_code == 404
    for act in ("again", "map"):
        assert stranger.presses(f"{CAUSE}/{act}", subject="sku:GHOST-1", because="x").status_code == 404
    for act in ("assign", "snooze"):
        assert stranger.presses(f"{CAUSE}/{act}", subject="sku:GHOST-1").status_code == 404
