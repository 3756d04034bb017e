"""What NetSuite says of an order reaches the shop: paid, captured, cancelled; once, and its echo books nothing twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from connector.flows.orders_poll import poll
from connector.flows.process import Outcome, process
from connector.mapping.rules import Rules
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.sandbox.shopify.order_writes import run_jobs
from connector.store import connections, held
from connector.store.tables import effects, records
from tests import factories
from tests.office import opened_office
from tests.payloads import payment, rest_line, rest_order
from tests.waiting import eventually
from tests.world import World, another_runtime, opened_world

Json = dict[str, Any]
ORDER = 5001
WRITTEN = ["PAID", "PARTIALLY_PAID", "AUTHORIZED", "PENDING"]
KNOWN = {"id": 7012, "first_name": "Known", "last_name": "Buyer", "email": "known@example.com"}


def rules(orders: Json | None = None, **status: Any) -> Json:
    """Rules by which open orders are written, and this is told to the shop."""
    wanted = {"financial_status": WRITTEN} | (orders or {})
    return factories.rules_json(orders=wanted, status={"write_back": "none"} | status)


@pytest.fixture
def told(database: Engine, redis_url: str) -> Iterator[World]:
    with opened_world(database, redis_url, rules=rules()) as world:
        yield world


@pytest.fixture
def capturing(database: Engine, redis_url: str) -> Iterator[World]:
    with opened_world(database, redis_url, rules=rules(capture=True)) as world:
        yield world


@pytest.fixture
def cancelling(database: Engine, redis_url: str) -> Iterator[World]:
    with opened_world(database, redis_url, rules=rules(closed="cancel")) as world:
        yield world


def placed(world: World, *payments: Json, **changes: Any) -> str:
    """Two red mugs and two blue ones for 60.00; the internal id of their sales order."""
    lines = [rest_line(50010, quantity=2), rest_line(50011, sku="MUG-BLUE", price="10.00", quantity=2)]
    wanted = {"total": "60.00", "line_items": lines, "customer": KNOWN, "financial_status": "pending"} | changes
    world.shop.put_order(rest_order(ORDER, **wanted), list(payments))
    world.work(world.announce(ORDER))
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    polled(world)
    return str(world.transactions("SalesOrd")[0]["id"])


def authorization(amount: str = "60.00", **changes: Any) -> Json:
    return payment(rest_order(ORDER), kind="authorization", amount=amount, number=85001) | changes


def accountant(world: World, verb: str, **asked: Any) -> Json:
    return account_act(world.account, {"act": verb, **asked})


def billed(world: World, order_id: str, *, paid: bool = True, **asked: Any) -> str:
    """An invoice over the whole order or `lines` of it; its id."""
    invoice = str(accountant(world, "bill", order=order_id, **asked)["id"])
    if paid:
        accountant(world, "pay", invoice=invoice)
    return invoice


def polled(world: World) -> list[Outcome | None]:
    """One run of orders.poll, and the worker that is woken by it."""
    woken: list[int] = []
    world.shop.operations.clear()
    world.account.calls.clear()
    poll(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
    return [world.work(record_id) for record_id in woken]


def polled_without_work(world: World) -> None:
    """One run of orders.poll; no worker hears of it."""
    poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)


def worked(world: World) -> Outcome | None:
    """One more pass over the status, now."""
    with world.engine.begin() as connection:
        connection.execute(text("update records set next_attempt_at = now() where kind = 'order_status'"))
    return world.work(status(world).id)


def an_hour_later(world: World) -> None:
    """What was sent was sent an hour ago."""
    with world.engine.begin() as connection:
        connection.execute(effects.update().values(sent_at=effects.c.sent_at - timedelta(hours=1)))


def heard(world: World) -> None:
    """The webhooks that our own writes caused come, and a worker looks."""
    assert world.shop.news
    world.shop.news.clear()
    world.work(world.announce(ORDER))
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason


def status(world: World) -> Any:
    """The record of what the shop is told of the order."""
    with world.engine.begin() as connection:
        return connection.execute(select(records).where(records.c.kind == "order_status")).one()


def shown(world: World) -> Json:
    """The order by the shop's own ledger."""
    return dict(world.shop.ledger()["orders"][0])


def payments(world: World) -> list[tuple[str, str]]:
    """Kind and amount of each of the shop's transactions."""
    return [(item["kind"], item["amount"]) for item in shown(world)["transactions"]]


