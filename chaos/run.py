"""Plays one cell: orders flow, the fault strikes, all comes to rest, both ledgers are read."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from statistics import quantiles
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chaos.cell import Cell
from chaos.judge import is_quiet, judge, only_waits
from chaos.judge_orders import Judgement
from chaos.orphans import found_again
from chaos.stage import Stage, stage
from chaos.traffic import Traffic
from connector.flows.leasing import OVER_AFTER

_LOOK_SECONDS = 0.5
# So long may nothing be left but what NetSuite may yet make: that is waited for, here as anywhere, and does not count.
_OVER_SECONDS = OVER_AFTER.total_seconds() + 120.0


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


def play(
    cell: Cell,
    *,
    seed: int,
    size: Size,
    without: str | None = None,
    turn: AbstractContextManager[object] | None = None,
    began: Callable[[Stage, Traffic], None] | None = None,
) -> Played:
    """Plays a cell once; `without` names a safeguard that is taken out, `turn` is held until the last event was answered."""
    with ExitStack() as blowing, ExitStack() as standing:
        blowing.enter_context(turn or nullcontext())
        here = standing.enter_context(stage(replace(cell.setting, without=without)))
        if without == "dedupe":
            _drop_key_of_deliveries(here)
        traffic = Traffic(
            here, size.orders, size.rate, seed, copies=cell.copies, is_shuffled=cell.is_shuffled, apart=cell.apart
        )
        if began is not None:
            began(here, traffic)
        if not cell.is_lasting:
            traffic.may_end.set()
        traffic.start()
        cell.fault(here, traffic, random.Random(seed))
        traffic.may_end.set()
        traffic.join()
        here.calm()
        blowing.close()
        return _judged(cell, seed, here, traffic)


def _judged(cell: Cell, seed: int, here: Stage, traffic: Traffic) -> Played:
    """Waits until all is at rest and looks at what there is."""
    ended = time.monotonic()
    is_at_rest = _rests(here, cell)
    rested = time.monotonic() - ended
    judgement = judge(here)
    judgement.found_again = found_again(here)
    if not is_at_rest:
        judgement.objects(f"not at rest {rested:.0f} s after the last event")
    if traffic.given_up:
        judgement.objects(f"{traffic.given_up} deliveries were never answered 200")
    for note in (
        *here.notes,
        *traffic.failures,
        *missed(cell, here.kills, here.account.get("calls")),
        *_unmoved(cell, here),
        *slow(cell, judgement.found_again),
    ):
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
    armed = bool(cell.setting.worker_crashes or cell.setting.web_crashes or cell.setting.launcher)
    found = ["nothing died that was to"] if (cell.kills or armed) and not kills else []
    if cell.breaks_calls and not any(call["status"] in (0, 401) or call["status"] >= 429 for call in calls):
        found.append("no call met the fault of NetSuite")
    return found


def slow(cell: Cell, found: list[float]) -> list[str]:
    """What was left behind and found again too late; a cell that is to leave something behind must have."""
    if not found:
        return ["nothing was left behind that was to be found again"] if cell.leaves else []
    _, p99 = percentiles(found)
    if cell.found_within is None or p99 <= cell.found_within:
        return []
    return [f"found again after {p99:.1f} s (99th percentile of {len(found)}), the bar is {cell.found_within:.0f} s"]


def _unmoved(cell: Cell, here: Stage) -> list[str]:
    return ["no worker's clock was wrong"] if cell.setting.worker_clocks and not _is_ahead(here) else []


def _is_ahead(here: Stage) -> bool:
    """True when a worker confirmed something in what is still the future for the database: only that tells its own clock."""
    with here.reading() as connection:
        return bool(connection.execute(text("select max(confirmed_at) > now() from effects")).scalar_one())


def _rests(here: Stage, cell: Cell) -> bool:
    """Waits until nothing is undone, nor to be carried out over there later, and still nothing a moment later."""
    began, waited, seen = time.monotonic(), 0.0, 0
    while time.monotonic() - began - waited < cell.within and waited < _OVER_SECONDS:
        looked = time.monotonic()
        is_waiting = False
        try:
            is_over = is_quiet(here, with_late_changes=cell.has_late_changes)
            is_waiting = not is_over and only_waits(here)
            seen = seen + 1 if is_over and not here.account.get("faults")["later"] else 0
        except SQLAlchemyError:
            seen = 0
        if seen == 3:
            return True
        here.pause.wait(_LOOK_SECONDS)
        waited += time.monotonic() - looked if is_waiting else 0.0
    return False


def _drop_key_of_deliveries(here: Stage) -> None:
    with here.reading() as connection:
        connection.execute(text("alter table events drop constraint uq_events_connection_id_delivery_id"))
