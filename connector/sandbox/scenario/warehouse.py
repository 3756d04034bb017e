"""What the warehouse does: stock that comes, goes and is counted during the day, and the evening's shipments."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.sandbox.scenario.day import Day
from connector.sandbox.scenario.world import ITEMS, OUTLET, WAREHOUSE, order_key

Json = dict[str, Any]

# Of the orders that are still open so many are shipped; some in two parcels, some with a number that comes later.
_SHIPPED = 0.3
_IN_PARTS = 0.3
_TRACKED_LATER = 0.3


@dataclass(frozen=True, slots=True)
class Move:
    """One movement of stock, as the accountant is asked for it; `event` is the record type a script tells of it."""

    event: str
    asked: Json


@dataclass(frozen=True, slots=True)
class Carton:
    """One shipment of an order: {line, quantity}, or all that is open. `later`: its number comes when it is collected."""

    order: str
    lines: tuple[Json, ...]
    number: str
    is_later: bool
    is_taken_back: bool = False


def moves(seeded: random.Random) -> Iterator[Move]:
    """Movements without end. The warehouse never gives away more than it gets."""
    while True:
        item, units = seeded.choice(list(ITEMS.values())), seeded.randint(5, 20)
        yield Move("itemreceipt", {"act": "receive_stock", "item": item, "location": WAREHOUSE, "quantity": units})
        by = seeded.choice((-3, -2, -1, 1, 2))
        yield Move("inventoryadjustment", {"act": "adjust_stock", "item": item, "location": WAREHOUSE, "by": by})
        here, there = seeded.choice(((WAREHOUSE, OUTLET), (OUTLET, WAREHOUSE)))
        moved = {"act": "transfer_stock", "item": item, "from": here, "to": there, "quantity": 2}
        yield Move("inventorytransfer", moved)


def cartons(day: Day, transactions: Sequence[Mapping[str, Any]], seeded: random.Random) -> list[Carton]:
    """What is shipped in the evening of the orders that are open in the account; the first one is taken back later."""
    orders = {item["external_id"]: item for item in transactions if item["type"] == "SalesOrd"}
    quiet = [order_key(life.order_id) for life in day.lives if life.held is None]
    still_open = [(key, lines) for key in quiet if key in orders and (lines := _open(orders[key]))]
    seeded.shuffle(still_open)
    found: list[Carton] = []
    for key, lines in still_open[: round(len(still_open) * _SHIPPED)]:
        parts: list[tuple[Json, ...]] = [()]
        if found and sum(lines.values()) > 1 and seeded.random() < _IN_PARTS:
            parts = [({"line": min(lines), "quantity": 1},), ()]
        found += [_carton(key, part, seeded, is_first=not found) for part in parts]
    return found


def _carton(order: str, lines: tuple[Json, ...], seeded: random.Random, *, is_first: bool) -> Carton:
    number, is_later = f"1Z{seeded.randrange(10**8):08d}", seeded.random() < _TRACKED_LATER
    return Carton(order, lines, number, is_later and not is_first, is_taken_back=is_first)


def _open(order: Mapping[str, Any]) -> dict[int, int]:
    """Units of products by line that are not shipped."""
    goods = [line for line in order["item_lines"] if line["item"] in ITEMS.values() and not line["closed"]]
    left = {line["line"]: int(line["quantity"] or 0) - int(line["fulfilled"] or 0) for line in goods}
    return {line: units for line, units in left.items() if units > 0}
