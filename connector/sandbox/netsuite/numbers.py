"""Money and quantities: exact in between, plain JSON numbers in a record."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0}

ZERO = Decimal(0)


def decimal(value: Any) -> Decimal:
    """A number of a body; a missing one is 0."""
    return ZERO if value is None else Decimal(str(value))


def number(value: Decimal) -> float | int:
    """A JSON number; whole ones without a point."""
    return int(value) if value == value.to_integral_value() else float(value)


def plain(value: Any) -> str:
    """A number as text without trailing zeros: 20.0 and 20 are one amount."""
    return format(decimal(value).normalize() + 0, "f")


def digits_of(body: Mapping[str, Any]) -> int:
    """Decimal places of a transaction's currency."""
    return _DIGITS.get((body.get("currency") or {}).get("refName", "USD"), 2)


def rounded(amount: Decimal, digits: int) -> Decimal:
    """Half away from zero, as NetSuite rounds."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
