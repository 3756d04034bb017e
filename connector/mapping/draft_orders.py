"""A sales order entered in NetSuite as the draft order that proposes it to the shop. Pure. Source: DraftOrderInput, 2026-10.

What is negative in NetSuite is one discount over the whole draft: a draft's line can have no negative price.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.errors import NotMapped
from connector.mapping.money import rounded
from connector.mapping.rules import Rules
from connector.netsuite.entered_orders import EnteredLine, EnteredOrder, PostalLines

# Under this name the draft, and the order it becomes, carry the internal id of the sales order.
ATTRIBUTE = "netsuite_sales_order"
_NUMBER = "netsuite_number"
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_STATE_CODE = re.compile(r"[A-Z0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is known beside the order: SKU and variant of each item, the shop's customer."""

    skus: Mapping[str, str]
    variants: Mapping[str, str]
    customer_id: str | None


def tag(order_id: str) -> str:
    """The tag under which the draft of a sales order is found again."""
    return f"netsuite-{order_id}"


def draft_input(order: EnteredOrder, proposal: Proposal, rules: Rules) -> dict[str, Any]:
    """The DraftOrderInput. Raises NotMapped for a currency that the rules do not name."""
    currency = currency_of(order, rules)
    body: dict[str, Any] = {
        "lineItems": [_line(line, proposal, currency) for line in order.lines if line.amount >= 0],
        "note": f"NetSuite {order.number}",
        "tags": [tag(order.id)],
        "customAttributes": [{"key": ATTRIBUTE, "value": order.id}, {"key": _NUMBER, "value": order.number}],
        "presentmentCurrencyCode": currency,
        # Of a customer of the shop his own flag counts instead.
        "taxExempt": not order.tax,
        "poNumber": order.po_number or None,
        "email": order.email or None,
        "purchasingEntity": _purchaser(proposal.customer_id),
        "shippingLine": _shipping(order, currency),
        "shippingAddress": _address(order.shipping_address),
        "billingAddress": _address(order.billing_address),
        "appliedDiscount": _discount(order, currency),
    }
    return {name: value for name, value in body.items() if value is not None}


def currency_of(order: EnteredOrder, rules: Rules) -> str:
    """The order's currency by its ISO code. Raises NotMapped."""
    found = [code for code, internal_id in rules.currencies.items() if internal_id == order.currency]
    if not found:
        raise NotMapped(
            f"sales order {order.number} is in NetSuite's currency {order.currency}, which no rule names; "
            "set rules.currencies",
            subject=f"currency:{order.currency}",
        )
    return found[0]


def _line(line: EnteredLine, proposal: Proposal, currency: str) -> dict[str, Any]:
    """Goods of the shop at NetSuite's price; what the shop does not have, or not in such parts, as a custom line."""
    is_whole = line.quantity == line.quantity.to_integral_value() and line.quantity >= 1
    quantity = int(line.quantity) if is_whole else 1
    price = _money(rounded(line.amount / quantity, currency), currency)
    sku = proposal.skus.get(line.item, line.name)
    variant = proposal.variants.get(sku) if is_whole else None
    if variant is not None:
        return {"variantId": f"gid://shopify/ProductVariant/{variant}", "quantity": quantity, "priceOverride": price}
    title = line.description if is_whole else f"{format(line.quantity, 'f')} × {line.description}"
    custom = {"title": title, "sku": sku, "quantity": quantity, "originalUnitPriceWithCurrency": price}
    return custom | {"requiresShipping": line.is_goods, "taxable": True}


def _shipping(order: EnteredOrder, currency: str) -> dict[str, Any] | None:
    if order.shipping_cost is None and not order.shipping_title:
        return None
    price = _money(order.shipping_cost or Decimal(0), currency)
    return {"title": order.shipping_title or "Shipping", "priceWithCurrency": price}


def _discount(order: EnteredOrder, currency: str) -> dict[str, Any] | None:
    taken_off = -sum((line.amount for line in order.lines if line.amount < 0), Decimal(0))
    if not taken_off:
        return None
    title = "; ".join(line.description for line in order.lines if line.amount < 0)
    amount = {"valueType": "FIXED_AMOUNT", "value": taken_off, "amountWithCurrency": _money(taken_off, currency)}
    return {"title": title[:255], **amount}


def _purchaser(customer_id: str | None) -> dict[str, str] | None:
    return None if customer_id is None else {"customerId": f"gid://shopify/Customer/{customer_id}"}


def _address(lines: PostalLines | None) -> dict[str, str] | None:
    """A code of a state where it is one; a telephone number only as Shopify takes it."""
    if lines is None:
        return None
    person = lines.attention or lines.addressee
    first, _, last = person.rpartition(" ")
    is_code = _STATE_CODE.fullmatch(lines.state) is not None
    parts = {
        "firstName": first,
        "lastName": last,
        "company": lines.addressee if lines.attention else "",
        "address1": lines.addr1,
        "address2": lines.addr2,
        "city": lines.city,
        "provinceCode" if is_code else "province": lines.state,
        "zip": lines.zip,
        "countryCode": lines.country,
        "phone": lines.phone if _E164.fullmatch(lines.phone) else "",
    }
    return {name: value for name, value in parts.items() if value}


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": format(amount, "f"), "currencyCode": currency}
