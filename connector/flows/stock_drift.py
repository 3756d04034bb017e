"""The nightly comparison: everything NetSuite has beside everything the shop has, with each term of the difference.

Both mirrors are made whole; what differs after that is what the next push sends, for it sends what differs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from connector.flows import stock_poll
from connector.flows.sku_map import fill, run_in_bulk, stored
from connector.flows.stock_news import learn_from_events
from connector.flows.stock_places import StockPlace, stock_places
from connector.flows.systems import Systems, Wake, Workplace
from connector.mapping.rules_to_shopify import InventoryRules
from connector.mapping.stock_terms import Terms, terms
from connector.shopify.inventory import item_line, level_line
from connector.shopify.reading import Json, read
from connector.store import frozen_skus, levels, shop_items, stock_rows
from connector.store.frozen_skus import FrozenSku
from connector.store.levels import Problem, SeenLevel
from connector.store.shop_items import ShopItem
from connector.store.stock_rows import StockRow

FROZEN = "inventory.frozen names it"
_FROZEN_BY = "frozen by "
_KEPT = (FROZEN, _FROZEN_BY)


@dataclass(frozen=True, slots=True)
class Standing:
    """One item at one location: its sum, what the shop has, and why it is not pushed where something is wrong with it."""

    place: StockPlace
    row: StockRow
    terms: Terms
    problem: str | None

    @property
    def wanted(self) -> int:
        """What the shop should have now."""
        return self.terms.wanted(self.row.shop)

    @property
    def difference(self) -> int | None:
        """How many units the shop has too few; None where nothing is to be pushed. An item may still have to be stocked."""
        return None if self.problem is not None else self.wanted - (self.row.shop or 0)

    @property
    def is_different(self) -> bool:
        """True where the shop has another quantity than it should."""
        return bool(self.difference) or (self.problem is None and self.row.shop is None)

    @property
    def is_pushed(self) -> bool:
        """True where the next push sends its quantity: both sides are known, and nothing is wrong with it."""
        return self.problem is None and self.row.seen_at is not None and self.wanted != self.row.shop

    @property
    def is_wrong(self) -> bool:
        """True where somebody or the next push has something to do; what is frozen is as it is wanted."""
        return self.is_different or not (self.said is None or self.is_frozen)

    @property
    def said(self) -> str | None:
        """What is wrong with it: by the rules, or what the last push noted. What was frozen then may be thawed by now."""
        noted = self.row.problem
        return self.problem or (None if noted is None or noted.startswith(_KEPT) else noted)

    @property
    def is_frozen(self) -> bool:
        """True where the rules or a person keep it from being pushed."""
        return self.problem is not None and self.problem.startswith(_KEPT)


def compare(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Reads both sides whole, names new problems, and counts what differs; the push mends it. Writes to neither side."""
    del wake
    if not systems.rules.inventory.locations:
        return {}
    places = stock_places(systems)
    found = stock_poll.read_all(systems, workplace)
    counts = {"netsuite_calls": found.calls, "netsuite_missed": found.difference.total}
    counts |= read_shop(systems, workplace)
    with workplace.engine.begin() as connection:
        counts |= _counted(connection, systems, places)
    return counts


def read_shop(systems: Systems, workplace: Workplace) -> dict[str, int]:
    """Makes both mirrors of the shop whole by one bulk operation; how many items it has, and levels that had been missed."""
    connection_id = systems.connection.id
    learn_from_events(systems, workplace)
    fill(systems, workplace)
    with workplace.engine.begin() as connection:
        since = connection.execute(select(func.clock_timestamp())).scalar_one()
    with run_in_bulk(systems, workplace, "BulkLevels") as lines, workplace.engine.begin() as connection:
        items = shop_items.keep_all(connection, connection_id, _items(lines), since=since)
        missed = levels.keep_all(connection, connection_id, _levels(lines, since), since=since)
    return {"shop_items": items, "shop_missed": missed}


def standings(
    connection: Connection,
    connection_id: int,
    place: StockPlace,
    rules: InventoryRules,
    *,
    sku: str | None = None,
    only: Sequence[int] | None = None,
    asked_at: datetime | None = None,
) -> Iterator[Standing]:
    """Every item that both sides know at one location, or those of one SKU, or only some of the shop's.

    `asked_at`: when the shop was asked for its orders last; now where it is not given.
    """
    found = stock_rows.of_location(
        connection, connection_id, place.location, place.sources, sku=sku, only=only, asked_at=asked_at
    )
    return stood(found, place, rules, frozen_skus.of_connection(connection, connection_id))


def stood(
    rows: Iterable[StockRow], place: StockPlace, rules: InventoryRules, frozen: Mapping[str, FrozenSku]
) -> Iterator[Standing]:
    """Rows of one location under the rules and what people froze."""
    for row in rows:
        kept = frozen.get(row.sku)
        why = problem(row, place, rules) if kept is None else f"{_FROZEN_BY}{kept.frozen_by}: {kept.because}"
        yield Standing(place, row, terms(row.sku, row.places, row.waiting, rules, unseen=row.unseen), why)


def problem(row: StockRow, place: StockPlace, rules: InventoryRules) -> str | None:
    """Why an item is not pushed to a location, or None."""
    if row.sku in rules.frozen:
        return FROZEN
    if row.netsuite_item is None:
        return "no active item of NetSuite has this SKU"
    if row.rivals > 1:
        return f"{row.rivals} active items of NetSuite have this SKU"
    if row.sharing > 1:
        return f"{row.sharing} items of the shop share this SKU"
    if not row.tracked:
        return "the shop does not track its quantity"
    if not row.places and row.published is None:
        return f"NetSuite tells no stock of it for {place.name}"
    if row.shop is None and not rules.activate:
        return f"not stocked at {place.name}; stock it there, or set inventory.activate"
    return None


# How the sentences of `problem` begin or end: those that a comparison may take back.
NAMED = (
    FROZEN, f"{_FROZEN_BY}%", "no active item of NetSuite %", "% active items of NetSuite have this SKU",
    "NetSuite tells no stock %",
    "% items of the shop share this SKU", "the shop does not track %", "not stocked at %",
)  # fmt: skip


def _counted(connection: Connection, systems: Systems, places: Iterable[StockPlace]) -> dict[str, int]:
    counts = {"compared": 0, "different": 0, "problems": 0, "new_problems": 0}
    for place in places:
        named: list[Problem] = []
        for one in standings(connection, systems.connection.id, place, systems.rules.inventory):
            counts["compared"] += 1
            counts["different"] += one.is_different
            if one.problem is not None:
                named.append(Problem(one.row.item, place.location, one.problem))
        counts["problems"] += len(named)
        counts["new_problems"] += levels.name_problems(
            connection, systems.connection.id, place.location, named, ours=NAMED
        )
    counts["unknown_to_netsuite"] = stock_rows.unknown_skus(connection, systems.connection.id)
    return counts


def _items(lines: Iterable[Json]) -> Iterator[ShopItem]:
    return (stored(read("item in bulk", item_line, line)) for line in lines if "__parentId" not in line)


def _levels(lines: Iterable[Json], since: datetime) -> Iterator[SeenLevel]:
    for line in lines:
        if "__parentId" in line:
            found = read("level in bulk", level_line, line)
            # The file was made after `since`: no event of before is newer than it.
            yield SeenLevel(found.item, found.location, found.available, max(found.updated_at or since, since))
