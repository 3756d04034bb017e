"""What looks like a difference and has its cause, and what looks settled and has none: each by the name it must get."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, update

from connector.flows import catalog, orders_poll
from connector.flows.ledger_causes import Cause
from connector.sandbox.netsuite.accountant import act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store.tables import effects, records
from tests import factories
from tests.clock import now
from tests.integration.test_reconcile import (
    OURS,
    began,
    causes,
    document,
    order_of,
    places,
    proved,
    sold,
    world,
)
from tests.payloads import payment
from tests.world import World, opened_world

__all__ = ["world"]

Json = dict[str, Any]


@contextmanager
def ruled(database: Engine, redis_url: str, **rules: Any) -> Iterator[World]:
    """A world of other rules, for two months."""
    with opened_world(database, redis_url, rules=factories.rules_json(**rules)) as opened:
        yield began(opened)


def day(hours: float) -> str:
    return (now() - timedelta(hours=hours)).isoformat()


def poll_orders(world: World) -> None:
    """What became of our sales orders is read, and the shop is told."""
    woken: list[int] = []
    orders_poll.poll(world.runtime.open_systems(world.connection.id), world.runtime, woken.append)
    for record_id in woken:
        world.work(record_id)


def test_a_payment_that_stands_in_shopify_because_netsuite_was_paid_is_named_so(world: World) -> None:
    order = order_of(5001, financial_status="partially_paid", total="20.00")
    world.work(world.sell(order, payment(order, amount="5.00")))
    (sales_order,) = world.transactions("SalesOrd")
    invoice = act(world.account, {"act": "bill", "order": sales_order["id"]})["id"]
    act(world.account, {"act": "pay", "invoice": invoice})
    poll_orders(world)
    world.work(world.announce(5001))
    assert [item["total"] for item in world.transactions("CustDep")] == ["5"]
    found = proved(world)
    assert causes(found) == {"#1001": Cause.PAID_THERE}
    assert (found.differences[0].shopify, found.is_explained) == (Decimal("15.00"), True)


def test_a_payment_by_hand_that_was_not_our_marking_is_still_missed(world: World) -> None:
    sold(world, 5001)
    shop_act(world.shop, {"act": "refund", "order_id": 5001, "amount": "5.00"})
    order, payments = world.shop.order(5001) or ({}, [])
    late = payment(order, number=95_001, amount="5.00", gateway="manual", processed_at=day(20))
    world.shop.put_order(order, [*payments, late])
    found = proved(world)
    assert Cause.PAID_THERE not in {one.cause for one in found.differences}
    assert not found.is_explained


def test_what_a_company_on_terms_pays_is_booked_with_its_invoice(database: Engine, redis_url: str) -> None:
    with ruled(database, redis_url, orders={"terms": {"Net 30": "5"}}) as world:
        location, contact = {"id": 62, "name": "Head office"}, {"id": 63, "customer_id": 7012, "is_main": True}
        company = {"id": 61, "name": "Acme Ltd", "locations": [location], "contacts": [contact]}
        world.shop.config.companies = [company]
        terms = {"id": 1, "payment_terms_name": "Net 30", "payment_terms_type": "net", "due_in_days": 30}
        bought: Json = {"company": {"id": 61, "location_id": 62}, "payment_terms": terms | {"payment_schedules": []}}
        order = order_of(5001, financial_status="paid", **bought)
        world.work(world.sell(order, payment(order, gateway="shopify_payments")))
        assert (world.record(5001).state, world.transactions("CustDep")) == ("in_sync", [])
        found = proved(world)
        assert causes(found) == {"#1001": Cause.ON_TERMS}
        assert found.is_explained


def test_a_capture_of_a_moment_ago_is_waited_for_and_an_old_one_is_not(world: World) -> None:
    order = order_of(5001, financial_status="partially_paid")
    first = payment(order, amount="12.00")
    world.work(world.sell(order, first))
    for hours, cause in ((0.05, Cause.WAITING), (3, Cause.UNKNOWN)):
        second = payment(order, number=95_001, kind="capture", amount="8.00", processed_at=day(hours))
        world.shop.put_order(order, [first, second])
        assert causes(proved(world)) == {"#1001": cause}


def test_a_deposit_that_was_made_while_both_sides_were_read_is_no_stranger(world: World) -> None:
    order = order_of(5001)
    world.work(world.sell(order))
    # As Shopify was when it was read: the payment came after that.
    world.shop.put_order(order, [])
    (found,) = proved(world).differences
    assert found.cause is Cause.NOT_IN_SHOPIFY
    with world.engine.begin() as connection:
        connection.execute(update(effects).values(confirmed_at=now() + timedelta(minutes=1)))
    assert causes(proved(world)) == {"#1001": Cause.WAITING}


@pytest.mark.parametrize(("overdue", "place"), [(timedelta(hours=2), "unknown"), (-timedelta(hours=1), "pending")])
def test_a_retry_that_nobody_makes_is_unknown(world: World, overdue: timedelta, place: str) -> None:
    world.sell(order_of(5001))
    due = {"attempts": 3, "next_attempt_at": now() - overdue, "changed_at": now() - timedelta(hours=5)}
    with world.engine.begin() as connection:
        connection.execute(update(records).values(due | {"reason": "NetSuite was away"}))
    assert places(proved(world)) == {"#1001": place}


def test_a_voided_deposit_is_named_so(world: World) -> None:
    sold(world, 5001)
    deposit = document(world, f"{OURS}-TXN-85001")
    act(world.account, {"act": "void", "record": deposit["id"], "type": "customerDeposit"})
    found = proved(world)
    assert causes(found) == {"#1001": Cause.VOIDED}
    assert found.rows[0].netsuite.captured == 0


def test_a_cash_sale_that_was_voided_and_entered_again_is_not_doubled(database: Engine, redis_url: str) -> None:
    with ruled(database, redis_url, orders={"cash_sale_sources": ["pos"]}) as world:
        sold(world, 5001, source_name="pos")
        sale = document(world, f"{OURS}-SALE-5001")
        act(world.account, {"act": "void", "record": sale["id"], "type": "cashSale"})
        found = proved(world)
        assert causes(found) == {"#1001": Cause.VOIDED}
        assert places(found) == {"#1001": "written"}
        line = {"item": {"id": "812"}, "quantity": 1, "rate": 20}
        fields = {
            "entity": {"id": "1456"},
            "item": {"items": [line]},
            "location": {"id": "2"},
            "subsidiary": {"id": "1"},
        }
        fields |= {"otherRefNum": "#1001", "tranDate": now().strftime("%Y-%m-%d")}
        act(world.account, {"act": "enter", "fields": fields})
        assert proved(world).findings == []


def test_payments_of_other_days_are_named_by_the_day_of_their_cash_sale(database: Engine, redis_url: str) -> None:
    with ruled(database, redis_url, orders={"cash_sale_sources": ["pos"]}) as world:
        order = order_of(5001, source_name="pos", hours=24 * 6)
        first = payment(order, amount="12.00")
        second = payment(order, number=95_001, amount="8.00", gateway="gift_card", processed_at=day(24 * 3))
        world.work(world.sell(order, first, second))
        found = proved(world)
        assert causes(found) == {"#1001": Cause.ONE_DOCUMENT}
        assert found.is_explained
        sale = document(world, f"{OURS}-SALE-5001")
        moved = {"tranDate": (now() - timedelta(days=1)).strftime("%Y-%m-%d")}
        act(world.account, {"act": "edit", "record": sale["id"], "type": "cashSale", "fields": moved})
        assert set(causes(proved(world)).values()) == {Cause.BY_HAND}


def test_two_cash_refunds_made_in_the_other_order_are_each_its_own(database: Engine, redis_url: str) -> None:
    with ruled(database, redis_url, orders={"cash_sale_sources": ["pos"]}) as world:
        order = order_of(5001, source_name="pos", quantity=3)
        world.work(world.sell(order))
        shop_act(world.shop, {"act": "fulfill", "order_id": 5001})
        back = {"line_id": 50_010, "restock_type": "return", "location_id": 655441491}
        shop_act(world.shop, {"act": "refund", "order_id": 5001, "lines": [back | {"quantity": 1}], "pending": True})
        shop_act(world.shop, {"act": "refund", "order_id": 5001, "lines": [back | {"quantity": 2}]})
        world.work(world.announce(5001))
        shop_act(world.shop, {"act": "settle_refund", "order_id": 5001})
        world.work(world.announce(5001))
        assert [item["total"] for item in world.transactions("CashRfnd")] == ["40", "20"]
        found = proved(world)
        assert (found.differences, found.findings) == ([], [])


def test_a_rounding_line_of_a_cash_sale_is_rounding_whichever_way_it_goes(database: Engine, redis_url: str) -> None:
    with ruled(database, redis_url, orders={"cash_sale_sources": ["pos"]}) as world:
        for number, amount in ((5001, "20.02"), (5002, "19.98")):
            order = order_of(number, source_name="pos")
            world.work(world.sell(order, payment(order)))
            shown, payments = world.shop.order(number) or ({}, [])
            world.shop.put_order(shown, [payments[0] | {"amount": amount}])
        found = proved(world)
        assert causes(found) == {"#1001": Cause.ROUNDING, "#1002": Cause.ROUNDING}
        assert len(found.differences) == 2


def test_cents_that_a_deposit_lacks_are_no_rounding(world: World) -> None:
    order = order_of(5001)
    world.work(world.sell(order))
    world.shop.put_order(order, [payment(order, amount="20.03")])
    found = proved(world)
    assert causes(found) == {"#1001": Cause.UNKNOWN}


def test_a_document_that_lost_its_external_id_is_known_by_its_internal_one(world: World) -> None:
    sold(world, 5001)
    deposit = document(world, f"{OURS}-TXN-85001")
    fields = {"externalId": "MOVED-BY-SOMEBODY"}
    act(world.account, {"act": "edit", "record": deposit["id"], "type": "customerDeposit", "fields": fields})
    found = proved(world)
    assert (found.differences, found.findings) == ([], [])


def test_an_older_order_that_is_dated_inside_is_no_stranger(world: World) -> None:
    order = order_of(5001, hours=24 * 40)
    order["processed_at"] = day(24 * 5)
    world.work(world.sell(order))
    assert world.transactions("SalesOrd")
    for number in (5003, 5004):
        sold(world, number)
    assert proved(world).findings == []


def test_a_refund_dated_by_its_beginning_is_named_so(world: World) -> None:
    sold(world, 5001)
    act(world.account, {"act": "bill", "order": world.transactions("SalesOrd")[0]["id"]})
    catalog.refresh(catalog.BILLING_CATALOG, world.runtime.open_systems(world.connection.id), world.engine)
    shop_act(world.shop, {"act": "fulfill", "order_id": 5001})
    back = {"line_id": 50_010, "quantity": 1, "restock_type": "return", "location_id": 655441491}
    shop_act(world.shop, {"act": "refund", "order_id": 5001, "lines": [back]})
    order, payments = world.shop.order(5001) or ({}, [])
    order["refunds"][0]["processed_at"] = day(24)
    world.shop.put_order(order, payments)
    world.work(world.announce(5001))
    assert world.record(5001).state == "in_sync", world.record(5001).reason
    found = proved(world)
    assert causes(found) == {"#1001": Cause.ONE_DOCUMENT}
    assert sum(row.netsuite.refunded for row in found.rows) == sum(row.shopify.refunded for row in found.rows) == 20
