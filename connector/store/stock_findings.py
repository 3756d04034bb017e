"""What the last whole comparison of stock found: its counts, where the shop's locations are, and which items to look at.

A list of what differs must not reckon every item anew; the numbers of each row it shows are still those of now.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.copying import copy_rows
from connector.store.stock_tables import stock_comparisons

EVERYWHERE = 0


class FindingKind(StrEnum):
    """Why an item is on a list."""

    DRIFT = "drift"
    PROBLEM = "problem"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class StockFinding:
    """One item; `location` is EVERYWHERE for what is wrong with it wherever it is."""

    kind: FindingKind
    sku: str
    item: int
    location: int


@dataclass(frozen=True, slots=True)
class StockCounts:
    """Levels of a whole comparison. `places`: Shopify's locations by the names that the rules give them."""

    places: Mapping[str, int]
    compared: int
    on_sale: int
    different: int
    emptied: int
    problems: int


@dataclass(frozen=True, slots=True)
class StoredComparison:
    """The last whole comparison, and when it was made."""

    counts: StockCounts
    compared_at: datetime


def keep_findings(connection: Connection, connection_id: int, found: Iterable[StockFinding]) -> None:
    """Stores what a whole comparison finds, in place of what the last one found."""
    rows = ((one.kind, one.sku, one.item, one.location) for one in found)
    copy_rows(connection, "fresh_findings", "kind text, sku text, item bigint, location bigint", rows)
    values = {"connection_id": connection_id, "everywhere": EVERYWHERE}
    for statement in (_UNKNOWN, _FORGET, _ADD):
        connection.execute(statement, values)
    connection.exec_driver_sql("drop table fresh_findings")


def keep_counts(connection: Connection, connection_id: int, counts: StockCounts) -> None:
    """Stores its counts."""
    values = {name: getattr(counts, name) for name in StockCounts.__dataclass_fields__}
    values |= {"places": json.dumps(dict(counts.places)), "compared_at": func.clock_timestamp()}
    statement = insert(stock_comparisons).values(connection_id=connection_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["connection_id"], set_=values))


def comparison(connection: Connection, connection_id: int) -> StoredComparison | None:
    """The last whole comparison; None before the first."""
    row = connection.execute(
        select(stock_comparisons).where(stock_comparisons.c.connection_id == connection_id)
    ).one_or_none()
    if row is None:
        return None
    counts = StockCounts(json.loads(row.places), row.compared, row.on_sale, row.different, row.emptied, row.problems)
    return StoredComparison(counts, row.compared_at)


def found_items(
    connection: Connection,
    connection_id: int,
    kind: FindingKind,
    *,
    locations: Sequence[int],
    prefix: str = "",
    after: tuple[str, int] = ("", 0),
    limit: int,
) -> list[tuple[str, int]]:
    """SKU and item of what was found at these locations, by SKU."""
    values = {
        "connection_id": connection_id, "kind": kind, "sku": after[0], "item": after[1], "limit": limit,
        "locations": [*locations, EVERYWHERE], "prefix": like_prefix(prefix),
    }  # fmt: skip
    return [(row.sku, row.inventory_item) for row in connection.execute(_FOUND, values)]


def like_prefix(text_of: str) -> str:
    """A pattern of SQL for what begins with a text."""
    return text_of.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def forget(connection: Connection, connection_id: int) -> None:
    """Without locations in the rules nothing is compared."""
    connection.execute(delete(stock_comparisons).where(stock_comparisons.c.connection_id == connection_id))
    connection.execute(text("delete from stock_findings where connection_id = :id"), {"id": connection_id})


# Items of the shop that no active item of NetSuite has the SKU of.
_UNKNOWN = text(
    "insert into fresh_findings (kind, sku, item, location) select 'problem', s.sku, s.inventory_item, :everywhere "
    "from shop_items s where s.connection_id = :connection_id and s.deleted_at is null and s.sku <> '' "
    "and not exists (select from items i where i.connection_id = s.connection_id and i.sku = s.sku and not i.inactive)"
)
_FORGET = text(
    "delete from stock_findings f where f.connection_id = :connection_id and not exists (select from fresh_findings n "
    "where n.kind = f.kind and n.sku = f.sku and n.item = f.inventory_item and n.location = f.shopify_location)"
)
_ADD = text(
    "insert into stock_findings (connection_id, kind, sku, inventory_item, shopify_location) "
    "select distinct :connection_id, kind, sku, item, location from fresh_findings on conflict do nothing"
)
_FOUND = text(
    "select distinct sku, inventory_item from stock_findings where connection_id = :connection_id and kind = :kind "
    "and (sku, inventory_item) > (:sku, :item) and sku like :prefix and shopify_location = any(:locations) "
    "order by sku, inventory_item limit :limit"
)
