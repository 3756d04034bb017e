"""An order's money line by line on both sides, so that the sums visibly add up. Pure.

What Shopify says and what stands, or would stand, in NetSuite are joined by our own names of the lines. Amounts are net:
where prices contain tax it is taken out of each line, by Shopify's own figures, and stands in a line of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.mapping.lines import is_tip
from connector.mapping.money import booked
from connector.mapping.remaining import Remaining
from connector.mapping.rules import Rules
from connector.mapping.taxes import CHANNEL_TAX
from connector.shopify.records import Line, Order

_NOTHING = Decimal(0)
_SHIPPING, _TAX, _ROUNDING, _OTHERS = "SHIPPING", "TAX", "ROUNDING", "OTHERS"
_LABELS = {
    _SHIPPING: "Shipping", _TAX: "Tax", _ROUNDING: "Rounding", _OTHERS: "Entered in NetSuite", "TIP": "Tip",
    "DUTIES": "Duties", "FEES": "Fees", "CASH-ROUNDING": "Cash rounding",
}  # fmt: skip
# Under our names of lines that belong together.
_JOINED = {CHANNEL_TAX: _TAX, "ROUNDING-READ": _ROUNDING}


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One line of the sum. `how`: what Shopify's amount is made of; None where a side has no such line."""

    label: str
    how: str
    shopify: Decimal | None
    netsuite: Decimal | None

    @property
    def difference(self) -> Decimal:
        """What Shopify has more."""
        return (self.shopify or _NOTHING) - (self.netsuite or _NOTHING)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """All lines; each total is the sum of its side. `netsuite_total` is None where nothing stands or would stand."""

    rows: tuple[MoneyRow, ...]
    currency: str
    shopify_total: Decimal
    netsuite_total: Decimal | None


def arithmetic(
    left: Remaining, image: Mapping[str, Any] | None, rules: Rules, *, total_there: Decimal | None = None
) -> Arithmetic:
    """The sum of what is left of an order, beside its image in NetSuite.

    `total_there`: the document's total; what it is above our lines is the tax that NetSuite computes itself.
    """
    total = booked(left.order.total, rules)
    here = {key: (label, how, amount) for key, label, how, amount in _shopify(left, rules)}
    rest = total.amount - sum((amount for _, _, amount in here.values()), _NOTHING)
    if rest:
        here[_ROUNDING] = (_LABELS[_ROUNDING], "what Shopify's total has beside its lines", rest)
    there = {} if image is None else _netsuite(image, list(here))
    if image is not None and total_there is not None:
        computed = total_there - sum(there.values(), _NOTHING)
        if computed:
            there[_TAX] = there.get(_TAX, _NOTHING) + computed
    rows = tuple(_row(key, here, there, is_there=image is not None) for key in dict.fromkeys([*here, *there]))
    return Arithmetic(rows, total.currency, total.amount, sum(there.values(), _NOTHING) if image is not None else None)


def _row(
    key: str, here: Mapping[str, tuple[str, str, Decimal]], there: Mapping[str, Decimal], *, is_there: bool
) -> MoneyRow:
    label, how, amount = here.get(key, (_LABELS.get(key, key), "", None))
    return MoneyRow(label, how, amount, there.get(key) if is_there else None)


def _shopify(left: Remaining, rules: Rules) -> Iterator[tuple[str, str, str, Decimal]]:
    """Our name, label, how it is made, amount."""
    order = left.order
    for line in order.lines:
        if line.quantity:
            yield _line(line, order, rules)
    yield from _extras(order, rules)
    for back in left.given_back:
        amount = booked(back.amount, rules).amount
        yield f"REFUND-{back.refund_id}", f"Refund {back.refund_id}", "money that belongs to no line", amount
    yield from _shipping(order, rules)
    tax = booked(order.tax, rules).amount
    if tax:
        every = [one for line in order.lines for one in line.taxes]
        every += [one for line in order.shipping_lines for one in line.taxes]
        names = dict.fromkeys(one.title for one in every)
        yield _TAX, _LABELS[_TAX], ", ".join(names), tax


def _line(line: Line, order: Order, rules: Rules) -> tuple[str, str, str, Decimal]:
    price = booked(line.price, rules).amount
    amount, how = price * line.quantity, [f"{line.quantity} × {price:,.2f}"]
    for discount in line.discounts:
        share = booked(discount.amount, rules).amount
        amount -= share
        how.append(f"− {share:,.2f} {discount.label}")
    included = sum((booked(tax.price, rules).amount for tax in line.taxes), _NOTHING) if order.taxes_included else None
    if included:
        amount -= included
        how.append(f"− {included:,.2f} tax in the price")
    return line.id, f"{line.title} {line.sku}".strip(), " ".join(how), amount


def _extras(order: Order, rules: Rules) -> Iterator[tuple[str, str, str, Decimal]]:
    has_tip_line = any(is_tip(line) for line in order.lines)
    bags = (
        ("TIP", () if has_tip_line else (order.tip,)),
        ("DUTIES", [duty for line in order.lines for duty in line.duties]),
        ("FEES", (order.fees,) if order.fees else ()),
        ("CASH-ROUNDING", (order.cash_rounding,)),
    )
    for key, several in bags:
        amount = sum((booked(bag, rules).amount for bag in several), _NOTHING)
        if amount:
            yield key, _LABELS[key], "", amount


def _shipping(order: Order, rules: Rules) -> Iterator[tuple[str, str, str, Decimal]]:
    if not order.shipping_lines:
        return
    amount, how = _NOTHING, []
    for line in order.shipping_lines:
        price = booked(line.price, rules).amount
        included = (
            sum((booked(tax.price, rules).amount for tax in line.taxes), _NOTHING) if order.taxes_included else _NOTHING
        )
        amount += price - included
        how.append(f"{line.title} {price:,.2f}" + (f" − {included:,.2f} tax in the price" if included else ""))
    yield _SHIPPING, _LABELS[_SHIPPING], " + ".join(how), amount


def _netsuite(image: Mapping[str, Any], ours: Sequence[str]) -> dict[str, Decimal]:
    """Amounts of an image by our names; a discount's line counts with the line it belongs to."""
    there: dict[str, Decimal] = {}
    for line in image.get("lines", ()):
        body = line["body"]
        if "amount" in body:
            key = _key(line["reference"], ours)
            there[key] = there.get(key, _NOTHING) + Decimal(str(body["amount"]))
    fields = image.get("fields", {})
    if fields.get("shippingCost") is not None:
        there[_SHIPPING] = Decimal(str(fields["shippingCost"]))
    details = (fields.get("taxDetails") or {}).get("items", ())
    if details:
        there[_TAX] = there.get(_TAX, _NOTHING) + sum((Decimal(str(item["taxAmount"])) for item in details), _NOTHING)
    return there


def _key(reference: str, ours: Sequence[str]) -> str:
    if not reference:
        return _OTHERS
    owner = reference.partition("-D")[0]
    return owner if owner in ours else _JOINED.get(reference, reference)
