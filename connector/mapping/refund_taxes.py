"""The tax of a refund in NetSuite, in each of the four tax modes, as the sales order has it. Pure.

A refund says one tax for each line; it is spread over the line's taxes by their own amounts, so that it adds up exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.mapping.lines import required
from connector.mapping.money import booked
from connector.mapping.remaining import shares
from connector.mapping.rules import Rules, TaxMode
from connector.mapping.taxes import CHANNEL_TAX, SHIPPING_REFERENCE, tax_detail
from connector.netsuite.records import OrderLine, TaxDetail
from connector.shopify.lines import TaxLine
from connector.shopify.money import MoneyBag
from connector.shopify.records import Order
from connector.shopify.refunds import Refund


@dataclass(frozen=True, slots=True)
class RefundedTax:
    """What went back of one tax; `reference` joins it to its line."""

    reference: str
    tax: TaxLine


def refund_reference(refund: Refund, index: int) -> str:
    """What joins a refund's line and its tax details; a line can be given back twice in one refund."""
    return f"LINE-{refund.lines[index].line_id}-{index}"


def refund_tax(refund: Refund, rules: Rules) -> Decimal:
    """All tax of a refund."""
    bags = [line.tax for line in refund.lines] + [line.tax for line in refund.shipping_lines]
    return sum((booked(bag, rules).amount for bag in bags), Decimal(0))


def refund_tax_lines(order: Order, refund: Refund, rules: Rules) -> list[OrderLine]:
    """In mode `line_item`, one line with the refund's tax, one with what a marketplace pays. Raises NotMapped."""
    if rules.tax.mode is not TaxMode.LINE_ITEM:
        return []
    parts = [item.tax for item in refunded_taxes(order, refund)]
    channel = sum((booked(tax.price, rules).amount for tax in parts if tax.is_channel_liable), Decimal(0))
    wanted = (
        ("TAX", refund_tax(refund, rules) - channel, rules.tax.item, "tax.item", "Tax"),
        (CHANNEL_TAX, channel, rules.tax.channel_item, "tax.channel_item", "Tax paid by the marketplace"),
    )
    lines = []
    for reference, amount, item, setting, text in wanted:
        if amount:
            named = required(item, setting, f"{order.name}: refund {refund.id} has tax of {amount}")
            lines.append(OrderLine(reference, named, 1, amount, amount, text, tax_code=rules.tax.exempt_code))
    return lines


def refund_tax_details(order: Order, refund: Refund, rules: Rules) -> tuple[TaxDetail, ...]:
    """In mode `tax_details_override`, what went back of each tax of goods and shipping. Raises NotMapped."""
    if rules.tax.mode is not TaxMode.TAX_DETAILS_OVERRIDE:
        return ()
    details = (tax_detail(item.reference, item.tax, rules) for item in refunded_taxes(order, refund))
    return tuple(detail for detail in details if detail.amount)


def refunded_taxes(order: Order, refund: Refund) -> Iterator[RefundedTax]:
    """What went back of each tax, line by line, then of shipping."""
    by_line = {line.id: line.taxes for line in order.lines}
    for index, line in enumerate(refund.lines):
        yield from _spread(refund_reference(refund, index), by_line.get(line.line_id, ()), line.tax)
    shipping = {line.id: line.taxes for line in (*order.shipping_lines, *order.removed_shipping_lines)}
    for back in refund.shipping_lines:
        yield from _spread(SHIPPING_REFERENCE, shipping.get(back.shipping_line_id, ()), back.tax)


def _spread(reference: str, taxes: tuple[TaxLine, ...], back: MoneyBag) -> Iterator[RefundedTax]:
    """A tax that the order's line does not know stands alone, with a rate of zero."""
    known = taxes or (TaxLine("Tax", None, back, is_channel_liable=False),)
    for tax, part in zip(known, shares([tax.price for tax in known], back), strict=True):
        yield RefundedTax(reference, replace(tax, price=part))
