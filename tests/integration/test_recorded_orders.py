"""Orders and refunds as real shops sent them: each goes the whole way, to figures written by hand from the payloads."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows import catalog
from connector.sandbox.netsuite.accountant import act as account_act
from tests.recordings import (
    VARIANTS,
    opened_books,
    order_of,
    recorded,
    recorded_names,
    recording_rules,
    sold_for,
    with_refunds,
)
from tests.world import World

Json = dict[str, Any]
Lines = list[tuple[str, str, str]]

TAX, DISCOUNT, NOT_RESTOCKED = "911", "910", "913"


@dataclass(frozen=True)
class Booked:
    """What a sales order must be: its lines are item, quantity and amount; the day is that of the books in New York."""

    currency: str
    total: str
    date: str
    lines: Lines
    shipping: str | None = None
    refunds: int = 0


EXPECTED = {
    # 2 × 45.08 = 90.16, of which 8.20 are tax: 90.16 − 8.20 = 81.96 net; shipping is free.
    # Paid on 4 February at 15:25 in Canberra, which is 3 February at 23:25 in New York.
    "order_aud_tax_included_2026.json": Booked(
        "AUD", "90.16", "2026-02-03", [("3001", "2", "81.96"), (TAX, "1", "8.2")], shipping="0"
    ),
    # 1.00 + 14.90 shipping = 15.90; no tax.
    "order_cad_line_properties.json": Booked("CAD", "15.9", "2023-11-26", [("3101", "1", "1")], shipping="14.9"),
    # 3 × 150.00 + 5 × 0.00 + 20.00 shipping = 470.00; prices contain tax of zero.
    "order_eur_partial_fulfillment_2017.json": Booked(
        "EUR", "470", "2017-06-15", [("3102", "3", "450"), ("3103", "5", "0")], shipping="20"
    ),
    # 99.00 − 3.20 − 5.00 + 100.00 − 3.40 + 100.00 − 3.40 + 20.00 shipping = 304.00.
    "order_hkd_manual_plus_auto_discount.json": Booked(
        "HKD",
        "304",
        "2025-01-23",
        [
            ("3104", "1", "99"),
            (DISCOUNT, "1", "-3.2"),
            (DISCOUNT, "1", "-5"),
            ("3105", "1", "100"),
            (DISCOUNT, "1", "-3.4"),
            ("3106", "1", "100"),
            (DISCOUNT, "1", "-3.4"),
        ],
        shipping="20",
    ),
    # 4 × 749.95 = 2999.80, + 629.95, + tax 539.97 + 113.39 = 653.36: 4283.11 in all. Three units came back after they
    # were shipped: the order stands as it was shipped, 3 × (749.95 + 134.99) = 3 × 884.94 went back to the buyer.
    "order_inr_three_partial_refunds.json": Booked(
        "INR",
        "4283.11",
        "2024-01-08",
        [("3107", "4", "2999.8"), ("3002", "1", "629.95"), (TAX, "1", "653.36")],
        shipping="0",
        refunds=3,
    ),
    # 2 × 5900 + 2290 + tax 229 = 14319, no digits behind the point; nobody's customer.
    "order_jpy_mixed_taxable.json": Booked(
        "JPY", "14319", "2021-11-19", [("3003", "2", "11800"), ("3004", "1", "2290"), (TAX, "1", "229")]
    ),
    # 2629.95, no tax, no shipping.
    "order_usd_no_customer_draft.json": Booked("USD", "2629.95", "2023-03-24", [("3005", "1", "2629.95")]),
}


@pytest.fixture
def books(database: Engine, redis_url: str) -> Iterator[World]:
    """Everything is mapped; NetSuite ships."""
    with opened_books(database, redis_url, recording_rules()) as world:
        yield world


@pytest.fixture
def shop_ships(database: Engine, redis_url: str) -> Iterator[World]:
    """Everything is mapped; the shop ships."""
    with opened_books(database, redis_url, recording_rules(fulfillments={"source": "shopify"})) as world:
        yield world


@pytest.fixture
def books_by_sku(database: Engine, redis_url: str) -> Iterator[World]:
    """Everything but variants is mapped."""
    items = {name: value for name, value in recording_rules()["items"].items() if name != "variants"}
    with opened_books(database, redis_url, recording_rules(items=items)) as world:
        yield world


def imported(world: World, order: Json, transactions: list[Json] | None = None) -> Json:
    """The order goes the whole way and must be in sync; its sales order as the account has it."""
    world.work(world.sell(order, *(with_refunds(order) if transactions is None else transactions)))
    record = world.record(order["id"])
    assert record.state == "in_sync", record.reason
    (found,) = world.transactions("SalesOrd")
    return dict(found)


def lines(document: Any) -> Lines:
    """Item, quantity and amount of each line."""
    return [(line["item"], line["quantity"], line["amount"]) for line in document["item_lines"]]


def totals(world: World, kind: str) -> list[str]:
    """The totals of all documents of one kind."""
    return [item["total"] for item in world.transactions(kind)]


def without_refunds(order: Json) -> Json:
    """The order as it was before anything came back."""
    return order | {"refunds": [], "financial_status": "paid", "updated_at": order["processed_at"]}


def billed(world: World, order: Json, kind: str) -> None:
    """The accountant ships and bills the order as it was before its refunds, then they arrive."""
    found = imported(world, without_refunds(order), [sold_for(order)])
    account_act(world.account, {"act": "bill", "order": found["id"], "as": kind})
    systems = world.runtime.open_systems(world.connection.id)
    catalog.refresh(catalog.BILLING_CATALOG, systems, world.engine)
    world.work(world.sell(order, *with_refunds(order)))
    assert world.record(order["id"]).state == "in_sync", world.record(order["id"]).reason


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_recorded_order_is_booked_to_the_cent(books: World, shared: Path, name: str) -> None:
    order, expected = recorded(shared, name), EXPECTED[name]
    found = imported(books, order)
    assert (found["currency"], found["total"], found["date"]) == (expected.currency, expected.total, expected.date)
    assert lines(found) == expected.lines
    shipping = books.account.records[("salesOrder", found["id"])].body.get("shippingCost")
    assert (None if shipping is None else Decimal(str(shipping))) == (expected.shipping and Decimal(expected.shipping))
    assert totals(books, "CustDep") == [expected.total]
    assert totals(books, "CustRfnd") == ["884.94"] * expected.refunds


def test_every_recorded_order_has_an_expectation(shared: Path) -> None:
    assert recorded_names(shared, "order_*.json") == set(EXPECTED)


def test_what_was_recorded_without_a_customer_belongs_to_the_default_one(books: World, shared: Path) -> None:
    found = imported(books, recorded(shared, "order_jpy_mixed_taxable.json"))
    assert found["entity"] == "1400"
    assert len(books.account.ledger()["customers"]) == 2


def test_the_recorded_buyer_becomes_a_customer_with_the_address(books: World, shared: Path) -> None:
    found = imported(books, recorded(shared, "order_aud_tax_included_2026.json"))
    made = next(item for item in books.account.ledger()["customers"] if item["id"] == found["entity"])
    assert made["external_id"] == "SHOPIFY-548380009-CUST-9974938960184"
    assert (made["first_name"], made["last_name"], made["email"]) == ("Test", "Buyer", "buyer@example.com")
    (line,) = books.account.records[("customer", made["id"])].body["addressBook"]["items"]
    address = line["addressBookAddress"]
    assert (address["city"], address["state"], address["zip"]) == ("Canberra", "ACT", "2611")


def test_three_returned_units_before_billing_come_out_of_the_deposit(books: World, shared: Path) -> None:
    order = recorded(shared, "order_inr_three_partial_refunds.json")
    imported(books, order)
    (deposit,) = books.transactions("CustDep")
    assert [item["takes"] for item in books.transactions("CustRfnd")] == [{deposit["id"]: "884.94"}] * 3
    # 4283.11 − 3 × 884.94 = 4283.11 − 2654.82 = 1628.29, which is Shopify's current total.
    money = books.account.ledger()["money"]
    assert Decimal(money["deposits"]["INR"]) - Decimal(money["refunds"]["INR"]) == Decimal("1628.29")
    assert order["current_total_price"] == "1628.29"


def test_units_returned_before_billing_are_credited_when_the_order_is_billed(books: World, shared: Path) -> None:
    order = recorded(shared, "order_inr_three_partial_refunds.json")
    found = imported(books, order)
    account_act(books.account, {"act": "bill", "order": found["id"]})
    # The invoice is 4283.11; of the deposit only 1628.29 were left for it.
    (invoice,) = books.transactions("CustInvc")
    assert (invoice["total"], invoice["remaining"]) == ("4283.11", "2654.82")
    systems = books.runtime.open_systems(books.connection.id)
    catalog.refresh(catalog.BILLING_CATALOG, systems, books.engine)
    assert books.record(order["id"]).state == "pending"
    books.work(books.record(order["id"]).id)
    assert totals(books, "CustCred") == ["884.94"] * 3
    assert totals(books, "CustRfnd") == ["884.94"] * 3
    (invoice,) = books.transactions("CustInvc")
    assert invoice["remaining"] == "0"
    books.account.calls.clear()
    books.work(books.announce(order["id"]))
    assert books.calls() == []


def test_three_returned_units_of_an_invoice_are_three_credit_memos(books: World, shared: Path) -> None:
    billed(books, recorded(shared, "order_inr_three_partial_refunds.json"), "invoice")
    memos = books.transactions("CustCred")
    # Each unit 749.95 and Shopify's own 134.99 of tax, not 18 % of 749.95 = 134.991.
    assert [lines(memo) for memo in memos] == [[("3107", "1", "749.95"), (TAX, "1", "134.99")]] * 3
    assert [memo["total"] for memo in memos] == ["884.94"] * 3
    refunds = books.transactions("CustRfnd")
    assert [refund["takes"] for refund in refunds] == [{memo["id"]: "884.94"} for memo in memos]
    assert [refund["date"] for refund in refunds] == ["2024-01-12"] * 3
    assert totals(books, "SalesOrd") == ["4283.11"]


def test_three_returned_units_of_a_cash_sale_are_three_cash_refunds(books: World, shared: Path) -> None:
    billed(books, recorded(shared, "order_inr_three_partial_refunds.json"), "cashSale")
    refunds = books.transactions("CashRfnd")
    assert [lines(refund) for refund in refunds] == [[("3107", "1", "749.95"), (TAX, "1", "134.99")]] * 3
    assert [refund["total"] for refund in refunds] == ["884.94"] * 3
    assert [refund["external_id"] for refund in refunds] == [
        "SHOPIFY-548380009-CR-887838146774",
        "SHOPIFY-548380009-CR-887838310614",
        "SHOPIFY-548380009-CR-887838376150",
    ]
    assert books.transactions("CustRfnd") == []


def shipped(world: World) -> dict[str, list[tuple[str, str]]]:
    """Item and quantity of each line, by the tracking numbers of its fulfilment."""
    found = world.transactions("ItemShip")
    return {
        ",".join(item["tracking"]): [(line["item"], line["quantity"]) for line in item["item_lines"]] for item in found
    }


def test_two_recorded_parcels_become_two_fulfilments(shop_ships: World, shared: Path) -> None:
    found = imported(shop_ships, recorded(shared, "order_eur_partial_fulfillment_2017.json"))
    # The first parcel holds all 3 of one line and 2 of the other, the second one more: 5 − 2 − 1 = 2 are open.
    assert shipped(shop_ships) == {
        "1123213124123213": [("3102", "3"), ("3103", "2")],
        "21123123123213": [("3103", "1")],
    }
    assert [line["fulfilled"] for line in found["item_lines"]] == ["3", "3"]


def test_a_recorded_fulfilment_that_was_cancelled_is_taken_out(shop_ships: World, shared: Path) -> None:
    order = recorded(shared, "order_inr_three_partial_refunds.json")
    imported(shop_ships, without_refunds(order), [sold_for(order)])
    assert shipped(shop_ships) == {"1": [("3107", "4"), ("3002", "1")]}
    cancelled = recorded(shared, "fulfillment_inr_cancelled_partial.json")
    shop_ships.work(shop_ships.sell(without_refunds(order) | {"fulfillments": [cancelled]}, sold_for(order)))
    assert shop_ships.record(order["id"]).state == "in_sync"
    assert shop_ships.transactions("ItemShip") == []


def refunded(shared: Path, name: str, currency: str) -> tuple[Json, list[Json]]:
    """An order around a recorded refund, as it stands after it, and its payment and refund."""
    refund = recorded(shared, name)
    (item,), (back,) = refund["refund_line_items"], refund["transactions"]
    line = item["line_item"] | {"price": str(item["line_item"]["price"])}
    order = order_of(line, refund["order_id"], currency, refunds=[refund])
    return order, [sold_for(order, id=back["parent_id"], gateway=back["gateway"]), back]


REFUNDS = {
    # One unit for 35.00 that was never shipped; the gateway's name is empty, the product was deleted.
    "refund_usd_deleted_product_2017.json": ("USD", "35", "3006", "2017-12-12"),
    # One unit for 20 dong, cancelled, given back by hand.
    "refund_vnd_zero_decimal_manual.json": ("VND", "20", "3108", "2024-08-20"),
}


@pytest.mark.parametrize("name", sorted(REFUNDS))
def test_a_recorded_refund_of_what_never_shipped_closes_its_order(books: World, shared: Path, name: str) -> None:
    currency, total, item, date = REFUNDS[name]
    order, transactions = refunded(shared, name, currency)
    # It was seen first when all was paid, then refunded.
    imported(books, order | {"refunds": [], "financial_status": "paid"}, transactions[:1])
    order["line_items"][0]["fulfillable_quantity"] = 0
    found = imported(books, order, transactions)
    assert [(line["item"], line["closed"]) for line in found["item_lines"]] == [(item, True)]
    (deposit,), (refund,) = books.transactions("CustDep"), books.transactions("CustRfnd")
    assert (deposit["total"], refund["total"], refund["date"]) == (total, total, date)
    assert refund["takes"] == {deposit["id"]: total}
    assert (refund["currency"], books.transactions("CustCred")) == (currency, [])


@pytest.mark.parametrize(("kind", "document"), [("invoice", "CustCred"), ("cashSale", "CashRfnd")])
@pytest.mark.parametrize(("name", "item"), [(name, case[2]) for name, case in sorted(REFUNDS.items())])
def test_a_recorded_refund_of_what_was_billed_is_credited(
    books: World, shared: Path, name: str, item: str, kind: str, document: str
) -> None:
    currency, total, _, date = REFUNDS[name]
    order, transactions = refunded(shared, name, currency)
    found = imported(books, order | {"refunds": [], "financial_status": "paid"}, transactions[:1])
    account_act(books.account, {"act": "bill", "order": found["id"], "as": kind})
    systems = books.runtime.open_systems(books.connection.id)
    catalog.refresh(catalog.BILLING_CATALOG, systems, books.engine)
    books.work(books.sell(order, *transactions))
    assert books.record(order["id"]).state == "in_sync", books.record(order["id"]).reason
    (credit,) = books.transactions(document)
    # What is not taken back into stock is credited by an item of its own.
    back = NOT_RESTOCKED if name.startswith("refund_usd") else item
    assert (lines(credit), credit["total"], credit["date"]) == ([(back, "1", total)], total, date)
    assert totals(books, "CustRfnd") == ([total] if kind == "invoice" else [])


def test_every_recorded_refund_has_an_expectation(shared: Path) -> None:
    assert recorded_names(shared, "refund_*.json") == set(REFUNDS)


def test_a_recorded_manual_payment_becomes_its_deposit(books: World, shared: Path) -> None:
    sale = recorded(shared, "transaction_pln_manual_sale.json")
    line = {"id": 1, "title": "Set", "name": "Set", "sku": "MUG-RED", "quantity": 1, "price": "147.58", "tax_lines": []}
    order = order_of(line | {"variant_id": 9}, sale["order_id"], "PLN", financial_status="paid")
    imported(books, order, [sale])
    (deposit,) = books.transactions("CustDep")
    assert (deposit["total"], deposit["currency"], deposit["date"]) == ("147.58", "PLN", "2024-10-08")
    assert deposit["external_id"] == f"SHOPIFY-548380009-TXN-{sale['id']}"


@pytest.mark.parametrize(
    "name", sorted(name for name in EXPECTED if name.split("_")[1] in ("cad", "eur", "hkd", "inr"))
)
def test_a_recorded_order_without_skus_is_held_by_its_variant(books_by_sku: World, shared: Path, name: str) -> None:
    order = recorded(shared, name)
    books_by_sku.work(books_by_sku.sell(order, *with_refunds(order)))
    record = books_by_sku.record(order["id"])
    first = next(line for line in order["line_items"] if not line["sku"])
    assert str(first["variant_id"]) in VARIANTS
    assert (record.state, record.reason_subject) == ("held", f"variant:{first['variant_id']}"), record.reason
    assert books_by_sku.transactions() == []


def test_a_recorded_order_whose_sku_is_unknown_is_held_with_the_sku(books: World, shared: Path) -> None:
    order = recorded(shared, "order_aud_tax_included_2026.json")
    order["line_items"][0]["sku"] = "NOT-THERE"
    books.work(books.sell(order, *with_refunds(order)))
    assert books.record(order["id"]).reason_subject == "sku:NOT-THERE"


def test_a_recorded_order_that_is_a_cent_off_is_rounded_and_one_that_is_more_is_held(
    books: World, shared: Path
) -> None:
    order = recorded(shared, "order_cad_line_properties.json")
    for number, difference, state in ((1, "0.01", "in_sync"), (2, "0.06", "held")):
        changed = json.loads(json.dumps(order)) | {"id": number, "name": f"#{number}"}
        total = str(Decimal(order["total_price"]) + Decimal(difference))
        changed |= {"total_price": total, "total_price_set": None, "current_total_price_set": None}
        books.work(books.sell(changed, *with_refunds(changed)))
        assert books.record(number).state == state
    assert books.record(2).reason_code == "total_mismatch"
    assert "difference 0.06" in str(books.record(2).reason)
