"""An order as it is left before it is billed: units that never ship, and money given back, taken out. Pure.

Every amount is one of Shopify's own: refunds say what a unit, its tax and the shipping came to, to the last cent.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.mapping.money import rounded
from connector.shopify.money import Money, MoneyBag
from connector.shopify.records import Discount, Line, Order, ShippingLine, TaxLine
from connector.shopify.refunds import Refund, RefundLine

CANCEL = "CANCEL"
NO_RESTOCK = "NO_RESTOCK"
# Shopify's own bookkeeping while the money of a refund is on its way; it goes away when the money arrives.
PENDING = "PENDING_REFUND_DISCREPANCY"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money of one refund that belongs to no line: negative where the buyer got it."""

    refund_id: str
    amount: MoneyBag


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left. `is_closed`: cancelled, or nothing is left; the lines are then those that stood before."""

    order: Order
    given_back: tuple[GivenBack, ...] = ()
    is_closed: bool = False


def remaining(order: Order, refunds: Sequence[Refund]) -> Remaining:
    """The order less these refunds, taken in Shopify's order. One that would leave no line closes it instead."""
    left = Remaining(order)
    unshipped = unshipped_lines(order)
    for refund in sorted(refunds, key=lambda item: int(item.id)):
        lines = [line for line in refund.lines if (refund.id, line.line_id) in unshipped]
        reduced = _reduced(left.order, refund, lines)
        if lines and not any(line.quantity for line in reduced.order.lines):
            return replace(left, is_closed=True)
        left = Remaining(reduced.order, left.given_back + reduced.given_back)
    return replace(left, is_closed=order.cancelled_at is not None)


def unshipped_lines(order: Order) -> frozenset[tuple[str, str]]:
    """(refund id, line id) of every refund line whose units never ship.

    `cancel` says so; for `no_restock` the line's own count decides: what is neither shipped nor still to be shipped.
    """
    shipped: Counter[str] = Counter()
    for fulfillment in order.fulfillments:
        if fulfillment.status == "SUCCESS":
            shipped.update({line.line_id: line.quantity for line in fulfillment.lines})
    refund_lines = [(refund.id, line) for refund in sorted(order.refunds, key=_age) for line in refund.lines]
    gone = {line.id: max(line.quantity - shipped[line.id] - line.unfulfilled_quantity, 0) for line in order.lines}
    found = set()
    for restock in (CANCEL, NO_RESTOCK):
        for refund_id, line in refund_lines:
            if line.restock_type == restock and gone.get(line.line_id, 0) >= line.quantity:
                gone[line.line_id] -= line.quantity
                found.add((refund_id, line.line_id))
    return frozenset(found)


def is_pending(refund: Refund) -> bool:
    """True while some of a refund's money is on its way."""
    return any(payment.kind == "REFUND" and payment.status == "PENDING" for payment in refund.transactions)


def discrepancy(refund: Refund) -> MoneyBag | None:
    """The refund's money that belongs to no line, None for none."""
    bags = [item.amount + item.tax for item in refund.adjustments if item.reason != PENDING]
    total = _sum(bags)
    return total if total is not None and total.shop.amount else None


def _age(refund: Refund) -> int:
    return int(refund.id)


def _reduced(order: Order, refund: Refund, lines: Sequence[RefundLine]) -> Remaining:
    """One refund less: its unshipped units, its shipping, and what belongs to no line."""
    by_line = {line.line_id: line for line in lines}
    left = tuple(_less(line, by_line[line.id]) if line.id in by_line else line for line in order.lines)
    taxes = [line.tax for line in lines] + [item.tax for item in refund.shipping_lines]
    prices = [line.subtotal for line in lines] + [item.subtotal for item in refund.shipping_lines]
    tax, price, duty, other = _sum(taxes), _sum(prices), _sum(refund.duties), discrepancy(refund)
    total = order.total
    for part in (price, duty, None if order.taxes_included else tax):
        total = total if part is None else total - part
    reduced = replace(
        order,
        lines=left if duty is None else _less_duties(left, duty),
        shipping_lines=_less_shipping(order, refund),
        tax=order.tax if tax is None else order.tax - tax,
        total=total if other is None else total + other,
    )
    return Remaining(reduced, () if other is None else (GivenBack(refund.id, other),))


def _less(line: Line, gone: RefundLine) -> Line:
    """A line with fewer units; its discounts and taxes are what Shopify has left of them."""
    taken = line.price.times(gone.quantity) - gone.subtotal
    return replace(
        line,
        quantity=line.quantity - gone.quantity,
        discounts=_spread_discounts(line.discounts, taken),
        taxes=less_tax(line.taxes, gone.tax),
    )


def _less_duties(lines: Sequence[Line], gone: MoneyBag) -> tuple[Line, ...]:
    """Shopify says which duties it gave back only by their sum: each is less by its share."""
    parts = iter(shares([duty for line in lines for duty in line.duties], gone))
    return tuple(replace(line, duties=tuple(duty - next(parts) for duty in line.duties)) for line in lines)


def _less_shipping(order: Order, refund: Refund) -> tuple[ShippingLine, ...]:
    lines = list(order.shipping_lines)
    for back in refund.shipping_lines:
        index = next((n for n, line in enumerate(lines) if line.id == back.shipping_line_id), 0)
        if lines:
            line = lines[index]
            lines[index] = replace(line, price=line.price - back.subtotal, taxes=less_tax(line.taxes, back.tax))
    return tuple(lines)


def less_tax(taxes: Sequence[TaxLine], gone: MoneyBag) -> tuple[TaxLine, ...]:
    """Tax lines less an amount: each by its share, the last one by what is left of it."""
    parts = shares([tax.price for tax in taxes], gone)
    return tuple(replace(tax, price=tax.price - part) for tax, part in zip(taxes, parts, strict=True))


def _spread_discounts(discounts: Sequence[Discount], gone: MoneyBag) -> tuple[Discount, ...]:
    parts = shares([item.amount for item in discounts], gone)
    return tuple(replace(item, amount=item.amount - part) for item, part in zip(discounts, parts, strict=True))


def shares(weights: Sequence[MoneyBag], whole: MoneyBag) -> list[MoneyBag]:
    """`whole` in parts that are to each other as the weights; they add up to it exactly."""
    sides = [
        _shares([getattr(bag, side).amount for bag in weights], getattr(whole, side))
        for side in ("shop", "presentment")
    ]
    return [MoneyBag(shop, presentment) for shop, presentment in zip(*sides, strict=True)]


def _shares(weights: Sequence[Decimal], whole: Money) -> list[Money]:
    total, rest, parts = sum(weights, Decimal(0)), whole.amount, []
    for index, weight in enumerate(weights):
        is_last = index == len(weights) - 1
        share = weight / total if total else Decimal(0)
        part = rest if is_last else rounded(whole.amount * share, whole.currency)
        rest -= part
        parts.append(Money(part, whole.currency))
    return parts


def _sum(bags: Sequence[MoneyBag]) -> MoneyBag | None:
    total: MoneyBag | None = None
    for bag in bags:
        total = bag if total is None else total + bag
    return total
