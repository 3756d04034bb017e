"""Orders as real shops sent them, 2017 to 2026: each goes the whole way to the cent, or is held for a named, right reason."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests import factories
from tests.world import World, account_config, opened_world

Json = dict[str, Any]

# What must come of each recording where its variants are mapped, and as it stands: the state and subject a person sees.
EXPECTED: dict[str, tuple[tuple[str, str | None], str | None]] = {
    "order_aud_tax_included_2026.json": (("in_sync", None), None),
    "order_cad_line_properties.json": (("in_sync", None), "variant:47847681261884"),
    "order_eur_partial_fulfillment_2017.json": (("in_sync", None), "variant:41733347588"),
    "order_hkd_manual_plus_auto_discount.json": (("in_sync", None), "variant:50398373085484"),
    "order_inr_three_partial_refunds.json": (("held", "order:refunded"), "variant:44843038015702"),
    "order_jpy_mixed_taxable.json": (("in_sync", None), None),
    "order_usd_no_customer_draft.json": (("in_sync", None), None),
}
CURRENCIES = {"USD": "1", "AUD": "11", "CAD": "12", "EUR": "13", "HKD": "14", "INR": "15", "JPY": "16"}


def recorded(shared: Path) -> dict[str, Json]:
    """Every recorded order by file name."""
    folder = shared / "fixtures" / "shopify"
    return {
        path.name: json.loads(path.read_text("utf-8"), parse_float=str) for path in sorted(folder.glob("order_*.json"))
    }


def paid(order: Json) -> list[Json]:
    """The payment and refunds behind a recorded order; webhooks of orders do not carry them."""
    moment = order.get("processed_at") or order["created_at"]
    shown = (order.get("total_price_set") or {}).get("presentment_money") or {
        "amount": order["total_price"],
        "currency_code": order["currency"],
    }
    sale = {"id": order["id"] + 1, "kind": "sale", "status": "success", "gateway": "shopify_payments"}
    sale |= {"amount": shown["amount"], "currency": shown["currency_code"], "processed_at": moment}
    refunds = [item for refund in order.get("refunds") or [] for item in refund.get("transactions") or []]
    return [sale, *refunds] if order.get("financial_status") != "pending" else refunds


@contextmanager
def opened_books(engine: Engine, redis_url: str, shared: Path, *, variants: Mapping[str, str]) -> Iterator[World]:
    """An account with an item for every recorded SKU; rules for every recorded currency and shipping method."""
    orders = recorded(shared).values()
    skus = sorted({line["sku"] for order in orders for line in order["line_items"] if line.get("sku")})
    codes = {line.get("code") or line["title"] for order in orders for line in order.get("shipping_lines") or []}
    rules = factories.rules_json(
        currencies=CURRENCIES,
        orders={"include_test": True, "financial_status": ["PAID", "PARTIALLY_REFUNDED", "PENDING", "PARTIALLY_PAID"]},
        items=factories.rules_json()["items"] | {"variants": dict(variants)},
        shipping={"methods": dict.fromkeys(codes, "41"), "default": "41"},
    )
    account = {
        "items": [*account_config()["items"], *({"id": str(3000 + n), "itemid": sku} for n, sku in enumerate(skus))],
        "currencies": [{"id": number, "symbol": symbol} for symbol, number in CURRENCIES.items()],
    }
    with opened_world(engine, redis_url, rules=rules, account=account) as world:
        yield world


@pytest.fixture
def books(database: Engine, redis_url: str, shared: Path) -> Iterator[World]:
    """Everything is mapped, variants without a SKU by their id."""
    lines = [line for order in recorded(shared).values() for line in order["line_items"]]
    variants = {str(line["variant_id"]): "812" for line in lines if not line.get("sku") and line["variant_id"]}
    with opened_books(database, redis_url, shared, variants=variants) as world:
        yield world


@pytest.fixture
def books_by_sku(database: Engine, redis_url: str, shared: Path) -> Iterator[World]:
    """Everything but variants is mapped."""
    with opened_books(database, redis_url, shared, variants={}) as world:
        yield world


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_recorded_order_is_written_to_the_cent_or_held_by_name(books: World, shared: Path, name: str) -> None:
    order = recorded(shared)[name]
    books.work(books.sell(order, *paid(order)))
    record = books.record(order["id"])
    assert (record.state, record.reason_subject) == EXPECTED[name][0], record.reason
    (written,) = books.transactions("SalesOrd")
    assert Decimal(written["total"]) == Decimal(order["total_price"])
    assert written["currency"] == order["currency"]
    deposits = sum((Decimal(item["total"]) for item in books.transactions("CustDep")), Decimal(0))
    assert deposits == (Decimal(0) if order.get("financial_status") == "pending" else Decimal(order["total_price"]))


@pytest.mark.parametrize("name", sorted(name for name, (_, subject) in EXPECTED.items() if subject))
def test_a_recorded_order_without_skus_is_held_by_its_variant(books_by_sku: World, shared: Path, name: str) -> None:
    order = recorded(shared)[name]
    books_by_sku.work(books_by_sku.sell(order, *paid(order)))
    record = books_by_sku.record(order["id"])
    assert (record.state, record.reason_subject) == ("held", EXPECTED[name][1]), record.reason
    assert books_by_sku.transactions() == []


def test_every_recording_has_an_expectation(shared: Path) -> None:
    assert set(recorded(shared)) == set(EXPECTED)


def test_a_recorded_order_whose_sku_is_unknown_is_held_with_the_sku(books: World, shared: Path) -> None:
    order = recorded(shared)["order_aud_tax_included_2026.json"]
    order["line_items"][0]["sku"] = "NOT-THERE"
    books.work(books.sell(order, *paid(order)))
    assert books.record(order["id"]).reason_subject == "sku:NOT-THERE"


def test_a_recorded_order_that_is_a_cent_off_is_rounded_and_one_that_is_more_is_held(
    books: World, shared: Path
) -> None:
    order = recorded(shared)["order_cad_line_properties.json"]
    for number, difference, state in ((1, "0.01", "in_sync"), (2, "0.06", "held")):
        changed = json.loads(json.dumps(order)) | {"id": number, "name": f"#{number}"}
        total = str(Decimal(order["total_price"]) + Decimal(difference))
        changed |= {"total_price": total, "total_price_set": None, "current_total_price_set": None}
        books.work(books.sell(changed, *paid(changed)))
        assert books.record(number).state == state
    assert books.record(2).reason_code == "total_mismatch"
    assert "difference 0.06" in str(books.record(2).reason)
