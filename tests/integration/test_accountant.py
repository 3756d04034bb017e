"""What a person does in NetSuite meanwhile: we go on where the books allow it, ask where they do not, and never fight."""

from typing import Any

import pytest
from sqlalchemy import Engine

from tests import factories
from tests.integration.test_order_life import (
    NEW_LINE,
    ORDER,
    SHOP_SHIPS,
    accountant,
    due_now,
    happens,
    lines,
    placed,
    refreshed,
    sales_order,
    settled,
    written,
)
from tests.payloads import payment, rest_order
from tests.world import World, opened_world

Json = dict[str, Any]
RED, BLUE = 50010, 50011
TODAY = factories.rules_json(books={"closed_period": "today"})
UNTIL_OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
IN_OCTOBER = "2026-10-31T12:00:00-04:00"


def totals(world: World, kind: str) -> list[str]:
    """The totals of all documents of one kind."""
    return [item["total"] for item in world.transactions(kind)]


def held(world: World) -> str | None:
    """What the order is held for."""
    record = world.record(ORDER)
    assert record.state == "held", record.state
    return record.reason_subject


def back(line_id: int, restock: str = "return") -> Json:
    """One unit that comes back."""
    return {"line_id": line_id, "quantity": 1, "restock_type": restock, "location_id": 655441491}


def paid_in_october(world: World) -> int:
    """An order whose payment is dated in a period that is closed; its record."""
    accountant(world, "close_period", **UNTIL_OCTOBER)
    order = rest_order(ORDER, processed_at=IN_OCTOBER)
    return world.sell(order)


def test_a_payment_in_a_closed_period_is_held_with_period_and_rule(world: World) -> None:
    world.work(paid_in_october(world))
    assert held(world) == "rule:books.closed_period"
    reason = world.record(ORDER).reason or ""
    assert "2026-10-31" in reason
    assert 'rules.books.closed_period = "today"' in reason
    # A sales order posts nothing: it stands.
    assert (totals(world, "SalesOrd"), totals(world, "CustDep")) == (["20"], [])


def test_a_payment_that_was_held_is_booked_when_the_period_is_opened_again(world: World) -> None:
    record_id = paid_in_october(world)
    world.work(record_id)
    world.account.change({"closed_periods": []})
    due_now(world)
    (deposit,) = world.transactions("CustDep")
    assert (deposit["date"], world.record(ORDER).state) == ("2026-10-31", "in_sync")


def test_by_rule_a_payment_in_a_closed_period_is_dated_today_and_says_so(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TODAY) as world:
        world.work(paid_in_october(world))
        (deposit,) = world.transactions("CustDep")
        assert deposit["date"] > "2026-10-31"
        assert "(dated 2026-10-31 in Shopify)" in deposit["memo"]
        assert world.record(ORDER).state == "in_sync"
        assert "is dated today" in (world.record(ORDER).reason or "")
        world.account.calls.clear()
        due_now(world)
        assert world.calls() == []


def test_by_rule_a_refund_in_a_closed_period_is_dated_today(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TODAY) as world:
        placed(world)
        accountant(world, "close_period", **UNTIL_OCTOBER)
        happens(world, "refund", lines=[back(RED, "cancel")], at=IN_OCTOBER)
        (refund,) = world.transactions("CustRfnd")
        assert (refund["total"], refund["date"] > "2026-10-31") == ("20", True)
        assert "(dated 2026-10-31 in Shopify)" in refund["memo"]


def test_a_refund_in_a_closed_period_is_held_and_the_order_is_lowered(world: World) -> None:
    placed(world)
    accountant(world, "close_period", **UNTIL_OCTOBER)
    happens(world, "refund", lines=[back(RED, "cancel")], at=IN_OCTOBER)
    assert held(world) == "rule:books.closed_period"
    assert (totals(world, "CustRfnd"), sales_order(world)["total"]) == ([], "40")


def test_a_shipment_in_a_closed_period_is_not_taken_out_of_it_even_by_rule(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS | {"books": {"closed_period": "today"}}) as world:
        placed(world)
        happens(world, "fulfill", at=IN_OCTOBER)
        accountant(world, "close_period", **UNTIL_OCTOBER)
        order = world.shop.order(ORDER)
        assert order is not None
        happens(world, "cancel_fulfillment", fulfillment_id=order[0]["fulfillments"][0]["id"])
        assert held(world) == "rule:books.closed_period"
        assert "open the period" in (world.record(ORDER).reason or "")
        assert len(world.transactions("ItemShip")) == 1


