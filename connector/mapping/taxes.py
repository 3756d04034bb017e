"""Shopify's tax in NetSuite: as a line of its own, by NetSuite's codes, as SuiteTax details, or left to NetSuite."""

from collections.abc import Sequence
from decimal import Decimal

from connector.errors import NotMapped
from connector.mapping.money import booked
from connector.mapping.rules import Rules, TaxMode
from connector.netsuite.records import OrderLine, TaxDetail
from connector.shopify.records import Line, Order, TaxLine

# SuiteTax's own name for the shipping charge in tax details.
SHIPPING_REFERENCE = "SHIPPING"
# Our name of the line with the tax that a marketplace pays.
CHANNEL_TAX = "CHANNEL-TAX"
# In these modes NetSuite adds tax by its own computation: what it came to cannot be known before it is read.
NETSUITE_COMPUTES = frozenset({TaxMode.NETSUITE_COMPUTES, TaxMode.TAX_CODE})


def tax_lines(order: Order, rules: Rules) -> tuple[OrderLine, ...]:
    """In mode `line_item`, one line with the order's tax, one with what a marketplace pays; none for no tax.

    Raises NotMapped.
    """
    if rules.tax.mode is not TaxMode.LINE_ITEM:
        return ()
    channel = sum((booked(tax.price, rules).amount for tax in _taxes(order) if tax.is_channel_liable), Decimal(0))
    own = booked(order.tax, rules).amount - channel
    wanted = (
        ("TAX", own, rules.tax.item, "tax.item", _description(order)),
        (CHANNEL_TAX, channel, rules.tax.channel_item, "tax.channel_item", "Tax paid by the marketplace"),
    )
    lines = []
    for reference, amount, item, setting, text in wanted:
        if amount and item is None:
            raise NotMapped(f"{order.name} has tax of {amount}: set rules.{setting}", subject=f"rule:{setting}")
        if amount and item is not None:
            lines.append(OrderLine(reference, item, 1, amount, amount, text, tax_code=rules.tax.exempt_code))
    return tuple(lines)


def tax_code(taxes: Sequence[TaxLine], rules: Rules) -> str | None:
    """The tax code of a line: the exempt one where tax is a line, one per combined rate in mode `tax_code`."""
    if rules.tax.mode is TaxMode.LINE_ITEM:
        return rules.tax.exempt_code
    if rules.tax.mode is not TaxMode.TAX_CODE:
        return None
    combined = per_cent(sum((tax.rate or Decimal(0) for tax in taxes), Decimal(0)))
    try:
        return rules.tax.codes[combined]
    except KeyError:
        raise NotMapped(
            f'a tax of {combined} % has no NetSuite tax code; set rules.tax.codes."{combined}"',
            subject=f"tax:{combined}",
        ) from None


def tax_details(order: Order, rules: Rules) -> tuple[TaxDetail, ...]:
    """In mode `tax_details_override`, each tax of goods and shipping with Shopify's amount. Raises NotMapped."""
    if rules.tax.mode is not TaxMode.TAX_DETAILS_OVERRIDE:
        return ()
    details = [tax_detail(line_reference(line), tax, rules) for line in order.lines for tax in line.taxes]
    details += [tax_detail(SHIPPING_REFERENCE, tax, rules) for line in order.shipping_lines for tax in line.taxes]
    return tuple(detail for detail in details if detail.amount)


def line_reference(line: Line) -> str:
    """What joins an order line and its tax details."""
    return f"LINE-{line.id}"


def per_cent(rate: Decimal) -> str:
    """A rate as the rules spell it: 0.0725 → "7.25"."""
    return format((rate * 100).normalize(), "f")


def tax_detail(reference: str, tax: TaxLine, rules: Rules) -> TaxDetail:
    """One tax with Shopify's own amount, under the ids of its rate. Raises NotMapped."""
    percent = per_cent(tax.rate or Decimal(0))
    mapped = rules.tax.details.get(percent)
    if mapped is None:
        raise NotMapped(
            f'a tax of {percent} % ({tax.title}) has no tax type and code; set rules.tax.details."{percent}"',
            subject=f"tax:{percent}",
        )
    amount = booked(tax.price, rules)
    # The basis is shown, the amount is what counts; from the rate it can only be found by division.
    basis = (amount.amount / tax.rate).quantize(amount.amount) if tax.rate else Decimal(0)
    return TaxDetail(reference, mapped.type, mapped.code, basis, Decimal(percent), amount.amount)


def _taxes(order: Order) -> list[TaxLine]:
    """Every tax of goods and shipping."""
    taxes = [tax for line in order.lines for tax in line.taxes]
    return taxes + [tax for line in order.shipping_lines for tax in line.taxes]


def _description(order: Order) -> str:
    names = dict.fromkeys(
        f"{tax.title} {per_cent(tax.rate or Decimal(0))} %"
        for tax in _taxes(order)
        if tax.price.shop.amount and not tax.is_channel_liable
    )
    return ("Tax " + ", ".join(names))[:999].strip()
