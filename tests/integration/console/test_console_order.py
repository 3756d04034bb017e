"""/orders/<name>: where an order stands, its time line, its money, its fields, and what a person does with it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.mapping.rules import Rules
from connector.sandbox.shopify.acts.verbs import act
from connector.store import attempts, connections, operator_actions, order_notes, records, wanted
from connector.store.tables import RecordState
from tests import factories
from tests.adopting import happens
from tests.hearing import heard
from tests.integration.console.test_console_orders import sold, verified
from tests.office import PLANTED, order_of_planted
from tests.payloads import payment, rest_order
from tests.visiting import Visitor
from tests.world import World, another_runtime

PAGES = ("", "/money", "/fields", "/plan", "/sync", "/ignore", "/adopt", "/effects/1")


def heard_and_sold(world: World, number: int = 5001, **changes: Any) -> int:
    """An order is announced by a webhook and worked on; its record."""
    order = rest_order(number, **changes)
    world.shop.put_order(order, [payment(order)])
    (record_id,) = heard(world, "orders/create", order).record_ids
    world.work(record_id)
    return record_id


def whole(visitor: Visitor, name: str = "1001") -> Any:
    return visitor.json(f"/orders/{name}")["order"]


def acts(world: World) -> list[tuple[str, str]]:
    with world.engine.begin() as connection:
        return [(act.actor, act.action) for act in operator_actions.of_connection(connection, world.connection.id)]


def test_the_time_line_tells_delivery_pass_calls_and_what_was_written(otto: Visitor, world: World) -> None:
    heard_and_sold(world)
    order = whole(otto)
    by_what = {entry["what"]: entry for entry in reversed(order["line"])}
    assert (by_what["delivery"]["lane"], by_what["delivery"]["title"]) == ("shopify", "orders/create")
    (done,) = [entry for entry in order["line"] if entry["what"] == "pass"]
    assert (done["lane"], done["title"], done["number"], done["rules_version"]) == ("ours", "in_sync", 1, 1)
    assert {call["system"] for call in done["calls"]} == {"shopify", "netsuite"}
    assert all(call["status"] in (200, 201, 204) for call in done["calls"])
    written = [entry["title"] for entry in order["line"] if entry["lane"] == "netsuite"]
    assert {"sales order", "customer deposit"} <= set(written)
    page = otto.reads("/orders/1001")
    for words in ("Pass 1 over the order", "Sales order confirmed", "orders/create", "rules version 1"):
        assert words in page


def test_what_is_next_is_said_of_an_order_that_waits(otto: Visitor, world: World) -> None:
    heard_and_sold(world, sku="GHOST")
    order = whole(otto)
    assert order["row"]["reason_subject"] == "sku:GHOST"
    assert "within 15 minutes of an item with this name" in order["expected"]
    world.announce(5002)
    assert whole(otto, "5002")["expected"] == "A worker takes it up within seconds."


def test_the_money_adds_up_line_by_line_on_both_sides(otto: Visitor, world: World) -> None:
    order = rest_order(total="43.50", total_tax="3.50", quantity=2)
    order["line_items"][0]["tax_lines"] = [{"title": "State tax", "rate": 0.0875, "price": "3.50"}]
    world.work(world.sell(order))
    verified(world)
    sums = otto.json("/orders/1001/money")["sums"]
    lines = {line["label"]: (line["shopify"], line["netsuite"], line["difference"]) for line in sums["lines"]}
    assert lines == {"Mug MUG-RED": ("40.00", "40.00", "0.00"), "Tax": ("3.50", "3.50", "0.00")}
    assert (sums["shopify_total"], sums["netsuite_total"], sums["difference"]) == ("43.50", "43.50", "0.00")
    page = otto.reads("/orders/1001/money")
    for words in ("2 × 20.00", "equal to the cent", "43.50 USD read back"):
        assert words in page


def test_money_that_is_not_written_yet_is_shown_as_it_would_be(otto: Visitor, world: World) -> None:
    world.sell(rest_order())
    sums = otto.json("/orders/5001/money")["sums"]
    assert (sums["netsuite_total"], sums["is_written"]) == ("20.00", False)
    heard_and_sold(world, 5002, sku="GHOST")
    held = otto.json("/orders/1002/money")["sums"]
    assert held["netsuite_total"] is None
    assert "GHOST" in held["note"]


def test_a_system_that_is_away_is_said_on_the_page(otto: Visitor, world: World) -> None:
    world.announce(5999)
    for page in ("money", "plan", "sync"):
        assert "was deleted in Shopify" in otto.reads(f"/orders/5999/{page}")


def test_people_are_masked_until_somebody_looks_and_that_is_written_down(otto: Visitor, world: World) -> None:
    order = order_of_planted()
    world.shop.put_order(order, [payment(order)])
    (record_id,) = heard(world, "orders/create", order).record_ids
    for page in ("plan", "fields", "effects"):
        if page == "fields":
            world.work(record_id)
        path = f"/orders/5001/{page}" if page != "effects" else sales_order_of(otto)
        masked = otto.reads(path)
        assert "•••" in masked
        assert not any(text in masked for text in PLANTED.values()), page
        before = len(acts(world))
        assert PLANTED["street"] in otto.reads(f"{path}?reveal=true")
        assert acts(world)[before:] == [("otto", "order revealed")]


def test_a_viewer_sees_no_people(vera: Visitor, world: World) -> None:
    sold(world, 5001)
    assert vera.get("/orders/1001/fields?reveal=true").status_code == 403
    assert "reveal=true" not in vera.get("/orders/1001/fields").text


def test_sync_again_is_shown_first_and_wakes_a_worker(otto: Visitor, world: World) -> None:
    record_id = sold(world, 5001)
    assert "in step: nothing would be written" in otto.reads("/orders/1001/sync")
    assert "pending" in otto.does("/orders/5001/sync", store="us-store")
    assert otto.woken.records == [record_id]
    assert ("otto", "order sync asked") in acts(world)


def test_an_order_is_left_alone_until_somebody_looks_at_it_again(otto: Visitor, world: World) -> None:
    record_id = heard_and_sold(world, sku="GHOST")
    assert otto.presses("/orders/1001/ignore", because=" ").status_code == 400
    assert "otto: a test of the till" in otto.does("/orders/1001/ignore", because="a test of the till")
    heard(world, "orders/updated", rest_order(sku="GHOST"))
    assert world.work(record_id) is None
    assert world.record(5001).state == "ignored"
    assert "Look at it again" in otto.reads("/orders/1001")
    assert "is looked at again" in otto.does("/orders/1001/look-again")
    assert otto.woken.records == [record_id]
    assert world.record(5001).state == "pending"


def test_an_order_at_which_a_worker_is_cannot_be_left_alone(otto: Visitor, world: World) -> None:
    record_id = world.sell(rest_order())
    with world.engine.begin() as connection:
        assert records.claim(connection, record_id, owner="another", now=datetime.now(UTC) + timedelta(seconds=5))
    assert otto.presses("/orders/5001/ignore", because="a test").status_code == 503
    assert world.record(5001).state == RecordState.WORKING


def test_a_note_stands_in_the_time_line(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    assert "otto called the warehouse" in otto.does("/orders/1001/note", said="called the warehouse")
    assert otto.presses("/orders/1001/note", said="").status_code == 400


def test_notes_go_when_the_buyers_data_goes(otto: Visitor, world: World) -> None:
    record_id = sold(world, 5001)
    otto.does("/orders/1001/note", said="Ada called")
    with world.engine.begin() as connection:
        order_notes.forget(connection, world.connection.id, ["5001"])
        assert order_notes.of_record(connection, record_id) == []


@pytest.mark.parametrize("page", PAGES)
def test_an_order_of_others_is_not_there(stranger: Visitor, world: World, page: str) -> None:
    sold(world, 5001)
    assert stranger.get(f"/orders/1001{page}").status_code == 404


@pytest.mark.parametrize("act", ["sync", "ignore", "look-again", "note"])
def test_acts_are_for_operators_of_the_store(stranger: Visitor, vera: Visitor, world: World, act: str) -> None:
    sold(world, 5001)
    form = {"because": "why"} if act == "ignore" else {"said": "words"} if act == "note" else {}
    assert stranger.presses(f"/orders/1001/{act}", **form).status_code == 404
    assert vera.presses(f"/orders/1001/{act}", **form).status_code == 403
    assert world.record(5001).state == "in_sync"


def test_the_link_leads_into_both_systems(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    page = otto.get("/orders/1001").text
    assert "https://demo-store.myshopify.com/admin/orders/5001" in page
    assert "https://1234567-sb1.app.netsuite.com/app/accounting/transactions/salesord.nl?id=" in page


def sales_order_of(visitor: Visitor) -> str:
    """The page of what was written as the sales order."""
    line = whole(visitor, "5001")["line"]
    return str(next(entry["details"] for entry in line if entry["title"] == "sales order"))


def test_what_was_written_is_json_with_its_cents(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    page = otto.json(sales_order_of(otto))
    assert '"amount": 20.00' in page["body"]
    assert json.loads(page["body"])["lines"][0]["reference"] == "50010"


def test_what_happened_since_the_page_was_shown_waits_to_be_asked_for(otto: Visitor, world: World) -> None:
    record_id = heard_and_sold(world)
    verified(world)
    shown = whole(otto)
    assert shown["happened"] == len(shown["line"])
    news = f"/orders/5001/news?than={shown['happened']}"
    assert f'hx-get="{news}"' in otto.get("/orders/1001").text
    assert otto.get(news).text.strip() == ""
    otto.does("/orders/1001/note", said="The buyer called.")
    heard(world, "orders/updated", rest_order(5001))
    assert "2 new – show" in otto.get(news).text
    world.work(record_id)
    page = otto.get(f"{news}&every=true").text
    assert "3 new – show" in page
    assert 'href="/orders/5001?every=true"' in page
    assert whole(otto)["happened"] == shown["happened"] + 3
    assert otto.get("/orders/5001/news").status_code == 400


def test_what_the_shop_is_told_is_news_of_the_order_too(otto: Visitor, world: World) -> None:
    heard_and_sold(world)
    before = whole(otto)["happened"]
    with world.engine.begin() as connection:
        wanted.want(connection, world.connection.id, records.ORDER_STATUS, ["5001"])
        told = wanted.status_of(connection, world.record(5001))
    assert told is not None
    world.work(told.id)
    assert whole(otto)["happened"] == before + 1
    assert "1 new – show" in otto.get(f"/orders/5001/news?than={before}").text


def test_news_of_an_order_of_other_connections_are_not_there(stranger: Visitor, world: World) -> None:
    heard_and_sold(world)
    assert stranger.get("/orders/5001/news?than=0").status_code == 404


def calls_of(order: Any, system: str = "netsuite") -> list[Any]:
    return [call for entry in order["line"] for call in entry["calls"] if call["system"] == system]


def test_each_call_leads_to_what_it_wrote_and_a_refused_one_says_why(otto: Visitor, world: World) -> None:
    world.account.faults.add({"kind": "status_before", "method": "POST", "path": "salesOrder", "status": 400})
    record_id = heard_and_sold(world, note="for Ada")
    order = whole(otto)
    (refused,) = [call for call in calls_of(order) if call["status"] == 400]
    written = next(entry for entry in order["line"] if entry["title"] == "sales order")
    assert (refused["method"], refused["effect"], refused["details"]) == ("POST", written["key"], written["details"])
    assert "An unexpected error occurred" in refused["answer"]
    assert "An unexpected error occurred" in otto.reads("/orders/1001")
    assert f'href="{refused["details"]}"' in otto.get("/orders/1001").text
    world.work(world.announce(5001))
    assert [call["answer"] for call in calls_of(whole(otto)) if call["status"] < 400 and call["answer"]] == []
    assert otto.get(refused["details"]).status_code == 200
    assert record_id == world.record(5001).id


def test_a_read_says_what_it_asked_for(otto: Visitor, world: World) -> None:
    rules = factories.rules_json(tax={"mode": "netsuite_computes"})
    with world.engine.begin() as connection:
        connections.change_rules(connection, world.connection, Rules.from_json(rules).to_json(), actor="t", note="t")
    world.runtime = another_runtime(world)
    heard_and_sold(world)
    order = whole(otto)
    (read,) = [call for call in calls_of(order) if call["method"] == "GET"]
    written = next(entry for entry in order["line"] if entry["title"] == "sales order")
    assert (read["asked"], read["effect"]) == (f"salesOrder/{written['remote_id']}", written["key"])
    assert next(call["path"] for call in calls_of(order, "shopify")) == "OrderById"
    asked = [call["asked"] for call in calls_of(order) if call["path"] == "suiteql"]
    assert asked
    assert all(asked), asked


def test_what_went_well_is_kept_in_few_bytes(world: World) -> None:
    heard_and_sold(world)
    with world.engine.begin() as connection:
        (attempt,) = attempts.of_record(connection, world.record(5001).id)
    for call in attempt.calls:
        assert set(call) <= {"system", "method", "path", "status", "ms", "asked", "effect"}
        assert len(json.dumps(call)) < 200, call


def payments_of(otto: Visitor, name: str = "5001") -> Any:
    return otto.json(f"/orders/{name}/money")["payments"]


def moved(paid: Any) -> list[tuple[Any, ...]]:
    return [(one["what"], one["shopify"], one["document"], one["netsuite"], one["difference"]) for one in paid["lines"]]


def test_each_payment_and_refund_stands_beside_its_document(otto: Visitor, world: World) -> None:
    order = rest_order(5001, quantity=2)
    world.sell(order)
    unwritten = payments_of(otto)
    assert moved(unwritten) == [("sale", "40.00", None, None, "40.00")]
    assert (unwritten["paid"], unwritten["shipped"]) == ("paid", "unfulfilled")
    assert "nothing stands there yet" in otto.reads("/orders/5001/money")
    world.work(world.announce(5001))
    happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}])
    paid = payments_of(otto)
    assert moved(paid) == [
        ("sale", "40.00", "customer deposit", "40.00", "0.00"),
        ("refund", "-20.00", "customer refund", "-20.00", "0.00"),
    ]
    assert (paid["shopify"], paid["netsuite"], paid["difference"]) == ("20.00", "20.00", "0.00")
    assert paid["paid"] == "partially refunded"
    page = otto.reads("/orders/1001/money")
    for words in ("Customer deposit", "Customer refund", "partially refunded"):
        assert words in page


def test_a_refund_that_netsuite_has_not_is_a_difference(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    act(world.shop, {"act": "refund", "order_id": 5001, "at": "2026-11-21T10:00:00-05:00", "lines": [
        {"line_id": 50010, "quantity": 1, "restock_type": "cancel"}]})  # fmt: skip
    paid = payments_of(otto)
    assert moved(paid)[1:] == [("refund", "-20.00", None, None, "-20.00")]
    assert paid["difference"] == "-20.00"