def test_a_memo_that_is_a_persons_by_rule_stays_when_the_note_changes(database: Engine, redis_url: str) -> None:
    owned = ["lines", "shippingAddress"]
    with opened_world(database, redis_url, rules=factories.rules_json(orders={"owned_fields": owned})) as world:
        order = placed(world)
        accountant(world, "edit", record=sales_order(world)["id"], fields={"memo": "fragile"})
        address = order["shipping_address"] | {"city": "Shelbyville"}
        happens(world, "update", changes={"note": "ring twice", "shipping_address": address})
        assert sales_order(world)["memo"] == "fragile"
        assert written(world) == ["PATCH salesOrder"]


def test_a_price_a_person_changed_stays_when_another_line_changes(world: World) -> None:
    placed(world)
    fields = {"item": {"items": [{"line": 1, "rate": 19, "amount": 38}]}}
    accountant(world, "edit", record=sales_order(world)["id"], fields=fields)
    happens(world, "edit", changes=[{"set_quantity": {"line_id": BLUE, "quantity": 3}}])
    assert [line["amount"] for line in sales_order(world)["item_lines"]] == ["38", "30"]


def test_after_a_part_was_shipped_by_hand_the_other_line_still_follows(world: World) -> None:
    placed(world)
    accountant(world, "fulfill", order=sales_order(world)["id"], lines=[{"line": 1, "quantity": 2}])
    happens(world, "edit", changes=[{"set_quantity": {"line_id": BLUE, "quantity": 1}}])
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert lines(world) == [("812", "2", False), ("813", "1", False)]


def test_what_was_billed_in_part_is_credited_where_it_was_shipped(world: World) -> None:
    placed(world)
    order_id = sales_order(world)["id"]
    accountant(world, "bill", order=order_id, lines=[{"line": 1, "quantity": 2}])
    refreshed(world)
    happens(world, "fulfill", lines=[{"line_id": RED, "quantity": 2}])
    happens(world, "refund", lines=[back(RED)])
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == (["20"], ["20"])


def test_units_that_never_ship_of_an_order_billed_in_part_are_asked_about_with_the_figures(world: World) -> None:
    placed(world)
    accountant(world, "bill", order=sales_order(world)["id"], lines=[{"line": 1, "quantity": 2}])
    refreshed(world)
    happens(world, "fulfill", lines=[{"line_id": RED, "quantity": 2}])
    happens(world, "refund", lines=[back(BLUE, "cancel")])
    assert held(world) == "order:refund_partly_billed"
    assert "invoice" in (world.record(ORDER).reason or "")
    assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == ([], [])


def test_an_order_billed_in_two_ways_is_asked_about(world: World) -> None:
    placed(world)
    order_id = sales_order(world)["id"]
    accountant(world, "bill", order=order_id, lines=[{"line": 1, "quantity": 2}])
    accountant(world, "bill", order=order_id, **{"as": "cashSale"})
    refreshed(world)
    happens(world, "fulfill")
    happens(world, "refund", lines=[back(RED)])
    assert held(world) == "order:refund_partly_billed"
    reason = world.record(ORDER).reason or ""
    assert "invoice" in reason
    assert "cash_sale" in reason
    assert totals(world, "CustRfnd") == []


def test_a_credit_goes_to_the_bill_that_came_between_reading_and_writing(world: World) -> None:
    placed(world)
    order_id = sales_order(world)["id"]
    accountant(world, "bill", order=order_id)
    happens(world, "fulfill")
    happens(world, "refund", lines=[back(BLUE)])
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == (["10"], ["10"])


WITH_ADJUSTMENTS = factories.rules_json(refunds={"adjustment_item": "912"})


def billed_after(world: World, document: str) -> None:
    """The warehouse ships, goods come back, then the accountant bills the order; we hear of the bill."""
    accountant(world, "fulfill", order=sales_order(world)["id"])
    happens(world, "fulfill")
    happens(world, "refund", lines=[back(RED)])
    accountant(world, "bill", order=sales_order(world)["id"], **{"as": document})
    refreshed(world)
    assert world.record(ORDER).state == "pending"
    world.work(world.record(ORDER).id)


