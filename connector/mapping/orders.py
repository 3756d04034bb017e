"""A Shopify order as a NetSuite sales order, to the cent or not at all.

Lines are written net: where prices contain tax it is taken out of each line by Shopify's own figures, never by a rate.
"""

from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.errors import TotalMismatch
from connector.mapping import external_ids
from connector.mapping.customers import currency_id, postal_address
from connector.mapping.lines import goods_lines, required
from connector.mapping.money import booked, rounded
from connector.mapping.rules import Rules, TaxMode
from connector.mapping.shipping import Shipping, shipping
from connector.mapping.taxes import tax_details, tax_lines
from connector.netsuite.records import OrderLine, Reference, SalesOrder
from connector.shopify.records import Order


def sales_order(order: Order, *, shop_id: int, entity: Reference, items: Mapping[str, str], rules: Rules) -> SalesOrder:
    """The whole sales order. `items` maps each SKU of the order to an item's internal id.

    Raises NotMapped for a SKU, currency, shipping method or rule that is missing, TotalMismatch with the arithmetic.
    """
    total = booked(order.total, rules)
    freight = shipping(order, rules)
    lines = (*goods_lines(order, items, rules), *tax_lines(order, rules))
    details = tax_details(order, rules)
    lines += rounding_lines(order, lines, freight, rules)
    return SalesOrder(
        external_id=external_ids.sales_order(shop_id, order.id),
        entity=entity,
        tran_date=order.processed_at.astimezone(ZoneInfo(rules.time_zone)).date(),
        other_ref_num=order.name,
        memo=f"Shopify {order.name}",
        currency=currency_id(total.currency, rules),
        subsidiary=rules.subsidiary,
        location=rules.location,
        department=rules.orders.department,
        class_=rules.orders.class_,
        email=order.email,
        ship_method=freight.method,
        shipping_cost=freight.cost,
        shipping_address=postal_address(order.shipping_address),
        billing_address=postal_address(order.billing_address),
        lines=lines,
        tax_details=details,
        custom={rules.orders.order_id_field: order.id} if rules.orders.order_id_field else {},
        total=total.amount,
    )


def rounding_lines(
    order: Order, lines: tuple[OrderLine, ...], freight: Shipping, rules: Rules
) -> tuple[OrderLine, ...]:
    """Nothing when both totals are equal, a line for a difference within `rounding.max`, else TotalMismatch."""
    total = booked(order.total, rules)
    written = sum((line.amount for line in lines), Decimal(0)) + (freight.cost or 0)
    # A tax that is not a line of ours is added by NetSuite from Shopify's own details, or by its own computation.
    tax = Decimal(0) if rules.tax.mode is TaxMode.LINE_ITEM else booked(order.tax, rules).amount
    difference = rounded(total.amount - written - tax, total.currency)
    if not difference:
        return ()
    arithmetic = (
        f"lines {written - (freight.cost or 0)} + shipping {freight.cost or 0} + tax outside the lines {tax} "
        f"= {written + tax}, Shopify's total is {total.amount} {total.currency}, difference {difference}"
    )
    if abs(difference) > rules.rounding.max:
        raise TotalMismatch(f"{order.name}: {arithmetic}; rules.rounding.max is {rules.rounding.max}")
    item = required(rules.rounding.item, "rounding.item", f"{order.name}: {arithmetic}")
    return (OrderLine(item, 1, difference, difference, "Rounding", tax_code=rules.tax.exempt_code),)
