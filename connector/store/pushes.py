"""What the push writes down beside the levels: whose write is the newest, and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, TextClause, text

from connector.shopify.inventory import Quantity
from connector.store.copying import copy_rows


@dataclass(frozen=True, slots=True)
class Numbered:
    """A quantity on its way; nothing with a lower number of its level is written down any more.

    `at`: before it was sent, so that what is told of a later moment is newer than it.
    """

    row: Quantity
    sequence: int
    at: datetime


def take(connection: Connection, connection_id: int, rows: Sequence[Quantity]) -> list[Numbered]:
    """Numbers the writes of these levels, before they are sent."""
    going = ((row.item, row.location, row.quantity) for row in rows)
    copy_rows(connection, "going", "item bigint, location bigint, quantity integer", going)
    found = connection.execute(_TAKE, {"connection_id": connection_id})
    numbers = {(row.inventory_item, row.shopify_location): (row.sequence, row.at) for row in found}
    connection.exec_driver_sql("drop table going")
    return [Numbered(row, *numbers[row.item, row.location]) for row in rows]


def published(connection: Connection, connection_id: int, done: Iterable[Numbered]) -> int:
    """Shopify has these quantities, unless a later write of the level is on its way; how many were written down."""
    rows = ((one.row.item, one.row.location, one.row.quantity, one.sequence, one.at.isoformat()) for one in done)
    columns = "item bigint, location bigint, quantity integer, sequence bigint, at timestamptz"
    copy_rows(connection, "gone", columns, rows)
    count = connection.execute(_PUBLISHED, {"connection_id": connection_id}).rowcount
    connection.exec_driver_sql("drop table gone")
    return count


def doubt(connection: Connection, connection_id: int, rows: Iterable[Numbered]) -> None:
    """The answer was lost: what Shopify has of these is to be asked before they are pushed again."""
    _mark(connection, connection_id, rows, _DOUBT)


def not_set(connection: Connection, connection_id: int, rows: Iterable[Numbered]) -> None:
    """The shop has set none of these."""
    _mark(connection, connection_id, rows, _NOT_SET)


def _mark(connection: Connection, connection_id: int, rows: Iterable[Numbered], statement: TextClause) -> None:
    marked = ((one.row.item, one.row.location, one.row.quantity, one.sequence) for one in rows)
    copy_rows(connection, "marked", "item bigint, location bigint, quantity integer, sequence bigint", marked)
    connection.execute(statement, {"connection_id": connection_id})
    connection.exec_driver_sql("drop table marked")


_SAME = "l.connection_id = :connection_id and l.inventory_item = g.item and l.shopify_location = g.location"
_TAKE = text(
    f"update levels l set sequence = l.sequence + 1, sending = g.quantity from going g where {_SAME} "
    "returning l.inventory_item, l.shopify_location, l.sequence, clock_timestamp() as at"
)
_PUBLISHED = text(
    "update levels l set available = case when l.seen_at > g.at then l.available else g.quantity end, "
    "seen_at = greatest(l.seen_at, g.at), sending = null, published = g.quantity, "
    f"published_at = now() from gone g where {_SAME} and l.sequence = g.sequence"
)
_DOUBT = text(f"update levels l set seen_at = null, sending = g.quantity from marked g where {_SAME}")
_NOT_SET = text(f"update levels l set sending = null from marked g where {_SAME} and l.sequence = g.sequence")
