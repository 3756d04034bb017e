"""NetSuite's items, customers, our orders and their bills kept in Postgres, so that an order needs no call to find them.

Read by SuiteQL in pages of a thousand, by key; afterwards only what changed since the last reading.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from connector.errors import Rejected
from connector.flows.customer_mirror import keep_customers, told_columns
from connector.flows.document_mirror import keep_documents
from connector.flows.systems import Systems
from connector.flows.watermarks import START, minus_overlap
from connector.limits import Lane
from connector.netsuite.client import PAGE
from connector.netsuite.suiteql import (
    Query,
    clock,
    customers_changed,
    customers_page,
    documents_changed,
    items_by_sku,
    items_changed,
    items_page,
    with_columns,
)
from connector.store import cursors, items
from connector.store.items import Item

BILLING = "billing"
ITEMS = "items"
CUSTOMERS = "customers"

_ASKED_AGAIN = timedelta(days=1)
# Before a new customer is created the mirror of NetSuite's customers must be at most this old; beat keeps it so.
CUSTOMERS_FRESH_SECONDS = 300
_refreshing: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Catalog:
    """One of the mirrors: how it is asked for and kept. Without `page` nothing before its first reading is wanted.

    `columns`: further ones that the rules want, and that an account may not have.
    """

    name: str
    page: Callable[[str], tuple[str, tuple[str, ...]]] | None
    changed: Callable[[str, str], tuple[str, tuple[str, ...]]]
    keep: Callable[[Connection, Systems, Rows], None]
    columns: Callable[[Systems], Sequence[str]] | None = None


def refresh(catalog: Catalog, systems: Systems, engine: Engine, *, lane: Lane = Lane.STOCK) -> int:
    """Reads everything the first time, then what changed; returns how many rows were read.

    The cursor moves only after the last page, so that an interrupted reading is done again.
    """
    connection_id = systems.connection.id
    with engine.begin() as connection:
        cursor = cursors.read(connection, connection_id, catalog.name)
    since = cursor and minus_overlap(cursor.watermark)
    last, watermark, count = "0", None, 0
    if since is None and catalog.page is None:
        watermark = systems.netsuite.suiteql(*clock(), lane=lane)[0]["now_at"]
        since = minus_overlap(watermark)
    while True:
        rows = _rows(catalog, catalog.changed(last, since) if since else _first(catalog, last), systems, engine, lane)
        watermark = watermark or (rows[0]["now_at"] if rows else None)
        with engine.begin() as connection:
            catalog.keep(connection, systems, rows)
        count += len(rows)
        if len(rows) < PAGE:
            break
        last = rows[-1]["id"]
    with engine.begin() as connection:
        cursors.advance(connection, connection_id, catalog.name, watermark or (cursor.watermark if cursor else START))
    return count


def _rows(catalog: Catalog, query: Query, systems: Systems, engine: Engine, lane: Lane) -> Rows:
    """One page; without those of the further columns that NetSuite said within a day it does not have."""
    if catalog.columns is None:
        return systems.netsuite.suiteql(*query, lane=lane)
    lacking = _lacking(catalog, systems, engine)
    while True:
        columns = [name for name in catalog.columns(systems) if name not in lacking]
        try:
            return systems.netsuite.suiteql(*with_columns(query, columns), lane=lane)
        except Rejected as error:
            hidden = {name for name in columns if name in str(error)}
            if not hidden:
                raise
        lacking |= hidden
        with engine.begin() as connection:
            cursors.advance(connection, systems.connection.id, f"{catalog.name}_lacks", " ".join(sorted(lacking)))


def _lacking(catalog: Catalog, systems: Systems, engine: Engine) -> set[str]:
    with engine.begin() as connection:
        found = cursors.read(connection, systems.connection.id, f"{catalog.name}_lacks")
    is_known = found is not None and datetime.now(UTC) - found.moved_at < _ASKED_AGAIN
    return set(found.watermark.split()) if found is not None and is_known else set()


def is_stale(catalog: Catalog, systems: Systems, engine: Engine, *, seconds: float | None, now: datetime) -> bool:
    """True when the mirror was never read, or not within `seconds` where they are given."""
    with engine.begin() as connection:
        cursor = cursors.read(connection, systems.connection.id, catalog.name)
    if cursor is None:
        return True
    return seconds is not None and now - cursor.moved_at > timedelta(seconds=seconds)


def refresh_once(wanted: Catalog, systems: Systems, engine: Engine, *, seconds: float | None) -> bool:
    """True after a mirror was refreshed, by us or by the thread we waited for, because it was unread or too old."""
    if not is_stale(wanted, systems, engine, seconds=seconds, now=datetime.now(UTC)):
        return False
    with _refreshing[systems.connection.id]:
        if is_stale(wanted, systems, engine, seconds=seconds, now=datetime.now(UTC)):
            refresh(wanted, systems, engine, lane=Lane.ORDERS)
    return True


def look_up_skus(systems: Systems, engine: Engine, skus: Sequence[str]) -> None:
    """Asks NetSuite once for SKUs that the item map does not know."""
    rows: list[dict[str, str]] = []
    for start in range(0, len(skus), 200):
        rows += systems.netsuite.suiteql(*items_by_sku(skus[start : start + 200]))
    with engine.begin() as connection:
        _keep_items(connection, systems, rows)


def _keep_items(connection: Connection, systems: Systems, rows: Rows) -> None:
    found = [
        Item(int(row["id"]), row["itemid"].rpartition(" : ")[2], row.get("itemtype"), row.get("isinactive") == "T")
        for row in rows
        if row.get("itemid")
    ]
    items.keep(connection, systems.connection.id, found)


def _first(catalog: Catalog, last: str) -> tuple[str, tuple[str, ...]]:
    if catalog.page is None:
        raise AssertionError("a mirror without a past is asked for changes only")
    return catalog.page(last)


# What was billed, and the orders themselves: one question.
BILLING_CATALOG = Catalog(BILLING, None, documents_changed, keep_documents)
ITEM_CATALOG = Catalog(ITEMS, items_page, items_changed, _keep_items)
CUSTOMER_CATALOG = Catalog(CUSTOMERS, customers_page, customers_changed, keep_customers, told_columns)
