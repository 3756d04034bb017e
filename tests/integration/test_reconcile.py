"""Every order of the shop is accounted for, and its money is the same on both sides; what differs is named with its cause."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, update

from connector.flows import proving
from connector.flows.ledger_causes import Cause
from connector.flows.ledger_names import NOT_ASKED, UNLISTED
from connector.flows.proof_document import document as proof_document
from connector.flows.proving import Proof, proof
from connector.flows.reconciling import reconcile
from connector.sandbox.netsuite.accountant import act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store.connection_tables import connections
from connector.store.tables import records
from tests import factories
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.scheduling import run_everywhere
from tests.world import World, opened_world

OURS = f"SHOPIFY-{factories.SHOP_ID}"


def began(world: World) -> World:
    """The connection has been there for long."""
    with world.engine.begin() as connection:
        connection.execute(update(connections).values(created_at=now() - timedelta(days=60)))
    return world


@pytest.fixture
def world(world: World) -> World:
    """The world, for two months."""
    return began(world)


def order_of(number: int, *, hours: float = 30, **changes: Any) -> dict[str, Any]:
    """An order of so many hours ago."""
    moment = (now() - timedelta(hours=hours)).isoformat()
    return rest_order(number, created_at=moment, processed_at=moment, updated_at=moment, **changes)


def sold(world: World, number: int, **changes: Any) -> None:
    """An order is placed, announced and worked on."""
    world.work(world.sell(order_of(number, **changes)))


def proved(world: World) -> Proof:
    """The proof of the last 30 days."""
    systems = world.runtime.open_systems(world.connection.id)
    return proof(systems, world.runtime, proving.window(systems.rules, since=None, until=None, now=now()))


def places(found: Proof) -> dict[str, str]:
    """Where each order is, by name."""
    return {one.order.placed.name: one.place.value for one in found.orders}


def causes(found: Proof) -> dict[str, Cause]:
    """The cause of each difference, by the order's name."""
    return {one.name: one.cause for one in found.differences}


def document(world: World, external_id: str) -> Mapping[str, Any]:
    """What stands in the account under an external id."""
    return next(item for item in world.transactions() if item["external_id"] == external_id)


def test_orders_and_money_that_agree_leave_nothing_to_say(world: World) -> None:
    for number in (5001, 5002, 5003):
        sold(world, number)
    found = proved(world)
    assert found.is_explained
    assert set(places(found).values()) == {"written"}
    assert (found.findings, found.differences, found.gaps) == ([], [], [])
    (row,) = found.rows
    assert (row.currency, row.gateway, row.difference) == ("USD", "shopify_payments", Decimal(0))
    assert row.shopify.net == row.netsuite.net == Decimal("60.00")


def test_an_order_nobody_told_us_of_is_unknown_and_given_to_catch_up(world: World) -> None:
    sold(world, 5001)
    order = order_of(5002)
    world.shop.put_order(order, [payment(order)])
    found = proved(world)
    assert places(found) == {"#1001": "written", "#1002": "unknown"}
    assert causes(found) == {"#1002": Cause.UNKNOWN}
    assert not found.is_explained
    woken: list[int] = []
    systems = world.runtime.open_systems(world.connection.id)
    counts = reconcile(systems, world.runtime, woken.append)
    assert (counts["orders"], counts["unknown"], counts["hinted"]) == (2, 1, 1)
    world.work(woken[0])
    assert proved(world).is_explained


def test_an_order_of_a_moment_ago_is_waited_for(world: World) -> None:
    order = order_of(5001, hours=0.1)
    world.shop.put_order(order, [payment(order)])
    found = proved(world)
    assert places(found) == {"#1001": "pending"}
    assert causes(found) == {"#1001": Cause.WAITING}
    assert found.is_explained


