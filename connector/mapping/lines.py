"""The goods of an order as sales order lines: SKUs through the item map, and everything Shopify sells without one."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from connector.errors import NotMapped
from connector.mapping.money import booked, rate, rounded
from connector.mapping.rules import Rules, TaxMode
from connector.mapping.taxes import line_reference, tax_code
from connector.netsuite.records import OrderLine
from connector.shopify.money import Money, MoneyBag
from connector.shopify.records import Line, Order

_TIP_TITLE = "tip"


def goods_lines(order: Order, items: Mapping[str, str], rules: Rules) -> tuple[OrderLine, ...]:
    """Lines for goods and their discounts, then tip, duties, fees and cash rounding. Raises NotMapped."""
    lines: list[OrderLine] = []
    for line in order.lines:
        if line.quantity:
            lines += _line(line, order, items, rules)
    return (*lines, *_extra_lines(order, rules))


def skus(order: Order, rules: Rules) -> frozenset[str]:
    """Every SKU that has to be looked up in the item map."""
    wanted = (line for line in order.lines if line.quantity and not line.is_gift_card)
    return frozenset(line.sku for line in wanted if line.sku and _ruled(line, rules) is None)


def required(item: str | None, setting: str, why: str) -> str:
    """The item a rule names. Raises NotMapped with the setting to fill in."""
    if item is None:
        raise NotMapped(f"{why}: set rules.{setting}", subject=f"rule:{setting}")
    return item


def _line(line: Line, order: Order, items: Mapping[str, str], rules: Rules) -> list[OrderLine]:
    price = booked(line.price, rules)
    discounts = [(discount.label, booked(discount.amount, rules).amount) for discount in line.discounts]
    discounted = price.amount * line.quantity - sum((amount for _, amount in discounts), Decimal(0))
    net = discounted - _included_tax(line, order, rules)
    taken_off = (
        _net_discounts(discounts, discounted, Money(net, price.currency)) if rules.discount.mode == "line" else []
    )
    amount = net - sum((share for _, share in taken_off), Decimal(0))
    item = item_of(line, order, items, rules)
    code = tax_code(line.taxes, rules)
    product = OrderLine(
        line.id,
        item,
        line.quantity,
        rate(amount, line.quantity),
        amount,
        line.title,
        location=rules.location,
        tax_code=code,
        tax_reference=line_reference(line) if rules.tax.mode is TaxMode.TAX_DETAILS_OVERRIDE and line.taxes else None,
    )
    return [product, *_discount_lines(line, taken_off, code, order, rules)]


def _discount_lines(
    line: Line, taken_off: Sequence[tuple[str, Decimal]], code: str | None, order: Order, rules: Rules
) -> list[OrderLine]:
    """The shares are negative; NetSuite lets a discount stand directly below the line it belongs to."""
    lines = []
    for number, (label, share) in enumerate(taken_off):
        item = required(rules.discount.item, "discount.item", f"{order.name} has the discount {label}")
        reference = f"{line.id}-D{number}"
        lines.append(OrderLine(reference, item, 1, share, share, f"Discount {label}", tax_code=code))
    return lines


def _net_discounts(
    discounts: Sequence[tuple[str, Decimal]], discounted: Decimal, net: Money
) -> list[tuple[str, Decimal]]:
    """Each discount as a negative amount; where prices contain tax, its share of the net price."""
    share = net.amount / discounted if discounted else Decimal(1)
    return [(label, -rounded(amount * share, net.currency)) for label, amount in discounts if amount]


def _included_tax(line: Line, order: Order, rules: Rules) -> Decimal:
    if not order.taxes_included:
        return Decimal(0)
    return sum((booked(tax.price, rules).amount for tax in line.taxes), Decimal(0))


def item_of(line: Line, order: Order, items: Mapping[str, str], rules: Rules) -> str:
    """The NetSuite item of a line. Raises NotMapped."""
    if line.is_gift_card:
        return required(rules.items.gift_card, "items.gift_card", f"{order.name} sells a gift card")
    ruled = _ruled(line, rules)
    if ruled is not None:
        return ruled
    if line.sku in items:
        return items[line.sku]
    if is_tip(line):
        return required(rules.items.tip, "items.tip", f"{order.name} has a tip")
    if line.is_custom:
        return required(rules.items.custom, "items.custom", f"{order.name} has the custom line {line.title!r}")
    if not line.sku:
        raise NotMapped(
            f"{order.name}: {line.title!r} has no SKU in Shopify; give it one, or set "
            f"rules.items.variants.{line.variant_id}",
            subject=f"variant:{line.variant_id}",
        )
    raise NotMapped(
        f"{order.name}: no NetSuite item has the name {line.sku!r}; create or rename the item, correct the SKU, or set "
        f'rules.items.skus."{line.sku}"',
        subject=f"sku:{line.sku}",
    )


def _ruled(line: Line, rules: Rules) -> str | None:
    """The item that a rule names for the variant or the SKU of a line."""
    return rules.items.variants.get(line.variant_id or "") or rules.items.skus.get(line.sku or "")


def is_tip(line: Line) -> bool:
    """True for a line that is the buyer's tip."""
    return line.is_custom and line.title.strip().lower() == _TIP_TITLE


def _extra_lines(order: Order, rules: Rules) -> list[OrderLine]:
    """A tip counts once: as its own line or as the order's tip, never both."""
    no_tip = any(is_tip(line) for line in order.lines)
    duties = [duty for line in order.lines for duty in line.duties]
    candidates: tuple[tuple[str, Sequence[MoneyBag], str | None, str], ...] = (
        ("Tip", () if no_tip else (order.tip,), rules.items.tip, "items.tip"),
        ("Duties", duties, rules.items.duty, "items.duty"),
        ("Fees", (order.fees,) if order.fees else (), rules.items.fee, "items.fee"),
        ("Cash rounding", (order.cash_rounding,), rules.rounding.item, "rounding.item"),
    )
    lines = []
    for title, bags, item, setting in candidates:
        amount = sum((booked(bag, rules).amount for bag in bags), Decimal(0))
        if amount:
            named = required(item, setting, f"{order.name} has {title.lower()} of {amount}")
            reference = title.upper().replace(" ", "-")
            lines.append(OrderLine(reference, named, 1, amount, amount, title, tax_code=rules.tax.exempt_code))
    return lines
