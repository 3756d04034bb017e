"""After any history the shop's figures still add up: facts of Shopify's recorded orders, held for orders made here."""

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.sandbox.scenario.drafts import Shape
from connector.sandbox.scenario.orders import order as made_order
from connector.sandbox.shopify.acts.scene import RefusedError
from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.execution import answer
from connector.sandbox.shopify.shop import Shop, ShopConfig
from connector.shopify.client import document
from connector.shopify.records import Order
from connector.shopify.whole import whole_order

Json = dict[str, Any]

TAXES = ((), (("VAT", "0.2"),), (("State", "0.0625"), ("County", "0.0125")))
SIDES = ("shop_money", "presentment_money")
SHAPES = st.builds(
    Shape,
    currency=st.sampled_from(["USD", "EUR", "JPY"]),
    lines=st.integers(1, 4),
    taxes=st.sampled_from(TAXES),
    taxes_included=st.booleans(),
    line_discount=st.booleans(),
    code_percent=st.sampled_from([0, 15, 100]),
    shipping=st.sampled_from([None, "0.00", "7.50"]),
    tip=st.sampled_from([None, "5.00"]),
    gift_card_sold=st.booleans(),
    payments=st.sampled_from(["card", "authorised", "captured", "gift_and_card", "partial"]),
)
# What may be asked of an order; which line, how many and how much follow from the numbers drawn with it.
VERBS = st.sampled_from(
    ["authorize", "pay", "capture", "void", "mark_paid", "tip", "add", "raise", "lower", "remove_shipping", "fulfill",
     "cancel_fulfillment", "refund_units", "refund_shipping", "refund_amount", "refund_less", "settle_refund", "return",
     "exchange", "cancel"]
)  # fmt: skip
STEPS = st.lists(st.tuples(VERBS, st.integers(0, 1000), st.booleans()), min_size=3, max_size=12)


def money(data: Mapping[str, Any], name: str, side: str) -> Decimal:
    return Decimal(data[f"{name}_set"][side]["amount"])


def asked(verb: str, number: int, flag: bool, order: Json) -> Json:
    """One act; whether Shopify would do it shows when it is tried."""
    line = order["line_items"][number % len(order["line_items"])]
    quantity = number % 3 + 1
    part = {"line_id": line["id"], "quantity": quantity}
    restock = ("cancel", "return", "no_restock")[number % 3]
    amount = str(number % 40 + 1) if order["presentment_currency"] == "JPY" else f"{number % 40}.{number % 97 + 1:02d}"
    shipments = order["fulfillments"]
    acts: dict[str, Json] = {
        "add": {"act": "edit", "changes": [{"add_line": {"sku": "X", "price": amount, "quantity": quantity}}]},
        "raise": {"act": "edit", "changes": [{"set_quantity": {**part, "quantity": line["quantity"] + 1}}]},
        "lower": {"act": "edit", "changes": [{"set_quantity": {**part, "quantity": number % 2}}], "restock": flag},
        "remove_shipping": {"act": "edit", "changes": [{"remove_shipping": {}}]},
        "fulfill": {"act": "fulfill", "lines": [part]} if flag else {"act": "fulfill"},
        "cancel_fulfillment": {"act": "cancel_fulfillment", "fulfillment_id": (shipments or [{"id": 0}])[-1]["id"]},
        "refund_units": {"act": "refund", "lines": [{**part, "restock_type": restock}], "pending": flag},
        "refund_shipping": {"act": "refund", "shipping": "full" if flag else amount},
        "refund_amount": {"act": "refund", "amount": amount, "pending": flag},
        "refund_less": {"act": "refund", "lines": [{**part, "restock_type": restock}], "amount": amount},
        "return": {"act": "return", "lines": [part]},
        "exchange": {"act": "return", "lines": [part], "exchange": [{"sku": "X", "price": amount, "quantity": 1}]},
        "cancel": {"act": "cancel", "refund": "original" if flag else "none", "restock": flag},
        "tip": {"act": "tip", "amount": amount},
        "pay": {"act": "pay"} if flag else {"act": "pay", "amount": amount},
        "capture": {"act": "capture"} if flag else {"act": "capture", "amount": amount},
    }
    return {"order_id": order["id"], **acts.get(verb, {"act": verb})}


