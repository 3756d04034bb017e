"""Gaps in the orders' names, explained by what we have heard and what Shopify says when it is asked for a name. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from connector.shopify.changes import PlacedOrder
from connector.store.ledger import KnownOrder

_NAME = re.compile(r"(.*?)(\d+)(\D*)")
# A shop that sets its numbers on leaves a gap of thousands, which nobody wants to read one by one.
_LONGEST = 1000
DELETED, TEST, ABSENT, ELSEWHERE, JUMP = "deleted", "test", "not in Shopify", "other days", "jump"
# Nobody can say what became of these: Shopify has the order and left it out of its list, or was not asked for the name.
UNLISTED, NOT_ASKED = "unlisted", "not asked"
# Shopify is asked for so many names at most: fifty calls. More than that is not a gap any more.
ASKED_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Gap:
    """Names in a row that no order of the window bears; `last` is `first` for a single one."""

    first: str
    last: str
    count: int
    cause: str
    why: str

    @property
    def is_explained(self) -> bool:
        """False where an order may be lost."""
        return self.cause not in (UNLISTED, NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of names: our records, and of those without one what Shopify has; None where it has nothing."""

    known: Mapping[str, KnownOrder]
    asked: Mapping[str, PlacedOrder | None]
    since: datetime
    until: datetime

    @property
    def unlisted(self) -> list[PlacedOrder]:
        """Orders of these days that Shopify has and did not list."""
        found = [order for order in self.asked.values() if order is not None]
        return [order for order in found if self.since <= order.created_at < self.until]


@dataclass(frozen=True, slots=True)
class Run:
    """Names in a row that are left out; of a long run the ends."""

    names: Sequence[str]
    count: int


def missing(names: Iterable[str]) -> list[Run]:
    """What is left out between the first and the last of each way of naming."""
    numbers: defaultdict[tuple[str, str, int], set[int]] = defaultdict(set)
    for name in names:
        if found := _NAME.fullmatch(name):
            width = len(found[2]) if found[2].startswith("0") else 0
            numbers[found[1], found[3], width].add(int(found[2]))
    return [run for (head, tail, width), used in numbers.items() for run in _runs(head, tail, width, sorted(used))]


def _runs(head: str, tail: str, width: int, used: Sequence[int]) -> Iterator[Run]:
    for before, after in pairwise(used):
        inner = range(before + 1, after)
        kept: Sequence[int] = inner if len(inner) <= _LONGEST else (inner[0], inner[-1])
        if inner:
            yield Run([f"{head}{number:0{width}}{tail}" for number in kept], len(inner))


def to_ask(runs: Sequence[Run], known: Mapping[str, KnownOrder]) -> list[str]:
    """The names that nobody told us of, as many as Shopify is asked for."""
    return [name for run in runs for name in run.names if name not in known][:ASKED_AT_MOST]


def gaps(runs: Sequence[Run], said: Said) -> list[Gap]:
    """Each run cut where its explanation changes."""
    return [gap for run in runs for gap in _gaps(run, said)]


def _gaps(run: Run, said: Said) -> list[Gap]:
    if len(run.names) < run.count:
        return [Gap(run.names[0], run.names[-1], run.count, *_jumped(run, said))]
    found: list[Gap] = []
    for name in run.names:
        cause, why = _explained(name, said)
        if found and (found[-1].cause, found[-1].why) == (cause, why):
            found[-1] = Gap(found[-1].first, name, found[-1].count + 1, cause, why)
        else:
            found.append(Gap(name, name, 1, cause, why))
    return found


def _explained(name: str, said: Said) -> tuple[str, str]:
    record = said.known.get(name)
    if record is None:
        return _answered(name, said)
    if record.reason_subject == "orders.include_test":
        return TEST, "a test order, which Shopify does not list any more"
    return DELETED, f"we know it ({record.state.replace('_', ' ')}), and Shopify does not list it any more"


def _jumped(run: Run, said: Said) -> tuple[str, str]:
    """Of a long run, by its ends."""
    answers = [_answered(name, said) for name in run.names if name not in said.known]
    there = [answer for answer in answers if answer[0] != ABSENT]
    return there[0] if there else (JUMP, "the shop's numbering was set on; Shopify has no order of its ends")


def _answered(name: str, said: Said) -> tuple[str, str]:
    """Of a name that nobody told us of."""
    if name not in said.asked:
        return (
            NOT_ASKED,
            f"nobody told us of it, and Shopify is asked for {ASKED_AT_MOST} names at most; prove fewer days",
        )
    found = said.asked[name]
    if found is None:
        return (
            ABSENT,
            "asked for it, Shopify has no such order: deleted before anybody told us, or a number never given",
        )
    if said.since <= found.created_at < said.until:
        return UNLISTED, "Shopify has it, left it out of its list, and nobody told us of it"
    return ELSEWHERE, f"placed on {found.created_at:%Y-%m-%d}, not within these days"
