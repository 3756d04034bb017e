"""What makes an order special, and its amounts in both currencies while it is put together."""

import random
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]

# What one dollar was in the buyer's currency on the day.
_PER_DOLLAR = {"USD": "1", "EUR": "0.92", "GBP": "0.79", "CAD": "1.38", "JPY": "151.4"}
FIRST_ID = 5_900_000_000_000


@dataclass(slots=True)
class Shape:
    """What makes an order special; the defaults are a plain paid order."""

    currency: str = "USD"
    lines: int = 2
    taxes: tuple[tuple[str, str], ...] = ()
    taxes_included: bool = False
    line_discount: bool = False
    code_percent: int = 0
    shipping: str | None = "7.50"
    tip: str | None = None
    custom_line: bool = False
    gift_card_sold: bool = False
    payments: str = "card"
    customer: str = "new"
    unknown_sku: bool = False
    test: bool = False


@dataclass(slots=True)
class Part:
    """One amount on both sides: the shop's currency and the buyer's, each rounded by itself."""

    shop: Decimal
    shown: Decimal

    def __add__(self, other: "Part") -> "Part":
        return Part(self.shop + other.shop, self.shown + other.shown)

    def __sub__(self, other: "Part") -> "Part":
        return Part(self.shop - other.shop, self.shown - other.shown)


@dataclass(slots=True)
class Draft:
    """An order while it is put together."""

    number: int
    shape: Shape
    random: random.Random
    discounts: list[Json] = field(default_factory=list)

    def part(self, dollars: Decimal) -> Part:
        """An amount in both currencies."""
        return Part(rounded(dollars, "USD"), shown(dollars, self.shape.currency))

    def money(self, name: str, part: Part) -> Json:
        """`name` and `name_set` as a webhook has them."""
        return {name: text(part.shop, "USD"), f"{name}_set": self.money_set(part)}

    def money_set(self, part: Part) -> Json:
        """A money set."""
        shown = self.shape.currency
        return {
            "shop_money": {"amount": text(part.shop, "USD"), "currency_code": "USD"},
            "presentment_money": {"amount": text(part.shown, shown), "currency_code": shown},
        }


def rounded(amount: Decimal, currency: str) -> Decimal:
    """In whole smallest units; yen have no cents."""
    return amount.quantize(Decimal(1) if currency == "JPY" else Decimal("0.01"), ROUND_HALF_UP)


def shown(dollars: Decimal, currency: str) -> Decimal:
    """Dollars in the buyer's currency."""
    return rounded(dollars * Decimal(_PER_DOLLAR[currency]), currency)


def text(amount: Decimal, currency: str) -> str:
    """As Shopify prints it."""
    return str(rounded(amount, currency))
