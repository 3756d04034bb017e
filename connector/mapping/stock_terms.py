"""What of NetSuite's stock the shop may sell of one item at one of its locations, with every term of the sum."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from connector.mapping.rules_to_shopify import InventoryRules


@dataclass(frozen=True, slots=True)
class Terms:
    """publishable = floor((available - waiting - buffer) x percent), at least 0, at most `cap`.

    `available` is per NetSuite location; of a kit it is what its members make. `waiting`: units of accepted orders that
    NetSuite has not committed yet.
    """

    available: Mapping[str, Decimal]
    waiting: Decimal
    buffer: int
    percent: Decimal
    cap: int | None

    @property
    def total(self) -> Decimal:
        """What is available in all."""
        return sum(self.available.values(), Decimal(0))

    @property
    def publishable(self) -> int:
        """What the shop may sell."""
        rest = (self.total - self.waiting - self.buffer) * self.percent / 100
        units = max(0, int(rest.to_integral_value(ROUND_FLOOR)))
        return units if self.cap is None else min(units, self.cap)


def terms(sku: str, available: Mapping[str, Decimal], waiting: Decimal, rules: InventoryRules) -> Terms:
    """The terms of one item under the rules."""
    return Terms(available, waiting, rules.buffers.get(sku, rules.buffer), rules.percent, rules.cap)
