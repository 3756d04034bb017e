"""Amounts as Shopify gives them: always in the shop's currency and in the buyer's."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency."""

    amount: Decimal
    currency: str

    @classmethod
    def from_json(cls, data: Json) -> "Money":
        """From a MoneyV2, whose amount is a decimal string."""
        return cls(Decimal(str(data["amount"])), data["currencyCode"])


@dataclass(frozen=True, slots=True)
class MoneyBag:
    """One price in the shop's currency and in the buyer's; each rounded by Shopify, never converted by us."""

    shop: Money
    presentment: Money

    @classmethod
    def from_json(cls, data: Json) -> "MoneyBag":
        """From a MoneyBag."""
        return cls(Money.from_json(data["shopMoney"]), Money.from_json(data["presentmentMoney"]))

    def __add__(self, other: "MoneyBag") -> "MoneyBag":
        return MoneyBag(
            Money(self.shop.amount + other.shop.amount, self.shop.currency),
            Money(self.presentment.amount + other.presentment.amount, self.presentment.currency),
        )

    def __sub__(self, other: "MoneyBag") -> "MoneyBag":
        return self + other.times(-1)

    def times(self, factor: int) -> "MoneyBag":
        """The amounts times a whole number: nothing is rounded."""
        return MoneyBag(
            Money(self.shop.amount * factor, self.shop.currency),
            Money(self.presentment.amount * factor, self.presentment.currency),
        )