def test_an_announced_order_no_worker_has_taken_for_long_is_unknown(world: World) -> None:
    world.sell(order_of(5001))
    assert places(proved(world)) == {"#1001": "pending"}
    with world.engine.begin() as connection:
        an_hour_ago = now() - timedelta(hours=1)
        connection.execute(update(records).values(changed_at=an_hour_ago, next_attempt_at=an_hour_ago))
    found = proved(world)
    assert places(found) == {"#1001": "unknown"}
    assert "no worker" in found.findings[0].sentence


def test_an_order_that_was_let_go_and_stands_all_the_same_is_named(world: World) -> None:
    sold(world, 5001)
    with world.engine.begin() as connection:
        connection.execute(
            update(records).values(state="excluded", reason="#1001 was cancelled before it reached NetSuite")
        )
    found = proved(world)
    assert (places(found), found.is_explained) == ({"#1001": "excluded"}, False)
    (named,) = found.findings
    assert "it is left out (#1001 was cancelled before it reached NetSuite); NetSuite has" in named.sentence


def test_orders_from_before_the_connection_are_left_out_by_that_reason(world: World) -> None:
    order = order_of(5001)
    world.shop.put_order(order, [payment(order)])
    with world.engine.begin() as connection:
        connection.execute(update(connections).values(created_at=now() - timedelta(hours=1)))
    found = proved(world)
    assert places(found) == {"#1001": "excluded"}
    assert "history import" in found.orders[0].why
    assert found.is_explained


def test_a_deposit_deleted_in_netsuite_is_named(world: World) -> None:
    sold(world, 5001)
    key = f"{OURS}-TXN-85001"
    act(world.account, {"act": "delete", "record": document(world, key)["id"], "type": "customerDeposit"})
    found = proved(world)
    assert places(found) == {"#1001": "written"}
    assert causes(found) == {"#1001": Cause.DELETED}
    assert key in found.findings[0].sentence
    assert found.rows[0].difference == Decimal("-20.00")


def test_a_sales_order_doubled_by_hand_is_found_by_either_form_of_its_id(world: World) -> None:
    sold(world, 5001)
    sold(world, 5002)
    line = {"item": {"id": "812"}, "quantity": 1, "rate": 20}
    fields = {"entity": {"id": "1456"}, "item": {"items": [line]}, "location": {"id": "2"}, "subsidiary": {"id": "1"}}
    today = now().strftime("%Y-%m-%d")
    entered = fields | {"externalId": f"{OURS}-SALE-5001", "tranDate": today}
    act(world.account, {"act": "enter", "fields": entered})
    act(world.account, {"act": "enter", "fields": fields | {"externalId": "SHOP_5002", "otherRefNum": "#1002"}})
    found = proved(world)
    assert [finding.name for finding in found.findings] == ["#1001", "#1002"]
    assert "2 documents" in found.findings[0].sentence
    assert "SHOP_5002" in found.findings[1].sentence


def test_the_money_of_a_held_order_is_missing_for_that_reason(world: World) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="NOBODY-KNOWS")
    found = proved(world)
    assert places(found) == {"#1001": "written", "#1002": "held"}
    assert causes(found) == {"#1002": Cause.HELD}
    assert "NOBODY-KNOWS" in found.differences[0].why
    assert found.is_explained
    assert found.rows[0].difference == Decimal("-20.00")


def test_gaps_in_the_names_are_explained_by_what_was_heard(world: World) -> None:
    for number in (5001, 5002, 5006):
        sold(world, number)
    world.shop.remove_order(5002)
    found = proved(world)
    assert [(gap.first, gap.last, gap.count, gap.cause) for gap in found.gaps] == [
        ("#1002", "#1002", 1, "deleted"),
        ("#1003", "#1005", 3, "not in Shopify"),
    ]
    assert found.unexplained_gaps == []