def test_a_cash_sale_of_what_came_back_before_is_asked_about_once_it_is_heard_of(world: World) -> None:
    placed(world)
    billed_after(world, "cashSale")
    for _ in range(2):
        assert held(world) == "order:refunded_before_cash_sale"
        assert (totals(world, "CustRfnd"), totals(world, "CashRfnd")) == (["20"], [])
        due_now(world)


def test_an_invoice_of_what_came_back_before_is_lowered_once_it_is_heard_of(world: World) -> None:
    placed(world)
    billed_after(world, "invoice")
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    (memo,), (invoice,) = world.transactions("CustCred"), world.transactions("CustInvc")
    assert (memo["total"], memo["unapplied"], invoice["remaining"]) == ("20", "0", "0")
    assert totals(world, "CustRfnd") == ["20"]
    world.account.calls.clear()
    due_now(world)
    assert written(world) == []


def test_a_cash_sale_that_the_mirror_did_not_know_yet_is_asked_about(world: World) -> None:
    placed(world)
    happens(world, "fulfill")
    accountant(world, "bill", order=sales_order(world)["id"], **{"as": "cashSale"})
    happens(world, "refund", lines=[back(RED)])
    assert world.record(ORDER).state == "in_sync"
    refreshed(world)
    world.work(world.record(ORDER).id)
    assert held(world) == "order:refunded_before_cash_sale"
    assert (totals(world, "CustRfnd"), totals(world, "CashRfnd")) == (["20"], [])


@pytest.mark.parametrize(
    ("document", "refunds"),
    [("cashSale", {"CashRfnd": ["7.5"]}), ("invoice", {"CustCred": ["7.5"], "CustRfnd": ["7.5"]})],
)
def test_money_alone_goes_against_a_bill_that_the_mirror_did_not_know_yet(
    database: Engine, redis_url: str, document: str, refunds: dict[str, list[str]]
) -> None:
    with opened_world(database, redis_url, rules=WITH_ADJUSTMENTS) as world:
        placed(world)
        accountant(world, "bill", order=sales_order(world)["id"], **{"as": document})
        happens(world, "refund", amount="7.50")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        found = {kind: totals(world, kind) for kind in ("CashRfnd", "CustCred", "CustRfnd")}
        assert {kind: amounts for kind, amounts in found.items() if amounts} == refunds


def test_a_refund_of_stock_only_after_billing_credits_nothing(world: World) -> None:
    placed(world)
    accountant(world, "bill", order=sales_order(world)["id"])
    refreshed(world)
    happens(world, "fulfill")
    happens(world, "refund", lines=[back(BLUE)], amount="0.00")
    record = world.record(ORDER)
    assert record.state == "in_sync" or record.reason_subject == "rule:refunds.adjustment_item", record.reason
    assert (totals(world, "CustCred"), totals(world, "CustRfnd")) == ([], [])


def test_an_order_a_person_closed_is_not_opened_again(world: World) -> None:
    placed(world)
    accountant(world, "close_order", order=sales_order(world)["id"])
    happens(world, "edit", changes=[{"add_line": NEW_LINE}])
    assert held(world) == "order:changed_too_late"
    assert "closed" in (world.record(ORDER).reason or "")
    assert lines(world) == [("812", "2", True), ("813", "2", True)]


@pytest.mark.parametrize("quantity", [1, 3])
def test_a_quantity_of_an_order_a_person_closed_is_asked_about_and_not_sent(world: World, quantity: int) -> None:
    placed(world)
    accountant(world, "close_order", order=sales_order(world)["id"])
    happens(world, "edit", changes=[{"set_quantity": {"line_id": RED, "quantity": quantity}}])
    assert held(world) == "order:changed_too_late"
    assert lines(world) == [("812", "2", True), ("813", "2", True)]
    assert written(world) == ["GET salesOrder"]


