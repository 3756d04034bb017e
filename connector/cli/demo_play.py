"""Plays the day: places the orders, sends their news, lets their lives go on round by round, and looks at both ledgers."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connector.cli.demo_goods import Warehouse, let_netsuite_ship, run_schedule
from connector.cli.demo_stage import Stage
from connector.errors import Unavailable
from connector.sandbox.scenario.day import Day
from connector.sandbox.scenario.lives import Life, announced, chance
from connector.sandbox.scenario.placed import BEFORE, LAST, LATER, SHOP, WHILE
from connector.sandbox.verdict import Verdict

# Deliveries under way at once; a real shop sends a burst about as fast.
_SENDERS = 8
_BATCH = 50
# So many orders live on before their news is sent.
_CROWD = 20
_PATIENCE_SECONDS = 120.0
# Without any movement for so long, the day goes on, or ends, and the verdict says what is missing.
_SILENCE_SECONDS = {WHILE: 15.0, LATER: 15.0, LAST: 30.0}
_LOOK_SECONDS = 0.3
# How often both ledgers are held against each other in the evening.
_EVENINGS = 3
# What the workers were still at when both were compared is found by the next comparison.
_COMPARISONS = 2

Json = dict[str, Any]


def play(planned: Day, stage: Stage, said: Console, *, seed: int) -> list[str]:
    """The whole day; the sentences of what one of the sandboxes refused to do."""
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=said) as progress:
        warehouse = Warehouse(stage, chance(seed, "warehouse"))
        director = _Director(planned, stage, progress, chance(seed, "news"), warehouse)
        director.place()
        for round_number in (LATER, LAST):
            director.go_on(round_number)
        director.close_the_day()
    return director.refused + warehouse.refused


@dataclass(slots=True)
class _Director:
    """Everything of a day that is being played."""

    planned: Day
    stage: Stage
    progress: Progress
    seeded: random.Random
    warehouse: Warehouse
    refused: list[str] = field(default_factory=list)
    sending: TaskID = field(init=False)
    living: TaskID = field(init=False)
    judging: TaskID = field(init=False)

    def __post_init__(self) -> None:
        acts = sum(len(life.acts) for life in self.planned.lives)
        self.sending = self.progress.add_task("webhooks sent", total=len(self.planned.deliveries))
        self.living = self.progress.add_task("things happened later", total=acts)
        self.judging = self.progress.add_task("ledgers agreed", total=len(_SILENCE_SECONDS) + _EVENINGS)

    def place(self) -> None:
        """Places and announces every order; what happens meanwhile is announced among them."""
        of_stock: list[Json] = []
        for sale in self.planned.sales:
            asked = {"order": sale.order, "transactions": sale.transactions, "is_new": True}
            placed = self.stage.shop.post("orders", asked)
            of_stock += placed["deliveries"]
        for life in self.planned.lives:
            self._live(life, BEFORE)
        lives = {life.order_id: life for life in self.planned.lives}
        waiting, told = _mixed(self.planned.deliveries, of_stock, self.seeded), set[int]()
        while waiting:
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            self._send(batch)
            if len(waiting) // _BATCH % 2:
                self.warehouse.move()
            fresh = {item["order_id"] for item in batch if item["order_id"] is not None} - told
            told |= fresh
            news = self._news([lives[order_id] for order_id in sorted(fresh)], WHILE)
            waiting = _mixed(waiting[:_BATCH], news, self.seeded) + waiting[_BATCH:]
        self._settle(WHILE)

    def go_on(self, round_number: int) -> None:
        """Everything of a round: a crowd of orders lives on, then its news is sent."""
        lives = [life for life in self.planned.lives if any(act.round == round_number for act in life.acts)]
        for start in range(0, len(lives), _CROWD):
            self._send(self._news(lives[start : start + _CROWD], round_number))
            self.warehouse.move()
        self._settle(round_number)

    def close_the_day(self) -> None:
        """The warehouse ships from now on, and both sides are compared; then the evening's parcels leave."""
        let_netsuite_ship(self.stage)
        run_schedule(self.stage, "fulfillments.poll")
        for _ in range(_COMPARISONS):
            for name in ("inventory.poll", "inventory.drift", "inventory.push"):
                run_schedule(self.stage, name)
            if self._settle_evening(_SILENCE_SECONDS[WHILE]):
                break
        sent = self.warehouse.ship(self.planned)
        self._settle_evening()
        self.warehouse.collect(sent)
        self._settle_evening()

    def _news(self, lives: Sequence[Life], round_number: int) -> list[Json]:
        """What the shop would send of a round's acts, as it arrives."""
        news: list[Json] = []
        for life in lives:
            told = self._live(life, round_number)
            of_stock = [item for item in told if item["order_id"] is None]
            if of_order := [item for item in told if item["order_id"] is not None]:
                news = _mixed(news, announced(of_order, self.seeded), self.seeded)
            news = _mixed(news, of_stock, self.seeded)
        return news

    def _live(self, life: Life, round_number: int) -> list[Json]:
        """Does an order's acts of a round, in their order; the news of those in the shop."""
        news: list[Json] = []
        for act in life.acts:
            if act.round != round_number:
                continue
            side = self.stage.shop if act.side == SHOP else self.stage.account
            try:
                answer = side.post("act" if act.side == SHOP else "accountant", act.asked)
            except Unavailable as error:
                self.refused.append(str(error))
            else:
                news += answer.get("deliveries", ())
            self.progress.advance(self.living)
        return news

    def _send(self, deliveries: Sequence[Json]) -> None:
        """Sends webhooks; those that were not planned from the beginning make the total grow."""
        if not deliveries:
            return
        self.stage.shop.post("deliveries", {"deliveries": deliveries, "parallel": _SENDERS}, timeout=120)
        self.progress.advance(self.sending, len(deliveries))
        task = self.progress.tasks[self.sending]
        self.progress.update(self.sending, total=max(task.total or 0, task.completed))

    def _settle(self, round_number: int) -> None:
        so_far = self.planned.until(round_number)
        self._wait(lambda: self.stage.verdict(so_far), _SILENCE_SECONDS[round_number])

    def _settle_evening(self, silence: float = _SILENCE_SECONDS[LAST]) -> bool:
        return self._wait(lambda: self.stage.evening_verdict(self.planned), silence)

    def _wait(self, look: Callable[[], Verdict], silence: float) -> bool:
        """Ends when both ledgers agree, or when nothing has moved for a while; whether they agree."""
        agrees = False
        deadline = time.monotonic() + _PATIENCE_SECONDS
        moved_at, before = time.monotonic(), (-1, -1)
        while time.monotonic() < deadline and time.monotonic() - moved_at < silence:
            verdict = look()
            if agrees := verdict.agrees:
                break
            if (now := (len(verdict.problems), verdict.calls)) != before:
                moved_at, before = time.monotonic(), now
            if not self.stage.supervisor.pause(_LOOK_SECONDS):
                raise Unavailable("the demo was interrupted")
        if agrees:
            self.progress.advance(self.judging)
        return agrees


def _mixed(first: Sequence[Json], second: Sequence[Json], seeded: random.Random) -> list[Json]:
    """Both lists as one, each in its own order."""
    left, right, mixed = list(first), list(second), list[Json]()
    while left or right:
        take = left if seeded.random() * (len(left) + len(right)) < len(left) else right
        mixed.append(take.pop(0))
    return mixed
