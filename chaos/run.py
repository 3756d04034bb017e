"""Plays one cell: orders flow, the fault strikes, all comes to rest, both ledgers are read."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import quantiles
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chaos.cells import Cell
from chaos.judge import Judgement, is_quiet, judge
from chaos.stage import Stage, stage
from chaos.traffic import Traffic

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Size:
    """How many orders a cell plays, and how many are begun in a second."""

    orders: int = 50
    rate: float = 5.0


@dataclass(frozen=True, slots=True)
class Played:
    """What one cell came to with one seed. `rested`: seconds from the last event until nothing was undone."""

    cell: Cell
    seed: int
    kills: int
    events: int
    refused: int
    rested: float
    judgement: Judgement

    @property
    def is_green(self) -> bool:
        """True when nothing is to be objected."""
        return not self.judgement.objections


def play(cell: Cell, *, seed: int, size: Size, without: str | None = None) -> Played:
    """Plays a cell once; `without` names a safeguard that is taken out."""
    with stage(replace(cell.setting, without=without)) as here:
        if without == "dedupe":
            _drop_key_of_deliveries(here)
        traffic = Traffic(here, orders=size.orders, rate=size.rate, seed=seed, copies=cell.copies)
        traffic.start()
        cell.fault(here, traffic, random.Random(seed))
        traffic.join()
        here.calm()
        ended = time.monotonic()
        is_at_rest = _rests(here, within=cell.within)
        rested = time.monotonic() - ended
        judgement = judge(here)
        if not is_at_rest:
            judgement.objects(f"not at rest {cell.within:.0f} s after the last event")
        if traffic.given_up:
            judgement.objects(f"{traffic.given_up} deliveries were never answered 200")
        for note in (*here.notes, *missed(cell, here.kills, here.account.get("calls"))):
            judgement.objects(note)
        refused = sum(count for status, count in traffic.answers.items() if status != 200)
        return Played(cell, seed, here.kills, traffic.events, refused, rested, judgement)


def percentiles(waits: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    if len(waits) < 2:
        return (waits[0], waits[0]) if waits else (0.0, 0.0)
    cuts = quantiles(waits, n=100, method="inclusive")
    return cuts[49], cuts[98]


def missed(cell: Cell, kills: int, calls: Sequence[Mapping[str, Any]]) -> list[str]:
    """What of the fault never struck: a cell that is green without it would prove nothing."""
    is_to_kill = bool(cell.kills or cell.setting.worker_crashes or cell.setting.web_crashes)
    found = ["nothing died that was to"] if is_to_kill and not kills else []
    if cell.breaks_calls and not any(call["status"] == 0 or call["status"] >= 429 for call in calls):
        found.append("no call met the fault of NetSuite")
    return found


def _rests(here: Stage, *, within: float) -> bool:
    """Waits until nothing is undone, and still nothing a moment later."""
    deadline, seen = time.monotonic() + within, 0
    while time.monotonic() < deadline:
        try:
            seen = seen + 1 if is_quiet(here) else 0
        except SQLAlchemyError:
            seen = 0
        if seen == 3:
            return True
        here.pause.wait(_LOOK_SECONDS)
    return False


def _drop_key_of_deliveries(here: Stage) -> None:
    engine = here.engine()
    with engine.begin() as connection:
        connection.execute(text("alter table events drop constraint uq_events_connection_id_delivery_id"))
    engine.dispose()
