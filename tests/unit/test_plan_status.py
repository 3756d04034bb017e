"""What the shop is to be told follows from both sides' figures: a table of cases, and what is left to a person."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.flows.plan_status import plan_status
from connector.flows.status_planning import Capture, MarkPaid, StatusPlan, StatusSubject, StatusWant
from connector.shopify.money import Money
from connector.shopify.records import Order
from connector.store.billing import CASH_SALE, INVOICE, BillingDocument
from connector.store.sales_orders import MirroredOrder
from tests import factories

Json = dict[str, Any]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
POUNDS = factories.bag("60.00", presentment=("48.03", "GBP"))


def order(*transactions: Json, outstanding: str = "60.00", status: str = "PENDING", **changes: Any) -> Order:
    """An order over 60.00 of which this is outstanding."""
    made = {"transactions": list(transactions), "totalOutstandingSet": factories.bag(outstanding)}
    return Order.from_json(factories.order_json("60.00", displayFinancialStatus=status) | made | changes)


def promise(amount: str = "60.00", **changes: Any) -> Json:
    return factories.transaction(amount, kind="AUTHORIZATION", id="gid://shopify/OrderTransaction/85001", **changes)


def bill(total: str = "60.00", status: str = "A", kind: str = INVOICE, number: int = 31) -> BillingDocument:
    return BillingDocument(number, kind, 20, status, Decimal(total))


def planned(shop: Order, *bills: BillingDocument, letter: str = "G", rules: Json | None = None) -> StatusPlan:
    """The plan, with the open invoices as open as they are said to be."""
    subject = StatusSubject(
        order=shop,
        shop_id=factories.SHOP_ID,
        rules=factories.rules(status={"capture": True} | (rules or {})),
        made={},
        sales_order=MirroredOrder(20, shop.id, "SO20", letter),
        bills=bills,
        now=NOW,
        open_amounts={item.netsuite_id: item.total for item in bills if item.status == "A"},
    )
    return plan_status(subject)


def asked(plan: StatusPlan) -> str:
    assert plan.effects == ()
    assert plan.open_question is not None
    return str(plan.open_question)


@pytest.mark.parametrize(
    "bills",
    [
        [bill(status="B")],
        [bill(kind=CASH_SALE, status="C")],
        [bill("20.00", "B"), bill("40.00", "B", number=32)],
        [bill(status="B"), bill("5.00", "V", number=32)],
    ],
    ids=["invoice", "cash sale", "two invoices", "a voided one beside it"],
)
def test_paid_bills_over_the_whole_mark_the_order(bills: list[BillingDocument]) -> None:
    (effect,) = planned(order(), *bills).effects
    assert effect.write == MarkPaid("5001")
    assert effect.intent.amount == Decimal("60.00")


@pytest.mark.parametrize(
    ("bills", "letter", "rules"),
    [
        ([], "B", {}),
        ([bill()], "G", {}),
        ([bill("20.00", "B"), bill("40.00", number=32)], "G", {}),
        ([bill("20.00", "B")], "E", {}),
        ([bill(status="B")], "G", {"mark_paid": False}),
    ],
    ids=["not billed", "open", "one of two open", "billed in part", "by rule"],
)
def test_nothing_is_told_before(bills: list[BillingDocument], letter: str, rules: Json) -> None:
    assert planned(order(), *bills, letter=letter, rules=rules) == StatusPlan()


@pytest.mark.parametrize(("total", "letter"), [("70.00", "G"), ("50.00", "G"), ("50.00", "H")])
def test_other_figures_are_a_question(total: str, letter: str) -> None:
    assert f"NetSuite has {total} USD billed and paid" in asked(planned(order(), bill(total, "B"), letter=letter))


def test_a_payment_that_is_on_its_way_is_waited_for() -> None:
    pending = factories.transaction("60.00", status="PENDING")
    assert planned(order(pending), bill(status="B")).effects == ()
    by_hand = planned(order(pending | {"manualPaymentGateway": True}), bill(status="B"))
    assert [effect.write for effect in by_hand.effects] == [MarkPaid("5001")]


def captured(plan: StatusPlan) -> list[Money]:
    assert all(isinstance(effect.write, Capture) for effect in plan.effects)
    return [effect.write.money for effect in plan.effects if isinstance(effect.write, Capture)]


@pytest.mark.parametrize(
    ("promised", "total", "money"),
    [
        (promise(), "60.00", Money(Decimal("60.00"), "USD")),
        (promise("50.00"), "60.00", Money(Decimal("50.00"), "USD")),
        (promise("70.00"), "60.00", Money(Decimal("60.00"), "USD")),
        (promise(amountSet=POUNDS), "60.00", Money(Decimal("48.03"), "GBP")),
    ],
    ids=["all", "no more than authorised", "no more than billed", "the buyer's currency"],
)
def test_a_card_is_captured(promised: Json, total: str, money: Money) -> None:
    assert captured(planned(order(promised, status="AUTHORIZED"), bill(total))) == [money]


def test_by_rule_it_is_not() -> None:
    assert planned(order(promise(), status="AUTHORIZED"), bill(), rules={"capture": False}) == StatusPlan()


def test_before_money_moves_netsuite_is_asked_what_is_open() -> None:
    subject = StatusSubject(
        order=order(promise(), status="AUTHORIZED"),
        shop_id=factories.SHOP_ID,
        rules=factories.rules(status={"capture": True}),
        made={},
        sales_order=MirroredOrder(20, "5001", "SO20", "G"),
        bills=[bill()],
        now=NOW,
    )
    assert plan_status(subject) == StatusPlan(wants=frozenset({StatusWant.OPEN_AMOUNTS}))


def test_two_cards_are_captured_one_after_the_other() -> None:
    second = promise("30.00") | {"id": "gid://shopify/OrderTransaction/85002"}
    plan = planned(order(promise("40.00"), second, status="AUTHORIZED"), bill())
    assert [money.amount for money in captured(plan)] == [Decimal("40.00"), Decimal("20.00")]


def capture(status: str = "SUCCESS", amount: str = "60.00") -> Json:
    parent = {"id": "gid://shopify/OrderTransaction/85001"}
    number = "gid://shopify/OrderTransaction/85002"
    return factories.transaction(amount, kind="CAPTURE", id=number, parentTransaction=parent, status=status)


def test_what_was_captured_or_is_being_is_not_captured_again() -> None:
    for shop in (
        order(promise(), capture(amount="20.00"), outstanding="40.00", status="PARTIALLY_PAID"),
        order(promise(), capture("PENDING"), status="AUTHORIZED"),
    ):
        assert planned(shop, bill()).effects == ()


@pytest.mark.parametrize(
    ("shop", "bills", "words"),
    [
        (order(promise(), status="EXPIRED"), [bill()], "ask the buyer to pay again"),
        (order(promise(authorizationExpiresAt="2026-11-25T11:00:00Z"), status="AUTHORIZED"), [bill()], "has expired"),
        (order(promise(), capture("FAILURE"), status="AUTHORIZED"), [bill()], "the capture 85002 failed"),
        (order(promise(), status="AUTHORIZED"), [bill(status="B")], "void the authorisation"),
        (order(promise(amountSet=POUNDS), status="AUTHORIZED"), [bill("45.00")], "the buyer pays in GBP"),
    ],
    ids=["expired", "expired on Plus", "failed before", "paid elsewhere", "a part in another currency"],
)
def test_what_cannot_be_captured_is_a_question(shop: Order, bills: list[BillingDocument], words: str) -> None:
    assert words in asked(planned(shop, *bills))


def test_a_cancelled_order_is_left_alone() -> None:
    assert planned(order(cancelledAt="2026-11-24T00:00:00Z"), bill(status="B"), letter="H") == StatusPlan()
