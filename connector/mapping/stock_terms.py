"""What of NetSuite's stock the shop may sell of one item at one of its locations, with every term of the sum."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from connector.mapping.rules_to_shopify import InventoryRules

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """publishable = floor((available - waiting - buffer) x percent), at least 0, at most `cap`.

    `available` is per NetSuite location; of a kit it is what its members make. `waiting`: units of accepted orders that
    NetSuite has not committed yet; `unseen`: units that were perhaps sold by orders that nobody told of yet.
    """

    available: Mapping[str, Decimal]
    waiting: Decimal
    buffer: int
    percent: Decimal
    cap: int | None
    unseen: Decimal = _NONE

    @property
    def total(self) -> Decimal:
        """What is available in all."""
        return sum(self.available.values(), Decimal(0))

    @property
    def publishable(self) -> int:
        """What the shop may sell."""
        return self._of(self.total - self.waiting)

    def wanted(self, shop: int | None) -> int:
        """What the shop should have where it has `shop` now: it is not given units that were perhaps just sold there."""
        sure = self._of(self.total - self.waiting - self.unseen)
        return sure if shop is None else max(sure, min(shop, self.publishable))

    def _of(self, units: Decimal) -> int:
        rest = (units - self.buffer) * self.percent / 100
        whole = max(0, int(rest.to_integral_value(ROUND_FLOOR)))
        return whole if self.cap is None else min(whole, self.cap)


def terms(
    sku: str, available: Mapping[str, Decimal], waiting: Decimal, rules: InventoryRules, *, unseen: Decimal = _NONE
) -> Terms:
    """The terms of one item under the rules."""
    return Terms(available, waiting, rules.buffers.get(sku, rules.buffer), rules.percent, rules.cap, unseen)
