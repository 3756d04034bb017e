"""Each kind of money an order can hold, in figures written by hand."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from connector.errors import NotMapped, TotalMismatch
from connector.flows.plan import plan
from connector.flows.planning import Known, Plan, Subject
from connector.shopify.records import Order
from tests import factories
from tests.factories import ITEMS, SHOP_ID, allocation, bag, line, shipping_line, tax, transaction

Json = dict[str, Any]

CASH = {"shopify_payments": {"method": "8", "account": "123"}, "gift_card": {"method": "9"}, "cash": {"method": "7"}}


def planned(order: Order, **rules: Any) -> Plan:
    """What a new order needs; its buyer is known by e-mail."""
    known = Known(made={}, items=ITEMS, customers_by_email=("1456",))
    return plan(Subject(order, SHOP_ID, known, factories.rules(**rules)))


def bodies(order: Order, **rules: Any) -> list[Mapping[str, Any]]:
    """What is sent, in order."""
    return [effect.write.body or {} for effect in planned(order, **rules).effects]


def lines(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Item and amount of each line."""
    return [(item["item"]["id"], str(item["amount"])) for item in body["item"]["items"]]


def discounts(*labels: str) -> Json:
    """Discount applications by their titles."""
    nodes = [{"index": index, "title": label} for index, label in enumerate(labels)]
    return {"nodes": nodes, "pageInfo": {"hasNextPage": False}}


def test_two_taxes_of_two_rates_on_goods_and_one_on_shipping_are_one_tax_line() -> None:
    # 20.00 + 5.00 shipping + 1.45 (7.25 %) + 0.25 (1.25 %) + 0.36 on shipping = 27.06.
    taxes = [tax("1.45", rate=0.0725), tax("0.25", rate=0.0125, title="City tax")]
    freight = [shipping_line("5.00", taxes=[tax("0.36", rate=0.0725)])]
    order = factories.order("27.06", tax="2.06", lines=[line(taxLines=taxes)], shipping_lines=freight)
    body, _ = bodies(order)
    assert lines(body) == [("812", "20.00"), ("911", "2.06")]
    assert body["item"]["items"][1]["description"] == "Tax State tax 7.25 %, City tax 1.25 %"
    assert body["shippingCost"] == Decimal("5.00")


def test_tax_that_a_marketplace_pays_has_an_item_of_its_own() -> None:
    # 20.00 + 1.40 the marketplace pays + 0.20 we pay = 21.60.
    taxes = [tax("1.40") | {"channelLiable": True}, tax("0.20", title="City tax")]
    order = factories.order("21.60", tax="1.60", lines=[line(taxLines=taxes)])
    body, _ = bodies(order, tax={"item": "911", "channel_item": "914"})
    assert lines(body) == [("812", "20.00"), ("911", "0.20"), ("914", "1.40")]
    with pytest.raises(NotMapped, match=r"rules\.tax\.channel_item"):
        bodies(order)


def in_pounds(exchange_rate: str) -> list[Mapping[str, Any]]:
    """One mug for 20.00 USD, which the buyer saw and paid as 16.00 GBP."""
    shown = ("16.00", "GBP")
    order = factories.order_json(lines=[line(originalUnitPriceSet=bag("20.00", presentment=shown))])
    order |= {name: bag("20.00", presentment=shown) for name in ("totalPriceSet", "currentTotalPriceSet")}
    order |= {"totalTaxSet": None, "totalTipReceivedSet": None}
    order["totalCashRoundingAdjustment"] = {"paymentSet": bag("0.00", presentment=("0.00", "GBP"))}
    order["transactions"] = [transaction("20.00", amountSet=bag("20.00", presentment=shown))]
    rules = {"currency": "presentment", "exchange_rate": exchange_rate}
    return bodies(Order.from_json(order), orders=rules)


def test_an_order_in_the_buyers_money_carries_shopifys_own_exchange_rate() -> None:
    order, deposit = in_pounds("shopify")
    # 20.00 USD for 16.00 GBP: a pound is 1.25 dollars.
    assert (order["currency"], order["exchangeRate"]) == ({"id": "2"}, Decimal("1.25"))
    assert lines(order) == [("812", "16.00")]
    assert (deposit["payment"], deposit["currency"]) == (Decimal("16.00"), {"id": "2"})


def test_by_default_netsuite_knows_the_exchange_rate() -> None:
    order, _ = in_pounds("netsuite")
    assert "exchangeRate" not in order


def test_an_order_that_is_free_has_its_discount_and_no_deposit() -> None:
    order = factories.order(
        "0.00",
        lines=[line(discountAllocations=[allocation("20.00")])],
        discountApplications=discounts("FREE"),
        transactions=[],
    )
    (body,) = bodies(order)
    assert lines(body) == [("812", "20.00"), ("910", "-20.00")]


