"""What the shop itself says of its orders: sold, paid, refunded, shipped."""

from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def ledger_order(order: Json, transactions: list[Json]) -> Json:
    """What a judge compares of one order. `paid`, `refunded` and `net` are the buyer's money."""
    presentment = (order.get("total_price_set") or {}).get("presentment_money") or {}
    return {
        "id": order["id"],
        "name": order["name"],
        "currency": order["currency"],
        "total_price": order["total_price"],
        "presentment_currency": presentment.get("currency_code", order["currency"]),
        "presentment_total": presentment.get("amount", order["total_price"]),
        "test": order.get("test", False),
        "cancelled_at": order.get("cancelled_at"),
        "note": order.get("note"),
        "tags": order.get("tags") or "",
        "ship_to": [(order.get("shipping_address") or {}).get(name) for name in ("address1", "city")],
        "customer_id": (order.get("customer") or {}).get("id"),
        "skus": [line.get("sku") for line in order["line_items"]],
        "transactions": [
            {name: item.get(name) for name in ("id", "kind", "status", "amount", "currency", "gateway")}
            for item in transactions
        ],
        **_money(order, transactions),
        "financial_status": order.get("financial_status"),
        "fulfillment_status": order.get("fulfillment_status"),
        "lines": [_line(line) for line in order["line_items"]],
        "refunds": [_refund(item, transactions) for item in order.get("refunds") or []],
        "fulfillments": [_fulfillment(item) for item in order.get("fulfillments") or []],
    }


def _money(order: Json, transactions: list[Json]) -> Json:
    """`current_total` is what is left of the total after removals and refunds."""
    came, went = _sum(transactions, ("sale", "capture")), _sum(transactions, ("refund",))
    current = (order.get("current_total_price_set") or {}).get("presentment_money") or {}
    return {
        "paid": str(came),
        "refunded": str(went),
        "net": str(came - went),
        "current_total": current.get("amount", order.get("current_total_price", order["total_price"])),
        "cancel_reason": order.get("cancel_reason"),
        "closed_at": order.get("closed_at"),
    }


def _sum(transactions: list[Json], kinds: tuple[str, ...]) -> Decimal:
    done = (item for item in transactions if item["kind"] in kinds and item["status"] == "success")
    return sum((Decimal(str(item["amount"])) for item in done), Decimal("0.00"))


def _line(line: Json) -> Json:
    current = line.get("current_quantity", line["quantity"])
    return {"id": line["id"], "sku": line.get("sku"), "quantity": line["quantity"], "current_quantity": current}


def _refund(refund: Json, transactions: list[Json]) -> Json:
    """Money by the transactions as they stand now."""
    ids = {item["id"] for item in refund.get("transactions") or []}
    moved = [item for item in transactions if item["id"] in ids]
    return {
        "id": refund["id"],
        "money": str(_sum(moved, ("refund",))),
        "transactions": [{name: item.get(name) for name in ("id", "status", "amount", "gateway")} for item in moved],
        "lines": [
            {name: item.get(name) for name in ("line_item_id", "quantity", "restock_type", "location_id")}
            for item in refund.get("refund_line_items") or []
        ],
    }


def _fulfillment(item: Json) -> Json:
    return {
        "id": item["id"],
        "status": item["status"],
        "location_id": item.get("location_id"),
        "tracking_company": item.get("tracking_company"),
        "tracking_numbers": item.get("tracking_numbers") or [],
        "lines": [{"line_item_id": line["id"], "quantity": line["quantity"]} for line in item["line_items"]],
    }