def check_total(order: Json, side: str) -> None:
    """Total = goods - discounts + shipping that stands + tax on top; the tip is a line already."""
    standing = [line for line in order["shipping_lines"] if not line["is_removed"]]
    goods = sum((money(line, "price", side) * line["quantity"] for line in order["line_items"]), Decimal(0))
    shares = [share for line in order["line_items"] for share in line["discount_allocations"]]
    discounts = sum((money(share, "amount", side) for share in shares), Decimal(0))
    freight = sum((money(line, "discounted_price", side) for line in standing), Decimal(0))
    taxes = [tax for line in [*order["line_items"], *standing] for tax in line["tax_lines"]]
    tax = sum((money(tax, "price", side) for tax in taxes), Decimal(0))
    assert money(order, "total_tax", side) == tax
    on_top = Decimal(0) if order["taxes_included"] else tax
    assert money(order, "total_price", side) == goods - discounts + freight + on_top


def worth(refund: Json, order: Json, side: str) -> Decimal:
    """What the lines and shipping of a refund come to."""
    taxed = not order["taxes_included"]
    total = Decimal(0)
    for line in refund["refund_line_items"]:
        total += money(line, "subtotal", side) + (money(line, "total_tax", side) if taxed else 0)
    for line in refund["refund_shipping_lines"]:
        total += money(line, "subtotal_amount", side) + (money(line, "tax_amount", side) if taxed else 0)
    return total


def held_back(refund: Json, side: str) -> Decimal:
    adjustments = refund["order_adjustments"]
    return sum((money(a, "amount", side) + money(a, "tax_amount", side) for a in adjustments), Decimal(0))


def went(refund: Json, transactions: list[Json], side: str) -> Decimal:
    ids = {item["id"] for item in refund["transactions"]}
    moved = (item for item in transactions if item["id"] in ids and item["status"] == "success")
    return sum((money(item, "amount", side) for item in moved), Decimal(0))


def check_current(order: Json, side: str) -> None:
    gone = sum((worth(item, order, side) - held_back(item, side) for item in order["refunds"]), Decimal(0))
    assert money(order, "current_total_price", side) == money(order, "total_price", side) - gone
    taken = [money(line, "total_tax", side) for item in order["refunds"] for line in item["refund_line_items"]]
    taken += [money(line, "tax_amount", side) for item in order["refunds"] for line in item["refund_shipping_lines"]]
    assert money(order, "current_total_tax", side) == money(order, "total_tax", side) - sum(taken, Decimal(0))


def check_lines(order: Json, side: str) -> None:
    """Quantities stay within what was sold, and all units of a line add up to its price and tax."""
    refunded = [item for refund in order["refunds"] for item in refund["refund_line_items"]]
    for line in order["line_items"]:
        mine = [item for item in refunded if item["line_item_id"] == line["id"]]
        assert line["current_quantity"] == line["quantity"] - sum(item["quantity"] for item in mine)
        assert 0 <= line["fulfillable_quantity"] <= line["current_quantity"]
        if line["current_quantity"] == 0:
            discounts = sum((money(share, "amount", side) for share in line["discount_allocations"]), Decimal(0))
            price = money(line, "price", side) * line["quantity"] - discounts
            assert sum((money(item, "subtotal", side) for item in mine), Decimal(0)) == price
            tax = sum((money(item, "price", side) for item in line["tax_lines"]), Decimal(0))
            assert sum((money(item, "total_tax", side) for item in mine), Decimal(0)) == tax


def check_money(order: Json, transactions: list[Json]) -> None:
    """Nobody gets back more than he paid, and the statuses say what the amounts say."""
    done = [item for item in transactions if item["status"] == "success"]
    came = sum((Decimal(item["amount"]) for item in done if item["kind"] in ("sale", "capture")), Decimal(0))
    back = sum((Decimal(item["amount"]) for item in done if item["kind"] == "refund"), Decimal(0))
    assert back <= came
    assert (order["financial_status"] == "refunded") == (came == back != 0)
    assert (order["financial_status"] == "partially_refunded") == (0 < back < came)


