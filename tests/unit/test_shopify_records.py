"""Every recorded order, refund, fulfilment and transaction survives the way through GraphQL with its own figures."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.errors import InvalidAnswer, Unavailable
from connector.sandbox.shopify.execution import answer
from connector.sandbox.shopify.shop import Shop, ShopConfig
from connector.shopify.client import document
from connector.shopify.records import Order
from connector.shopify.whole import whole_customer, whole_order
from tests.payloads import payment, rest_line, rest_order

Json = dict[str, Any]


class InProcess:
    """A shop that is asked without HTTP; `asked` are the operations, in order."""

    def __init__(self) -> None:
        self.shop = Shop(ShopConfig(bucket=100_000))
        self.asked: list[str] = []

    def query(self, operation: str, variables: Any) -> Json:
        self.asked.append(operation)
        request = {"query": document(operation), "operationName": operation, "variables": variables}
        status, body = answer(self.shop, request)
        assert status == 200
        assert "errors" not in body, body["errors"]
        data: Json = body["data"]
        return data

    def order(self, order: Json, *transactions: Json) -> Order:
        self.shop.put_order(order, list(transactions))
        found = whole_order(self, str(order["id"]))
        assert found is not None
        return found


@pytest.fixture
def shop() -> InProcess:
    return InProcess()


@pytest.fixture
def recorded(shared: Path) -> Callable[[str], Json]:
    def load(name: str) -> Json:
        found: Json = json.loads((shared / "fixtures" / "shopify" / f"{name}.json").read_text("utf-8"), parse_float=str)
        return found

    return load


def refund_transactions(order: Json) -> list[Json]:
    return [item for refund in order["refunds"] for item in refund["transactions"]]


def test_three_partial_refunds_of_2024_are_read_with_their_own_cents(
    shop: InProcess, recorded: Callable[[str], Json]
) -> None:
    data = recorded("order_inr_three_partial_refunds")
    sale = payment(data, number=6322113806550, gateway="bogus", test=True)
    order = shop.order(data, sale, *refund_transactions(data))
    assert shop.asked == ["OrderById", "OrderLife"]
    assert [order.total.shop.amount, order.current_total.shop.amount] == [Decimal("4283.11"), Decimal("1628.29")]
    assert [order.tax.shop.amount, order.current_tax.shop.amount] == [Decimal("653.36"), Decimal("248.39")]
    assert order.refunded.shop.amount == Decimal("2654.82")
    assert order.net_payment.shop.amount == Decimal("1628.29")
    assert order.total_outstanding.shop.amount == 0
    assert [refund.id for refund in order.refunds] == ["887838146774", "887838310614", "887838376150"]
    for refund in order.refunds:
        assert refund.total.shop.amount == Decimal("884.94")
        (line,) = refund.lines
        assert (line.line_id, line.quantity, line.restock_type) == ("13340248965334", 1, "RETURN")
        assert (line.location_id, line.is_gift_card) == ("73971466454", False)
        assert (line.subtotal.shop.amount, line.tax.shop.amount) == (Decimal("749.95"), Decimal("134.99"))
        assert (refund.adjustments, refund.shipping_lines, refund.duties) == ((), (), ())
        (moved,) = refund.transactions
        assert (moved.kind, moved.status, moved.parent_id) == ("REFUND", "SUCCESS", "6322113806550")
    assert order.refunds[0].processed_at == datetime(2024, 1, 12, 9, 6, 38, tzinfo=UTC)


def test_its_lines_know_what_is_left_and_its_fulfilment_what_was_shipped(
    shop: InProcess, recorded: Callable[[str], Json]
) -> None:
    order = shop.order(recorded("order_inr_three_partial_refunds"))
    quantities = [
        (line.quantity, line.current_quantity, line.unfulfilled_quantity, line.non_fulfillable_quantity)
        for line in order.lines
    ]
    assert quantities == [(4, 1, 0, 0), (1, 1, 0, 0)]
    (shipped,) = order.fulfillments
    assert (shipped.id, shipped.name, shipped.status) == ("4829430743254", "#1001.1", "SUCCESS")
    assert (shipped.location_id, shipped.service) == ("73971466454", "manual")
    assert [(parcel.company, parcel.number, parcel.url) for parcel in shipped.tracking] == [("Other", "1", "")]
    assert [(line.line_id, line.quantity) for line in shipped.lines] == [("13340248965334", 4), ("13340248998102", 1)]
    assert order.fulfillment_status == "FULFILLED"


def test_a_cancelled_fulfilment_stays_with_what_it_would_have_shipped(
    shop: InProcess, recorded: Callable[[str], Json]
) -> None:
    data = recorded("order_inr_three_partial_refunds")
    order = shop.order(data | {"fulfillments": [recorded("fulfillment_inr_cancelled_partial")]})
    (shipped,) = order.fulfillments
    assert shipped.status == "CANCELLED"
    assert shipped.updated_at == datetime(2024, 1, 12, 9, 32, 3, tzinfo=UTC)
    assert [line.quantity for line in shipped.lines] == [4, 1]


def test_fulfilments_of_2017_are_read_without_name_and_location(
    shop: InProcess, recorded: Callable[[str], Json]
) -> None:
    order = shop.order(recorded("order_eur_partial_fulfillment_2017"))
    assert order.fulfillment_status == "PARTIALLY_FULFILLED"
    first, second = order.fulfillments
    assert [(line.line_id, line.quantity) for line in first.lines] == [("10069290820", 1)]
    assert [(line.line_id, line.quantity) for line in second.lines] == [("10069290756", 3), ("10069290820", 2)]
    assert first.location_id is None
    assert [parcel.number for parcel in first.tracking] == ["21123123123213"]
    assert second.tracking[0].company == "Canada Post"
    assert [line.unfulfilled_quantity for line in order.lines] == [0, 2]
    assert [(line.price.shop.amount, line.original_price.shop.amount) for line in order.shipping_lines] == [
        (Decimal("20.00"), Decimal("20.00"))
    ]


def test_a_refund_of_2017_for_a_deleted_product_is_read(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    refund = recorded("refund_usd_deleted_product_2017")
    order = rest_order(9161736198, refunds=[refund], line_items=[refund["refund_line_items"][0]["line_item"]])
    (read,) = shop.order(order).refunds
    assert (read.id, read.note, read.total.shop.amount) == ("4169236486", "", Decimal("35.00"))
    (line,) = read.lines
    assert (line.line_id, line.quantity, line.restock_type) == ("17308254214", 1, "NO_RESTOCK")
    assert (line.location_id, line.subtotal.shop.amount, line.tax.shop.amount) == (None, Decimal(35), Decimal(0))
    assert (read.transactions[0].gateway, read.transactions[0].parent_id) == ("", "10035068934")


def test_a_refund_in_dong_has_no_cents(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    refund = recorded("refund_vnd_zero_decimal_manual")
    line = refund["refund_line_items"][0]["line_item"]
    money = {"currency": "VND", "presentment_currency": "VND", "total_price": "20", "total_tax": "0"}
    (read,) = shop.order(rest_order(6273085767965, refunds=[refund], line_items=[line], **money)).refunds
    assert (read.total.shop.amount, read.total.shop.currency) == (Decimal(20), "VND")
    assert read.lines[0].restock_type == "CANCEL"
    assert read.lines[0].location_id == "76683084061"
    assert (read.transactions[0].is_manual, read.transactions[0].gateway) == (True, "manual")


def test_a_manual_sale_in_zloty_is_read(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    sale = recorded("transaction_pln_manual_sale")
    order = rest_order(100500, currency="PLN", presentment_currency="PLN", total_price="147.58")
    (read,) = shop.order(order, sale).transactions
    assert (read.id, read.kind, read.status, read.is_test) == ("10679267000000", "SALE", "SUCCESS", False)
    assert (read.gateway, read.amount.shop.amount) == ("manual_in_shopify_test", Decimal("147.58"))
    assert read.processed_at == datetime(2024, 10, 8, 12, 3, 31, tzinfo=UTC)
    assert (read.parent_id, read.amount_rounding, read.error_code) == (None, None, None)


def test_the_newest_recorded_order_is_read_with_tax_inside(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    order = shop.order(recorded("order_aud_tax_included_2026"))
    assert shop.asked == ["OrderById"]
    assert order.taxes_included
    assert [(tax.title, tax.price.shop.amount, tax.is_channel_liable) for tax in order.taxes] == [
        ("GST", Decimal("8.20"), False)
    ]
    (line,) = order.lines
    assert (line.product_id, line.variant_id, line.bundle) == ("9378819014968", "48737066975544", None)
    assert (line.is_taxable, line.requires_shipping, line.unfulfilled_quantity) == (True, True, 2)
    assert (order.note, order.tags, order.po_number, order.is_draft) == ("", (), "", False)
    assert order.updated_at == datetime(2026, 2, 4, 4, 25, 53, tzinfo=UTC)


def test_line_properties_and_a_draft_are_seen(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    cart = recorded("order_cad_line_properties")
    order = shop.order(cart)
    wanted = [(item["name"], item["value"]) for item in cart["line_items"][0]["properties"]]
    assert len(wanted) == 3
    assert [(pair.key, pair.value) for pair in order.lines[0].attributes] == wanted
    assert shop.order(recorded("order_usd_no_customer_draft")).is_draft


def test_two_discounts_on_one_line_keep_their_cents(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    order = shop.order(recorded("order_hkd_manual_plus_auto_discount"))
    shares = [discount.amount.shop.amount for line in order.lines for discount in line.discounts]
    assert sorted(shares) == [Decimal("3.20"), Decimal("3.40"), Decimal("3.40"), Decimal("5.00")]


def test_yen_and_an_untaxed_line_with_a_tax_line_of_nothing(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    order = shop.order(recorded("order_jpy_mixed_taxable"))
    assert [[tax.price.shop.amount for tax in line.taxes] for line in order.lines] == [[Decimal(0)], [Decimal(229)]]
    assert [line.is_taxable for line in order.lines] == [False, True]


def test_the_whole_record_of_a_customer_is_read(shop: InProcess, recorded: Callable[[str], Json]) -> None:
    data = recorded("customer_usd_create")
    data["addresses"][0]["id"] = data["default_address"]["id"]
    shop.shop.config.companies = [
        {"id": 71, "name": "Acme", "external_id": "C-71", "contacts": [{"id": 5, "customer_id": data["id"]}]}
    ]
    shop.shop.customers.put(data)
    read = whole_customer(shop, "6972943892790")
    assert read is not None
    assert (read.id, read.first_name, read.last_name, read.note) == ("6972943892790", "John", "Doe", "Some notes")
    assert (read.tags, read.is_tax_exempt, read.state) == (("tag", "VIP"), False, "DISABLED")
    assert read.default_address is not None
    assert (read.default_address.province_code, read.default_address.zip) == ("DE", "19931")
    assert [(one.company_id, one.company_external_id, one.is_main) for one in read.contacts] == [("71", "C-71", False)]
    assert not read.is_redacted
    assert whole_customer(shop, "404") is None


def test_all_addresses_of_a_customer_are_read_and_a_redacted_one_has_none(shop: InProcess) -> None:
    addresses = [{"id": number, "address1": f"{number} Street", "country_code": "US"} for number in range(1, 121)]
    shop.shop.customers.put({"id": 7, "email": "a@example.com", "addresses": addresses})
    read = whole_customer(shop, "7")
    assert read is not None
    assert [item.id for item in read.addresses] == [str(number) for number in range(1, 121)]
    shop.shop.customers.put({"id": 7, "addresses": []})
    emptied = whole_customer(shop, "7")
    assert emptied is not None
    assert emptied.is_redacted


def test_a_business_order_names_company_location_contact_and_terms(shop: InProcess) -> None:
    shop.shop.config.companies = [
        {
            "id": 71,
            "name": "Acme",
            "external_id": "C-71",
            "locations": [{"id": 72, "name": "Acme North", "external_id": None}],
            "contacts": [{"id": 73, "customer_id": 7012, "is_main": True}],
        }
    ]
    schedule = {"id": 2, "due_at": "2026-12-20T00:00:00Z", "issued_at": "2026-11-20T00:00:00Z", "completed_at": None}
    terms = {"id": 1, "payment_terms_name": "Net 30", "payment_terms_type": "net", "due_in_days": 30}
    terms["payment_schedules"] = [schedule]
    made = rest_order(company={"id": 71, "location_id": 72}, payment_terms=terms, po_number=" PO-9 ")
    order = shop.order(made)
    assert order.is_business
    assert order.company is not None
    assert (order.company.company_id, order.company.name, order.company.external_id) == ("71", "Acme", "C-71")
    assert (order.company.location_id, order.company.location_name, order.company.contact_id) == (
        "72",
        "Acme North",
        "73",
    )
    assert order.payment_terms is not None
    assert (order.payment_terms.name, order.payment_terms.type, order.payment_terms.due_in_days) == (
        "Net 30",
        "NET",
        30,
    )
    assert order.payment_terms.due_at == datetime(2026, 12, 20, tzinfo=UTC)
    assert order.po_number == "PO-9"
    assert not shop.order(rest_order(5002)).is_business


def test_a_bundle_note_attributes_and_a_marketplace_tax_are_read(shop: InProcess) -> None:
    tax = {"title": "Tax", "price": "1.00", "rate": 0.05, "channel_liable": True}
    line = rest_line(1) | {"sales_line_item_group_id": 9, "tax_lines": [tax]}
    order = shop.order(
        rest_order(
            line_items=[line],
            line_item_groups=[{"id": 9, "title": "Set", "quantity": 1}],
            note_attributes=[{"name": "gift", "value": "yes"}],
            tags="a, b",
        )
    )
    assert order.lines[0].bundle is not None
    assert (order.lines[0].bundle.id, order.lines[0].bundle.title) == ("9", "Set")
    assert order.lines[0].taxes[0].is_channel_liable
    assert [(pair.key, pair.value) for pair in order.attributes] == [("gift", "yes")]
    assert order.tags == ("a", "b")


SHIPPING: Json = {"id": 1, "title": "Standard", "price": "1.00"}
ADJUSTMENT: Json = {"id": 1, "reason": "Refund discrepancy", "amount": "1.00", "tax_amount": "0.00"}


def refund(number: int, lines: list[Json], **more: Any) -> Json:
    made = {"id": number, "created_at": "2026-11-21T10:00:00Z", "refund_line_items": lines, "transactions": []}
    return made | more


def refund_line(line_id: int) -> Json:
    return {"id": line_id, "line_item_id": line_id, "quantity": 1, "subtotal": "20.00", "total_tax": "0.00"}


def test_more_refunds_and_refund_lines_than_one_page_are_all_read(shop: InProcess) -> None:
    many = [refund_line(50010) for _ in range(170)]
    order = shop.order(rest_order(refunds=[refund(1, many), *(refund(n, [refund_line(50010)]) for n in range(2, 9))]))
    assert [len(item.lines) for item in order.refunds] == [170, 1, 1, 1, 1, 1, 1, 1]
    assert shop.asked == ["OrderById", "OrderLife", *["RefundById"] * 3, *["RefundLines"] * 2]


def test_more_fulfilments_and_lines_than_one_page_are_all_read(shop: InProcess) -> None:
    lines = [rest_line(number) for number in range(1, 121)]
    base = {"status": "success", "created_at": "2026-11-21T10:00:00Z", "updated_at": "2026-11-21T10:00:00Z"}
    made = [base | {"id": n, "name": f"F{n}", "line_items": lines if n == 7 else lines[:1]} for n in range(1, 8)]
    order = shop.order(rest_order(line_items=lines, fulfillments=made))
    assert len(order.lines) == 120
    assert [len(item.lines) for item in order.fulfillments] == [1, 1, 1, 1, 1, 1, 120]
    assert shop.asked.count("FulfillmentById") == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"refunds": [refund(n, []) for n in range(100)]}, "100 refunds or more"),
        ({"shipping_lines": [SHIPPING] * 11}, "shipping lines of order #1001: there are more than 10"),
        ({"discount_applications": [{"type": "manual", "title": "x"}] * 51}, "discounts of Shopify order #1001"),
        ({"refunds": [refund(1, [], order_adjustments=[ADJUSTMENT] * 11)]}, "adjustments of refund 1: there are more"),
    ],
)
def test_what_is_too_large_is_named(shop: InProcess, changes: Json, sentence: str) -> None:
    with pytest.raises(InvalidAnswer, match=sentence):
        shop.order(rest_order(**changes))


def test_an_order_that_changes_while_it_is_read_is_read_again_later(shop: InProcess) -> None:
    shop.shop.put_order(rest_order(refunds=[refund(1, [refund_line(50010)])]), [])

    class Changing(InProcess):
        def query(self, operation: str, variables: Any) -> Json:
            data = super().query(operation, variables)
            self.shop.put_order(rest_order(updated_at="2026-11-21T12:00:00Z", refunds=[refund(1, [])]), [])
            return data

    changing = Changing()
    changing.shop = shop.shop
    with pytest.raises(Unavailable, match="changed while it was read"):
        whole_order(changing, "5001")
