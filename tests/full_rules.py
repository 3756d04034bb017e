"""Rules in which everything there is is set, so that every field is written."""

from typing import Any

from connector.mapping.rules import Rules
from tests import factories


def full_rules(**changes: Any) -> Rules:
    """Every part of the rules in use; whole parts can be replaced."""
    made: dict[str, Any] = {
        "orders": {
            "terms": {"Net 30": "5"},
            "cash_sale_sources": ["pos"],
            "department": "21",
            "class": "22",
            "order_id_field": "custbody_shopify_id",
            "tags_field": "custbody_tags",
            "line_id_field": "custcol_line",
        },
        "tax": {"item": "911", "channel_item": "913", "exempt_code": "-7"},
        "refunds": {"adjustment_item": "914", "no_restock_item": "915"},
        "locations": {"81": "3"},
        "payments": {
            "methods": {
                "shopify_payments": {"method": "8", "account": "123"},
                "gift_card": {"method": "9"},
                "cash": {"method": "1"},
            }
        },
        "fulfillments": {"source": "shopify"},
    }
    return factories.rules(**made | changes)
