"""Money by day, currency and gateway on both sides, and each difference with its order and its cause. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from connector.flows.ledger import Ledger
from connector.flows.ledger_entries import Entry
from connector.flows.ledger_orders import Place, Placed
from connector.store.tables import EffectKind

_ZERO = Decimal(0)


class Cause(StrEnum):
    """Why the two sides differ. The last three are nobody's intention."""

    HELD = "held"
    PARKED = "parked"
    IGNORED = "ignored"
    EXCLUDED = "excluded"
    WAITING = "waiting"
    ROUNDING = "tax or rounding"
    CLOSED_PERIOD = "closed period"
    BY_HAND = "by hand in NetSuite"
    PAID_THERE = "was paid in NetSuite first"
    DELETED = "deleted in NetSuite"
    NOT_IN_SHOPIFY = "not in Shopify"
    UNKNOWN = "unknown"

    @property
    def is_explained(self) -> bool:
        """True when nobody has to look into it."""
        return self not in (Cause.DELETED, Cause.NOT_IN_SHOPIFY, Cause.UNKNOWN)


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


def _seen(entries: Sequence[Entry]) -> list[tuple[date, str, Decimal]]:
    return sorted((entry.day, entry.currency, entry.amount) for entry in entries)


def _difference(ledger: Ledger, placed: Placed, shop: Sequence[Entry], books: Sequence[Entry]) -> Difference:
    cause, why = _cause(ledger, placed, shop, books)
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


def _cause(ledger: Ledger, placed: Placed, shop: Sequence[Entry], books: Sequence[Entry]) -> tuple[Cause, str]:
    if not shop:
        return _only_there(ledger, books[0])
    if not books:
        return _missing(ledger, placed, shop[0])
    return _changed(ledger, placed, shop, books)


def _only_there(ledger: Ledger, entry: Entry) -> tuple[Cause, str]:
    if entry.key.startswith(ledger.ours):
        return Cause.NOT_IN_SHOPIFY, f"NetSuite has {entry.document}; Shopify has no such payment"
    return Cause.BY_HAND, f"{entry.document} was entered by hand"


_BY_PLACE = {
    Place.HELD: Cause.HELD,
    Place.PARKED: Cause.PARKED,
    Place.IGNORED: Cause.IGNORED,
    Place.EXCLUDED: Cause.EXCLUDED,
    Place.PENDING: Cause.WAITING,
    Place.UNKNOWN: Cause.UNKNOWN,
}


def _missing(ledger: Ledger, placed: Placed, entry: Entry) -> tuple[Cause, str]:
    """Of a payment that NetSuite does not have."""
    made = ledger.by_key.get(entry.key)
    if made is not None and made.is_in_netsuite:
        return Cause.DELETED, f"NetSuite confirmed it as internal id {made.remote_id} and does not have it any more"
    if placed.place in _BY_PLACE:
        return _BY_PLACE[placed.place], placed.why
    kinds = {one.kind for one in ledger.effects.get(entry.order_id, ()) if one.natural_key}
    if entry.is_manual and EffectKind.SHOP_PAYMENT in kinds:
        return Cause.PAID_THERE, "we marked the order as paid, because its invoice is"
    return _waiting(ledger, placed) or (Cause.UNKNOWN, "the order is in step, and the payment was not written")


def _waiting(ledger: Ledger, placed: Placed) -> tuple[Cause, str] | None:
    record = ledger.known.get(placed.order.placed.order_id)
    if record is None or not record.is_undone:
        return None
    is_late = ledger.is_at_work and not record.attempts and not ledger.is_young(record.changed_at)
    if is_late:
        return Cause.UNKNOWN, f"due since {record.changed_at:%Y-%m-%d %H:%M} UTC, and no worker has taken it"
    return Cause.WAITING, record.reason or "a pass over the order is still to come"


def _changed(ledger: Ledger, placed: Placed, shop: Sequence[Entry], books: Sequence[Entry]) -> tuple[Cause, str]:
    """Of a payment that both have, otherwise."""
    mine, theirs, document = _sum(shop) or _ZERO, _sum(books) or _ZERO, books[0].document
    made = ledger.by_key.get(shop[0].key)
    if len(books) > len(shop):
        return Cause.UNKNOWN, f"NetSuite has it {len(books)} times"
    if made is not None and made.amount is not None and abs(made.amount) != abs(theirs):
        return Cause.BY_HAND, f"{document} was written over {made.amount} and stands at {abs(theirs)}"
    if shop[0].currency != books[0].currency:
        return Cause.UNKNOWN, f"{document} is in {books[0].currency}"
    if mine == theirs:
        return _other_day(ledger, shop[0], books[0])
    if abs(mine - theirs) <= ledger.rules.rounding.max:
        return Cause.ROUNDING, f"{document} is within rounding.max ({ledger.rules.rounding.max})"
    return _waiting(ledger, placed) or (Cause.UNKNOWN, f"{document} is over {abs(theirs)}")


def _other_day(ledger: Ledger, mine: Entry, theirs: Entry) -> tuple[Cause, str]:
    if theirs.day > mine.day and ledger.rules.books.closed_period == "today":
        return Cause.CLOSED_PERIOD, f"{theirs.document} is dated {theirs.day}, for the period of {mine.day} was closed"
    return Cause.BY_HAND, f"{theirs.document} is dated {theirs.day}"