def wrote(world: World) -> Json:
    """How often each mutation was carried out since the last run began."""
    return {name: count for name, count in world.shop.operations.items() if name.startswith(("OrderM", "OrderC"))}


def books(world: World) -> Json:
    """The account's sums of money."""
    return dict(world.account.ledger()["money"])


def test_a_paid_invoice_marks_the_order_as_paid_once(told: World) -> None:
    billed(told, placed(told))
    assert [outcome and outcome.state for outcome in polled(told)] == ["in_sync"]
    assert payments(told) == [("sale", "60.00")]
    assert (shown(told)["financial_status"], wrote(told)) == ("paid", {"OrderMarkAsPaid": 1})
    assert polled(told) == []
    worked_again = told.work(status(told).id)
    assert (worked_again, payments(told)) == (None, [("sale", "60.00")])


def test_the_echo_of_our_own_marking_books_no_money_a_second_time(told: World) -> None:
    billed(told, placed(told))
    polled(told)
    before = books(told)
    told.account.calls.clear()
    heard(told)
    assert books(told) == before
    assert (before["payments"], before["deposits"]) == ({"USD": "60"}, {})
    assert told.calls() == []


def test_a_real_payment_beside_our_own_is_booked(told: World) -> None:
    billed(told, placed(told))
    polled(told)
    shop_act(told.shop, {"act": "pay", "order_id": ORDER, "amount": "5.00"})
    heard(told)
    assert books(told)["deposits"] == {"USD": "5"}


def test_a_cash_sale_is_paid_by_nature(told: World) -> None:
    accountant(told, "bill", order=placed(told), **{"as": "cashSale"})
    polled(told)
    assert shown(told)["financial_status"] == "paid"


def test_two_invoices_are_one_payment_when_both_are_paid(told: World) -> None:
    order_id = placed(told)
    billed(told, order_id, lines=[{"line": 1, "quantity": 2}])
    polled(told)
    assert (payments(told), status(told).state) == ([], "in_sync")
    second = billed(told, order_id, paid=False)
    polled(told)
    assert payments(told) == []
    accountant(told, "pay", invoice=second)
    polled(told)
    assert payments(told) == [("sale", "60.00")]


def test_what_was_paid_in_the_shop_is_counted(told: World) -> None:
    order_id = placed(told, payment(rest_order(ORDER), amount="20.00"), financial_status="partially_paid")
    billed(told, order_id)
    polled(told)
    assert payments(told) == [("sale", "20.00"), ("sale", "40.00")]
    heard(told)
    assert books(told)["deposits"] == {"USD": "20"}


def test_another_amount_is_held_with_both_figures_until_it_is_equal(told: World) -> None:
    order_id = placed(told)
    fields = {"item": {"items": [{"line": 1, "rate": 25, "amount": 50}]}}
    accountant(told, "edit", record=order_id, fields=fields)
    billed(told, order_id)
    polled(told)
    assert (status(told).state, status(told).reason_subject) == ("held", "order:paid_differently")
    assert "70 USD billed" in status(told).reason
    assert "60.00 USD are outstanding" in status(told).reason
    shop_act(told.shop, {"act": "pay", "order_id": ORDER, "gateway": "shopify_payments"})
    told.work(told.announce(ORDER))
    polled(told)
    assert (status(told).state, payments(told)) == ("in_sync", [("sale", "60.00")])


def test_a_credit_before_the_payment_is_counted(told: World) -> None:
    order_id = placed(told)
    invoice = billed(told, order_id, paid=False)
    polled(told)
    back = {"line_id": 50010, "quantity": 1, "restock_type": "return", "location_id": 655441491}
    shop_act(told.shop, {"act": "fulfill", "order_id": ORDER})
    shop_act(told.shop, {"act": "refund", "order_id": ORDER, "lines": [back]})
    told.work(told.announce(ORDER))
    assert books(told)["credits"] == {"USD": "20"}, told.record(ORDER).reason
    accountant(told, "pay", invoice=invoice)
    polled(told)
    assert payments(told) == [("sale", "40.00")]


def test_a_paid_invoice_never_captures_the_card(told: World) -> None:
    billed(told, placed(told, authorization(), financial_status="authorized"))
    polled(told)
    assert (status(told).state, status(told).reason_subject) == ("held", "order:paid_and_authorized")
    assert payments(told) == [("authorization", "60.00")]


