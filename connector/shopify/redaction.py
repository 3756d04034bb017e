"""A webhook's body without the person: ids, amounts, dates and statuses stay for the books, everything else goes.

By a list of what may stay, never of what must go: a field Shopify adds tomorrow is left out.
"""

import json
from typing import Any

# Members with a plain value that say nothing of a person.
_KEPT = frozenset(
    [
        "id",
        "admin_graphql_api_id",
        "payment_id",
        "number",
        "order_number",
        "test",
        "currency",
        "presentment_currency",
        "currency_code",
        "amount",
        "price",
        "quantity",
        "current_quantity",
        "fulfillable_quantity",
        "sku",
        "taxes_included",
        "rate",
        "position",
        "kind",
        "status",
        "state",
        "financial_status",
        "fulfillment_status",
        "gateway",
        "source_name",
        "requires_shipping",
        "taxable",
        "gift_card",
        "grams",
        "processing_method",
        "restock",
        "restock_type",
        "subtotal",
        "total_tax",
        "tax",
        "discount_application_index",
        "allocation_method",
        "target_selection",
        "target_type",
        "value_type",
        "shop_domain",
        "myshopify_domain",
        "topic",
    ]
)
# Suffixes of such members.
_KEPT_ENDINGS = ("_at", "_price", "_tax", "_discounts", "_amount", "_weight", "_outstanding", "_quantity")
# Members that hold further objects of the same kind.
_KEPT_INSIDE = frozenset(
    [
        "customer",
        "line_items",
        "tax_lines",
        "transactions",
        "refunds",
        "refund_line_items",
        "order_adjustments",
        "shipping_lines",
        "fulfillments",
        "discount_allocations",
        "discount_applications",
        "duties",
        "payment_terms",
        "payment_schedules",
        "shop_money",
        "presentment_money",
        "order_edit",
        "line_item",
        "orders_requested",
        "orders_to_redact",
        "data_request",
    ]
)


def redacted(body: bytes) -> bytes:
    """The body as JSON with only what may stay, and a member that says so.

    A body that is no object, or cannot be read, becomes empty: what is not understood does not stay.
    """
    try:
        payload = json.loads(body)
        kept = _inside(payload) if isinstance(payload, dict) else {}
    except (ValueError, RecursionError):
        payload, kept = None, {}
    # The name of an order is a number people know it by; the same member of an address is a person's.
    if isinstance(payload, dict) and "line_items" in payload and isinstance(payload.get("name"), str):
        kept["name"] = payload["name"]
    return json.dumps(kept | {"redacted": True}, separators=(",", ":")).encode()


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _inside(member) for name, member in value.items() if _stays(name, member)}
    if isinstance(value, list):
        # A list of plain texts says what a person typed: tags, options, properties.
        return [_inside(member) for member in value if not isinstance(member, str)]
    return value


def _stays(name: str, member: Any) -> bool:
    if isinstance(member, dict | list):
        return name in _KEPT_INSIDE or name.endswith("_set")
    if name.endswith("_id") and name not in _KEPT:
        # An id of Shopify's. A text can be somebody's own number, such as a tax id.
        return not isinstance(member, str) or member.startswith("gid://")
    return name in _KEPT or name.endswith(_KEPT_ENDINGS)