def test_discounts_of_the_order_of_a_line_and_of_shipping_each_stand_where_they_belong() -> None:
    # Two lines of 20.00; 4.00 off the order fall 2.00 on each, 3.00 more off the first; shipping 5.00 − 2.00 = 3.00.
    # 20 − 2 − 3 + 20 − 2 + 3 = 36.00.
    first = line(discountAllocations=[allocation("2.00", 0), allocation("3.00", 1)])
    second = line("MUG-BLUE", id="gid://shopify/LineItem/14002", discountAllocations=[allocation("2.00", 0)])
    freight = shipping_line("3.00") | {"originalPriceSet": bag("5.00"), "discountAllocations": [allocation("2.00", 2)]}
    order = factories.order(
        "36.00",
        lines=[first, second],
        shipping_lines=[freight],
        discountApplications=discounts("SUMMER", "Second mug", "SHIP2"),
    )
    body, deposit = bodies(order)
    assert lines(body) == [
        ("812", "20.00"),
        ("910", "-2.00"),
        ("910", "-3.00"),
        ("813", "20.00"),
        ("910", "-2.00"),
    ]
    assert [item.get("description") for item in body["item"]["items"]][1:3] == [
        "Discount SUMMER",
        "Discount Second mug",
    ]
    assert (body["shippingCost"], deposit["payment"]) == (Decimal("3.00"), Decimal("36.00"))


def test_a_gift_card_that_is_sold_is_a_debt_and_one_that_pays_is_a_payment_method() -> None:
    # 20.00 for the mug and 50.00 for a new gift card; 30.00 paid by an old one, 40.00 by card.
    sold = line(None, id="gid://shopify/LineItem/14002", isGiftCard=True, price="50.00", requiresShipping=False)
    payments = [
        transaction("30.00", id="gid://shopify/OrderTransaction/88001", gateway="gift_card"),
        transaction("40.00", id="gid://shopify/OrderTransaction/88002"),
    ]
    body, card, other = bodies(factories.order("70.00", lines=[line(), sold], transactions=payments))
    assert lines(body) == [("812", "20.00"), ("902", "50.00")]
    assert (card["payment"], card["paymentOption"]) == (Decimal("30.00"), {"id": "9"})
    assert (other["payment"], other["paymentOption"]) == (Decimal("40.00"), {"id": "8"})


def test_cash_that_was_rounded_is_a_line_of_its_own() -> None:
    # 19.98 rounded to 20.00 at the till.
    order = factories.order(
        "20.00",
        lines=[line(price="19.98")],
        totalCashRoundingAdjustment={"paymentSet": bag("0.02")},
        transactions=[transaction("20.00", gateway="cash")],
    )
    body, deposit = bodies(order, payments={"methods": CASH})
    assert lines(body) == [("812", "19.98"), ("912", "0.02")]
    assert deposit["payment"] == Decimal("20.00")


def test_change_that_was_given_back_is_no_part_of_the_deposit() -> None:
    # 50.00 on the counter, 30.00 back: 20.00 stay in the till.
    paid = transaction("50.00", gateway="cash")
    change = transaction("30.00", id="gid://shopify/OrderTransaction/88002", kind="CHANGE", gateway="cash")
    change["parentTransaction"] = {"id": paid["id"]}
    _, deposit = bodies(factories.order(transactions=[paid, change]), payments={"methods": CASH})
    assert deposit["payment"] == Decimal("20.00")


def test_a_test_order_is_left_out_and_its_payment_is_none_where_it_is_let_in() -> None:
    order = factories.order(test=True)
    assert planned(order).exclusion is not None
    real = factories.order(transactions=[transaction("20.00", test=True)])
    assert len(bodies(real)) == 1
    assert len(bodies(factories.order(test=True), orders={"include_test": True})) == 2


def test_a_draft_with_a_line_typed_by_hand_and_one_of_a_deleted_product_is_booked() -> None:
    # 12.50 for engraving, 20.00 for a product that is gone but whose SKU is known, 1.00 for one whose SKU is not.
    engraving = line(None, title="Engraving", name="Engraving", price="12.50", variant=None, product=None)
    gone = line("MUG-BLUE", id="gid://shopify/LineItem/14002", variant=None, product=None)
    unknown = line("OLD", id="gid://shopify/LineItem/14003", price="1.00", variant=None, product=None)
    order = factories.order("33.50", lines=[engraving, gone, unknown], sourceName="shopify_draft_order")
    assert order.is_draft
    body, _ = bodies(order)
    assert lines(body) == [("901", "12.50"), ("813", "20.00"), ("901", "1.00")]


