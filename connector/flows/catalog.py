"""NetSuite's items and customers kept in Postgres, so that an order needs no call to find them.

Read by SuiteQL in pages of a thousand, by key; afterwards only what changed since the last reading.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from connector.flows.systems import Systems
from connector.limits import Lane
from connector.netsuite.client import PAGE
from connector.netsuite.suiteql import customers_changed, customers_page, items_by_sku, items_changed, items_page
from connector.store import cursors, customers, items
from connector.store.customers import MirroredCustomer
from connector.store.items import Item

ITEMS = "items"
CUSTOMERS = "customers"

# NetSuite keeps change times to the minute, and saves may still be running: read a little again.
OVERLAP = timedelta(minutes=10)
_CLOCK = "%Y-%m-%d %H:%M:%S"

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Catalog:
    """One of the two mirrors: how it is asked for and kept."""

    name: str
    page: Callable[[str], tuple[str, tuple[str, ...]]]
    changed: Callable[[str, str], tuple[str, tuple[str, ...]]]
    keep: Callable[[Connection, Systems, Rows], None]


def refresh(catalog: Catalog, systems: Systems, engine: Engine, *, lane: Lane = Lane.STOCK) -> int:
    """Reads everything the first time, then what changed; returns how many rows were read.

    The cursor moves only after the last page, so that an interrupted reading is done again.
    """
    connection_id = systems.connection.id
    with engine.begin() as connection:
        cursor = cursors.read(connection, connection_id, catalog.name)
    since = cursor and _minus_overlap(cursor.watermark)
    last, watermark, count = "0", None, 0
    while True:
        query, parameters = catalog.changed(last, since) if since else catalog.page(last)
        rows = systems.netsuite.suiteql(query, parameters, lane=lane)
        watermark = watermark or (rows[0]["now_at"] if rows else None)
        with engine.begin() as connection:
            catalog.keep(connection, systems, rows)
        count += len(rows)
        if len(rows) < PAGE:
            break
        last = rows[-1]["id"]
    with engine.begin() as connection:
        cursors.advance(
            connection, connection_id, catalog.name, watermark or (cursor.watermark if cursor else _start())
        )
    return count


def is_stale(catalog: Catalog, systems: Systems, engine: Engine, *, seconds: float | None, now: datetime) -> bool:
    """True when the mirror was never read, or not within `seconds` where they are given."""
    with engine.begin() as connection:
        cursor = cursors.read(connection, systems.connection.id, catalog.name)
    if cursor is None:
        return True
    return seconds is not None and now - cursor.moved_at > timedelta(seconds=seconds)


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


def _keep_customers(connection: Connection, systems: Systems, rows: Rows) -> None:
    found = [
        MirroredCustomer(
            int(row["id"]),
            systems.email_hash(row["email"]),
            row.get("subsidiary", ""),
            row.get("isinactive") == "T",
        )
        for row in rows
        if row.get("email")
    ]
    customers.keep(connection, systems.connection.id, found)


ITEM_CATALOG = Catalog(ITEMS, items_page, items_changed, _keep_items)
CUSTOMER_CATALOG = Catalog(CUSTOMERS, customers_page, customers_changed, _keep_customers)


def _minus_overlap(watermark: str) -> str:
    return (_moment(watermark) - OVERLAP).strftime(_CLOCK)


def _moment(watermark: str) -> datetime:
    return datetime.strptime(watermark, _CLOCK).replace(tzinfo=UTC)


def _start() -> str:
    """A watermark before everything: nothing was there to tell NetSuite's clock."""
    return datetime(2000, 1, 1, tzinfo=UTC).strftime(_CLOCK)
