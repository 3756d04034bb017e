"""Who buys, where the parcel goes, and how the order is paid."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.drafts import FIRST_ID, Draft, Part, Shape, rounded, text
from connector.sandbox.scenario.world import FIRST_NAMES, LAST_NAMES, email

Json = dict[str, Any]


def people(draft: Draft) -> Json:
    """Customer, e-mail and address. Customers 0 to 19 stood in NetSuite before; some buyers come twice."""
    kind = draft.shape.customer
    if kind == "none":
        return {"customer": None, "email": "", "shipping_address": None, "billing_address": None}
    number = {"existing": draft.random.randrange(20), "returning": 100 + draft.random.randrange(10)}.get(
        kind, 1000 + draft.number
    )
    first, last = FIRST_NAMES[number % 10], LAST_NAMES[number // 10 % 10]
    address = None if kind == "no_email" else {
        "first_name": first, "last_name": last, "name": f"{first} {last}", "company": None,
        "address1": f"{number} Example Street", "address2": None, "city": "Springfield", "province": "Illinois",
        "province_code": "IL", "zip": "62701", "country": "United States", "country_code": "US", "phone": "+15555550100",
    }  # fmt: skip
    mail = "" if kind == "no_email" else email(number)
    customer = {
        "id": 6_000_000_000 + number,
        "first_name": first,
        "last_name": last,
        "email": mail or None,
        "phone": None,
    }
    return {"customer": customer, "email": mail, "shipping_address": address, "billing_address": address}


def payments_of(draft: Draft, total: Part, moment: str) -> list[Json]:
    """The transactions, in the buyer's currency."""
    amount = total.shown
    if not amount:
        return []
    half = rounded(amount / 3, draft.shape.currency)
    plans: dict[str, Sequence[tuple[str, str, Decimal]]] = {
        "card": (("sale", "shopify_payments", amount),),
        "paypal": (("sale", "paypal", amount),),
        "authorised": (("authorization", "shopify_payments", amount),),
        "captured": (("authorization", "shopify_payments", amount), ("capture", "shopify_payments", amount)),
        "gift_and_card": (("sale", "gift_card", half), ("sale", "shopify_payments", amount - half)),
        "partial": (("sale", "shopify_payments", half), ("sale", "shopify_payments", half)),
    }
    return [
        {
            "id": 7_000_000_000_000 + draft.number * 10 + index,
            "order_id": FIRST_ID + draft.number,
            "parent_id": 7_000_000_000_000 + draft.number * 10 if kind == "capture" else None,
            "kind": kind,
            "status": "success",
            "gateway": gateway,
            "amount": text(part, draft.shape.currency),
            "currency": draft.shape.currency,
            "test": draft.shape.test,
            "processed_at": moment,
            "created_at": moment,
        }
        for index, (kind, gateway, part) in enumerate(plans[draft.shape.payments])
    ]


def financial_status(shape: Shape, payments: list[Json]) -> str:
    if shape.payments == "authorised" and payments:
        return "authorized"
    return "partially_paid" if shape.payments == "partial" and payments else "paid"
