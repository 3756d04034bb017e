"""One history told to the connector: what happens in the shop, and when its workers hear of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from connector.flows import catalog
from connector.flows.verification import verify_batch
from connector.sandbox.shopify.acts.scene import RefusedError
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store import records
from connector.store.inbox import Delivery
from tests.clock import later
from tests.happenings import request_of
from tests.histories import History, placed
from tests.world import World

Json = dict[str, Any]

_numbers = count(1_000_001)
_deliveries = count(1)
# More passes than this without an end would be a loop.
_PASSES = 12


@dataclass(slots=True)
class Telling:
    """An order of a history in a world. `seen`: whether a pass found it written; `first_id`: ids of the account before it."""

    world: World
    number: int
    first_id: int
    record_id: int = 0
    news: list[Json] = field(default_factory=list)

    @property
    def state(self) -> records.RecordView:
        """The order's record."""
        return self.world.record(self.number)

    def happens(self, act: Json) -> bool:
        """Something happens in the shop, where it can; True when it did."""
        found = self.world.shop.order(self.number)
        assert found is not None
        asked = request_of(act, *found)
        if asked is None:
            return False
        try:
            self.news += shop_act(self.world.shop, asked)
        except RefusedError:
            return False
        return True

    def hears(self) -> None:
        """One webhook comes, and a worker looks."""
        delivered = self.deliver("orders/updated", str(next(_deliveries)))
        self.record_id = delivered[0]
        self.works()

    def deliver(self, topic: str, delivery_id: str) -> tuple[int, ...]:
        """Keeps one delivery; the records that are dirty now."""
        return self.world.deliver(
            Delivery(
                connection_id=self.world.connection.id,
                topic=topic,
                delivery_id=delivery_id,
                event_id=None,
                triggered_at=None,
                headers={},
                body=b"",
                body_sha256=b"0" * 32,
                record_kind=records.ORDER,
                shopify_id=str(self.number),
            )
        ).record_ids

    def works(self) -> None:
        """Passes until nothing is due; what the account commits late has arrived before the next look."""
        for _ in range(_PASSES):
            outcome = self.world.work(self.record_id)
            arrived()
            if outcome is None or outcome.again_in is None:
                return
            self.world.announce(self.number)
        raise AssertionError(f"no end after {_PASSES} passes: {self.state}")


def begun(world: World, history: History) -> Telling:
    """The history's order is placed; nobody heard of it yet."""
    number = next(_numbers)
    telling = Telling(world, number, newest_id(world))
    world.shop.put_order(placed(number, history.order), [])
    telling.happens({"act": "update", "changes": {}})
    return telling


def in_order(world: World, history: History) -> Telling:
    """A pass after each act."""
    telling = begun(world, history)
    telling.hears()
    for act in history.acts:
        if telling.happens(act):
            telling.hears()
    return ended(telling)


def at_the_end(world: World, history: History) -> Telling:
    """Only one pass, when all is over."""
    telling = begun(world, history)
    for act in history.acts:
        telling.happens(act)
    telling.hears()
    return ended(telling)


def shuffled(
    world: World, history: History, chance: Random, *, meanwhile: Callable[[Telling], None] | None = None
) -> Telling:
    """News come late, doubled, out of order or never, but one comes after the last act.

    `meanwhile` does something before each pass.
    """
    telling = begun(world, history)
    waiting: list[tuple[str, str]] = []
    for act in history.acts:
        before = len(telling.news)
        telling.happens(act)
        waiting += [(news["topic"], str(next(_deliveries))) for news in telling.news[before:]]
        chance.shuffle(waiting)
        while waiting and chance.random() < 0.4:
            _hear_late(telling, waiting, chance, meanwhile)
        if chance.random() < 0.2:
            beat(world)
    (meanwhile or _nothing)(telling)
    telling.hears()
    for _ in waiting[:2]:
        _hear_late(telling, waiting, chance, meanwhile)
    return ended(telling)


def beat(world: World) -> None:
    """What beat does every minute or two: totals and keys are read, and what was billed."""
    systems = world.runtime.open_systems(world.connection.id)
    verify_batch(systems, world.runtime, now=later(timedelta(minutes=1)))
    catalog.refresh(catalog.BILLING_CATALOG, systems, world.engine)


def ended(telling: Telling) -> Telling:
    """The last totals are compared."""
    telling.world.account.faults.clear()
    telling.works()
    beat(telling.world)
    return telling


def arrived() -> None:
    """What the account is still to commit is committed."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()


def newest_id(world: World) -> int:
    """The newest internal id of the account."""
    return max((int(record_id) for _, record_id in world.account.records), default=0)


def _hear_late(
    telling: Telling, waiting: list[tuple[str, str]], chance: Random, meanwhile: Callable[[Telling], None] | None
) -> None:
    (meanwhile or _nothing)(telling)
    topic, delivery_id = waiting[-1] if chance.random() < 0.3 else waiting.pop()
    found = telling.deliver(topic, delivery_id)
    if found:
        telling.record_id = found[0]
        telling.works()


def _nothing(_telling: Telling) -> None:
    pass
