"""plan is pure: what an order still needs, from what is known."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from connector.errors import NeedsDecision, NotMapped
from connector.flows.plan import plan
from connector.flows.planning import Effect, Known, Made, Plan, Subject
from connector.shopify.records import Order
from connector.store.tables import EffectKind, EffectState
from tests import factories
from tests.factories import ITEMS, SHOP_ID, bag, transaction

ORDER_KEY = "SHOPIFY-548380009-ORDER-5001"
CUSTOMER_KEY = "SHOPIFY-548380009-CUST-7012"
DEPOSIT_KEY = "SHOPIFY-548380009-TXN-88001"


def planned(
    order: Order, *, emails: tuple[str, ...] = (), confirmed: dict[str, str] | None = None, **rules: Any
) -> Plan:
    made = {key: Made(_kind(key), EffectState.CONFIRMED, remote_id) for key, remote_id in (confirmed or {}).items()}
    known = Known(made=made, items=ITEMS, customers_by_email=emails)
    return plan(Subject(order, SHOP_ID, known, factories.rules(**rules)))


def _kind(key: str) -> EffectKind:
    return {"ORDER": EffectKind.SALES_ORDER, "CUST": EffectKind.CUSTOMER, "TXN": EffectKind.CUSTOMER_DEPOSIT}[
        key.split("-")[2]
    ]


def body(effect: Effect) -> Mapping[str, Any]:
    """What is sent."""
    assert effect.write.body is not None
    return effect.write.body


def kinds(made: Plan) -> list[str]:
    return [effect.intent.kind for effect in made.effects]


def test_a_new_customer_costs_one_effect_more() -> None:
    made = planned(factories.order())
    assert kinds(made) == ["customer", "sales_order", "customer_deposit"]
    assert body(made.effects[1])["entity"] == {"externalId": CUSTOMER_KEY}
    assert body(made.effects[2])["salesOrder"] == {"externalId": ORDER_KEY}


def test_a_customer_found_by_email_is_linked_not_made() -> None:
    made = planned(factories.order(), emails=("1456",))
    assert kinds(made) == ["sales_order", "customer_deposit"]
    assert made.link == (CUSTOMER_KEY, "1456")
    assert body(made.effects[0])["entity"] == {"id": "1456"}


def test_our_own_link_goes_before_the_email() -> None:
    made = planned(factories.order(), emails=("1456", "1457"), confirmed={CUSTOMER_KEY: "1400"})
    assert body(made.effects[0])["entity"] == {"id": "1400"}
    assert made.link is None


def test_two_customers_with_one_email_are_a_question() -> None:
    with pytest.raises(NeedsDecision, match="1456, 1457"):
        planned(factories.order(), emails=("1456", "1457"))


def test_an_order_without_a_customer_goes_to_the_default_one() -> None:
    made = planned(factories.order(customer=None))
    assert kinds(made) == ["sales_order", "customer_deposit"]
    assert body(made.effects[0])["entity"] == {"id": "1400"}


def test_without_a_default_customer_the_rule_is_named() -> None:
    with pytest.raises(NotMapped) as raised:
        planned(factories.order(customer=None), customer={})
    assert raised.value.subject == "rule:customer.default"


def test_an_order_that_stands_complete_needs_nothing() -> None:
    confirmed = {CUSTOMER_KEY: "1456", ORDER_KEY: "20911", DEPOSIT_KEY: "20950"}
    assert planned(factories.order(), confirmed=confirmed).effects == ()


def test_a_later_capture_needs_only_its_deposit() -> None:
    second = transaction("5.00", id="gid://shopify/OrderTransaction/88002", kind="CAPTURE")
    order = factories.order(transactions=[transaction("15.00"), second])
    made = planned(order, confirmed={CUSTOMER_KEY: "1456", ORDER_KEY: "20911", DEPOSIT_KEY: "20950"})
    assert [effect.intent.natural_key for effect in made.effects] == ["SHOPIFY-548380009-TXN-88002"]
    assert body(made.effects[0])["salesOrder"] == {"id": "20911"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"kind": "AUTHORIZATION"}, id="authorisation"),
        pytest.param({"kind": "VOID"}, id="void"),
        pytest.param({"status": "PENDING"}, id="pending"),
        pytest.param({"status": "FAILURE"}, id="failed"),
        pytest.param({"amountSet": bag("0.00")}, id="zero"),
        pytest.param({"test": True}, id="test payment"),
    ],
)
def test_what_is_not_money_makes_no_deposit(changes: dict[str, Any]) -> None:
    order = factories.order(transactions=[transaction("20.00", **changes)])
    assert "customer_deposit" not in kinds(planned(order))


def test_store_credit_that_is_given_is_asked_about_with_its_figure_and_what_is_certain_is_made() -> None:
    credit = transaction(
        "5.00", id="gid://shopify/OrderTransaction/88003", kind="REFUND", gateway="shopify_store_credit"
    )
    made = planned(factories.order(transactions=[transaction("20.00"), credit]))
    assert kinds(made) == ["customer", "sales_order", "customer_deposit"]
    assert made.open_question is not None
    assert made.open_question.subject == "order:store_credit"
    assert "5.00 USD" in str(made.open_question)


def test_a_gift_card_and_a_card_make_two_deposits() -> None:
    order = factories.order(
        transactions=[
            transaction("5.00", gateway="gift_card"),
            transaction("15.00", id="gid://shopify/OrderTransaction/88002"),
        ]
    )
    made = planned(order)
    assert [effect.intent.amount for effect in made.effects[2:]] == [Decimal("5.00"), Decimal("15.00")]
    assert body(made.effects[2])["undepFunds"] == {"id": "T"}
    assert body(made.effects[3])["account"] == {"id": "123"}


def test_an_unmapped_gateway_is_named_before_anything_is_written() -> None:
    with pytest.raises(NotMapped) as raised:
        planned(factories.order(transactions=[transaction("20.00", gateway="paypal")]))
    assert raised.value.subject == "gateway:paypal"


@pytest.mark.parametrize(
    ("changes", "rules", "rule"),
    [
        pytest.param({"test": True}, {}, "orders.include_test", id="test order"),
        pytest.param({"cancelledAt": "2026-11-21T00:00:00Z"}, {}, "orders.cancelled", id="cancelled"),
        pytest.param({"displayFinancialStatus": "PENDING"}, {}, "orders.financial_status", id="unpaid"),
        pytest.param({}, {"orders": {"created_after": "2026-12-01T00:00:00Z"}}, "orders.created_after", id="too old"),
    ],
)
def test_an_exclusion_names_its_rule(changes: dict[str, Any], rules: dict[str, Any], rule: str) -> None:
    made = planned(factories.order(**changes), **rules)
    assert made.exclusion is not None
    assert made.exclusion.rule == rule
    assert made.effects == ()


def test_the_same_order_gives_the_same_plan() -> None:
    assert planned(factories.order()) == planned(factories.order())


def test_the_order_of_payments_does_not_change_what_is_made() -> None:
    payments = [
        transaction("5.00", id=f"gid://shopify/OrderTransaction/{number}", gateway="gift_card") for number in range(3)
    ]
    made = {
        frozenset((effect.intent.natural_key, effect.intent.request_hash) for effect in planned(order).effects)
        for order in (factories.order(transactions=list(arranged)) for arranged in permutations(payments))
    }
    assert len(made) == 1
