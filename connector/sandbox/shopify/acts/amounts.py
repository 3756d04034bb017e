"""Amounts on both sides of an order, the shop's currency and the buyer's, in whole smallest units."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]

_NO_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_MILLS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


@dataclass(frozen=True, slots=True)
class Pair:
    """One amount on both sides."""

    shop: Decimal = Decimal(0)
    shown: Decimal = Decimal(0)

    def __add__(self, other: "Pair") -> "Pair":
        return Pair(self.shop + other.shop, self.shown + other.shown)

    def __sub__(self, other: "Pair") -> "Pair":
        return Pair(self.shop - other.shop, self.shown - other.shown)

    def __bool__(self) -> bool:
        return bool(self.shop or self.shown)

    def times(self, factor: Decimal | int, divisor: Decimal | int = 1) -> "Pair":
        """Both sides multiplied, then divided: a third of three is one. Not rounded."""
        return Pair(self.shop * factor / divisor, self.shown * factor / divisor)


@dataclass(frozen=True, slots=True)
class Coins:
    """The currencies of an order, and how their amounts are rounded and printed."""

    shop: str
    shown: str

    @classmethod
    def of(cls, order: Json) -> "Coins":
        """Those of an order."""
        return cls(order["currency"], order.get("presentment_currency") or order["currency"])

    def read(self, data: Json, name: str) -> Pair:
        """The amount `name` of a record: its set where there is one, else the plain amount on both sides."""
        given = data.get(f"{name}_set")
        if given is None:
            plain = Decimal(str(data.get(name) or 0))
            return Pair(plain, plain)
        return of_set(given)

    def total(self, records: Iterable[Json], name: str) -> Pair:
        """The sum of one amount over records."""
        found = Pair()
        for record in records:
            found += self.read(record, name)
        return found

    def set_of(self, pair: Pair) -> Json:
        """A money set."""
        return {
            "shop_money": {"amount": text(pair.shop, self.shop), "currency_code": self.shop},
            "presentment_money": {"amount": text(pair.shown, self.shown), "currency_code": self.shown},
        }

    def named(self, name: str, pair: Pair) -> Json:
        """`name` and `name_set` as webhooks have them."""
        return {name: text(pair.shop, self.shop), f"{name}_set": self.set_of(pair)}

    def rounded(self, pair: Pair) -> Pair:
        """Each side by itself, half up."""
        return Pair(_quantized(pair.shop, self.shop, ROUND_HALF_UP), _quantized(pair.shown, self.shown, ROUND_HALF_UP))

    def share(self, whole: Pair, part: int, parts: int) -> Pair:
        """`part` of `parts` units, rounded down; all units together are the whole, so that the last carries the rest."""
        if part == parts:
            return whole
        exact = whole.times(part, parts)
        return Pair(_quantized(exact.shop, self.shop, ROUND_DOWN), _quantized(exact.shown, self.shown, ROUND_DOWN))

    def from_shown(self, amount: Decimal, whole: Pair) -> Pair:
        """An amount the buyer sees, with the shop's side found by what `whole` is on both; all of it is exact."""
        if amount == whole.shown or not whole.shown:
            return Pair(whole.shop if whole.shown else amount, amount)
        if self.shop == self.shown:
            return Pair(amount, amount)
        return Pair(_quantized(amount * whole.shop / whole.shown, self.shop, ROUND_HALF_UP), amount)


def of_set(given: Json) -> Pair:
    """The two amounts of a money set."""
    return Pair(Decimal(str(given["shop_money"]["amount"])), Decimal(str(given["presentment_money"]["amount"])))


def text(amount: Decimal, currency: str) -> str:
    """As Shopify prints it; yen have no cents."""
    return str(_quantized(amount, currency, ROUND_HALF_UP))


def _quantized(amount: Decimal, currency: str, rounding: str) -> Decimal:
    unit = "1" if currency in _NO_CENTS else "0.001" if currency in _MILLS else "0.01"
    return amount.quantize(Decimal(unit), rounding)
