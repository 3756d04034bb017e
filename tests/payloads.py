"""Orders in the REST style of webhooks, made up, for the sandbox's shop."""

from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def rest_order(
    number: int = 5001, *, total: str | None = None, sku: str = "MUG-RED", price: str = "20.00", **changes: Any
) -> Json:
    """A paid web order of one line by customer 7012; amounts follow from price and quantity."""
    quantity = changes.pop("quantity", 1)
    amount = total or str(Decimal(price) * quantity)
    order: Json = {
        "id": number,
        "name": f"#{number - 4000}",
        "created_at": "2026-11-20T10:00:00-05:00",
        "updated_at": "2026-11-20T10:00:05-05:00",
        "processed_at": "2026-11-20T10:00:00-05:00",
        "cancelled_at": None,
        "test": False,
        "currency": "USD",
        "presentment_currency": "USD",
        "taxes_included": False,
        "financial_status": "paid",
        "source_name": "web",
        "email": "ada@example.com",
        "total_price": amount,
        "total_tax": "0.00",
        "line_items": [rest_line(number * 10, sku=sku, price=price, quantity=quantity)],
        "shipping_lines": [],
        "discount_applications": [],
        "customer": {"id": 7012, "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"},
        "shipping_address": {
            "first_name": "Ada", "last_name": "Example", "name": "Ada Example", "address1": "1 Example Street",
            "city": "Springfield", "province_code": "IL", "zip": "62701", "country_code": "US", "phone": "+15555550100",
        },
    }  # fmt: skip
    return order | changes


def rest_line(number: int, *, sku: str = "MUG-RED", price: str = "20.00", quantity: int = 1) -> Json:
    """One line."""
    return {
        "id": number,
        "name": "Mug",
        "title": "Mug",
        "sku": sku,
        "price": price,
        "quantity": quantity,
        "variant_id": 9001,
        "product_exists": True,
        "tax_lines": [],
        "discount_allocations": [],
    }


def payment(order: Json, *, number: int | None = None, **changes: Any) -> Json:
    """A successful sale over the whole order."""
    made: Json = {
        "id": number or order["id"] + 80_000,
        "kind": "sale",
        "status": "success",
        "gateway": "shopify_payments",
        "amount": order["total_price"],
        "currency": order["currency"],
        "processed_at": order["processed_at"],
    }
    return made | changes
