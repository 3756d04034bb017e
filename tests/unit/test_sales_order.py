"""An order becomes a sales order whose total is Shopify's, or no sales order at all."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import NotMapped, TotalMismatch
from connector.mapping.money import rate, rounded
from connector.mapping.orders import sales_order
from connector.mapping.remaining import Remaining
from connector.netsuite.records import Reference, SalesOrder
from connector.shopify.records import Order
from tests import factories
from tests.factories import ITEMS, SHOP_ID, allocation, bag, line, shipping_line, tax, total_of

BUYER = Reference(id="1456")


def written(order: Order, **rules: Any) -> SalesOrder:
    return sales_order(Remaining(order), shop_id=SHOP_ID, entity=BUYER, items=ITEMS, rules=factories.rules(**rules))


def amounts(record: SalesOrder) -> list[tuple[str, str]]:
    return [(item.item, str(item.amount)) for item in record.lines]


def test_a_plain_order_carries_name_date_currency_and_custom_price_level() -> None:
    body = written(factories.order()).to_json()
    assert body["externalId"] == "SHOPIFY-548380009-ORDER-5001"
    assert body["otherRefNum"] == "#1001"
    assert body["tranDate"] == "2026-11-20"
    assert body["currency"] == {"id": "1"}
    assert body["orderStatus"] == {"id": "B"}
    assert body["item"]["items"][0]["price"] == {"id": "-1"}
    assert "paymentOption" not in body


def test_the_date_is_the_day_in_the_books_time_zone() -> None:
    record = written(factories.order(processedAt="2026-11-20T03:00:00Z"))
    assert record.tran_date.isoformat() == "2026-11-19"


def test_added_tax_becomes_one_line() -> None:
    record = written(factories.order("21.60", tax="1.60", lines=[line(taxLines=[tax("1.20"), tax("0.40")])]))
    assert amounts(record) == [("812", "20.00"), ("911", "1.60")]


def test_included_tax_is_taken_out_of_its_own_line_by_shopifys_figure() -> None:
    record = written(
        factories.order("90.16", tax="8.20", taxesIncluded=True, lines=[line(price="90.16", taxLines=[tax("8.20")])])
    )
    assert amounts(record) == [("812", "81.96"), ("911", "8.20")]


def test_shipping_is_net_where_prices_contain_tax() -> None:
    record = written(
        factories.order(
            "30.00",
            tax="2.73",
            taxesIncluded=True,
            lines=[line(taxLines=[tax("1.82")])],
            shipping_lines=[shipping_line("10.00", taxes=[tax("0.91")])],
        )
    )
    assert record.shipping_cost == Decimal("9.09")
    assert total_of(record.to_json()) == Decimal("30.00")


def test_each_discount_is_a_line_below_its_product() -> None:
    record = written(
        factories.order(
            "171.80",
            discountApplications={"nodes": [{"index": 0, "code": "TENOFF"}, {"index": 1, "title": "Autumn"}]},
            lines=[line(price="95.00", quantity=2, discountAllocations=[allocation("3.20"), allocation("15.00", 1)])],
        )
    )
    assert amounts(record) == [("812", "190.00"), ("910", "-3.20"), ("910", "-15.00")]
    assert [item.description for item in record.lines] == ["Mug", "Discount TENOFF", "Discount Autumn"]


def test_net_discounts_lower_the_rate_instead() -> None:
    record = written(
        factories.order("16.80", lines=[line(discountAllocations=[allocation("3.20")])]), discount={"mode": "net"}
    )
    assert amounts(record) == [("812", "16.80")]


def test_a_discount_on_a_price_with_tax_is_written_net() -> None:
    record = written(
        factories.order(
            "90.00",
            tax="8.18",
            taxesIncluded=True,
            lines=[line(price="100.00", taxLines=[tax("8.18")], discountAllocations=[allocation("10.00")])],
        )
    )
    assert amounts(record) == [("812", "90.91"), ("910", "-9.09"), ("911", "8.18")]


def test_three_for_ten_keeps_the_amount_through_the_rate() -> None:
    record = written(
        factories.order(
            "10.00", tax="0.91", taxesIncluded=True, lines=[line(price="3.33", quantity=3, taxLines=[tax("0.91")])]
        ),
        rounding={"item": "912", "max": "0.05"},
    )
    assert amounts(record) == [("812", "9.08"), ("911", "0.91"), ("912", "0.01")]
    assert total_of(record.to_json()) == Decimal("10.00")


def test_a_difference_above_the_limit_is_refused_with_the_arithmetic() -> None:
    with pytest.raises(TotalMismatch, match=r"#1001: lines 20\.00 .* Shopify's total is 20\.10 USD, difference 0\.10"):
        written(factories.order("20.10"))


def test_an_unknown_sku_is_named() -> None:
    with pytest.raises(NotMapped, match="'NO-SUCH'") as raised:
        written(factories.order(lines=[line("NO-SUCH")]))
    assert raised.value.subject == "sku:NO-SUCH"


def test_a_variant_without_a_sku_is_named() -> None:
    with pytest.raises(NotMapped) as raised:
        written(factories.order(lines=[line(None)]))
    assert raised.value.subject == "variant:9001"


@pytest.mark.parametrize(
    ("changes", "item"),
    [
        pytest.param({"isGiftCard": True}, "902", id="gift card"),
        pytest.param({"variant": None, "sku": ""}, "901", id="custom line"),
        pytest.param({"variant": None, "sku": "", "name": "Tip", "title": "Tip"}, "903", id="tip"),
        pytest.param({"variant": None, "sku": "MUG-BLUE"}, "813", id="deleted variant whose SKU is known"),
    ],
)
def test_what_has_no_variant_goes_to_its_own_item(changes: dict[str, Any], item: str) -> None:
    assert written(factories.order(lines=[line(**changes)])).lines[0].item == item


def test_a_tip_counts_once_when_it_is_a_line_too() -> None:
    tip = line("", variant=None, name="Tip", title="Tip", price="3.00")
    record = written(factories.order("23.00", tip="3.00", lines=[line(), tip]))
    assert amounts(record) == [("812", "20.00"), ("903", "3.00")]


def test_a_tip_without_a_line_gets_one() -> None:
    assert amounts(written(factories.order("23.00", tip="3.00"))) == [("812", "20.00"), ("903", "3.00")]


def test_duties_and_fees_are_lines_of_their_own() -> None:
    record = written(
        factories.order(
            "26.50",
            lines=[line(duties=[{"id": "1", "price": bag("5.00")}])],
            originalTotalAdditionalFeesSet=bag("1.50"),
        )
    )
    assert amounts(record) == [("812", "20.00"), ("904", "5.00"), ("905", "1.50")]


def test_a_zero_decimal_currency_stays_whole() -> None:
    record = written(
        factories.order(
            "1001", currency="JPY", tax="91", taxesIncluded=True,
            lines=[line(price="1001", currency="JPY", taxLines=[tax("91", currency="JPY")])],
        )
    )  # fmt: skip
    assert amounts(record) == [("812", "910"), ("911", "91")]


def test_the_buyers_currency_is_booked_where_the_rule_says_so() -> None:
    price = bag("20.00", "USD", ("18.40", "EUR"))
    record = written(
        factories.order(lines=[line(originalUnitPriceSet=price)], totalPriceSet=price),
        orders={"currency": "presentment"},
    )
    assert record.currency == "4"
    assert record.total == Decimal("18.40")


def test_an_unmapped_currency_is_named() -> None:
    with pytest.raises(NotMapped) as raised:
        written(factories.order("20.00", currency="SEK"))
    assert raised.value.subject == "currency:SEK"


def test_shipping_without_a_method_is_named() -> None:
    with pytest.raises(NotMapped) as raised:
        written(factories.order("25.00", shipping_lines=[shipping_line("5.00", code="Drone")]))
    assert raised.value.subject == "shipping:Drone"


def test_free_shipping_needs_no_method() -> None:
    record = written(factories.order(shipping_lines=[shipping_line("0.00", code="Drone")]))
    assert (record.ship_method, record.shipping_cost) == (None, None)


def test_tax_details_carry_shopifys_amounts_in_override_mode() -> None:
    record = written(
        factories.order("22.00", tax="2.00", lines=[line(taxLines=[tax("2.00", rate=0.1)])]),
        tax={"mode": "tax_details_override", "details": {"10": {"type": "3", "code": "7"}}},
    )
    body = record.to_json()
    assert body["taxDetailsOverride"] is True
    assert body["taxDetails"]["items"][0]["taxAmount"] == Decimal("2.00")
    assert body["taxDetails"]["items"][0]["taxDetailsReference"] == {
        "id": body["item"]["items"][0]["taxDetailsReference"]
    }
    assert amounts(record) == [("812", "20.00")]


def test_a_tax_rate_without_a_code_is_named() -> None:
    with pytest.raises(NotMapped) as raised:
        written(factories.order("22.00", tax="2.00", lines=[line(taxLines=[tax("2.00")])]), tax={"mode": "tax_code"})
    assert raised.value.subject == "tax:10"


cents = st.integers(min_value=1, max_value=500_000).map(lambda value: Decimal(value).scaleb(-2))


@given(
    data=st.lists(st.tuples(cents, st.integers(1, 40), st.decimals(0, 1, places=3)), min_size=1, max_size=6),
    shipping=cents,
    included=st.booleans(),
    mode=st.sampled_from(["line", "net"]),
)
def test_every_order_that_adds_up_in_shopify_adds_up_in_netsuite(
    data: list[tuple[Decimal, int, Decimal]], shipping: Decimal, included: bool, mode: str
) -> None:
    lines, total, taxed = [], shipping, Decimal(0)
    for price, quantity, share in data:
        gross = price * quantity
        discount = (gross * share / 2).quantize(Decimal("0.01"))
        duty = ((gross - discount) / 11).quantize(Decimal("0.01"))
        total += gross - discount + (0 if included else duty)
        taxed += duty
        lines.append(
            line(
                price=str(price),
                quantity=quantity,
                taxLines=[tax(str(duty))],
                discountAllocations=[allocation(str(discount))] if discount else [],
            )
        )
    record = written(
        factories.order(
            str(total),
            tax=str(taxed),
            taxesIncluded=included,
            lines=lines,
            shipping_lines=[shipping_line(str(shipping))],
        ),
        discount={"mode": mode, "item": "910"},
    )
    assert not any(item.item == "912" for item in record.lines)
    assert total_of(record.to_json()) == total


@given(amount=cents, quantity=st.integers(1, 100_000))
def test_a_rate_times_its_quantity_is_the_amount_again(amount: Decimal, quantity: int) -> None:
    assert rounded(rate(amount, quantity) * quantity, "USD") == amount
