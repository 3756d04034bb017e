"""An order with everything that hangs on it."""

from collections.abc import Sequence
from decimal import Decimal

from connector.sandbox.shopify.values.life import fulfillment_values, refund_values, return_status, return_values
from connector.sandbox.shopify.values.lines import application_values, line_values, shipping_values, tax_values
from connector.sandbox.shopify.values.parts import (
    Currencies,
    Json,
    connection_of,
    gid,
    list_of,
    negative,
    optional_bag,
    pairs,
    utc,
)
from connector.sandbox.shopify.values.payments import (
    net_payment_bag,
    received_bag,
    refunded_bag,
    terms_value,
    transaction_value,
)
from connector.sandbox.shopify.values.people import address_value, customer_value, purchaser_value

_FULFILLMENT = {
    None: "UNFULFILLED",
    "partial": "PARTIALLY_FULFILLED",
    "fulfilled": "FULFILLED",
    "restocked": "RESTOCKED",
}


def order_value(order: Json, transactions: list[Json], companies: Sequence[Json] = ()) -> Json:
    """An Order. `companies` are the shop's, by which a business order's buyer is named."""
    return (
        _header(order)
        | _people(order, companies)
        | _amounts(order, transactions)
        | _content(order)
        | {
            "transactions": list_of([transaction_value(item, order) for item in transactions]),
            "refunds": list_of(refund_values(order, transactions)),
            "fulfillments": list_of(fulfillment_values(order)),
            "returns": connection_of(return_values(order)),
        }
    )


def _header(order: Json) -> Json:
    currencies = Currencies.of(order)
    return {
        "__typename": "Order",
        "id": gid("Order", order["id"]),
        "legacyResourceId": str(order["id"]),
        "name": order["name"],
        "createdAt": utc(order["created_at"]),
        "updatedAt": utc(order["updated_at"]),
        "processedAt": utc(order.get("processed_at") or order["created_at"]),
        "closedAt": utc(order.get("closed_at")),
        "cancelledAt": utc(order.get("cancelled_at")),
        "cancelReason": order["cancel_reason"].upper() if order.get("cancel_reason") else None,
        "test": bool(order.get("test")),
        "sourceName": order.get("source_name"),
        "note": order.get("note"),
        "poNumber": order.get("po_number"),
        "tags": [tag for tag in (order.get("tags") or "").split(", ") if tag],
        "customAttributes": pairs(order.get("note_attributes")),
        "currencyCode": currencies.shop,
        "presentmentCurrencyCode": currencies.shown,
        "taxesIncluded": bool(order.get("taxes_included")),
        "displayFinancialStatus": (order.get("financial_status") or "pending").upper(),
        "displayFulfillmentStatus": _fulfillment_status(order),
        "returnStatus": return_status(order),
    }


def _fulfillment_status(order: Json) -> str:
    """An order with nothing to ship says so since 2026-10."""
    status = order.get("fulfillment_status")
    if status is None and not any(line.get("requires_shipping", True) for line in order["line_items"]):
        return "FULFILLMENT_NOT_REQUIRED"
    return _FULFILLMENT[status]


def _people(order: Json, companies: Sequence[Json]) -> Json:
    return {
        "email": order.get("email") or None,
        "phone": order.get("phone") or None,
        "customer": customer_value(order.get("customer"), companies),
        "purchasingEntity": purchaser_value(order, companies),
        "paymentTerms": terms_value(order.get("payment_terms")),
        "billingAddress": address_value(order.get("billing_address")),
        "shippingAddress": address_value(order.get("shipping_address")),
    }


def _amounts(order: Json, transactions: list[Json]) -> Json:
    currencies = Currencies.of(order)

    def bag(name: str, default: str = "0.00") -> Json:
        return currencies.bag(order.get(f"{name}_set"), order.get(name), default)

    current = bag("current_total_price", str(order["total_price"]))
    if "current_total_price" not in order and order.get("total_price_set"):
        current = bag("total_price")
    net = net_payment_bag(transactions, order)
    return {
        "totalPriceSet": bag("total_price"),
        "currentTotalPriceSet": current,
        "totalTaxSet": bag("total_tax"),
        "currentTotalTaxSet": bag("current_total_tax", str(order.get("total_tax") or "0.00")),
        "taxLines": tax_values(order.get("tax_lines"), currencies),
        "totalTipReceivedSet": _tip(order, currencies),
        "totalReceivedSet": received_bag(transactions, order),
        "totalRefundedSet": refunded_bag(transactions, order),
        "netPaymentSet": net,
        "totalOutstandingSet": currencies.total((current, negative(net))),
        "originalTotalDutiesSet": optional_bag(order.get("original_total_duties_set")),
        "originalTotalAdditionalFeesSet": optional_bag(order.get("original_total_additional_fees_set")),
        "totalCashRoundingAdjustment": {
            "paymentSet": currencies.bag(order.get("total_cash_rounding_payment_adjustment_set")),
            "refundSet": currencies.bag(order.get("total_cash_rounding_refund_adjustment_set")),
        },
    }


def _tip(order: Json, currencies: Currencies) -> Json:
    """Webhooks give the tip in the shop's currency only; its line, where there is one, has both."""
    tips = [line for line in order["line_items"] if "tip_payment_gateway" in line and line.get("price_set")]
    plain = order.get("total_tip_received")
    if tips and Decimal(str(plain or 0)):
        return currencies.total(currencies.bag(line["price_set"]) for line in tips)
    return currencies.bag(None, plain)


def _content(order: Json) -> Json:
    return {
        "discountApplications": connection_of(application_values(order)),
        "shippingLines": shipping_values(order),
        "lineItems": connection_of(line_values(order)),
    }
