"""A Shopify refund as what takes a sale back in NetSuite, to the cent of Shopify's own figures. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.errors import NotMapped, TotalMismatch
from connector.mapping.customers import currency_id
from connector.mapping.lines import item_of, required
from connector.mapping.money import booked, rate
from connector.mapping.refund_taxes import refund_reference, refund_tax, refund_tax_details, refund_tax_lines
from connector.mapping.remaining import NO_RESTOCK, discrepancy
from connector.mapping.rules import Rules, TaxMode
from connector.mapping.shipping import method_of
from connector.mapping.taxes import tax_code
from connector.netsuite.documents import GoodsBack
from connector.netsuite.records import OrderLine, Reference
from connector.shopify.fulfillments import Fulfillment
from connector.shopify.records import Line, Order, Transaction
from connector.shopify.refunds import Refund, RefundLine

REFUND = "REFUND"
# Gateways whose money is no money: a promise of the shop.
STORE_CREDIT = "shopify_store_credit"


def payments_back(refund: Refund, rules: Rules) -> tuple[Transaction, ...]:
    """The refund's transactions that gave money back, in Shopify's order."""
    return tuple(item for item in refund.transactions if gives_back(item, rules))


def gives_back(payment: Transaction, rules: Rules) -> bool:
    """True when money went back to the buyer by this transaction."""
    if payment.is_test and not rules.orders.include_test:
        return False
    return payment.kind == REFUND and payment.status == "SUCCESS" and booked(payment.amount, rules).amount > 0


def goods_back(
    order: Order, refund: Refund, *, external_id: str, entity: Reference, items: Mapping[str, str], rules: Rules
) -> GoodsBack:
    """The whole refund as one document: goods, tax, shipping and what belongs to no line.

    Raises NotMapped for a rule that is missing, TotalMismatch when it does not come to the money that went back.
    """
    lines = [_line(order, refund, index, items, rules) for index in range(len(refund.lines))]
    lines += _duty_lines(order, refund, rules)
    lines += refund_tax_lines(order, refund, rules)
    lines += _adjustment_lines(order, refund, rules)
    shipping = _shipping(order, refund, rules)
    if shipping and not lines:
        # NetSuite takes no document without a line.
        lines, shipping = [_shipping_line(order, refund, shipping, rules)], Decimal(0)
    return GoodsBack(
        external_id=external_id,
        entity=entity,
        tran_date=booking_date(refund, rules),
        currency=currency_id(booked(order.total, rules).currency, rules),
        subsidiary=rules.subsidiary,
        location=rules.location,
        other_ref_num=order.name,
        memo=f"Shopify {order.name} refund {refund.id}",
        lines=tuple(lines),
        ship_method=method_of(order, rules) if shipping else None,
        shipping_cost=shipping or None,
        tax_details=refund_tax_details(order, refund, rules),
        tax=Decimal(0) if rules.tax.mode is TaxMode.LINE_ITEM else refund_tax(refund, rules),
    )


def returned_goods(
    order: Order, refund: Refund, lines: Sequence[RefundLine], *, external_id: str, entity: Reference,
    items: Mapping[str, str], rules: Rules,
) -> GoodsBack:  # fmt: skip
    """Only the goods that come back, for a return authorisation."""
    return GoodsBack(
        external_id=external_id,
        entity=entity,
        tran_date=booking_date(refund, rules),
        currency=currency_id(booked(order.total, rules).currency, rules),
        subsidiary=rules.subsidiary,
        location=rules.location,
        other_ref_num=order.name,
        memo=f"Shopify {order.name} refund {refund.id}",
        lines=tuple(
            _line(order, refund, index, items, rules) for index, line in enumerate(refund.lines) if line in lines
        ),
    )


def credited_goods(
    order: Order, refund: Refund, lines: Sequence[RefundLine], *, external_id: str, entity: Reference,
    items: Mapping[str, str], rules: Rules,
) -> GoodsBack:  # fmt: skip
    """Some of a refund's goods with their tax: those that were billed although their money had gone back."""
    part = replace(refund, lines=tuple(lines), shipping_lines=(), duties=(), adjustments=())
    return goods_back(order, part, external_id=external_id, entity=entity, items=items, rules=rules)


def booking_date(refund: Refund, rules: Rules) -> date:
    """The day of the refund in the books' zone."""
    return refund.processed_at.astimezone(ZoneInfo(rules.time_zone)).date()


def location_of(goods: RefundLine | Fulfillment, rules: Rules, what: str) -> str | None:
    """NetSuite's location of the Shopify one that goods come back to or leave; the connection's own where none is mapped.

    Raises NotMapped for a location that is not mapped where others are and none is for all. `what`: whose goods they are.
    """
    mapped = rules.locations.get(location_key(goods, rules) or "") or rules.location
    if mapped is None and rules.locations and goods.location_id is not None:
        name = goods.location_name or goods.location_id
        raise NotMapped(
            f"{what}: the Shopify location {name} ({goods.location_id}) stands in rules.locations neither by name nor by id, "
            "and rules.location stands for none",
            subject=f"shopify-location:{name}",
        )
    return mapped


