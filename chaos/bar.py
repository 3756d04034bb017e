"""The bar: 500 kills over 20,000 orders. Storms are played one after the other; while one comes to rest the next one blows."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field

from chaos.cells import STORM
from chaos.orphans import AFTER_DEATH
from chaos.run import Played, Size, percentiles, play
from chaos.stage import Stage
from chaos.traffic import Traffic

KILLS = 500
ORDERS = 20_000
_SAY_SECONDS = 30.0
_AT_ONCE = 5
_HEAD = (
    f"{'play':>4} {'kills':>5} {'orders':>6} {'events':>6} {'again':>6} {'lost':>4} {'dbl':>4} {'p50 s':>6} {'p99 s':>6}"
    f" {'left':>5} {'found p50':>9} {'p99':>6} {'max':>6} {'rest s':>6}"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """How large the bar is played; `minutes`: after so many no play is begun."""

    orders: int = ORDERS
    kills: int = KILLS
    plays: int = 8
    rate: float = 12.0
    minutes: float = 60.0


class _TooLate(Exception):
    """The minutes in which plays may be begun are over."""


@dataclass(slots=True)
class _Progress:
    """Says every half minute how far the plays are that go on."""

    asked: Asked
    begun: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)
    _running: list[tuple[Stage, Traffic]] = field(default_factory=list)

    def began(self, stage: Stage, traffic: Traffic) -> None:
        """One more play."""
        self._running.append((stage, traffic))

    def run(self) -> None:
        """Until `ended`."""
        while not self.ended.wait(_SAY_SECONDS):
            orders = sum(traffic.begun for _, traffic in self._running)
            kills = sum(stage.kills for stage, _ in self._running)
            events = sum(traffic.events for _, traffic in self._running)
            seconds = time.monotonic() - self.begun
            _say(f"  {seconds:5.0f} s: {orders} of {self.asked.orders} orders, {events} events, {kills} kills")


def play_bar(asked: Asked) -> bool:
    """Plays it and prints the table; True when the bar is reached."""
    progress, turn = _Progress(asked), threading.Lock()
    ends = progress.begun + asked.minutes * 60
    size = Size(orders=-(-asked.orders // asked.plays), rate=asked.rate)

    @contextmanager
    def in_time() -> Iterator[None]:
        with turn:
            if time.monotonic() > ends:
                raise _TooLate
            yield

    def one(seed: int) -> Played | None:
        try:
            return play(STORM, seed=seed, size=size, turn=in_time(), began=progress.began)
        except _TooLate:
            return None

    threading.Thread(target=progress.run, daemon=True).start()
    _say(_HEAD)
    # One that blows, and others that wait: for the last leases, or a quarter of an hour for what NetSuite may yet make.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(one, seed) for seed in range(1, asked.plays + 1)]
        for future in as_completed(futures):
            _say_played(future)
    progress.ended.set()
    played = [found for future in futures if future.exception() is None and (found := future.result())]
    return _total(asked, played, seconds=time.monotonic() - progress.begun)


def _say_played(future: Future[Played | None]) -> None:
    error = future.exception()
    if error is not None:
        _say(f"  the harness itself failed: {type(error).__name__}: {str(error)[:300]}")
    elif (one := future.result()) is not None:
        _say(_line(str(one.seed), [one]) + ("" if one.is_green else "  RED"))
        for sentence in one.judgement.objections[:8]:
            _say(f"    {sentence}")


def _line(name: str, played: Sequence[Played]) -> str:
    """One play, or all of them together."""
    judged = [one.judgement for one in played]
    p50, p99 = percentiles([wait for one in judged for wait in one.waits])
    found = [wait for one in judged for wait in one.found_again]
    found50, found99 = percentiles(found)
    return (
        f"{name:>4} {sum(one.kills for one in played):>5} {sum(one.orders for one in judged):>6}"
        f" {sum(one.events for one in played):>6} {sum(one.refused for one in played):>6}"
        f" {sum(one.lost for one in judged):>4} {sum(one.doubled for one in judged):>4} {p50:>6.1f} {p99:>6.1f}"
        f" {len(found):>5} {found50:>9.1f} {found99:>6.1f} {max(found, default=0.0):>6.1f}"
        f" {max((one.rested for one in played), default=0.0):>6.1f}"
    )


def _total(asked: Asked, played: Sequence[Played], *, seconds: float) -> bool:
    kills, orders = sum(one.kills for one in played), sum(one.judgement.orders for one in played)
    wrong = sum(one.judgement.lost + one.judgement.doubled for one in played)
    is_green = len(played) == asked.plays and all(one.is_green for one in played)
    found = [wait for one in played for wait in one.judgement.found_again]
    is_reached = is_green and not wrong and kills >= asked.kills and orders >= asked.orders and is_soon(found)
    _say(_line("all", played))
    _say(
        f"\n{seconds / 60:.1f} minutes, {orders / seconds:.1f} orders/s over all; {asked.plays - len(played)} plays not played"
    )
    _say(
        f"bar of {asked.kills} kills over {asked.orders} orders, 0 lost, 0 doubled, found again within"
        f" {AFTER_DEATH:.0f} s: {'' if is_reached else 'NOT '}reached"
    )
    return is_reached


def is_soon(found: Sequence[float]) -> bool:
    """True when killed workers left something behind, and 99 of 100 records of it were found in time."""
    return bool(found) and percentiles(list(found))[1] <= AFTER_DEATH


def _say(text: str) -> None:
    print(text, flush=True)
