"""Orders live in the shop as they do in Shopify: every act over HTTP, with the news it makes and the figures it leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import requests

from connector.sandbox.serve import Served
from connector.sandbox.shopify.app import shop_app
from connector.sandbox.shopify.shop import Shop, ShopConfig
from tests.payloads import payment, rest_line, rest_order

Json = dict[str, Any]


@dataclass(slots=True)
class Floor:
    """The shop over HTTP, and the order all acts are on."""

    shop: Shop
    url: str
    order_id: int = 5001

    def post(self, verb: str, asked: Json) -> requests.Response:
        return requests.post(f"{self.url}/_sandbox/{verb}", json=asked, timeout=10)

    def place(self, order: Json, *transactions: Json) -> None:
        asked = {"order": order, "transactions": list(transactions)}
        assert self.post("orders", asked).status_code == 200

    def act(self, verb: str, **asked: Any) -> Json:
        response = self.post("act", {"act": verb, "order_id": self.order_id, **asked})
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    def refused(self, verb: str, **asked: Any) -> str:
        response = self.post("act", {"act": verb, "order_id": self.order_id, **asked})
        assert response.status_code == 400
        return str(response.json()["errors"])

    @property
    def order(self) -> Json:
        found = self.shop.order(self.order_id)
        assert found is not None
        return found[0]

    @property
    def ledger(self) -> Json:
        answer: Json = requests.get(f"{self.url}/_sandbox/ledger", timeout=10).json()
        (found,) = answer["orders"]
        order: Json = found
        return order

    def figures(self) -> tuple[str, str, str, str]:
        """Total, what is left of it, what is owed, and the status."""
        names = ("total_price", "current_total_price", "total_outstanding", "financial_status")
        first, second, third, fourth = (str(self.order[name]) for name in names)
        return first, second, third, fourth


@pytest.fixture
def floor() -> Iterator[Floor]:
    shop = Shop(ShopConfig())
    with Served(shop_app(shop)) as served:
        yield Floor(shop, served.url)


def tax(amount: str) -> Json:
    return {"title": "State tax", "rate": 0.1, "price": amount}


def order_of(*, lines: list[Json] | None = None, **changes: Any) -> Json:
    """Three mugs for 20.00 with 10 % tax, shipping 5.00 with 0.50: 71.50 in all."""
    mugs = [rest_line(11, quantity=3) | {"tax_lines": [tax("6.00")]}]
    shipping = {"id": 91, "title": "Standard", "code": "Standard", "price": "5.00", "discounted_price": "5.00"}
    shipping |= {"tax_lines": [tax("0.50")], "is_removed": False}
    made = rest_order(line_items=lines or mugs, shipping_lines=[shipping], total_price="71.50", total_tax="6.50")
    return made | {"financial_status": "pending"} | changes


def test_an_authorisation_is_captured_in_two_parts_by_the_gateway_that_gave_it(floor: Floor) -> None:
    floor.place(order_of())
    assert floor.act("authorize", gateway="paypal")["topics"] == ["order_transactions/create", "orders/updated"]
    assert floor.figures() == ("71.50", "71.50", "71.50", "authorized")
    assert floor.act("capture", amount="30.00")["topics"] == ["order_transactions/create", "orders/updated"]
    assert floor.figures() == ("71.50", "71.50", "41.50", "partially_paid")
    assert "orders/paid" in floor.act("capture")["topics"]
    assert floor.figures() == ("71.50", "71.50", "0.00", "paid")
    captures = [item for item in floor.ledger["transactions"] if item["kind"] == "capture"]
    assert [(item["amount"], item["gateway"]) for item in captures] == [("30.00", "paypal"), ("41.50", "paypal")]
    assert "cannot be captured" in floor.refused("capture", amount="0.01")


def test_a_voided_order_owes_everything_and_nothing_is_left_to_capture(floor: Floor) -> None:
    floor.place(order_of())
    floor.act("authorize")
    floor.act("void")
    assert floor.figures() == ("71.50", "71.50", "71.50", "voided")
    assert "nothing is authorised" in floor.refused("capture")


def test_a_gift_card_and_a_manual_payment_pay_together(floor: Floor) -> None:
    floor.place(order_of())
    floor.act("pay", gateway="gift_card", amount="21.50")
    floor.act("mark_paid")
    assert floor.order["payment_gateway_names"] == ["gift_card", "manual"]
    assert (floor.ledger["paid"], floor.figures()[3]) == ("71.50", "paid")


def test_a_failed_and_a_pending_payment_are_no_money_until_it_settles(floor: Floor) -> None:
    floor.place(order_of())
    floor.act("pay", status="failure", error_code="card_declined")
    pending = floor.act("pay", status="pending")
    assert pending["topics"] == ["orders/updated"]
    assert floor.figures()[3] == "pending"
    floor.act("settle_payment", transaction_id=floor.ledger["transactions"][-1]["id"])
    assert floor.figures()[3] == "paid"


def test_a_tip_is_a_line_that_is_paid_later_and_never_shipped(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    floor.act("tip", amount="3.00")
    assert floor.figures() == ("74.50", "74.50", "3.00", "partially_paid")
    assert floor.order["total_tip_received"] == "3.00"
    floor.act("pay")
    floor.act("fulfill")
    assert floor.order["fulfillment_status"] == "fulfilled"
    assert floor.order["closed_at"] is not None


def test_an_edit_adds_a_line_with_the_orders_tax_and_raises_another(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    added = {"add_line": {"sku": "MUG-BLUE", "price": "9.99", "quantity": 2, "discount": "1.00"}}
    answer = floor.act("edit", changes=[added, {"set_quantity": {"line_id": 11, "quantity": 4}}])
    assert answer["topics"] == ["orders/edited", "orders/updated"]
    line = floor.order["line_items"][1]
    # 2 x 9.99 - 1.00 = 18.98, its tax 1.898; with the mug's 20.00 the edit is taxed 3.898 in all.
    assert [line["tax_lines"][0]["price"], floor.order["line_items"][0]["tax_lines"][0]["price"]] == ["1.90", "8.00"]
    assert floor.figures() == ("114.38", "114.38", "42.88", "partially_paid")
    assert (floor.order["total_tax"], floor.order["tax_lines"][0]["price"]) == ("10.40", "10.40")
    edit = answer["deliveries"][0]["body"]["order_edit"]
    assert [item["delta"] for item in edit["line_items"]["additions"]] == [2, 1]


def test_an_edit_that_takes_units_off_is_a_refund_without_money(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    answer = floor.act("edit", changes=[{"set_quantity": {"line_id": 11, "quantity": 1}}], restock=False)
    assert answer["topics"] == ["refunds/create", "orders/edited", "orders/updated"]
    (line,) = floor.order["line_items"]
    assert (line["quantity"], line["current_quantity"], line["fulfillable_quantity"]) == (3, 1, 1)
    assert floor.figures() == ("71.50", "27.50", "-44.00", "paid")
    (refund,) = floor.order["refunds"]
    assert (refund["transactions"], refund["order_adjustments"]) == ([], [])
    assert [item["restock_type"] for item in refund["refund_line_items"]] == ["no_restock"]


def test_an_edit_removes_shipping_and_a_line_but_never_what_was_shipped(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    floor.act("fulfill", lines=[{"line_id": 11, "quantity": 2}])
    assert "the rest is shipped" in floor.refused("edit", changes=[{"remove_line": {"line_id": 11}}])
    floor.act("edit", changes=[{"remove_shipping": {}}])
    assert floor.order["shipping_lines"][0]["is_removed"] is True
    assert floor.figures() == ("66.00", "66.00", "-5.50", "paid")


def test_address_note_and_tags_change_without_an_edit(floor: Floor) -> None:
    floor.place(order_of())
    changes = {"note": "ring twice", "tags": "vip", "shipping_address": {"city": "Shelbyville"}}
    assert floor.act("update", changes=changes, at="2026-11-21T10:00:00-05:00")["topics"] == ["orders/updated"]
    assert floor.order["shipping_address"]["city"] == "Shelbyville"
    assert floor.order["shipping_address"]["zip"] == "62701"
    assert floor.order["updated_at"] == "2026-11-21T10:00:00-05:00"
    assert "cannot be changed" in floor.refused("update", changes={"total_price": "1.00"})


def test_a_cancelled_paid_order_goes_back_whole_with_its_shipping(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    topics = floor.act("cancel", reason="customer", location_id=655441491)["topics"]
    assert topics == ["refunds/create", "order_transactions/create", "orders/cancelled", "orders/updated"]
    assert floor.figures() == ("71.50", "0.00", "0.00", "refunded")
    assert (floor.order["cancel_reason"], floor.order["fulfillment_status"]) == ("customer", "restocked")
    assert (floor.ledger["refunded"], floor.ledger["net"]) == ("71.50", "0.00")
    assert "cancelled already" in floor.refused("cancel")


def test_a_cancelled_order_can_keep_the_money_and_an_authorised_one_is_voided(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    floor.act("cancel", refund="none", restock=False)
    assert floor.figures() == ("71.50", "0.00", "-71.50", "paid")
    floor.order_id = 5002
    floor.place(order_of(id=5002))
    floor.act("authorize")
    floor.act("cancel")
    assert floor.figures() == ("71.50", "0.00", "0.00", "voided")
    assert [refund["transactions"] for refund in floor.order["refunds"]] == [[]]


def test_only_the_open_rest_of_a_partly_shipped_order_is_cancelled(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    floor.act("fulfill", lines=[{"line_id": 11, "quantity": 2}])
    floor.act("cancel")
    assert floor.figures() == ("71.50", "49.50", "0.00", "partially_refunded")
    assert floor.order["fulfillment_status"] == "fulfilled"
    assert floor.ledger["refunded"] == "22.00"


def test_parcels_leave_from_two_locations_and_one_comes_back(floor: Floor) -> None:
    floor.place(order_of())
    tracking = {"company": "UPS", "numbers": ["1Z1", "1Z2"], "urls": ["https://ups.example/1Z1"]}
    first = floor.act("fulfill", lines=[{"line_id": 11, "quantity": 1}], location_id=1, tracking=tracking)
    assert first["topics"] == ["fulfillments/create", "orders/partially_fulfilled", "orders/updated"]
    assert floor.order["fulfillment_status"] == "partial"
    assert floor.act("fulfill", location_id=2)["topics"][1] == "orders/fulfilled"
    parcels = floor.ledger["fulfillments"]
    assert [(item["location_id"], item["lines"][0]["quantity"]) for item in parcels] == [(1, 1), (2, 2)]
    assert parcels[0]["tracking_numbers"] == ["1Z1", "1Z2"]
    assert [item["name"] for item in floor.order["fulfillments"]] == ["#1001.1", "#1001.2"]
    assert "nothing is left" in floor.refused("fulfill")
    floor.act("update_tracking", fulfillment_id=parcels[1]["id"], tracking={"company": "DHL", "numbers": ["D9"]})
    cancelled = floor.act("cancel_fulfillment", fulfillment_id=parcels[1]["id"])
    assert cancelled["topics"] == ["fulfillments/update", "orders/updated"]
    (line,) = floor.order["line_items"]
    assert (line["fulfillable_quantity"], line["fulfillment_status"]) == (2, "partial")
    assert floor.ledger["fulfillments"][1]["tracking_numbers"] == ["D9"]


def test_units_refunded_one_by_one_add_up_to_the_tax_of_the_line(floor: Floor) -> None:
    lines = [rest_line(11, price="749.95", quantity=4) | {"tax_lines": [tax("539.97")]}]
    order = order_of(lines=lines, shipping_lines=[], total_price="3539.77", total_tax="539.97")
    floor.place(order, payment(order))
    for _ in range(4):
        floor.act("refund", lines=[{"line_id": 11, "quantity": 1, "restock_type": "cancel", "location_id": 7}])
    taken = [refund["refund_line_items"][0]["total_tax"] for refund in floor.order["refunds"]]
    assert taken == [134.99, 134.99, 134.99, 135.0]
    assert [item["money"] for item in floor.ledger["refunds"]] == ["884.94", "884.94", "884.94", "884.95"]
    assert floor.figures() == ("3539.77", "0.00", "0.00", "refunded")
    assert "cannot be refunded" in floor.refused("refund", lines=[{"line_id": 11, "quantity": 1}])


def test_shipping_goes_back_whole_or_in_part_with_its_share_of_the_tax(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    floor.act("refund", shipping="2.00")
    floor.act("refund", shipping="full")
    assert [item["money"] for item in floor.ledger["refunds"]] == ["2.20", "3.30"]
    assert floor.figures() == ("71.50", "66.00", "0.00", "partially_refunded")
    assert floor.order["current_total_tax"] == "6.00"


def test_money_alone_and_more_or_less_than_the_lines_leave_an_adjustment(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    floor.act("refund", amount="4.00")
    floor.act("refund", lines=[{"line_id": 11, "quantity": 1}], amount="20.00")
    adjustments = [refund["order_adjustments"][0]["amount"] for refund in floor.order["refunds"]]
    assert adjustments == ["-4.00", "2.00"]
    assert floor.figures() == ("71.50", "47.50", "0.00", "partially_refunded")
    assert "cannot be refunded" in floor.refused("refund", amount="47.51")


def test_a_pending_refund_nets_to_nothing_until_it_settles(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    topics = floor.act("refund", lines=[{"line_id": 11, "quantity": 1}], pending=True)["topics"]
    assert topics == ["refunds/create", "orders/updated"]
    (refund,) = floor.order["refunds"]
    assert refund["transactions"][0]["status"] == "pending"
    assert refund["order_adjustments"][0]["amount"] == "22.00"
    assert floor.figures() == ("71.50", "71.50", "0.00", "paid")
    assert floor.act("settle_refund")["topics"] == ["order_transactions/create", "orders/updated"]
    (refund,) = floor.order["refunds"]
    assert (refund["transactions"][0]["status"], refund["order_adjustments"]) == ("success", [])
    assert floor.figures() == ("71.50", "49.50", "0.00", "partially_refunded")


def test_a_refund_goes_back_to_the_payments_it_came_from(floor: Floor) -> None:
    floor.place(order_of())
    floor.act("pay", gateway="gift_card", amount="21.50")
    floor.act("pay", gateway="paypal")
    floor.act("refund", lines=[{"line_id": 11, "quantity": 2}])
    (refund,) = floor.ledger["refunds"]
    moved = [(item["gateway"], item["amount"]) for item in refund["transactions"]]
    assert moved == [("gift_card", "21.50"), ("paypal", "22.50")]


def test_duties_go_back_once(floor: Floor) -> None:
    money = {"amount": "7.00", "currency_code": "USD"}
    lines = [rest_line(11) | {"duties": [{"id": 3, "shop_money": money, "presentment_money": money}]}]
    duties = {"shop_money": money, "presentment_money": money}
    order = order_of(lines=lines, shipping_lines=[], total_price="27.00", total_tax="0.00")
    floor.place(order | {"original_total_duties_set": duties}, payment(order))
    floor.act("refund", duties=True)
    assert floor.figures() == ("27.00", "20.00", "0.00", "partially_refunded")
    assert floor.order["refunds"][0]["total_duties_set"]["shop_money"]["amount"] == "7.00"
    floor.act("edit", changes=[{"set_quantity": {"line_id": 11, "quantity": 2}}])
    assert floor.figures()[0] == "47.00"


def test_a_return_and_an_exchange_stand_on_the_order(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    assert "not with the buyer" in floor.refused("return", lines=[{"line_id": 11, "quantity": 1}])
    floor.act("fulfill")
    exchange = [{"sku": "MUG-BLUE", "price": "20.00", "quantity": 1}]
    floor.act("return", lines=[{"line_id": 11, "quantity": 1}], exchange=exchange)
    (made,) = floor.order["returns"]
    assert (made["name"], made["status"], made["exchange_line_items"][0]["sku"]) == ("#1001-R1", "open", "MUG-BLUE")
    assert floor.figures() == ("93.50", "93.50", "22.00", "partially_paid")
    line = {"line_id": 11, "quantity": 1, "restock_type": "return", "location_id": 1}
    floor.act("refund", lines=[line], return_id=made["id"])
    assert floor.figures() == ("93.50", "71.50", "0.00", "paid")
    floor.act("close_return", return_id=made["id"])
    assert floor.order["returns"][0]["status"] == "closed"


def test_in_two_currencies_the_last_payment_and_the_last_unit_carry_the_rest(floor: Floor) -> None:
    def both(shop: str, shown: str) -> Json:
        return {
            "shop_money": {"amount": shop, "currency_code": "USD"},
            "presentment_money": {"amount": shown, "currency_code": "EUR"},
        }

    line = rest_line(11, quantity=3) | {"price": "33.33", "price_set": both("33.33", "30.01")}
    order = order_of(lines=[line], shipping_lines=[], total_price="99.99", total_tax="0.00", presentment_currency="EUR")
    floor.place(order | {"total_price_set": both("99.99", "90.03")})
    floor.act("pay", amount="30.00")
    floor.act("pay")
    assert floor.figures() == ("99.99", "99.99", "0.00", "paid")
    floor.act("refund", lines=[{"line_id": 11, "quantity": 3}])
    assert (floor.ledger["refunded"], floor.ledger["net"]) == ("90.03", "0.00")
    assert floor.figures() == ("99.99", "0.00", "0.00", "refunded")


def test_yen_have_no_cents(floor: Floor) -> None:
    lines = [rest_line(11, price="1000", quantity=3) | {"tax_lines": [tax("299")]}]
    money = {"currency": "JPY", "presentment_currency": "JPY", "total_price": "3299", "total_tax": "299"}
    order = order_of(lines=lines, shipping_lines=[], **money)
    floor.place(order, payment(order))
    for _ in range(3):
        floor.act("refund", lines=[{"line_id": 11, "quantity": 1}])
    assert [item["refund_line_items"][0]["total_tax"] for item in floor.order["refunds"]] == [99.0, 100.0, 100.0]
    assert floor.figures() == ("3299", "0", "0", "refunded")


def test_a_customer_is_changed_merged_deleted_and_redacted(floor: Floor) -> None:
    floor.place(order_of())
    floor.post("customers", {"customer": {"id": 8000, "email": "new@example.com"}})
    answer = floor.act("update_customer", customer_id=7012, changes={"last_name": "Lovelace"})
    assert answer["topics"] == ["customers/update"]
    assert floor.order["customer"]["last_name"] == "Lovelace"
    assert "has orders" in floor.refused("delete_customer", customer_id=7012)
    merged = floor.act("merge_customers", kept=8000, removed=7012)
    assert merged["topics"] == ["customers/merge", "customers/delete", "customers/update"]
    assert floor.order["customer"]["id"] == 8000
    assert floor.shop.customers.find(7012) is None
    floor.act("redact_customer", customer_id=8000)
    assert (floor.order["customer"], floor.order["email"]) == (None, "")
    assert floor.act("delete_customer", customer_id=8000)["topics"] == ["customers/delete"]


def test_an_act_is_delivered_at_once_or_left_to_the_test(floor: Floor) -> None:
    floor.place(order_of())
    floor.shop.change({"webhook_url": f"{floor.url}/_sandbox/health"})
    left = floor.act("update", changes={"note": "first"})
    assert floor.shop.deliveries == []
    sent = floor.act("update", changes={"note": "second"}, deliver=True)
    assert len(sent["statuses"]) == 1
    assert left["deliveries"][0]["body"]["note"] == "first"


def test_an_unknown_act_or_order_is_refused_by_name(floor: Floor) -> None:
    assert "unknown act 'dance'" in floor.refused("dance")
    assert "no order 5001" in floor.refused("pay")


def test_money_of_the_ledger_is_the_buyers(floor: Floor) -> None:
    floor.place(order_of(), payment(order_of(), amount="71.50"))
    floor.act("refund", amount="1.50")
    ledger = floor.ledger
    assert [Decimal(ledger[name]) for name in ("paid", "refunded", "net")] == [
        Decimal("71.50"),
        Decimal("1.50"),
        Decimal(70),
    ]