def test_the_parts_of_a_bundle_are_booked_at_their_own_prices() -> None:
    # A set of a red mug for 12.00 and two blue ones for 4.00 each: 20.00.
    group = {"id": "gid://shopify/LineItemGroup/1", "title": "Set"}
    red = line(price="12.00", lineItemGroup=group)
    blue = line("MUG-BLUE", id="gid://shopify/LineItem/14002", quantity=2, price="4.00", lineItemGroup=group)
    body, _ = bodies(factories.order(lines=[red, blue]))
    assert lines(body) == [("812", "12.00"), ("813", "8.00")]


@pytest.mark.parametrize("amount", ["15.00", "25.00"], ids=["underpaid", "overpaid"])
def test_a_deposit_is_what_was_paid_and_the_order_what_was_sold(amount: str) -> None:
    body, deposit = bodies(factories.order(transactions=[transaction(amount)], displayFinancialStatus="PARTIALLY_PAID"))
    assert lines(body) == [("812", "20.00")]
    assert deposit["payment"] == Decimal(amount)


def test_each_gateway_has_its_own_method_and_account() -> None:
    payments = [
        transaction("12.00"),
        transaction("8.00", id="gid://shopify/OrderTransaction/88002", gateway="cash", kind="CAPTURE"),
    ]
    _, card, cash = bodies(factories.order(transactions=payments), payments={"methods": CASH})
    assert (card["account"], card.get("undepFunds")) == ({"id": "123"}, None)
    assert (cash.get("account"), cash["undepFunds"]) == (None, {"id": "T"})


TERMS = {
    "paymentTermsName": "Net 30",
    "paymentTermsType": "NET",
    "dueInDays": 30,
    "paymentSchedules": {"nodes": [{"dueAt": "2026-12-20T10:00:00Z", "completedAt": None}]},
}


def business_order(**changes: Any) -> Order:
    """An order of a company, on terms."""
    company = {
        "__typename": "PurchasingCompany",
        "company": {"id": "gid://shopify/Company/61", "name": "Acme Ltd", "externalId": None},
        "location": {"id": "gid://shopify/CompanyLocation/62", "name": "Head office", "externalId": None},
        "contact": {"id": "gid://shopify/CompanyContact/63"},
    }
    made: Json = {"purchasingEntity": company, "paymentTerms": TERMS, "displayFinancialStatus": "PENDING"}
    return factories.order(**({"transactions": []} | made | changes))


def test_a_company_on_terms_is_a_company_customer_with_its_contact_and_no_deposit() -> None:
    made = planned(business_order(), orders={"terms": {"Net 30": "5"}})
    assert [effect.intent.natural_key for effect in made.effects] == [
        "SHOPIFY-548380009-COMPANY-61",
        "SHOPIFY-548380009-CONTACT-7012",
        "SHOPIFY-548380009-ORDER-5001",
    ]
    company, contact, order = (effect.write.body or {} for effect in made.effects)
    assert (company["companyName"], company["isPerson"]) == ("Acme Ltd", False)
    assert (contact["company"], contact["lastName"]) == ({"externalId": "SHOPIFY-548380009-COMPANY-61"}, "Example")
    assert (order["terms"], order["entity"]) == ({"id": "5"}, {"externalId": "SHOPIFY-548380009-COMPANY-61"})


def test_what_a_company_pays_on_its_invoice_makes_no_deposit_later_either() -> None:
    paid = business_order(transactions=[transaction("20.00")], displayFinancialStatus="PAID")
    made = planned(paid, orders={"terms": {"Net 30": "5"}})
    assert [effect.intent.kind for effect in made.effects] == ["customer", "contact", "sales_order"]


def test_terms_that_are_not_mapped_are_named() -> None:
    with pytest.raises(NotMapped, match=r'rules\.orders\.terms\."Net 30"'):
        planned(business_order())


def test_an_order_that_was_edited_before_it_was_first_seen_is_written_as_it_is() -> None:
    # Three mugs of 20.00 and 6.00 of tax; one was taken off again with 2.00: 40.00 + 4.00 = 44.00.
    sold = line(quantity=3, taxLines=[tax("6.00")], unfulfilledQuantity=2)
    order = factories.order("66.00", tax="6.00", lines=[sold], transactions=[transaction("44.00")])
    removed = factories.refund_json(factories.refund_line("20.00", tax="2.00"))
    body, deposit = bodies(factories.with_refunds(order, removed))
    assert lines(body) == [("812", "40.00"), ("911", "4.00")]
    assert body["item"]["items"][0]["quantity"] == 2
    assert deposit["payment"] == Decimal("44.00")


def test_what_does_not_add_up_is_never_written() -> None:
    with pytest.raises(TotalMismatch, match=r"difference 0\.06"):
        planned(factories.order("20.06"))