def test_a_lost_answer_is_found_and_not_repeated(told: World) -> None:
    billed(told, placed(told))
    told.shop.change({"lose_answers": {"OrderMarkAsPaid": 1}})
    polled(told)
    assert status(told).state == "pending"
    before = books(told)
    heard(told)
    assert books(told) == before, "while it is in doubt"
    worked(told)
    assert (status(told).state, payments(told)) == ("in_sync", [("sale", "60.00")])
    told.work(told.announce(ORDER))
    assert books(told) == before


def test_what_was_not_carried_out_is_sent_again_when_it_cannot_be_at_work_any_more(told: World) -> None:
    billed(told, placed(told))
    polled_without_work(told)
    told.shop.change({"fail_operations": {"OrderMarkAsPaid": 1}})
    worked(told)
    assert (status(told).state, payments(told)) == ("pending", [])
    worked(told)
    assert (status(told).state, payments(told)) == ("pending", []), "it may still be at work"
    an_hour_later(told)
    worked(told)
    assert (status(told).state, payments(told)) == ("in_sync", [("sale", "60.00")])


def test_an_order_in_the_buyers_currency_is_marked(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=rules({"currency": "presentment"})) as world:
        both = {
            "shop_money": {"amount": "40.00", "currency_code": "USD"},
            "presentment_money": {"amount": "32.02", "currency_code": "GBP"},
        }
        price = {
            "shop_money": {"amount": "20.00", "currency_code": "USD"},
            "presentment_money": {"amount": "16.01", "currency_code": "GBP"},
        }
        line = rest_line(50010, quantity=2) | {"price_set": price}
        shown_totals = {name: both for name in ("total_price_set", "current_total_price_set")}
        order_id = placed(world, total="40.00", line_items=[line], presentment_currency="GBP", **shown_totals)
        billed(world, order_id)
        polled(world)
        assert payments(world) == [("sale", "32.02")]
        before = books(world)
        heard(world)
        assert books(world) == before


def test_an_authorised_card_is_captured_when_the_order_is_billed_and_the_money_is_a_deposit(capturing: World) -> None:
    billed(capturing, placed(capturing, authorization(), financial_status="authorized"), paid=False)
    polled(capturing)
    assert payments(capturing) == [("authorization", "60.00"), ("capture", "60.00")]
    heard(capturing)
    assert books(capturing)["deposits"] == {"USD": "60"}
    polled(capturing)
    assert len(payments(capturing)) == 2


def test_a_lost_answer_to_a_capture_is_found_and_not_repeated(capturing: World) -> None:
    billed(
        capturing, placed(capturing, authorization(multi_capturable=True), financial_status="authorized"), paid=False
    )
    capturing.shop.change({"lose_answers": {"OrderCapture": 1}})
    polled(capturing)
    worked(capturing)
    assert payments(capturing) == [("authorization", "60.00"), ("capture", "60.00")]
    assert status(capturing).state == "in_sync"


def test_a_part_that_is_billed_waits_where_the_card_can_be_captured_once(capturing: World) -> None:
    order_id = placed(capturing, authorization(), financial_status="authorized")
    billed(capturing, order_id, paid=False, lines=[{"line": 1, "quantity": 2}])
    polled(capturing)
    assert (len(payments(capturing)), status(capturing).state) == (1, "in_sync")
    assert "waits until the whole order is billed" in status(capturing).reason
    billed(capturing, order_id, paid=False)
    polled(capturing)
    assert payments(capturing)[1:] == [("capture", "60.00")]


def test_parts_are_captured_where_the_card_can_be_captured_in_parts(capturing: World) -> None:
    order_id = placed(capturing, authorization(multi_capturable=True), financial_status="authorized")
    billed(capturing, order_id, paid=False, lines=[{"line": 1, "quantity": 2}])
    polled(capturing)
    heard(capturing)
    assert payments(capturing)[1:] == [("capture", "40.00")]
    billed(capturing, order_id, paid=False)
    polled(capturing)
    heard(capturing)
    polled(capturing)
    assert payments(capturing)[1:] == [("capture", "40.00"), ("capture", "20.00")]
    assert books(capturing)["deposits"] == {"USD": "60"}


