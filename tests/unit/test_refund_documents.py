"""A refund as the document that takes a sale back: to the cent of Shopify's figures, in every tax mode."""

from decimal import Decimal
from typing import Any

import pytest

from connector.errors import NotMapped, TotalMismatch
from connector.mapping.refunds import balanced, goods_back
from connector.mapping.remaining import remaining
from connector.netsuite.documents import GoodsBack
from connector.netsuite.records import Reference
from connector.shopify.records import Order
from tests import factories
from tests.factories import ITEMS, bag, line, refund_json, refund_line, shipping_line, tax, transaction

Json = dict[str, Any]

CODES = {"mode": "tax_code", "codes": {"10": "31", "8.5": "32"}}
BY_RATE = {"7.25": {"type": "1", "code": "41"}, "1.25": {"type": "2", "code": "42"}}
DETAILS = {"mode": "tax_details_override", "details": BY_RATE}


def money(amount: str) -> Json:
    """Money that went back."""
    return transaction(amount, id="gid://shopify/OrderTransaction/99001", kind="REFUND")


def document(order: Order, **rules: Any) -> GoodsBack:
    """The first refund of an order as a document."""
    found = goods_back(
        order,
        order.refunds[0],
        external_id="CM-1",
        entity=Reference(id="1"),
        items=ITEMS,
        rules=factories.rules(**rules),
    )
    return balanced(found, order, order.refunds[0], factories.rules(**rules))


def amounts(found: GoodsBack) -> list[tuple[str, str]]:
    """Item and amount of each line."""
    return [(item.item, str(item.amount)) for item in found.lines]


def two_taxes(*, channel: bool = False) -> Order:
    """Three mugs for 60.00 with 4.35 (7.25 %) and 0.75 (1.25 %) of tax: 65.10. The last one went back for 21.71."""
    taxes = [tax("4.35", rate=0.0725), tax("0.75", rate=0.0125, title="City tax") | {"channelLiable": channel}]
    order = factories.order("65.10", tax="5.10", lines=[line(quantity=3, taxLines=taxes)])
    # Shopify gave 1.70 + 1.70 back for the first two: 5.10 − 3.40 = 1.70 are left; here it says 1.71.
    back = refund_line("20.00", tax="1.71", restockType="RETURN")
    return factories.with_refunds(order, refund_json(back, transactions=[money("21.71")]))


def test_tax_as_a_line_goes_back_as_shopify_says_and_not_by_its_rate() -> None:
    found = document(two_taxes())
    assert (amounts(found), found.total) == ([("812", "20.00"), ("911", "1.71")], Decimal("21.71"))


def test_what_a_marketplace_paid_goes_back_apart() -> None:
    # 1.71 by 4.35 : 0.75 is 1.4585 and 0.2515: 1.46, and what is left of 1.71, 0.25.
    found = document(two_taxes(channel=True), tax={"item": "911", "channel_item": "914"})
    assert amounts(found) == [("812", "20.00"), ("911", "1.46"), ("914", "0.25")]


def test_tax_details_carry_what_went_back_of_each_tax() -> None:
    found = document(two_taxes(), tax=DETAILS)
    body = found.to_json()
    assert (amounts(found), found.total) == ([("812", "20.00")], Decimal("21.71"))
    assert body["taxDetailsOverride"] is True
    details = body["taxDetails"]["items"]
    assert [(item["taxCode"]["id"], item["taxAmount"]) for item in details] == [
        ("41", Decimal("1.46")),
        ("42", Decimal("0.25")),
    ]
    references = {item["taxDetailsReference"]["id"] for item in details}
    assert references == {body["item"]["items"][0]["taxDetailsReference"]}


def test_tax_codes_stand_on_the_lines_and_netsuite_computes() -> None:
    found = document(two_taxes(), tax=CODES)
    assert [(item.item, item.tax_code) for item in found.lines] == [("812", "32")]
    assert (found.tax, found.total) == (Decimal("1.71"), Decimal("21.71"))
    assert "taxDetails" not in found.to_json()


def test_where_netsuite_computes_a_refund_has_neither_code_nor_tax() -> None:
    found = document(two_taxes(), tax={"mode": "netsuite_computes"})
    assert [(item.item, item.tax_code) for item in found.lines] == [("812", None)]
    assert found.total == Decimal("21.71")


def test_included_tax_is_taken_out_of_the_refunded_line() -> None:
    # Two units of 45.08 with 8.20 of tax; one goes back for 45.08, of which 4.10 are tax: 40.98 net.
    order = factories.order(
        "90.16", tax="8.20", taxesIncluded=True, lines=[line(quantity=2, price="45.08", taxLines=[tax("8.20")])]
    )
    back = refund_line("45.08", tax="4.10", restockType="RETURN")
    found = document(factories.with_refunds(order, refund_json(back, transactions=[money("45.08")])))
    assert amounts(found) == [("812", "40.98"), ("911", "4.10")]


def test_shipping_and_duties_go_back_under_their_own_names() -> None:
    # 5.00 of shipping with 0.50 of tax, and 3.00 of duties: 8.50.
    freight = shipping_line("5.00", taxes=[tax("0.50")])
    order = factories.order(
        "28.50", tax="0.50", lines=[line(duties=[{"price": bag("3.00")}])], shipping_lines=[freight]
    )
    back: Json = {"id": "gid://shopify/RefundShippingLine/1", "shippingLine": {"id": freight["id"]}}
    back |= {"subtotalAmountSet": bag("5.00"), "taxAmountSet": bag("0.50")}
    refund = refund_json(shipping_lines=[back], duties=[{"amountSet": bag("3.00")}], transactions=[money("8.50")])
    given = factories.with_refunds(order, refund)
    found = document(given)
    assert (amounts(found), found.shipping_cost) == ([("904", "3.00"), ("911", "0.50")], Decimal("5.00"))
    left = remaining(given, given.refunds).order
    # What is left to be billed: 28.50 − 8.50 = 20.00, without shipping, duties and tax.
    assert (left.total.shop.amount, left.tax.shop.amount) == (Decimal("20.00"), Decimal("0.00"))
    assert left.lines[0].duties[0].shop.amount == Decimal("0.00")
    assert left.shipping_lines[0].price.shop.amount == Decimal("0.00")


def test_an_amount_beyond_the_lines_is_an_adjustment() -> None:
    # One unit of 20.00 and 5.00 for the trouble.
    adjustment: Json = {"id": "gid://shopify/OrderAdjustment/1", "reason": "REFUND_DISCREPANCY"}
    adjustment |= {"amountSet": bag("-5.00"), "taxAmountSet": bag("0.00")}
    back = refund_line("20.00", restockType="RETURN")
    refund = refund_json(back, adjustments=[adjustment], transactions=[money("25.00")])
    order = factories.with_refunds(factories.order(), refund)
    assert amounts(document(order, refunds={"adjustment_item": "915"})) == [("812", "20.00"), ("915", "5.00")]
    with pytest.raises(NotMapped, match=r"refunds\.adjustment_item"):
        document(order)


def test_a_cent_is_rounded_and_more_is_refused_with_the_figures() -> None:
    back = refund_line("20.00", restockType="RETURN")
    cent = factories.with_refunds(factories.order(), refund_json(back, transactions=[money("20.01")]))
    assert amounts(document(cent)) == [("812", "20.00"), ("912", "0.01")]
    more = factories.with_refunds(factories.order(), refund_json(back, transactions=[money("20.06")]))
    with pytest.raises(TotalMismatch, match=r"gave back 20.06, .* come to 20.00, difference 0.06"):
        document(more)
