"""Payloads that real shops sent, 2017 to 2026, and an account in which everything they name is mapped."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tests import factories
from tests.world import World, account_config, opened_world

Json = dict[str, Any]

CURRENCIES = {"USD": "1", "AUD": "11", "CAD": "12", "EUR": "13", "HKD": "14", "INR": "15", "JPY": "16"}
CURRENCIES |= {"VND": "17", "PLN": "18"}
# The account's item for each SKU that was recorded.
SKUS = {
    "82804GM": "3001",
    "sku-managed-1": "3002",
    "7801P1XS000000": "3003",
    "6401MI1S000000": "3004",
    "sku-hosted-1": "3005",
    "CITYADVCLR-FULL-1x": "3006",
}
# And for each variant that has none.
VARIANTS = {
    "47847681261884": "3101",
    "41733347588": "3102",
    "42077492100": "3103",
    "50398373085484": "3104",
    "50451770802476": "3105",
    "50460159541548": "3106",
    "44843038015702": "3107",
    "44392954495261": "3108",
}
_GATEWAYS = ("shopify_payments", "bogus", "manual", "manual_in_shopify_test", "visa", "")


def recorded(shared: Path, name: str) -> Json:
    """One recording by its file name."""
    path = shared / "fixtures" / "shopify" / name
    found: Json = json.loads(path.read_text("utf-8"), parse_float=str)
    return found


def recorded_names(shared: Path, pattern: str) -> set[str]:
    """The file names of all recordings of a kind."""
    return {path.name for path in (shared / "fixtures" / "shopify").glob(pattern)}


def sold_for(order: Json, **changes: Any) -> Json:
    """The payment behind a recorded order; webhooks of orders do not carry it, refunds only say its id."""
    back = [item for refund in order.get("refunds") or [] for item in refund["transactions"]]
    made: Json = {
        "id": back[0]["parent_id"] if back else order["id"] + 1,
        "kind": "sale",
        "status": "success",
        "gateway": (order.get("payment_gateway_names") or ["manual"])[0],
        "amount": order["total_price"],
        "currency": order["currency"],
        "processed_at": order.get("processed_at") or order["created_at"],
        "test": order.get("test", False),
    }
    return made | changes


def with_refunds(order: Json) -> list[Json]:
    """The payment and everything that went back."""
    return [sold_for(order), *(item for refund in order.get("refunds") or [] for item in refund["transactions"])]


def order_of(line: Json, order_id: int, currency: str, **changes: Any) -> Json:
    """An order over the one line that a recorded refund names; the order itself was not recorded."""
    return {
        "id": order_id,
        "name": f"#{order_id}",
        "created_at": "2017-12-12T10:00:00-05:00",
        "updated_at": "2024-12-12T19:41:43-05:00",
        "currency": currency,
        "presentment_currency": currency,
        "taxes_included": False,
        "financial_status": "refunded",
        "total_price": line["price"],
        "total_tax": "0.00",
        "line_items": [line],
        "shipping_lines": [],
        "discount_applications": [],
        "customer": None,
        "email": "",
    } | changes


def recording_rules(**changes: Any) -> Json:
    """Rules in which everything that was recorded is mapped."""
    made = factories.rules_json(
        currencies=CURRENCIES,
        orders={"include_test": True},
        items=factories.rules_json()["items"] | {"variants": VARIANTS},
        shipping={"default": "41"},
        payments={"methods": {name: {"method": "8", "account": "123"} for name in _GATEWAYS}},
        refunds={"no_restock_item": "913"},
        locations={"73971466454": "2"},
    )
    return made | changes


@contextmanager
def opened_books(engine: Engine, redis_url: str, rules: Mapping[str, Any]) -> Iterator[World]:
    """An account with an item for every recorded SKU and variant, and both sandboxes around it."""
    items = [{"id": number, "itemid": name} for name, number in (SKUS | VARIANTS).items()]
    account = {
        "items": [
            *account_config()["items"],
            {"id": "913", "itemid": "Not restocked", "itemtype": "OthCharge"},
            *items,
        ],
        "currencies": [{"id": number, "symbol": symbol} for symbol, number in CURRENCIES.items()],
    }
    with opened_world(engine, redis_url, rules=rules, account=account) as world:
        yield world
