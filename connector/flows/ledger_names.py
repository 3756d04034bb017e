"""Gaps in the orders' names, explained by what we have heard. Pure; an order that Shopify does not list is not there."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from connector.store.ledger import KnownOrder

_NAME = re.compile(r"(.*?)(\d+)(\D*)")
# A shop that sets its numbers on leaves a gap of thousands, which nobody wants to read one by one.
_LONGEST = 1000
DELETED, TEST, NEVER, JUMP = "deleted", "test", "never heard of", "jump"


@dataclass(frozen=True, slots=True)
class Gap:
    """Names in a row that no order of the window bears; `last` is `first` for a single one."""

    first: str
    last: str
    count: int
    cause: str
    why: str


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


def gaps(runs: Sequence[Run], known: Mapping[str, KnownOrder]) -> list[Gap]:
    """Each run cut where its explanation changes."""
    return [gap for run in runs for gap in _gaps(run, known)]


def _gaps(run: Run, known: Mapping[str, KnownOrder]) -> list[Gap]:
    if len(run.names) < run.count:
        return [Gap(run.names[0], run.names[-1], run.count, JUMP, "the shop's numbering was set on")]
    found: list[Gap] = []
    for name in run.names:
        cause, why = _explained(known.get(name))
        if found and (found[-1].cause, found[-1].why) == (cause, why):
            found[-1] = Gap(found[-1].first, name, found[-1].count + 1, cause, why)
        else:
            found.append(Gap(name, name, 1, cause, why))
    return found


def _explained(record: KnownOrder | None) -> tuple[str, str]:
    if record is None:
        return NEVER, "Shopify does not list it, and nobody told us of it"
    if record.reason_subject == "orders.include_test":
        return TEST, "a test order, which Shopify does not list any more"
    return DELETED, f"we know it ({record.state.replace('_', ' ')}), and Shopify does not list it any more"