def test_no_more_is_captured_than_is_open_of_the_invoice_now(capturing: World) -> None:
    order_id = placed(capturing, authorization(), financial_status="authorized")
    invoice = billed(capturing, order_id, paid=False)
    accountant(capturing, "pay", invoice=invoice, amount=15)
    polled(capturing)
    assert payments(capturing)[1:] == [("capture", "45.00")]


def test_the_whole_is_captured_in_the_buyers_currency(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=rules(capture=True)) as world:
        both = {
            "shop_money": {"amount": "60.00", "currency_code": "USD"},
            "presentment_money": {"amount": "48.03", "currency_code": "GBP"},
        }
        totals = {name: both for name in ("total_price_set", "current_total_price_set")}
        card = authorization("48.03", currency="GBP")
        billed(
            world,
            placed(world, card, financial_status="authorized", presentment_currency="GBP", **totals),
            paid=False,
        )
        polled(world)
        assert payments(world)[1:] == [("capture", "48.03")]


def test_an_order_closed_in_netsuite_is_asked_about_until_the_shop_cancels_it(told: World) -> None:
    accountant(told, "close_order", order=placed(told))
    polled(told)
    assert (status(told).state, status(told).reason_subject) == ("held", "rule:status.closed")
    assert shown(told)["cancelled_at"] is None
    shop_act(told.shop, {"act": "cancel", "order_id": ORDER})
    told.work(told.announce(ORDER))
    polled(told)
    assert status(told).state == "in_sync"


def test_the_question_goes_on_when_the_rule_is_changed(told: World) -> None:
    accountant(told, "close_order", order=placed(told))
    polled(told)
    with told.engine.begin() as connection:
        stored = connections.by_id(connection, told.connection.id)
        wanted = Rules.from_json(rules(closed="cancel")).to_json()
        connections.change_rules(connection, stored, wanted, actor="test", note="", looked_up=None)
        assert held.release_unmapped(connection, told.connection.id) == 1
    assert process(status(told).id, another_runtime(told), worker="test") is not None
    worked(told)
    assert (shown(told)["cancel_reason"], status(told).state) == ("other", "in_sync")


def test_by_rule_an_order_closed_in_netsuite_is_left(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=rules(closed="leave")) as world:
        accountant(world, "close_order", order=placed(world))
        assert polled(world) == []


def test_by_rule_it_is_cancelled_and_the_echo_books_nothing(cancelling: World) -> None:
    accountant(cancelling, "close_order", order=placed(cancelling))
    polled(cancelling)
    worked(cancelling)
    assert (shown(cancelling)["cancel_reason"], status(cancelling).state) == ("other", "in_sync")
    before = books(cancelling)
    heard(cancelling)
    assert books(cancelling) == before
    assert [item["status"] for item in cancelling.transactions()] == ["H"]
    polled(cancelling)
    assert shown(cancelling)["acts"].count("cancel") == 1


def test_a_cancellation_that_takes_its_time_is_looked_after(cancelling: World) -> None:
    cancelling.shop.change({"slow_jobs": True})
    accountant(cancelling, "close_order", order=placed(cancelling))
    polled(cancelling)
    worked(cancelling)
    assert (status(cancelling).state, wrote(cancelling)) == ("pending", {"OrderCancel": 1, "OrderCancelJob": 1})
    run_jobs(cancelling.shop)
    worked(cancelling)
    assert (status(cancelling).state, wrote(cancelling)["OrderCancel"]) == ("in_sync", 1)


def test_a_cancellation_that_fails_is_held_with_what_shopify_says(cancelling: World) -> None:
    cancelling.shop.change({"slow_jobs": True})
    accountant(cancelling, "close_order", order=placed(cancelling))
    polled(cancelling)
    for job in cancelling.shop.jobs.values():
        error = {"code": "INVALID", "field": None, "message": "something is in the way"}
        job |= {"done": True, "status": "FAILED", "errors": [error]}
    worked(cancelling)
    assert (status(cancelling).state, wrote(cancelling)["OrderCancel"]) == ("held", 1)
    assert "something is in the way" in status(cancelling).reason


def test_what_was_paid_is_never_given_back_by_itself(cancelling: World) -> None:
    accountant(cancelling, "close_order", order=placed(cancelling, payment(rest_order(ORDER), amount="60.00")))
    polled(cancelling)
    assert (status(cancelling).state, status(cancelling).reason_subject) == ("held", "order:closed_in_netsuite")
    assert "60.00 USD were paid" in status(cancelling).reason
    assert shown(cancelling)["cancelled_at"] is None