class Told:
    """Reads the shop as the connector does."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def query(self, operation: str, variables: Any) -> Json:
        request = {"query": document(operation), "operationName": operation, "variables": variables}
        _, body = answer(self.shop, request)
        assert "errors" not in body, body["errors"]
        data: Json = body["data"]
        return data


def check_read(read: Order, order: Json, transactions: list[Json]) -> None:
    """The connector reads the same figures."""
    for side, shown in zip(SIDES, ("shop", "presentment"), strict=True):
        assert getattr(read.total, shown).amount == money(order, "total_price", side)
        assert getattr(read.current_total, shown).amount == money(order, "current_total_price", side)
        assert getattr(read.current_tax, shown).amount == money(order, "current_total_tax", side)
        for refund, raw in zip(read.refunds, order["refunds"], strict=True):
            assert getattr(refund.total, shown).amount == went(raw, transactions, side)
    assert read.total_outstanding.shop.amount == Decimal(order["total_outstanding"])
    assert read.net_payment.shop.amount == read.current_total.shop.amount - read.total_outstanding.shop.amount
    assert [line.unfulfilled_quantity for line in read.lines] == [
        line["fulfillable_quantity"] for line in order["line_items"]
    ]
    assert len(read.fulfillments) == len(order["fulfillments"])
    assert len(read.returns) == len(order["returns"])


def check_refunds(order: Json, transactions: list[Json], owing: set[int], side: str) -> None:
    """Lines + shipping - adjustments = money, for refunds with money that were made when the order owed nothing."""
    for refund in order["refunds"]:
        if refund["transactions"] and refund["id"] not in owing:
            assert worth(refund, order, side) - held_back(refund, side) == went(refund, transactions, side)


def tried(shop: Shop, wish: Json, owing: set[int]) -> bool:
    """Whether the shop did it, with every figure checked after."""
    before = shop.order(wish["order_id"])
    assert before is not None
    try:
        act(shop, wish)
    except RefusedError:
        return False
    found = shop.order(wish["order_id"])
    assert found is not None
    if Decimal(before[0].get("total_outstanding", "1")) > 0:
        owing |= {refund["id"] for refund in found[0]["refunds"]} - {refund["id"] for refund in before[0]["refunds"]}
    for side in SIDES:
        check_total(found[0], side)
        check_current(found[0], side)
        check_lines(found[0], side)
        check_refunds(*found, owing, side)
    check_money(*found)
    return True


def refund_the_rest(shop: Shop, order_id: int, owing: set[int]) -> None:
    """Settles what is under way, then gives back every unit, one at a time."""
    while tried(shop, {"act": "settle_refund", "order_id": order_id}, owing):
        pass
    found = shop.order(order_id)
    assert found is not None
    for line in found[0]["line_items"]:
        unit = [{"line_id": line["id"], "quantity": 1}]
        for _ in range(line["current_quantity"]):
            assert tried(shop, {"act": "refund", "order_id": order_id, "lines": unit}, owing)


@settings(max_examples=60, deadline=None)
@given(shape=SHAPES, steps=STEPS, seed=st.integers(0, 10_000))
def test_every_history_leaves_figures_that_add_up(shape: Shape, steps: list[Any], seed: int) -> None:
    order, payments = made_order(1, shape, random.Random(seed))
    shop = Shop(ShopConfig(bucket=1_000_000))
    shop.put_order(order | {"returns": []}, payments)
    owing: set[int] = set()
    assert tried(shop, {"act": "update", "order_id": order["id"], "changes": {}}, owing)
    for verb, number, flag in steps:
        found = shop.order(order["id"])
        assert found is not None
        tried(shop, asked(verb, number, flag, found[0]), owing)
    refund_the_rest(shop, order["id"], owing)
    end = shop.order(order["id"])
    assert end is not None
    read = whole_order(Told(shop), str(order["id"]))
    assert read is not None
    check_read(read, *end)
