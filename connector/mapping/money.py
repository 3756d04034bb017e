"""Which of Shopify's two currencies is booked, and how many digits it has."""

from decimal import ROUND_HALF_UP, Decimal

from connector.mapping.rules import Rules
from connector.shopify.money import Money, MoneyBag

# ISO 4217: currencies that do not have two digits.
_DIGITS = dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF"), 0)
_DIGITS |= dict.fromkeys(("XOF", "XPF", "ISK"), 0) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


def booked(bag: MoneyBag, rules: Rules) -> Money:
    """The side of the bag that goes into the books; Shopify rounded both, so neither is computed from the other."""
    return bag.presentment if rules.orders.currency == "presentment" else bag.shop


def digits(currency: str) -> int:
    """How many digits a currency has after the point."""
    return _DIGITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole smallest units of its currency, half up."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), ROUND_HALF_UP)


def rate(amount: Decimal, quantity: int | Decimal) -> Decimal:
    """Price per unit whose product with the quantity rounds to the amount again: eight digits where need be."""
    return (amount / quantity).quantize(Decimal("1e-8"), ROUND_HALF_UP).normalize() + 0