def test_an_order_of_which_a_part_was_shipped_is_not_cancelled(cancelling: World) -> None:
    order_id = placed(cancelling)
    accountant(cancelling, "fulfill", order=order_id, lines=[{"line": 1, "quantity": 1}])
    accountant(cancelling, "close_order", order=order_id)
    polled(cancelling)
    assert (shown(cancelling)["cancelled_at"], status(cancelling).state) == (None, "in_sync")
    assert "a part of it was shipped" in status(cancelling).reason


def test_an_order_that_we_closed_ourselves_is_no_question(told: World) -> None:
    placed(told, payment(rest_order(ORDER), amount="60.00"), financial_status="paid")
    shop_act(told.shop, {"act": "cancel", "order_id": ORDER})
    told.work(told.announce(ORDER))
    polled(told)
    assert status(told).state == "in_sync"


def test_an_order_whose_lines_were_all_taken_off_in_the_shop_is_no_question(told: World) -> None:
    placed(told, payment(rest_order(ORDER), amount="60.00"), financial_status="paid")
    lines = [{"line_id": number, "quantity": 2, "restock_type": "cancel"} for number in (50010, 50011)]
    shop_act(told.shop, {"act": "refund", "order_id": ORDER, "lines": lines})
    told.work(told.announce(ORDER))
    assert told.transactions("SalesOrd")[0]["status"] == "H"
    polled(told)
    assert status(told).state == "in_sync"


def test_orders_paid_in_the_shop_cost_no_call_when_they_are_billed(told: World) -> None:
    order_id = placed(told, payment(rest_order(ORDER), amount="60.00"), financial_status="paid")
    billed(told, order_id, paid=False)
    assert polled(told) == []
    assert told.shop.operations.total() == 0
    assert told.calls() == ["POST suiteql 200"]


def test_without_the_scope_the_status_waits_for_it(told: World) -> None:
    billed(told, placed(told))
    told.shop.change({"scopes": ["read_orders", "read_all_orders"]})
    polled(told)
    assert (status(told).state, status(told).reason_subject) == ("held", "permission:shopify")


def test_the_order_shows_what_the_shop_was_told_and_what_is_asked(told: World, run: Any) -> None:
    billed(told, placed(told, authorization(), financial_status="authorized"))
    polled(told)
    said = run("orders", "show", "#1001")
    assert said.exit_code == 1
    assert "what the shop is told: held: #1001: NetSuite has its invoices paid" in said.output
    shop_act(told.shop, {"act": "void", "order_id": ORDER})
    run("orders", "sync", "#1001")
    shown_now = run("orders", "show", "#1001", "--json")
    assert (shown_now.exit_code, json.loads(shown_now.stdout)["told_to_shop"]["state"]) == (0, "in_sync")
    assert "shop_payment SHOPIFY-548380009-PAID-5001 60.00 USD = Shopify" in shown_now.stdout


def test_two_runs_before_a_worker_comes_make_one_payment(told: World) -> None:
    billed(told, placed(told))
    polled_without_work(told)
    polled(told)
    polled(told)
    assert (payments(told), len(told.shop.news)) == ([("sale", "60.00")], 3)


def test_a_lost_answer_to_a_cancellation_is_found(cancelling: World) -> None:
    accountant(cancelling, "close_order", order=placed(cancelling))
    cancelling.shop.change({"lose_answers": {"OrderCancel": 1}})
    polled(cancelling)
    assert status(cancelling).state == "pending"
    worked(cancelling)
    assert (status(cancelling).state, wrote(cancelling)) == ("in_sync", {"OrderCancel": 1})
    assert shown(cancelling)["acts"] == ["cancel"]


def test_the_webhooks_of_our_own_marking_come_through_the_receiver_and_book_nothing(
    told: World, redis_url: str
) -> None:
    with opened_office(told, redis_url) as office:
        told.shop.config.webhook_url = f"{office.url}/webhooks/shopify/{told.connection.key}"
        billed(told, placed(told))
        polled(told)
        eventually(lambda: [item.status for item in told.shop.deliveries] == [200, 200, 200])
        before = books(told)
        told.account.calls.clear()
        office.work()
        assert (books(told), told.calls(), told.record(ORDER).state) == (before, [], "in_sync")
        topics = {item.topic for item in told.shop.deliveries}
        assert topics == {"order_transactions/create", "orders/paid", "orders/updated"}
