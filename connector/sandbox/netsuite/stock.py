"""Stock by item and location: what is on hand, what orders have committed of it, and what is left for sale.

An item that was never given any stock has none to run out of: its orders are committed whole and it has no rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.netsuite.numbers import ZERO, decimal, plain
from connector.sandbox.netsuite.suiteql import Tables, marked

Json = dict[str, Any]
# Item and location.
Place = tuple[str, str]
Quantities = dict[Place, Decimal]

_TABLE = "stocklevel"


@dataclass(slots=True)
class Level:
    """What there is of one item at one location. `published` is the available quantity that `changed` tells the time of."""

    on_hand: Decimal = ZERO
    committed: Decimal = ZERO
    back_ordered: Decimal = ZERO
    published: Decimal = ZERO
    changed: str | None = None

    @property
    def available(self) -> Decimal:
        """On hand and not committed; below nothing when more was taken than there was."""
        return self.on_hand - self.committed


class Stock:
    """The stock of an account. Not thread-safe: the account's lock is held."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._levels: dict[Place, Level] = {}
        self._items: set[str] = set()
        # What each transaction took or brought, and what each order holds and lacks.
        self._moved: dict[str, Quantities] = {}
        self._held: dict[str, Quantities] = {}
        self._lacking: dict[str, Quantities] = {}
        self._waiting: defaultdict[Place, set[str]] = defaultdict(set)
        self._touched: set[Place] = set()

    def has(self, item: str) -> bool:
        """True for an item whose stock is kept."""
        return item in self._items

    def load(self, rows: Sequence[Json]) -> None:
        """Sets what is on hand: {item, location, on_hand, changed}; `changed` (NetSuite's clock) instead of now."""
        for row in rows:
            place = (str(row["item"]), str(row["location"]))
            level = self._level(place)
            level.on_hand = decimal(row["on_hand"])
            if "changed" in row:
                level.changed = row["changed"] and marked(datetime.fromisoformat(row["changed"]))
                level.published = level.available
        self._items.update(str(row["item"]) for row in rows)
        self._touched.update((str(row["item"]), str(row["location"])) for row in rows)

    def add(self, place: Place, quantity: Decimal) -> None:
        """Puts a quantity on a location's hand, or takes it off."""
        self._level(place).on_hand += quantity
        self._items.add(place[0])
        self._touched.add(place)

    def on_hand(self, place: Place) -> Decimal:
        """What lies at a location."""
        found = self._levels.get(place)
        return ZERO if found is None else found.on_hand

    def move(self, record_id: str, quantities: Quantities) -> None:
        """Makes a transaction have moved exactly this, of the items whose stock is kept."""
        before = self._moved.pop(record_id, {})
        after = {place: quantity for place, quantity in quantities.items() if self.has(place[0]) and quantity}
        if after:
            self._moved[record_id] = after
        for place in before.keys() | after.keys():
            change = after.get(place, ZERO) - before.get(place, ZERO)
            if change:
                self.add(place, change)

    def commit(self, order_id: str, wanted: Quantities) -> Quantities:
        """Commits what an order wants as far as it is there; what it holds now. The rest is back-ordered."""
        held, lacking = self._held.pop(order_id, {}), self._lacking.pop(order_id, {})
        now_held: Quantities = {}
        for place in wanted.keys() | held.keys() | lacking.keys():
            level, want = self._level(place), wanted.get(place, ZERO)
            had, lacked = held.get(place, ZERO), lacking.get(place, ZERO)
            # What is committed stays so even when the stock behind it is gone; what the order no longer wants was shipped.
            kept = had - max(had + lacked - want, ZERO)
            hold = min(want, max(level.available + had, kept, ZERO))
            self._tell(place, level, hold - had, want - hold - lacked)
            (self._waiting[place].add if want > hold else self._waiting[place].discard)(order_id)
            now_held[place] = hold
        self._held[order_id] = dict(now_held)
        self._lacking[order_id] = {place: wanted[place] - hold for place, hold in now_held.items() if place in wanted}
        return now_held

    def orders_to_serve(self) -> set[str]:
        """The orders that lack what has become free."""
        found = set()
        for place in self._touched:
            if self._waiting.get(place) and self._levels[place].available > 0:
                found |= self._waiting.pop(place)
        return found

    def publish(self) -> None:
        """Writes what moved into SuiteQL's table; the time of a change is that of the quantity available."""
        now = self._tables.now()
        for place in self._touched:
            level = self._levels[place]
            if level.available != level.published:
                level.changed, level.published = now, level.available
        self._tables.put_all(_TABLE, [_row(place, self._levels[place]) for place in self._touched])
        self._touched.clear()

    def told(self) -> list[Json]:
        """Every item and location, for a judge."""
        return [
            {"item": item, "location": location}
            | {name: plain(getattr(level, name)) for name in ("on_hand", "committed", "available", "back_ordered")}
            for (item, location), level in sorted(self._levels.items())
        ]

    def _level(self, place: Place) -> Level:
        return self._levels.setdefault(place, Level())

    def _tell(self, place: Place, level: Level, committed: Decimal, back_ordered: Decimal) -> None:
        if committed or back_ordered:
            level.committed += committed
            level.back_ordered += back_ordered
            self._touched.add(place)


def added(quantities: Iterable[tuple[Place, Decimal]]) -> Quantities:
    """Quantities of the same place added up."""
    found: Quantities = {}
    for place, quantity in quantities:
        found[place] = found.get(place, ZERO) + quantity
    return found


def _row(place: Place, level: Level) -> Mapping[str, Any]:
    """A row as SuiteQL has it: no available quantity where there is nothing, no time where nothing ever moved."""
    has_none = not level.on_hand and not level.available
    return {
        "item": place[0],
        "location": place[1],
        "quantityonhand": plain(level.on_hand),
        "quantityavailable": None if has_none else plain(level.available),
        "quantitycommitted": plain(level.committed),
        "quantitybackordered": plain(level.back_ordered),
        "lastquantityavailablechange": level.changed,
    }
