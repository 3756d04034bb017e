"""Shopify's members by the names the explaining tables use. Pure."""

from dataclasses import fields
from decimal import Decimal

from connector.mapping.lines import is_tip
from connector.mapping.taxes import per_cent
from connector.shopify.customers import Address
from connector.shopify.lines import Line
from connector.shopify.records import Order, Transaction
from connector.shopify.refunds import Refund

Values = dict[str, object]
_ADDRESS_NAMES = {"province_code": "provinceCode", "country_code": "countryCodeV2"}


def order_values(order: Order) -> Values:
    """What an order's own members are."""
    freight = [f"{line.code or line.title} {line.price.shop.amount}" for line in order.shipping_lines]
    taxes = [
        f"{tax.title} {per_cent(tax.rate)} %" for line in order.lines for tax in line.taxes if tax.rate is not None
    ]
    values: Values = {
        "order.id": order.id,
        "order.name": order.name,
        "order.processedAt": order.processed_at,
        "order.poNumber": order.po_number,
        "order.cancelReason": order.cancel_reason,
        "order.note": order.note,
        "order.email": order.email,
        "order.tags": order.tags,
        "order.sourceName": order.source_name,
        "order.displayFulfillmentStatus": order.fulfillment_status,
        "order.taxesIncluded": order.taxes_included,
        "order.totalPriceSet": order.total,
        "order.totalTaxSet": order.tax,
        "order.totalTipReceivedSet": order.tip,
        "order.originalTotalAdditionalFeesSet": order.fees,
        "order.totalCashRoundingAdjustment": order.cash_rounding,
        "order.shippingLines": freight,
        "order.taxLines": list(dict.fromkeys(taxes)),
        "order.paymentTerms.paymentTermsName": order.payment_terms and order.payment_terms.name,
    }
    values |= address_values("order.shippingAddress", order.shipping_address)
    return values | address_values("order.billingAddress", order.billing_address) | _buyer_values(order)


def _buyer_values(order: Order) -> Values:
    values: Values = {}
    if order.customer is not None:
        buyer = order.customer
        values = {
            "order.customer.id": buyer.id,
            "order.customer.firstName": buyer.first_name,
            "order.customer.lastName": buyer.last_name,
            "order.customer.defaultEmailAddress": buyer.email,
            "order.customer.defaultPhoneNumber": buyer.phone,
        }
    if order.company is not None:
        values["order.purchasingEntity.company.id"] = order.company.company_id
        values["order.purchasingEntity.company.name"] = order.company.name
    return values


def address_values(owner: str, address: Address | None) -> Values:
    """The parts of an address; nothing without one."""
    if address is None:
        return {}
    return {
        f"{owner}.{_ADDRESS_NAMES.get(item.name, item.name)}": getattr(address, item.name) for item in fields(Address)
    }


def payment_values(owner: str, payment: Transaction) -> Values:
    """A payment's members."""
    return {
        f"{owner}.id": payment.id,
        f"{owner}.kind": payment.kind,
        f"{owner}.gateway": payment.gateway,
        f"{owner}.amountSet": payment.amount,
        f"{owner}.processedAt": payment.processed_at,
    }


def refund_values(refund: Refund) -> Values:
    """A refund's members."""
    return {
        "refund.id": refund.id,
        "refund.processedAt": refund.processed_at,
        "refund.orderAdjustments": [item.amount for item in refund.adjustments],
        "refund.refundShippingLines": [item.subtotal for item in refund.shipping_lines],
    }


def line_values(line: Line, reference: str, order: Order) -> Values:
    """A line's members, and what was given back of it."""
    back = [
        f"{refund.id} {item.quantity} {item.restock_type}"
        for refund in order.refunds
        for item in refund.lines
        if item.line_id == line.id
    ]
    return {
        "reference": reference,
        "refunds": back,
        "line.id": line.id,
        "line.sku": line.sku,
        "line.variant": line.variant_id,
        "line.name": line.title,
        "line.isGiftCard": line.is_gift_card or None,
        "line.quantity": line.quantity,
        "line.originalUnitPriceSet": line.price,
        "line.discountAllocations": [item.amount for item in line.discounts],
        "line.taxLines": [tax.price for tax in line.taxes],
    }


def line_names(line: Line) -> dict[str, str]:
    """What picks a line's keys in the rules."""
    rate = sum((tax.rate for tax in line.taxes if tax.rate is not None), start=Decimal(0))
    known = {"variant": line.variant_id, "sku": line.sku}
    names = {"rate": per_cent(rate)} | {name: value for name, value in known.items() if value}
    if line.is_gift_card:
        return names | {"gift_card": ""}
    if line.sku or not line.is_custom:
        return names
    return names | {"tip" if is_tip(line) else "custom": ""}


def location_name(location: str | None) -> dict[str, str]:
    """What picks a location in the rules."""
    return {"location": location} if location else {}
