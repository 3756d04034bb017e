"""What the order pays for shipping, and by which NetSuite shipping item."""

from dataclasses import dataclass
from decimal import Decimal

from connector.errors import NotMapped
from connector.mapping.money import booked
from connector.mapping.rules import Rules
from connector.shopify.records import Order, ShippingLine


@dataclass(frozen=True, slots=True)
class Shipping:
    """The order's shipping: both None when there is none."""

    method: str | None
    cost: Decimal | None


def shipping(order: Order, rules: Rules) -> Shipping:
    """Net cost of all shipping lines and the method of the first. Raises NotMapped when a cost has no method."""
    if not order.shipping_lines:
        return Shipping(None, None)
    cost = sum((_net(line, order, rules) for line in order.shipping_lines), Decimal(0))
    first = order.shipping_lines[0]
    method = method_of(order, rules)
    if method is None and not cost:
        return Shipping(None, None)
    if method is None:
        name = first.code or first.title
        raise NotMapped(
            f"{order.name} ships by {name!r}, which has no NetSuite shipping item; "
            f'set rules.shipping.methods."{name}" or rules.shipping.default',
            subject=f"shipping:{name}",
        )
    return Shipping(method, cost)


def method_of(order: Order, rules: Rules) -> str | None:
    """The shipping item of the order's first shipping line, None where none is mapped."""
    if not order.shipping_lines:
        return None
    first, methods = order.shipping_lines[0], rules.shipping.methods
    return methods.get(first.code) or methods.get(first.title) or rules.shipping.default


def _net(line: ShippingLine, order: Order, rules: Rules) -> Decimal:
    price = booked(line.price, rules).amount
    if not order.taxes_included:
        return price
    return price - sum((booked(tax.price, rules).amount for tax in line.taxes), Decimal(0))
