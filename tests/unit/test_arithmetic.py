"""An order's money adds up line by line, and each line is the same on both sides, whatever the rules make of it."""

from decimal import Decimal
from typing import Any

import pytest

from connector.mapping.arithmetic import Arithmetic, arithmetic
from connector.mapping.images import image_of
from connector.mapping.masking import MASK, masked, may_stay
from connector.mapping.orders import sales_order
from connector.mapping.remaining import Remaining, remaining
from connector.netsuite.records import Reference
from connector.shopify.records import Order
from tests import factories
from tests.factories import ITEMS, SHOP_ID, allocation, bag, line, shipping_line, tax

INCLUDED: dict[str, Any] = {
    "total": "100.00",
    "tax": "9.09",
    "taxesIncluded": True,
    "lines": [line(price="90.00", taxLines=[tax("8.18")])],
    "shippingLines": {"nodes": [shipping_line("10.00", taxes=[tax("0.91")])], "pageInfo": {"hasNextPage": False}},
}
DISCOUNTED: dict[str, Any] = {
    "total": "171.80",
    "discountApplications": {"nodes": [{"index": 0, "code": "TENOFF"}, {"index": 1, "title": "Autumn"}]},
    "lines": [line(price="95.00", quantity=2, discountAllocations=[allocation("3.20"), allocation("15.00", 1)])],
}
TAXED: dict[str, Any] = {"total": "21.60", "tax": "1.60", "lines": [line(taxLines=[tax("1.20"), tax("0.40")])]}
TIPPED: dict[str, Any] = {"total": "23.00", "totalTipReceivedSet": bag("3.00")}


def added_up(order: Order, **rules: Any) -> Arithmetic:
    """The sums of an order as the rules write it."""
    chosen, left = factories.rules(**rules), remaining(order, order.refunds)
    written = sales_order(left, shop_id=SHOP_ID, entity=Reference(id="1456"), items=ITEMS, rules=chosen)
    return arithmetic(left, image_of(written).to_json(), chosen)


@pytest.mark.parametrize("made", [{}, INCLUDED, DISCOUNTED, TAXED, TIPPED], ids=str)
@pytest.mark.parametrize("rules", [{}, {"discount": {"mode": "net"}}], ids=str)
def test_every_line_is_equal_and_the_sums_are_the_totals(made: dict[str, Any], rules: dict[str, Any]) -> None:
    sums = added_up(factories.order(**made), **rules)
    assert [row for row in sums.rows if row.difference] == []
    assert sums.shopify_total == sums.netsuite_total == Decimal(made.get("total", "20.00"))
    assert sum((row.shopify or Decimal(0) for row in sums.rows), Decimal(0)) == sums.shopify_total


def test_a_line_says_how_it_is_made() -> None:
    (row,) = added_up(factories.order(**DISCOUNTED)).rows
    assert row.how == "2 × 95.00 − 3.20 TENOFF − 15.00 Autumn"
    first = added_up(factories.order(**INCLUDED)).rows[0]
    assert first.how == "1 × 90.00 − 8.18 tax in the price"


def test_what_the_lines_do_not_explain_is_a_line_of_its_own() -> None:
    sums = added_up(factories.order("20.01"), rounding={"max": "0.02", "item": "912"})
    assert [(row.label, row.shopify, row.netsuite) for row in sums.rows][1] == (
        "Rounding",
        Decimal("0.01"),
        Decimal("0.01"),
    )


def test_tax_that_netsuite_computes_is_what_its_total_has_above_our_lines() -> None:
    order, chosen = factories.order(**TAXED), factories.rules(tax={"mode": "netsuite_computes"})
    written = sales_order(Remaining(order), shop_id=SHOP_ID, entity=Reference(id="1"), items=ITEMS, rules=chosen)
    sums = arithmetic(Remaining(order), image_of(written).to_json(), chosen, total_there=Decimal("21.65"))
    assert [(row.label, row.difference) for row in sums.rows if row.difference] == [("Tax", Decimal("-0.05"))]
    assert sums.netsuite_total == Decimal("21.65")


def test_without_an_image_that_side_is_not_told() -> None:
    sums = arithmetic(Remaining(factories.order()), None, factories.rules())
    assert sums.netsuite_total is None
    assert {row.netsuite for row in sums.rows} == {None}


def test_a_body_keeps_its_figures_and_masks_what_somebody_typed() -> None:
    body = {
        "externalId": "E-1", "memo": "for Ada", "custbody_note": "Ada", "isPerson": True, "phone": "1", "entity": {"id": "7"},
        "item": {"items": [{"item": {"id": "812"}, "amount": Decimal("20.00"), "description": "To Ada"}]},
        "shippingAddress": {"addr1": "1 Street", "country": {"id": "US"}},
    }  # fmt: skip
    assert masked(body) == {
        "externalId": "E-1", "memo": MASK, "custbody_note": MASK, "isPerson": True, "phone": MASK, "entity": {"id": "7"},
        "item": {"items": [{"item": {"id": "812"}, "amount": Decimal("20.00"), "description": MASK}]},
        "shippingAddress": {"addr1": MASK, "country": {"id": "US"}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("item.items[0].rate", True),
        ("entity", True),
        ("email", False),
        ("shippingAddress.addr1", False),
        ("memo", False),
    ],
)
def test_a_field_stays_by_its_last_name(path: str, stays: bool) -> None:
    assert may_stay(path) is stays
