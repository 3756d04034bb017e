"""A Shopify order as a NetSuite sales order, to the cent or not at all.

Lines are written net: where prices contain tax it is taken out of each line by Shopify's own figures, never by a rate.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.errors import NotMapped, TotalMismatch
from connector.mapping import external_ids
from connector.mapping.customers import currency_id, postal_address
from connector.mapping.lines import goods_lines, required
from connector.mapping.money import booked, rate, rounded
from connector.mapping.payments import received
from connector.mapping.remaining import Remaining
from connector.mapping.rules import Rules, TaxMode
from connector.mapping.shipping import Shipping, shipping
from connector.mapping.taxes import tax_details, tax_lines
from connector.netsuite.records import OrderLine, Reference, SalesOrder
from connector.shopify.records import Order

_FULFILLED = "FULFILLED"
_MEMO_LENGTH = 999


def is_cash_sale(order: Order, rules: Rules) -> bool:
    """True for an order the rules want as a cash sale: paid to the cent and handed over at once."""
    if order.payment_terms is not None or received(order, rules) != booked(order.total, rules).amount:
        return False
    is_over = rules.orders.cash_sale_when_fulfilled and order.fulfillment_status == _FULFILLED
    return order.source_name in rules.orders.cash_sale_sources or is_over


def sales_order(
    left: Remaining, *, shop_id: int, entity: Reference, items: Mapping[str, str], rules: Rules
) -> SalesOrder:
    """The whole sales order of what is left. `items` maps each SKU of the order to an item's internal id.

    Raises NotMapped for a SKU, currency, shipping method or rule that is missing, TotalMismatch with the arithmetic.
    """
    order = left.order
    total = booked(order.total, rules)
    freight = shipping(order, rules)
    lines = (*goods_lines(order, items, rules), *_given_back(left, rules), *tax_lines(order, rules))
    lines += rounding_lines(order, lines, freight, rules)
    return SalesOrder(
        external_id=external_ids.sales_order(shop_id, order.id),
        entity=entity,
        tran_date=order.processed_at.astimezone(ZoneInfo(rules.time_zone)).date(),
        other_ref_num=order.po_number or order.name,
        memo=memo(order, rules),
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
        lines=_with_reference_column(lines, rules),
        tax_details=tax_details(order, rules),
        custom=_custom(order, rules),
        exchange_rate=_exchange_rate(order, rules),
        terms=_terms(order, rules),
        total=total.amount,
    )


def memo(order: Order, rules: Rules) -> str:
    """What a person reads on the document: the order, why it was cancelled, and the buyer's note by rule."""
    parts = [f"Shopify {order.name}"]
    if order.cancelled_at is not None:
        parts.append(f"cancelled ({(order.cancel_reason or 'no reason').lower()})")
    if order.note.strip() and rules.orders.note == "memo":
        parts.append(" ".join(order.note.split()))
    return ": ".join(parts)[:_MEMO_LENGTH]


def _given_back(left: Remaining, rules: Rules) -> list[OrderLine]:
    """Money that was given back and belongs to no line; it lowers what is to be billed."""
    lines = []
    for back in left.given_back:
        amount = booked(back.amount, rules).amount
        why = f"{left.order.name}: refund {back.refund_id} gave back {-amount} that belong to no line"
        item = required(rules.refunds.adjustment_item, "refunds.adjustment_item", why)
        text = f"Refund {back.refund_id}"
        reference = f"REFUND-{back.refund_id}"
        lines.append(OrderLine(reference, item, 1, amount, amount, text, tax_code=rules.tax.exempt_code))
    return lines


def _with_reference_column(lines: tuple[OrderLine, ...], rules: Rules) -> tuple[OrderLine, ...]:
    column = rules.orders.line_id_field
    return tuple(replace(line, reference_field=column) for line in lines) if column else lines


def _custom(order: Order, rules: Rules) -> dict[str, str]:
    fields = {rules.orders.order_id_field: order.id, rules.orders.tags_field: ", ".join(order.tags)}
    return {name: value for name, value in fields.items() if name}


def _exchange_rate(order: Order, rules: Rules) -> Decimal | None:
    """What one unit of the booked currency is in the shop's, by Shopify's own two totals; None leaves it to NetSuite."""
    if rules.orders.exchange_rate != "shopify" or rules.orders.currency != "presentment":
        return None
    if not order.total.presentment.amount:
        return None
    return rate(order.total.shop.amount, order.total.presentment.amount)


def _terms(order: Order, rules: Rules) -> str | None:
    """Terms that are not mapped stop a company's order, which is to be invoiced on them; a buyer's deposit they do not."""
    if order.payment_terms is None:
        return None
    name = order.payment_terms.name
    if name not in rules.orders.terms and not order.is_business:
        return None
    if name not in rules.orders.terms:
        raise NotMapped(
            f'{order.name} has the payment terms {name!r}; set rules.orders.terms."{name}"', subject=f"terms:{name}"
        )
    return rules.orders.terms[name]


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
    return (OrderLine("ROUNDING", item, 1, difference, difference, "Rounding", tax_code=rules.tax.exempt_code),)
