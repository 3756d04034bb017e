"""What happened to an order later: refunds, fulfilments, returns."""

from collections.abc import Sequence

from connector.sandbox.shopify.values.parts import (
    Currencies,
    Json,
    connection_of,
    gid,
    list_of,
    location_of,
    reference,
    utc,
)
from connector.sandbox.shopify.values.payments import refunded_bag, transaction_value

# What webhooks call an adjustment, and the reason GraphQL gives for it while its money is under way or after.
_REASONS = {"refund discrepancy": "REFUND_DISCREPANCY", "pending refund discrepancy": "PENDING_REFUND_DISCREPANCY"}


def refund_values(order: Json, transactions: Sequence[Json]) -> list[Json]:
    """Refunds; a transaction is taken as it stands now, not as it stood when the refund was made."""
    known = {item["id"]: item for item in transactions}
    return [_refund(item, order, known) for item in order.get("refunds") or []]


def fulfillment_values(order: Json) -> list[Json]:
    """Fulfillments, cancelled ones among them."""
    return [_fulfillment(item, order) for item in order.get("fulfillments") or []]


def return_values(order: Json) -> list[Json]:
    """Returns."""
    return [_return(item) for item in order.get("returns") or []]


def return_status(order: Json) -> str:
    """OrderReturnStatus, the most open one of all returns."""
    found = {item["status"] for item in order.get("returns") or []}
    for status, shown in (("requested", "RETURN_REQUESTED"), ("open", "IN_PROGRESS"), ("closed", "RETURNED")):
        if status in found:
            return shown
    return "NO_RETURN"


def _refund(refund: Json, order: Json, known: dict[int, Json]) -> Json:
    currencies = Currencies.of(order)
    moved = [known.get(item["id"], item) for item in refund.get("transactions") or []]
    pending = any(item["status"] == "pending" for item in moved)
    shipping = [_refund_shipping(item, currencies) for item in refund.get("refund_shipping_lines") or []]
    adjustments = [_adjustment(item, currencies, pending) for item in refund.get("order_adjustments") or []]
    lines = [_refund_line(item, order, currencies) for item in refund.get("refund_line_items") or []]
    return {
        "id": gid("Refund", refund["id"]),
        "legacyResourceId": str(refund["id"]),
        "createdAt": utc(refund["created_at"]),
        "updatedAt": utc(refund["created_at"]),
        "processedAt": utc(refund.get("processed_at") or refund["created_at"]),
        "note": refund.get("note"),
        "return": reference("Return", (refund.get("return") or {}).get("id")),
        "totalRefundedSet": refunded_bag(moved, order),
        "refundLineItems": connection_of(lines),
        "refundShippingLines": connection_of(shipping),
        "orderAdjustments": connection_of(adjustments),
        "duties": [{"amountSet": currencies.bag(item["amount_set"])} for item in refund.get("duties") or []],
        "transactions": connection_of([transaction_value(item, order) for item in moved]),
    }


def _refund_line(item: Json, order: Json, currencies: Currencies) -> Json:
    line = next((line for line in order["line_items"] if line["id"] == item["line_item_id"]), item.get("line_item"))
    # Before 2018 a refund only said whether it restocked, not how.
    restock = item.get("restock_type") or "no_restock"
    return {
        "id": gid("RefundLineItem", item.get("id", 0)),
        "quantity": item["quantity"],
        "restockType": restock.upper(),
        "restocked": restock != "no_restock",
        "location": location_of(item.get("location_id")),
        "lineItem": {"id": gid("LineItem", item["line_item_id"]), "isGiftCard": bool((line or {}).get("gift_card"))},
        "subtotalSet": currencies.bag(item.get("subtotal_set"), item["subtotal"]),
        "totalTaxSet": currencies.bag(item.get("total_tax_set"), item["total_tax"]),
    }


def _refund_shipping(item: Json, currencies: Currencies) -> Json:
    number = item.get("shipping_line_id") or (item.get("shipping_line") or {}).get("id")
    return {
        "id": gid("RefundShippingLine", item["id"]),
        "shippingLine": {"id": gid("ShippingLine", number)},
        "subtotalAmountSet": currencies.bag(item["subtotal_amount_set"]),
        "taxAmountSet": currencies.bag(item["tax_amount_set"]),
    }


def _adjustment(item: Json, currencies: Currencies, pending: bool) -> Json:
    reason = _REASONS.get((item.get("reason") or "").lower(), (item.get("reason") or "").upper().replace(" ", "_"))
    if pending and reason == "REFUND_DISCREPANCY":
        reason = "PENDING_REFUND_DISCREPANCY"
    return {
        "id": gid("OrderAdjustment", item["id"]),
        "reason": reason or None,
        "amountSet": currencies.bag(item.get("amount_set"), item["amount"]),
        "taxAmountSet": currencies.bag(item.get("tax_amount_set"), item["tax_amount"]),
    }


def _fulfillment(item: Json, order: Json) -> Json:
    return {
        "id": gid("Fulfillment", item["id"]),
        "legacyResourceId": str(item["id"]),
        # A name came in 2018; before, the number of the fulfilment within the order was all there was.
        "name": item.get("name") or f"{order['name']}-F{item['id']}",
        "status": item["status"].upper(),
        "createdAt": utc(item["created_at"]),
        "updatedAt": utc(item["updated_at"]),
        "location": location_of(item.get("location_id")),
        "service": {"handle": item.get("service") or "manual"},
        "trackingInfo": list_of(_parcels(item)),
        "fulfillmentLineItems": connection_of([_shipped(line, item) for line in item["line_items"]]),
    }


def _shipped(line: Json, item: Json) -> Json:
    return {
        "id": gid("FulfillmentLineItem", f"{item['id']}{line['id']}"),
        "quantity": line["quantity"],
        "lineItem": {"id": gid("LineItem", line["id"])},
    }


def _parcels(item: Json) -> list[Json]:
    numbers, urls = item.get("tracking_numbers") or [], item.get("tracking_urls") or []
    return [
        {"company": item.get("tracking_company"), "number": number, "url": urls[index] if index < len(urls) else None}
        for index, number in enumerate(numbers)
    ]


def _return(item: Json) -> Json:
    lines = [
        {
            "__typename": "ReturnLineItem",
            "id": gid("ReturnLineItem", line["id"]),
            "quantity": line["quantity"],
            "fulfillmentLineItem": {"lineItem": {"id": gid("LineItem", line["line_item_id"])}},
        }
        for line in item.get("return_line_items") or []
    ]
    exchanges = [
        {
            "id": gid("ExchangeLineItem", line["id"]),
            "quantity": line["quantity"],
            "variantSku": line.get("sku"),
            "lineItems": [{"id": gid("LineItem", line["line_item_id"])}] if line.get("line_item_id") else [],
        }
        for line in item.get("exchange_line_items") or []
    ]
    status = {"cancelled": "CANCELED"}.get(item["status"], item["status"].upper())
    return {
        "id": gid("Return", item["id"]),
        "name": item["name"],
        "status": status,
        "returnLineItems": connection_of(lines),
        "exchangeLineItems": connection_of(exchanges),
    }