def test_a_quantity_of_a_line_a_person_closed_is_asked_about_and_the_other_line_follows(world: World) -> None:
    placed(world)
    fields = {"item": {"items": [{"line": 1, "isClosed": True}]}}
    accountant(world, "edit", record=sales_order(world)["id"], fields=fields)
    happens(world, "edit", changes=[{"set_quantity": {"line_id": BLUE, "quantity": 3}}])
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert lines(world) == [("812", "2", True), ("813", "3", False)]
    happens(world, "edit", changes=[{"set_quantity": {"line_id": RED, "quantity": 3}}])
    assert held(world) == "order:changed_too_late"
    assert "line 1 was closed" in (world.record(ORDER).reason or "")
    assert lines(world) == [("812", "2", True), ("813", "3", False)]


@pytest.mark.parametrize("units", [1, 2])
def test_money_of_an_order_a_person_closed_still_goes_back(world: World, units: int) -> None:
    placed(world)
    accountant(world, "close_order", order=sales_order(world)["id"])
    happens(world, "refund", lines=[back(RED, "cancel") | {"quantity": units}])
    assert totals(world, "CustRfnd") == [str(20 * units)]
    assert all(closed for _, _, closed in lines(world))


def test_an_order_a_person_deleted_is_not_made_again(world: World) -> None:
    order = rest_order(ORDER, total="60.00", financial_status="authorized")
    placed(world, payment(order, kind="authorization"), financial_status="authorized")
    accountant(world, "delete", record=sales_order(world)["id"])
    for _ in range(2):
        happens(world, "capture", amount="30.00")
        assert held(world) == "order:deleted_in_netsuite"
        assert "deleted in NetSuite" in (world.record(ORDER).reason or "")
    happens(world, "update", changes={"note": "ring twice"})
    assert held(world) == "order:deleted_in_netsuite"
    assert world.transactions() == []


def second_order(world: World, **changes: Any) -> str:
    """The same buyer orders again; what becomes of it."""
    customer = {"id": 7012, "first_name": "Known", "last_name": "Buyer", "email": "known@example.com"}
    world.work(world.sell(rest_order(ORDER + 1, customer=customer, **changes)))
    return world.record(ORDER + 1).state


def test_a_customer_who_was_merged_into_another_is_found_again(world: World) -> None:
    world.account.add_customers([{"id": "1457", "email": "other@example.com", "subsidiary": "1"}])
    placed(world)
    accountant(world, "edit", type="customer", record="1457", fields={"email": "known@example.com"})
    accountant(world, "merge_customers", **{"from": "1456", "to": "1457"})
    assert second_order(world) == "in_sync", world.record(ORDER + 1).reason
    assert {item["entity"] for item in world.transactions("SalesOrd")} == {"1457"}
    assert len(world.account.ledger()["customers"]) == 2


def test_a_later_payment_of_an_order_whose_customer_was_merged_goes_to_the_other(world: World) -> None:
    world.account.add_customers([{"id": "1457", "email": "other@example.com", "subsidiary": "1"}])
    order = rest_order(ORDER, total="60.00", financial_status="authorized")
    placed(world, payment(order, kind="authorization"), financial_status="authorized")
    accountant(world, "edit", type="customer", record="1457", fields={"email": "known@example.com"})
    accountant(world, "merge_customers", **{"from": "1456", "to": "1457"})
    happens(world, "capture", amount="60.00")
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert [item["entity"] for item in world.transactions("CustDep")] == ["1457"]


def test_a_customer_who_was_made_inactive_is_neither_used_nor_doubled(world: World) -> None:
    placed(world)
    accountant(world, "deactivate_customer", customer="1456")
    assert second_order(world) == "held"
    record = world.record(ORDER + 1)
    assert (record.reason_code, record.reason_subject) == ("needs_decision", "customer:7012")
    assert "1456" in (record.reason or "")
    assert "inactive" in (record.reason or "")
    assert len(world.account.ledger()["customers"]) == 2
    settled(world)
    accountant(world, "edit", type="customer", record="1456", fields={"isInactive": False})
    world.work(world.announce(ORDER + 1))
    assert world.record(ORDER + 1).state == "in_sync", world.record(ORDER + 1).reason


@pytest.mark.parametrize("act", ["bill", "fulfill", "close_order"])
def test_an_update_that_changes_nothing_writes_nothing_whatever_the_person_did(world: World, act: str) -> None:
    placed(world)
    accountant(world, act, order=sales_order(world)["id"])
    refreshed(world)
    world.account.calls.clear()
    happens(world, "update", changes={"phone": "+15555550123"})
    assert (world.record(ORDER).state, written(world)) == ("in_sync", [])
