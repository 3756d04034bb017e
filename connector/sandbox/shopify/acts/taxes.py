"""Taxes and totals of an order whose lines change.

Shopify rounds a tax over the whole order and spreads the cents over lines: what is added in one edit is rounded together.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from connector.sandbox.shopify.acts.amounts import Coins, Pair, text
from connector.sandbox.shopify.acts.scene import Json


@dataclass(slots=True)
class Taxes:
    """The rates of an order, and what was taxed so far in this edit."""

    coins: Coins
    rates: dict[str, Json]
    is_included: bool
    _taxed: Pair = field(default_factory=Pair)

    @classmethod
    def of(cls, order: Json, coins: Coins) -> "Taxes":
        """Each rate that stands on a line with a tax of it, the first mention of each title."""
        rates: dict[str, Json] = {}
        for line in order["line_items"]:
            for tax in line.get("tax_lines") or []:
                if tax.get("rate") and coins.read(tax, "price"):
                    rates.setdefault(tax["title"], tax)
        return cls(coins, rates, bool(order.get("taxes_included")))

    def on(self, worth: Pair) -> list[Json]:
        """The tax lines of something new; together with what came before they are rounded once."""
        before, after = self._taxed, self._taxed + worth
        self._taxed = after
        return [
            {"title": title, "rate": tax["rate"], "channel_liable": tax.get("channel_liable")}
            | self.coins.named("price", self._on(after, tax) - self._on(before, tax))
            for title, tax in self.rates.items()
        ]

    def add_to(self, line: Json, worth: Pair) -> None:
        """Raises the taxes of a line that is worth more than before."""
        known = {tax["title"]: tax for tax in line.get("tax_lines") or []}
        for more in self.on(worth):
            tax = known.get(more["title"])
            if tax is not None:
                tax |= self.coins.named("price", self.coins.read(tax, "price") + self.coins.read(more, "price"))

    def _on(self, worth: Pair, tax: Json) -> Pair:
        divisor = 1 + self._all_rates() if self.is_included else Decimal(1)
        return self.coins.rounded(worth.times(Decimal(str(tax["rate"])), divisor))

    def _all_rates(self) -> Decimal:
        return sum((Decimal(str(tax["rate"])) for tax in self.rates.values()), Decimal(0))


def line_worth(line: Json, coins: Coins) -> Pair:
    """All units of a line at their price, after discounts."""
    return coins.read(line, "price").times(line["quantity"]) - coins.total(
        line.get("discount_allocations") or [], "amount"
    )


def retotal(order: Json) -> None:
    """Makes the totals anew: goods + shipping that stands + tax where it comes on top + whatever else was in the total.

    What else there is (duties, fees) is what the members before this edit leave unexplained; it does not change.
    """
    coins = Coins.of(order)
    goods, gross = Pair(), Pair()
    for line in order["line_items"]:
        goods += line_worth(line, coins)
        gross += coins.read(line, "price").times(line["quantity"])
    standing = [line for line in order.get("shipping_lines") or [] if not line.get("is_removed")]
    freight = Pair()
    for line in standing:
        freight += coins.read(line, "discounted_price" if "discounted_price" in line else "price")
    tax_lines = [tax for line in [*order["line_items"], *standing] for tax in line.get("tax_lines") or []]
    tax = coins.total(tax_lines, "price")
    total = goods + freight + duties_and_fees(order) + (Pair() if order.get("taxes_included") else tax)
    order |= coins.named("total_price", total) | coins.named("total_tax", tax) | coins.named("subtotal_price", goods)
    order |= coins.named("total_line_items_price", gross) | coins.named("total_discounts", gross - goods)
    order["tax_lines"] = _summed(tax_lines, coins)


def duties_and_fees(order: Json) -> Pair:
    """What is in the total beside lines, shipping and tax: duties, fees, and a tip that is no line."""
    coins = Coins.of(order)
    duties = coins.read(order, "original_total_duties")
    fees = coins.read(order, "original_total_additional_fees")
    has_tip_line = any("tip_payment_gateway" in line for line in order["line_items"])
    tip = Decimal(0) if has_tip_line else Decimal(str(order.get("total_tip_received") or 0))
    return duties + fees + Pair(tip, tip)


def _summed(tax_lines: list[Json], coins: Coins) -> list[Json]:
    """One tax line for each title and rate."""
    groups: dict[tuple[str, str], tuple[Json, Pair]] = {}
    for tax in tax_lines:
        key = (tax["title"], str(tax.get("rate")))
        _, before = groups.get(key, (tax, Pair()))
        groups[key] = (tax, before + coins.read(tax, "price"))
    return [
        {"title": tax["title"], "rate": tax.get("rate"), "channel_liable": tax.get("channel_liable")}
        | {"price": text(price.shop, coins.shop), "price_set": coins.set_of(price)}
        for tax, price in groups.values()
    ]