def test_a_name_of_other_days_is_told_from_one_that_nobody_can_answer_for(world: World) -> None:
    for number in (5001, 5003):
        sold(world, number)
    world.shop.put_order(order_of(5002, hours=40 * 24), [])
    found = proved(world)
    (gap,) = found.gaps
    assert (gap.first, gap.cause, gap.is_explained, found.is_explained) == ("#1002", "other days", True, True)
    for cause in (UNLISTED, NOT_ASKED):
        doubtful = replace(found, gaps=[replace(gap, cause=cause)])
        assert (doubtful.is_explained, proof_document(doubtful)["explained"]) == (False, False)


def test_money_is_told_apart_by_currency_and_gateway(world: World) -> None:
    sold(world, 5001)
    euros = order_of(5002, currency="EUR", presentment_currency="EUR")
    card = payment(euros, amount="12.00")
    gift = payment(euros, number=95_002, amount="8.00", gateway="gift_card")
    world.work(world.sell(euros, card, gift))
    found = proved(world)
    assert found.is_explained
    assert {(row.currency, row.gateway, str(row.shopify.net), row.difference) for row in found.rows} == {
        ("USD", "shopify_payments", "20.00", Decimal(0)),
        ("EUR", "shopify_payments", "12.00", Decimal(0)),
        ("EUR", "gift_card", "8.00", Decimal(0)),
    }


def test_a_deposit_changed_or_entered_by_hand_is_said_to_be(world: World) -> None:
    sold(world, 5001)
    sold(world, 5002)
    deposit = document(world, f"{OURS}-TXN-85001")
    fields = {"payment": 15}
    act(world.account, {"act": "edit", "record": deposit["id"], "type": "customerDeposit", "fields": fields})
    found = proved(world)
    assert causes(found) == {"#1001": Cause.BY_HAND}
    assert found.is_explained


