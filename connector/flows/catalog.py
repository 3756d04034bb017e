"""NetSuite's items, customers, our orders and their bills kept in Postgres, so that an order needs no call to find them.

Read by SuiteQL in pages of a thousand, by key; afterwards only what changed since the last reading.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from connector.errors import Rejected, Unavailable
from connector.flows.changes import Changes, Row, Rows
from connector.flows.customer_mirror import keep_customers, told_columns
from connector.flows.document_mirror import keep_documents
from connector.flows.systems import Systems
from connector.limits import Lane
from connector.netsuite.suiteql import (
    Query,
    customers_changed,
    customers_counted,
    customers_page,
    documents_changed,
    items_by_sku,
    items_changed,
    items_counted,
    items_page,
    with_columns,
)
from connector.netsuite.tables import hidden_columns, owned_of_customers
from connector.store import cursors, items
from connector.store.items import Item

BILLING = "billing"
ITEMS = "items"
CUSTOMERS = "customers"

_ASKED_AGAIN = timedelta(days=1)
# Before a new customer is created the mirror of NetSuite's customers must be at most this old; beat keeps it so.
CUSTOMERS_FRESH_SECONDS = 300
_refreshing: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True, slots=True)
class Catalog:
    """One of the mirrors: how it is asked for and kept. Without `page` nothing before its first reading is wanted.

    `columns`: further ones that the rules want, and that an account may not have; `counted` asks how many changed.
    """

    name: str
    page: Callable[[str], Query] | None
    changed: Callable[[str, str], Query]
    keep: Callable[[Connection, Systems, Rows], None]
    columns: Callable[[Systems], Sequence[str]] | None = None
    counted: Callable[[str], Query] | None = None


def refresh(catalog: Catalog, systems: Systems, engine: Engine, *, lane: Lane = Lane.STOCK) -> int:
    """Reads everything the first time, then what changed; returns how many rows were read.

    The cursor moves only after the last page, so that an interrupted reading is done again.
    """
    reading, count = Changes.begin(catalog.name, systems, engine, lane=lane), 0
    columns = None if catalog.columns is None else " ".join(catalog.columns(systems))
    if catalog.page is None:
        reading.from_now_on()
    if columns != _columns_read(catalog, systems, engine):
        # The rules want to know more of the rows that did not change, too.
        reading.everything()

    def ask(last: Row | None, since: str | None) -> Rows:
        after = "0" if last is None else last["id"]
        query = _first(catalog, after) if since is None else catalog.changed(after, since)
        return _rows(catalog, query, systems, engine, lane)

    for rows in reading.pages(ask):
        with engine.begin() as connection:
            catalog.keep(connection, systems, rows)
        count += len(rows)
    reading.end()
    if columns is not None:
        with engine.begin() as connection:
            cursors.advance(connection, systems.connection.id, f"{catalog.name}_columns", columns)
    return count


def changed_page(catalog: Catalog, systems: Systems, engine: Engine, *, after: str, since: str, lane: Lane) -> Rows:
    """A thousand rows behind an id that changed since a moment of NetSuite's clock, not kept yet."""
    return _rows(catalog, catalog.changed(after, since), systems, engine, lane)


def _columns_read(catalog: Catalog, systems: Systems, engine: Engine) -> str | None:
    with engine.begin() as connection:
        found = cursors.read(connection, systems.connection.id, f"{catalog.name}_columns")
    return None if found is None else found.watermark


def _rows(catalog: Catalog, query: Query, systems: Systems, engine: Engine, lane: Lane) -> Rows:
    """One page; without those of the further columns that NetSuite said within a day it does not have."""
    if catalog.columns is None:
        return systems.netsuite.suiteql(*query, lane=lane)
    lacking = _lacking(catalog, systems, engine)
    while True:
        columns = [name for name in catalog.columns(systems) if name not in lacking]
        try:
            return systems.netsuite.suiteql(*with_columns(query, columns), lane=lane)
        except (Rejected, Unavailable) as error:
            hidden = set(hidden_columns(systems.netsuite, owned_of_customers(columns), error))
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
ITEM_CATALOG = Catalog(ITEMS, items_page, items_changed, _keep_items, counted=items_counted)
CUSTOMER_CATALOG = Catalog(
    CUSTOMERS, customers_page, customers_changed, keep_customers, told_columns, customers_counted
)
