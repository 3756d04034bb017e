"""Money by day, currency and gateway on both sides, and each difference with its order and its cause. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.flows.ledger import Ledger
from connector.flows.ledger_causes import Cause, cause_of
from connector.flows.ledger_entries import Entry
from connector.flows.ledger_orders import Placed

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What came and what went back, both positive."""

    captured: Decimal = _ZERO
    refunded: Decimal = _ZERO

    @property
    def net(self) -> Decimal:
        """What stayed."""
        return self.captured - self.refunded

    def plus(self, amount: Decimal) -> "Sums":
        """With one more entry."""
        return Sums(self.captured + max(amount, _ZERO), self.refunded + max(-amount, _ZERO))


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One day's money by one gateway."""

    day: date
    currency: str
    gateway: str
    shopify: Sums
    netsuite: Sums

    @property
    def difference(self) -> Decimal:
        """How much more NetSuite has."""
        return self.netsuite.net - self.shopify.net

    @property
    def is_equal(self) -> bool:
        """True when as much came and as much went back on both sides."""
        return self.netsuite == self.shopify


@dataclass(frozen=True, slots=True)
class Difference:
    """One payment that the two sides do not have alike; an amount that went back is negative, a missing one None."""

    order_id: str
    name: str
    day: date
    currency: str
    gateway: str
    shopify: Decimal | None
    netsuite: Decimal | None
    cause: Cause
    why: str


def money_rows(shop: Iterable[Entry], books: Iterable[Entry]) -> list[MoneyRow]:
    """All days on which either side moved money, in their order."""
    sums: defaultdict[tuple[date, str, str], list[Sums]] = defaultdict(lambda: [Sums(), Sums()])
    for side, entries in enumerate((shop, books)):
        for entry in entries:
            both = sums[entry.day, entry.currency, entry.gateway]
            both[side] = both[side].plus(entry.amount)
    return [MoneyRow(*key, *both) for key, both in sorted(sums.items())]


def differences(
    ledger: Ledger, orders: Sequence[Placed], shop: Sequence[Entry], books: Sequence[Entry]
) -> list[Difference]:
    """Every payment that differs in amount, currency or day, by day and order."""
    by_id = {one.order.placed.order_id: one for one in orders}
    pairs: dict[str, tuple[list[Entry], list[Entry]]] = {}
    for side, entries in enumerate((shop, books)):
        for entry in entries:
            pairs.setdefault(entry.key, ([], []))[side].append(entry)
    found = [
        _difference(ledger, by_id[(mine or theirs)[0].order_id], mine, theirs)
        for mine, theirs in pairs.values()
        if _seen(mine) != _seen(theirs)
    ]
    return sorted(found, key=lambda one: (one.day, int(one.order_id)))


def _seen(entries: Sequence[Entry]) -> dict[tuple[date, str], Decimal]:
    """A payment that two documents share is as good as one."""
    found: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        found[entry.day, entry.currency] += entry.amount
    return found


def _difference(ledger: Ledger, placed: Placed, shop: Sequence[Entry], books: Sequence[Entry]) -> Difference:
    cause, why = cause_of(ledger, placed, shop, books)
    shown = (shop or books)[0]
    return Difference(
        order_id=shown.order_id,
        name=placed.order.placed.name,
        day=shown.day,
        currency=shown.currency,
        gateway=shown.gateway,
        shopify=_sum(shop),
        netsuite=_sum(books),
        cause=cause,
        why=why,
    )


def _sum(entries: Sequence[Entry]) -> Decimal | None:
    return sum((entry.amount for entry in entries), _ZERO) if entries else None
