"""What becomes of the orders of a day after they were placed: who pays later, edits, cancels, ships, bills, gives back."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connector.sandbox.scenario import happenings, parcels
from connector.sandbox.scenario.placed import BEFORE, LATER, WHILE, Act, Placed

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Life:
    """One order's life. `held`: why a person must decide in the end; `is_unwritten`: gone before NetSuite saw it.

    `is_unwritten` is None where that depends on who is faster.
    """

    order_id: int
    name: str
    acts: tuple[Act, ...]
    held: str | None = None
    is_unwritten: bool | None = False

    def until(self, round_number: int) -> "Life":
        """What of it has happened when a round is over."""
        done = tuple(act for act in self.acts if act.round <= round_number)
        return replace(self, acts=done, held=self.held if done == self.acts else None)

    @property
    def memo(self) -> str | None:
        """The memo that somebody wrote by hand in NetSuite."""
        found = [act.asked["fields"]["memo"] for act in self.acts if "memo" in act.asked.get("fields", {})]
        return found[-1] if found else None

    @property
    def bills(self) -> int:
        """How often the accountant bills it."""
        return sum(act.asked["act"] == "bill" for act in self.acts)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of life and how many of a hundred orders that can have it do."""

    share: int
    acts: Callable[[Placed], list[Act]]
    held: str | None = None
    is_unwritten: bool | None = False


_PAID = {
    "nothing": _Kind(30, lambda _: []),
    "address": _Kind(6, happenings.address),
    "note": _Kind(4, happenings.note),
    "memo by hand": _Kind(2, happenings.memo_by_hand),
    "raised": _Kind(5, happenings.raised),
    "added": _Kind(5, happenings.added),
    "swapped": _Kind(3, happenings.swapped),
    "cancelled before": _Kind(3, happenings.cancelled_in(BEFORE), is_unwritten=True),
    "cancelled while": _Kind(2, happenings.cancelled_in(WHILE), is_unwritten=None),
    "cancelled": _Kind(4, happenings.cancelled_in(LATER)),
    "cancelled in part": _Kind(3, happenings.cancelled_in_part),
    "unit back": _Kind(5, happenings.unit_back),
    "shipping back": _Kind(2, happenings.shipping_back),
    "amount back": _Kind(2, happenings.amount_back),
    "pending back": _Kind(2, happenings.pending_back),
    "shipped": _Kind(8, parcels.shipped),
    "shipped while": _Kind(3, parcels.shipped_while),
    "shipped in parts": _Kind(5, parcels.shipped_in_parts),
    "shipped again": _Kind(1, parcels.shipped_again),
    "shipped by hand": _Kind(2, parcels.shipped_by_hand),
    "invoiced, unit back": _Kind(4, parcels.invoiced_back),
    "invoiced, amount back": _Kind(2, parcels.invoiced_amount_back),
    "sold for cash, amount back": _Kind(2, parcels.sold_for_cash),
    "changed too late": _Kind(1, parcels.too_late, held="changed in Shopify after it was billed"),
    "exchanged": _Kind(1, parcels.exchanged, held="an exchange: a person decides"),
}
_AUTHORISED = {
    "captured in parts": _Kind(3, happenings.captured_in_parts),
    "lowered, captured": _Kind(3, happenings.lowered),
    "removed, captured": _Kind(2, happenings.removed),
    "authorised, cancelled": _Kind(1, happenings.cancelled_in(LATER)),
    "nothing": _Kind(1, lambda _: []),
}
_PARTLY_PAID = {
    "rest paid": _Kind(3, happenings.rest_paid),
    "partly paid, cancelled": _Kind(1, happenings.cancelled_in(LATER)),
    "nothing": _Kind(1, lambda _: []),
}
_FREE = {
    "nothing": _Kind(1, lambda _: []),
    "free, shipped": _Kind(2, parcels.shipped),
    "free, cancelled": _Kind(1, happenings.cancelled_in(LATER)),
}


class Deck:
    """Deals lives: first each kind once, then by their shares, so that a short day holds them all."""

    def __init__(self, seeded: random.Random) -> None:
        self._random = seeded
        self._decks = {kind: self._dealt(kinds) for kind, kinds in _BY_PAYMENT.items()}

    def life(self, placed: Placed) -> Life:
        """The life of one order; where its kind does not fit, nothing happens to it."""
        name, kind = next(self._decks[placed.payment])
        acts = tuple(kind.acts(placed)) if placed.fits else ()
        held, unwritten = (kind.held, kind.is_unwritten) if acts else (None, False)
        return Life(placed.order["id"], name if acts else "nothing", acts, held, unwritten)

    def _dealt(self, kinds: dict[str, _Kind]) -> Iterator[tuple[str, _Kind]]:
        first = list(kinds.items())
        self._random.shuffle(first)
        yield from first
        while True:
            yield self._random.choices(list(kinds.items()), [kind.share for kind in kinds.values()])[0]


_BY_PAYMENT = {"paid": _PAID, "authorised": _AUTHORISED, "partly": _PARTLY_PAID, "free": _FREE}


def chance(seed: int, of: str) -> random.Random:
    """The chance that decides over one side of a day."""
    return random.Random(f"{of} of {seed}")


def announced(news: Sequence[Json], seeded: random.Random) -> list[Json]:
    """The news of one order's acts as they arrive: some doubled, some out of order, some never, but at least one."""
    sent: list[tuple[float, Json]] = []
    kept = seeded.randrange(len(news))
    is_shuffled = seeded.random() < _OUT_OF_ORDER
    for position, item in enumerate(news):
        if position != kept and seeded.random() < _MISSING:
            continue
        delivery = item | {"webhook_id": f"{seeded.getrandbits(128):032x}"}
        moment = seeded.uniform(0, 9) if is_shuffled else position + seeded.uniform(0, 3)
        sent.append((moment, delivery))
        if seeded.random() < _DOUBLED:
            sent.append((moment + seeded.uniform(0, 6), dict(delivery)))
    sent.sort(key=lambda entry: entry[0])
    return [delivery for _, delivery in sent]


_DOUBLED = 0.2
_OUT_OF_ORDER = 0.3
_MISSING = 0.2