def test_a_cash_sale_stands_for_all_payments_of_its_order(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(orders={"cash_sale_sources": ["pos"]})
    with opened_world(database, redis_url, rules=rules) as world:
        began(world)
        order = order_of(5001, source_name="pos")
        gift = payment(order, number=95_001, amount="8.00", gateway="gift_card")
        world.work(world.sell(order, payment(order, amount="12.00"), gift))
        found = proved(world)
        assert document(world, f"{OURS}-SALE-5001")
        assert (found.is_explained, found.differences) == (True, [])
        assert {row.gateway: int(row.netsuite.net) for row in found.rows} == {"shopify_payments": 12, "gift_card": 8}


def refunded(world: World, number: int) -> None:
    """The mug of an order comes back for its money."""
    line = {"line_id": number * 10, "quantity": 1, "restock_type": "return", "location_id": 655441491}
    shop_act(world.shop, {"act": "fulfill", "order_id": number})
    shop_act(world.shop, {"act": "refund", "order_id": number, "lines": [line]})
    world.work(world.announce(number))
    assert world.record(number).state == "in_sync", world.record(number).reason


def test_money_that_went_back_is_set_against_what_netsuite_gave_back(world: World) -> None:
    sold(world, 5001)
    refunded(world, 5001)
    found = proved(world)
    assert found.differences == []
    assert sum(row.netsuite.refunded for row in found.rows) == sum(row.shopify.refunded for row in found.rows) == 20
    (refund,) = world.transactions("CustRfnd")
    act(world.account, {"act": "delete", "record": refund["id"], "type": "customerRefund"})
    (difference,) = proved(world).differences
    assert (difference.shopify, difference.netsuite, difference.cause) == (Decimal("-20.00"), None, Cause.DELETED)


def test_a_cash_refund_stands_for_the_money_of_its_refund(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(orders={"cash_sale_sources": ["pos"]})
    with opened_world(database, redis_url, rules=rules) as world:
        began(world)
        sold(world, 5001, source_name="pos")
        refunded(world, 5001)
        assert [item["type"] for item in world.transactions()] == ["CashSale", "CashRfnd"]
        found = proved(world)
        assert (found.is_explained, found.differences) == (True, [])
        assert sum(row.netsuite.refunded for row in found.rows) == 20


def test_money_of_a_closed_period_is_on_another_day_for_that_reason(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(books={"closed_period": "today"})
    with opened_world(database, redis_url, rules=rules) as world:
        began(world)
        closed = (now() - timedelta(days=5)).strftime("%Y-%m-%d")
        act(world.account, {"act": "close_period", "from": "2026-01-01", "to": closed})
        sold(world, 5001, hours=24 * 8)
        found = proved(world)
        assert causes(found) == {"#1001": Cause.CLOSED_PERIOD}
        assert found.is_explained
        assert [row.difference for row in found.rows] == [-20, 20]


def test_an_order_of_ours_in_netsuite_that_shopify_does_not_have_is_named(world: World) -> None:
    sold(world, 5001)
    sold(world, 5003)
    day = (now() - timedelta(days=3)).strftime("%Y-%m-%d")
    fields = {"entity": {"id": "1456"}, "location": {"id": "2"}, "subsidiary": {"id": "1"}, "tranDate": day}
    fields |= {"item": {"items": [{"item": {"id": "812"}, "quantity": 1, "rate": 20}]}}
    act(world.account, {"act": "enter", "fields": fields | {"externalId": f"{OURS}-ORDER-5002"}})
    (finding,) = proved(world).findings
    assert "Shopify lists no such order" in finding.sentence
    assert f"{OURS}-ORDER-5002" in finding.sentence


def test_three_hundred_orders_take_the_same_calls_whatever_differs(world: World) -> None:
    sold(world, 5001)
    assert _calls(world) == {"shop": 1, "account": 1}
    for number in range(5002, 5301):
        order = order_of(number)
        world.shop.put_order(order, [payment(order)])
    assert _calls(world) == {"shop": 3, "account": 1}
    assert len(proved(world).differences) == 299


def _calls(world: World) -> dict[str, int]:
    shop, account = world.shop.operations["OrdersWithPayments"], len(world.account.calls)
    proved(world)
    suiteql = [call for call in list(world.account.calls)[account:] if call.path.endswith("suiteql")]
    return {"shop": world.shop.operations["OrdersWithPayments"] - shop, "account": len(suiteql)}


def test_the_command_shows_it_and_says_by_its_exit_whether_all_is_explained(world: World, run: Any) -> None:
    sold(world, 5001)
    proved(world)
    fine = run("reconcile", "--json")
    assert (fine.exit_code, json.loads(fine.stdout)["places"]["written"]) == (0, 1)
    order = order_of(5002)
    world.shop.put_order(order, [payment(order)])
    shown = run("reconcile", "us-store")
    assert shown.exit_code == 1
    assert "UNEXPLAINED #1002: nobody told us of it" in shown.stdout
    sheet = run("reconcile", "--csv").stdout.splitlines()
    assert sheet[0].startswith("day,currency,gateway,shopify_captured")
    assert len(sheet) == 2
    assert "no connection named" in str(run("reconcile", "nobody").exception)
    assert run("reconcile", "--since", "2026-01-02", "--until", "2026-01-01").exit_code != 0


def test_the_nightly_run_writes_its_counts_down(world: World) -> None:
    sold(world, 5001)
    proved(world)
    counts = run_everywhere(world.runtime, "orders.reconcile", now=now())
    assert (counts["orders"], counts["written"], counts["unexplained"]) == (1, 1, 0)


@pytest.mark.parametrize(("width", "shown"), [("100", "-20.00"), ("140", "refunded")])
def test_the_money_that_went_back_is_seen_on_both_sides_at_any_width(
    world: World, run: Any, monkeypatch: pytest.MonkeyPatch, width: str, shown: str
) -> None:
    sold(world, 5001)
    refunded(world, 5001)
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("FORCE_COLOR", "1")
    said = run("reconcile").stdout
    (line,) = [line for line in said.splitlines() if shown in line]
    assert line.count(shown) == 2
