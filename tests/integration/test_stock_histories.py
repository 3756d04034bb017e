"""A shop that sells while stock moves, told at random, and judged by the ledgers of both sandboxes.

Stock only arrives and people only count less in the shop, so that no buyer may ever get a unit that was not there, even
one whose order neither a webhook nor the shop's search has told of. STOCK_HISTORIES in the environment tells more of them.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.errors import ConnectorError
from connector.flows import catalog, stock_sync
from connector.flows.stock_drift import read_shop
from connector.flows.stock_push import push
from connector.flows.systems import Systems
from connector.sandbox.netsuite.accountant import act
from connector.store.tables import records
from tests.clock import now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.stocking import MAIN, WAREHOUSE, minutes_pass, stock_rules
from tests.world import World, opened_world

Json = dict[str, Any]

SEEDS = range(int(os.environ.get("STOCK_HISTORIES", "2")))
STEPS = 40
# SKU: NetSuite's item, the shop's item.
ITEMS = {"MUG-RED": (812, 11), "MUG-BLUE": (813, 12)}


@dataclass(slots=True)
class Day:
    """A shop's day: what came into the warehouse, what was sold, and webhooks that are still on their way."""

    world: World
    chance: random.Random
    came: Counter[str] = field(default_factory=Counter)
    sold: Counter[str] = field(default_factory=Counter)
    late: list[tuple[str, Json, datetime]] = field(default_factory=list)
    orders: int = 5000

    @property
    def systems(self) -> Systems:
        return self.world.runtime.open_systems(self.world.connection.id)

    def shown(self) -> dict[str, int]:
        return {item.sku or "": item.levels[MAIN].available for item in self.world.shop.inventory.standing()}

    def free(self) -> dict[str, int]:
        """What nobody has bought yet."""
        return {sku: self.came[sku] - self.sold[sku] for sku in ITEMS}

    def sells(self, sku: str | None = None, units: int | None = None) -> None:
        """A buyer takes what the shop shows; the webhooks of it come later."""
        sku = sku or self.chance.choice(list(ITEMS))
        shown = self.shown()[sku]
        quantity = units or self.chance.randint(1, 3)
        if quantity > shown:
            return
        self.orders += 1
        moment = now().isoformat()
        order = rest_order(self.orders, sku=sku, quantity=quantity, created_at=moment, updated_at=moment)
        order["line_items"][0]["variant_id"] = 5000 + ITEMS[sku][1]
        self.late += _news(self.world.shop.put_order(order, [payment(order)]))
        self.late.append(("orders/create", order, now()))
        self.sold[sku] += quantity
        assert self.sold[sku] <= self.came[sku], f"{sku}: {self.sold} sold, {self.came} came"

    def hears(self) -> None:
        """One of the late webhooks comes, whichever, those of one level too: not every delivery keeps its turn."""
        if self.late:
            topic, body, at = self.late.pop(self.chance.randrange(len(self.late)))
            heard(self.world, topic, body, triggered_at=at)

    def works(self) -> None:
        """A pass over everything that is due."""
        with self.world.engine.begin() as connection:
            due = list(connection.execute(select(records.c.id).order_by(records.c.id)).scalars())
        for record_id in due:
            self.world.work(record_id)

    def arrives(self) -> None:
        sku, units = self.chance.choice(list(ITEMS)), self.chance.randint(1, 4)
        act(self.world.account, {"act": "adjust_stock", "item": ITEMS[sku][0], "location": WAREHOUSE, "by": units})
        self.came[sku] += units

    def counts_less(self) -> None:
        """A person takes a unit out of the shop's quantity."""
        sku = self.chance.choice(list(ITEMS))
        if self.shown()[sku]:
            self.late += _news(self.world.shop.inventory.adjust({"item": ITEMS[sku][1], "location": MAIN, "delta": -1}))

    def search_lags(self) -> None:
        """The search of orders does not know the newest ones for a while."""
        self.world.shop.config.search_lag = self.chance.choice((0.0, 3600.0))

    def loses_an_answer(self) -> None:
        self.world.shop.change({"lose_answers": {"InventorySet": self.chance.randint(1, 4)}})

    def polls(self) -> None:
        stock_sync.poll(self.systems, self.world.runtime, lambda _record_id: None)

    def pushes(self) -> None:
        try:
            push(self.systems, self.world.runtime, lambda _record_id: None)
        except ConnectorError:
            # Answers stay lost; the next push asks what came of it.
            return
        shown, free = self.shown(), self.free()
        assert all(shown[sku] <= free[sku] for sku in ITEMS), f"{shown} shown, {free} free"

    def ends(self) -> None:
        """Every webhook comes, everything is done, and the shop shows what is left."""
        self.world.shop.change({"lose_answers": {}, "search_lag": 0.0})
        while self.late:
            self.hears()
        self.works()
        self.polls()
        for _ in range(3):
            self.pushes()
            minutes_pass(self.world, 3)


def _news(told: list[Json]) -> list[tuple[str, Json, datetime]]:
    return [(one["topic"], one["body"], now()) for one in told]


@contextmanager
def day(database: Engine, redis_url: str, seed: int) -> Iterator[Day]:
    """Both sides with ten of each item, in step."""
    stock = [
        {"item": str(item), "location": str(WAREHOUSE), "on_hand": 10, "changed": "2026-01-05 08:00:00"}
        for item, _ in ITEMS.values()
    ]
    rules = stock_rules(table="inventoryitemlocations")
    with opened_world(database, redis_url, rules=rules, account={"stock": stock}) as world:
        world.shop.inventory.load(
            {"id": number, "sku": sku, "variant_id": 5000 + number, "levels": {MAIN: 10}}
            for sku, (_, number) in ITEMS.items()
        )
        made = Day(world, random.Random(seed), Counter(dict.fromkeys(ITEMS, 10)))
        catalog.refresh(catalog.ITEM_CATALOG, made.systems, world.engine)
        made.polls()
        read_shop(made.systems, world.runtime)
        yield made


@pytest.mark.parametrize("seed", SEEDS)
def test_no_unit_is_sold_that_was_not_there_and_the_shop_ends_with_what_is_left(
    database: Engine, redis_url: str, seed: int
) -> None:
    with day(database, redis_url, seed) as told:
        acts = {
            told.sells: 6, told.hears: 5, told.works: 2, told.arrives: 3, told.polls: 3, told.pushes: 4,
            told.counts_less: 1, told.loses_an_answer: 1, told.search_lags: 3,
        }  # fmt: skip
        for step in told.chance.choices(list(acts), list(acts.values()), k=STEPS):
            step()
        told.ends()
        assert told.shown() == told.free()


def test_the_shop_hears_of_the_level_before_the_order_and_gives_nothing_back(database: Engine, redis_url: str) -> None:
    with day(database, redis_url, 0) as told:
        told.sells("MUG-RED", 3)
        (level,) = [one for one in told.late if one[0] == "inventory_levels/update"]
        heard(told.world, *level[:2])
        told.pushes()
        assert told.shown()["MUG-RED"] == 7