def location_key(goods: RefundLine | Fulfillment, rules: Rules) -> str | None:
    """What the rules call a location of Shopify: its id, else its name; the id where they name it in neither way."""
    is_by_name = goods.location_id not in rules.locations and goods.location_name in rules.locations
    return goods.location_name if is_by_name else goods.location_id


def balanced(goods: GoodsBack, order: Order, refund: Refund, rules: Rules) -> GoodsBack:
    """The document as what went back to the buyer, a difference within `rounding.max` as a line; else TotalMismatch."""
    money = sum((booked(item.amount, rules).amount for item in payments_back(refund, rules)), Decimal(0))
    difference = money - goods.total
    if not difference:
        return goods
    why = (
        f"{order.name}: refund {refund.id} gave back {money}, its lines, tax, shipping and adjustments come to "
        f"{goods.total}, difference {difference}"
    )
    if abs(difference) > rules.rounding.max:
        raise TotalMismatch(f"{why}; rules.rounding.max is {rules.rounding.max}")
    item = required(rules.rounding.item, "rounding.item", why)
    line = OrderLine("ROUNDING", item, 1, difference, difference, "Rounding", tax_code=rules.tax.exempt_code)
    return replace(goods, lines=(*goods.lines, line))


def _line(order: Order, refund: Refund, index: int, items: Mapping[str, str], rules: Rules) -> OrderLine:
    line = refund.lines[index]
    sold = _sold(order, refund, line)
    item = item_of(sold, order, items, rules)
    if line.restock_type == NO_RESTOCK:
        item = required(
            rules.refunds.no_restock_item,
            "refunds.no_restock_item",
            f"{order.name}: refund {refund.id} gives back {sold.title!r} without taking it back into stock",
        )
    amount = booked(line.subtotal, rules).amount
    if order.taxes_included:
        amount -= booked(line.tax, rules).amount
    has_details = rules.tax.mode is TaxMode.TAX_DETAILS_OVERRIDE and booked(line.tax, rules).amount
    return OrderLine(
        reference=line.line_id,
        item=item,
        quantity=line.quantity,
        rate=rate(amount, line.quantity),
        amount=amount,
        description=sold.title,
        location=location_of(line, rules, f"{order.name}, refund {refund.id}"),
        tax_code=tax_code(sold.taxes, rules),
        tax_reference=refund_reference(refund, index) if has_details else None,
    )


def _sold(order: Order, refund: Refund, line: RefundLine) -> Line:
    found = next((sold for sold in order.lines if sold.id == line.line_id), None)
    if found is None:
        raise NotMapped(
            f"{order.name}: refund {refund.id} names the line {line.line_id}, which the order does not have",
            subject=f"line:{line.line_id}",
        )
    return found


def _duty_lines(order: Order, refund: Refund, rules: Rules) -> list[OrderLine]:
    amount = sum((booked(duty, rules).amount for duty in refund.duties), Decimal(0))
    if not amount:
        return []
    item = required(rules.items.duty, "items.duty", f"{order.name}: refund {refund.id} gives back duties of {amount}")
    return [OrderLine("DUTIES", item, 1, amount, amount, "Duties", tax_code=rules.tax.exempt_code)]


def _adjustment_lines(order: Order, refund: Refund, rules: Rules) -> list[OrderLine]:
    """Shopify's sign is the shop's: what the buyer got beyond the lines is negative there and positive here."""
    other = discrepancy(refund)
    if other is None:
        return []
    amount = -booked(other, rules).amount
    item = required(
        rules.refunds.adjustment_item,
        "refunds.adjustment_item",
        f"{order.name}: {amount} of refund {refund.id} belong to no line",
    )
    return [OrderLine("ADJUSTMENT", item, 1, amount, amount, "Adjustment", tax_code=rules.tax.exempt_code)]


def _shipping_line(order: Order, refund: Refund, amount: Decimal, rules: Rules) -> OrderLine:
    why = f"{order.name}: refund {refund.id} gives back {amount} of shipping and nothing else"
    item = required(rules.refunds.adjustment_item, "refunds.adjustment_item", why)
    return OrderLine("SHIPPING", item, 1, amount, amount, "Shipping", tax_code=rules.tax.exempt_code)


def _shipping(order: Order, refund: Refund, rules: Rules) -> Decimal:
    amount = sum((booked(line.subtotal, rules).amount for line in refund.shipping_lines), Decimal(0))
    if order.taxes_included:
        amount -= sum((booked(line.tax, rules).amount for line in refund.shipping_lines), Decimal(0))
    return amount
