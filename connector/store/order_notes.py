"""What people noted on an order, and what they did to it, in their own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from connector.store.console_tables import order_notes
from connector.store.records import ORDER
from connector.store.tables import records


@dataclass(frozen=True, slots=True)
class Note:
    """One note."""

    at: datetime
    who: str
    said: str


def add(connection: Connection, record_id: int, *, who: str, said: str) -> None:
    """Keeps a note."""
    connection.execute(insert(order_notes).values(record_id=record_id, who=who, said=said))


def of_record(connection: Connection, record_id: int) -> list[Note]:
    """An order's notes, oldest first."""
    columns = [order_notes.c[name] for name in Note.__dataclass_fields__]
    found = connection.execute(
        select(*columns).where(order_notes.c.record_id == record_id).order_by(order_notes.c.id)
    ).mappings()
    return [Note(**row) for row in found]


def forget(connection: Connection, connection_id: int, orders: Sequence[str] | None = None) -> None:
    """Takes away the notes on these orders, by their Shopify ids, or on all: one can name a buyer."""
    ids = select(records.c.id).where(records.c.connection_id == connection_id, records.c.kind == ORDER)
    if orders is not None:
        ids = ids.where(records.c.shopify_id.in_(list(orders)))
    connection.execute(delete(order_notes).where(order_notes.c.record_id.in_(ids)))
