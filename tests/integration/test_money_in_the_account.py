"""Kinds of money where NetSuite's own arithmetic and refusals matter: what the account's ledger says afterwards."""

from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows import catalog
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from tests import factories
from tests.payloads import payment, rest_line, rest_order
from tests.world import World, opened_world

ORDER = 5001
LINE = ORDER * 10
Json = dict[str, Any]
RETURN = {"line_id": LINE, "quantity": 1, "restock_type": "return", "location_id": 655441491}
CANCEL = {"line_id": LINE, "quantity": 1, "restock_type": "cancel"}


def both(shop: str, shown: str) -> Json:
    """An amount in the shop's dollars and the buyer's pounds."""
    return {
        "shop_money": {"amount": shop, "currency_code": "USD"},
        "presentment_money": {"amount": shown, "currency_code": "GBP"},
    }


def in_step(world: World) -> None:
    """A worker looks at the order, which must be in sync then."""
    world.work(world.announce(ORDER))
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason


def happens(world: World, verb: str, **asked: Any) -> None:
    """Something happens in the shop."""
    shop_act(world.shop, {"act": verb, "order_id": ORDER, **asked})


def billed(world: World, kind: str = "invoice") -> None:
    """The accountant ships and bills the order, and the mirror knows."""
    account_act(world.account, {"act": "bill", "order": world.transactions("SalesOrd")[0]["id"], "as": kind})
    catalog.refresh(catalog.BILLING_CATALOG, world.runtime.open_systems(world.connection.id), world.engine)


def totals(world: World, kind: str) -> list[tuple[str, str]]:
    """Total and currency of all documents of one kind."""
    return [(item["total"], item["currency"]) for item in world.transactions(kind)]


def pounds() -> Json:
    """Two mugs for 40.00 USD, which the buyer saw and paid as 32.02 GBP: 16.01 each."""
    line = rest_line(LINE, quantity=2) | {"price_set": both("20.00", "16.01")}
    order = rest_order(ORDER, total="40.00", presentment_currency="GBP", line_items=[line])
    totals_shown = {name: both("40.00", "32.02") for name in ("total_price_set", "current_total_price_set")}
    return order | totals_shown | {"total_tax_set": both("0.00", "0.00")}


@pytest.mark.parametrize(
    ("currency", "sold", "back"),
    [("presentment", ("32.02", "GBP"), ("16.01", "GBP")), ("shop", ("40", "USD"), ("20", "USD"))],
)
def test_order_deposit_and_refund_are_in_the_money_the_rule_names(
    database: Engine, redis_url: str, currency: str, sold: tuple[str, str], back: tuple[str, str]
) -> None:
    rules = factories.rules_json(orders={"currency": currency, "exchange_rate": "shopify"})
    with opened_world(database, redis_url, rules=rules) as world:
        order = pounds()
        paid = payment(order, amount="32.02", currency="GBP")
        world.work(world.sell(order, paid))
        assert (totals(world, "SalesOrd"), totals(world, "CustDep")) == ([sold], [sold])
        happens(world, "refund", lines=[CANCEL])
        in_step(world)
        assert (totals(world, "CustRfnd"), totals(world, "SalesOrd")) == ([back], [back])


def test_what_a_marketplace_pays_is_on_the_order_and_goes_back_with_the_goods(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(tax={"item": "911", "channel_item": "905"})
    with opened_world(database, redis_url, rules=rules) as world:
        taxes = [
            {"title": "State tax", "rate": 0.07, "price": "1.40", "channel_liable": True},
            {"title": "City tax", "rate": 0.01, "price": "0.20"},
        ]
        line = rest_line(LINE) | {"tax_lines": taxes}
        world.work(world.sell(rest_order(ORDER, total="21.60", total_tax="1.60", line_items=[line])))
        billed(world)
        happens(world, "fulfill")
        happens(world, "refund", lines=[RETURN])
        in_step(world)
        (memo,) = world.transactions("CustCred")
        found = [(item["item"], item["amount"]) for item in memo["item_lines"]]
        assert found == [("812", "20"), ("911", "0.2"), ("905", "1.4")]
        assert totals(world, "CustRfnd") == [("21.6", "USD")]


def test_change_of_cash_is_no_deposit_and_cash_goes_back_from_the_till(database: Engine, redis_url: str) -> None:
    methods = {"cash": {"method": "8", "account": "123"}}
    with opened_world(database, redis_url, rules=factories.rules_json(payments={"methods": methods})) as world:
        order = rest_order(ORDER)
        paid = payment(order, number=81, gateway="cash", amount="50.00")
        change = payment(order, number=82, kind="change", gateway="cash", amount="30.00", parent_id=81)
        world.work(world.sell(order, paid, change))
        assert totals(world, "CustDep") == [("20", "USD")]
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason


@pytest.mark.parametrize("amount", ["15.00", "25.00"], ids=["underpaid", "overpaid"])
def test_what_was_paid_too_little_or_too_much_stands_beside_the_order(world: World, amount: str) -> None:
    order = rest_order(ORDER, financial_status="partially_paid")
    world.work(world.sell(order, payment(order, amount=amount)))
    assert totals(world, "SalesOrd") == [("20", "USD")]
    assert totals(world, "CustDep") == [(amount.removesuffix(".00"), "USD")]


def on_terms(world: World) -> None:
    """An order of a company that pays later."""
    location, contact = {"id": 62, "name": "Head office"}, {"id": 63, "customer_id": 7012, "is_main": True}
    company = {"id": 61, "name": "Acme Ltd", "locations": [location], "contacts": [contact]}
    world.shop.config.companies = [company]
    terms = {"id": 1, "payment_terms_name": "Net 30", "payment_terms_type": "net", "due_in_days": 30}
    order = rest_order(
        ORDER, company={"id": 61, "location_id": 62}, payment_terms=terms | {"payment_schedules": []},
        financial_status="pending",
    )  # fmt: skip
    world.shop.put_order(order, [])
    in_step(world)


TERMS = factories.rules_json(orders={"terms": {"Net 30": "5"}})


def test_goods_of_an_unpaid_invoice_that_come_back_lower_what_is_owed(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TERMS) as world:
        on_terms(world)
        billed(world)
        happens(world, "fulfill")
        happens(world, "refund", lines=[RETURN])
        in_step(world)
        assert totals(world, "CustCred") == [("20", "USD")]
        assert world.transactions("CustRfnd") == []
        (invoice,) = world.transactions("CustInvc")
        assert invoice["remaining"] == "0"


def test_money_back_of_an_unbilled_order_on_terms_is_asked_about(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TERMS) as world:
        on_terms(world)
        happens(world, "mark_paid")
        happens(world, "refund", lines=[CANCEL])
        world.work(world.announce(ORDER))
        record = world.record(ORDER)
        assert (record.state, record.reason_subject) == ("held", "order:refund_without_deposit"), record.reason
        assert (world.transactions("CustDep"), world.transactions("CustRfnd")) == ([], [])
