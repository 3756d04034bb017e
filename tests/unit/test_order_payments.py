"""What stands in NetSuite for each payment of an order: a document of its own, a part of one for all, or why nothing."""

from dataclasses import replace
from decimal import Decimal

from connector.flows.order_payments import order_payments
from connector.flows.planning import Made
from connector.mapping import external_ids
from connector.shopify.records import Order
from connector.store.tables import EffectKind, EffectState
from tests import factories

SALE, OTHER = "701", "702"


def paid(*payments: tuple[str, str]) -> Order:
    """An order that was paid by several payments: id and amount."""
    made = [factories.transaction(amount, id=f"gid://shopify/OrderTransaction/{number}") for number, amount in payments]
    return factories.order("20.00", transactions=made)


def stands(kind: EffectKind, amount: str, **changes: object) -> Made:
    return replace(Made(kind, EffectState.CONFIRMED, "99", Decimal(amount)), **changes)  # type: ignore[arg-type]  # of Made


def seen(order: Order, made: dict[str, Made]) -> list[tuple[str, Decimal | None, Decimal | None]]:
    found = order_payments(order, made, shop_id=1, rules=factories.rules())
    return [(one.transaction.id, one.there, one.difference) for one in found]


def test_a_cash_sale_stands_for_all_payments_and_the_last_has_what_is_left() -> None:
    order = paid((SALE, "5.00"), (OTHER, "15.00"))
    key = external_ids.cash_sale(1, order.id)
    sold = {key: stands(EffectKind.CASH_SALE, "19.00")}
    assert seen(order, sold) == [(SALE, Decimal(5), Decimal(0)), (OTHER, Decimal(14), Decimal(1))]
    assert {one.key for one in order_payments(order, sold, shop_id=1, rules=factories.rules())} == {key}


def test_a_deposit_over_another_sum_differs_and_one_that_was_taken_back_stands_for_nothing() -> None:
    order = paid((SALE, "20.00"))
    key = external_ids.customer_deposit(1, SALE)
    deposit = stands(EffectKind.CUSTOMER_DEPOSIT, "19.00")
    assert seen(order, {key: deposit}) == [(SALE, Decimal(19), Decimal(1))]
    assert seen(order, {key: replace(deposit, state=EffectState.WITHDRAWN)}) == [(SALE, None, Decimal(20))]


def test_money_that_netsuite_told_the_shop_of_is_to_stand_nowhere() -> None:
    order = paid((SALE, "20.00"))
    marked = stands(EffectKind.SHOP_PAYMENT, "20.00", image={"own": [SALE]})
    assert seen(order, {external_ids.marked_paid(1, order.id): marked}) == [(SALE, None, None)]
