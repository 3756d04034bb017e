"""The mirror of NetSuite's stock and of its kits, written in bulk: what is as it was is not written again.

A reading is stored whole or not at all, so that the mirror is always what one complete reading said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

from sqlalchemy import Connection, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.copying import copy_lines, count_anew
from connector.store.mirror_tables import stock, stock_readings
from connector.store.tables import items


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the reading of stock is. `source` and `locations` are those of the last complete reading.

    `failure` says why the last reading did not come to its end, None when it did.
    """

    source: str | None
    locations: tuple[str, ...]
    watermark: str | None
    complete_at: datetime | None
    full_at: datetime | None
    kits_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    # By the clock of the database: when this was looked up.
    asked_at: datetime

    @property
    def is_partial(self) -> bool:
        """True when the mirror is older than it should be: the last reading failed, or there was none."""
        return self.complete_at is None or self.failed_at is not None

    @property
    def age(self) -> timedelta | None:
        """How long ago the last complete reading was stored."""
        return None if self.complete_at is None else self.asked_at - self.complete_at


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows of the mirror a reading added, changed and took away."""

    added: int
    changed: int
    removed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.added + self.changed + self.removed


def reading(connection: Connection, connection_id: int) -> Reading:
    """How far the reading of a connection's stock is."""
    row = connection.execute(
        select(stock_readings).where(stock_readings.c.connection_id == connection_id)
    ).one_or_none()
    asked_at = connection.execute(select(func.now())).scalar_one()
    if row is None:
        return Reading(None, (), None, None, None, None, None, None, asked_at)
    return Reading(
        source=row.source,
        locations=tuple((row.locations or "").split()),
        watermark=row.watermark,
        complete_at=row.complete_at,
        full_at=row.full_at,
        kits_at=row.kits_at,
        failed_at=row.failed_at,
        failure=row.failure,
        asked_at=asked_at,
    )


def keep_changes(connection: Connection, connection_id: int, rows: IO[bytes], *, since: datetime) -> Difference:
    """Stores what a reading of changes said: lines of item, location, available, changed_at in COPY's text format.

    What another reading stored after `since`, the begin of this one, is newer and stays.
    """
    copy_lines(connection, "fresh", "item bigint, location bigint, available numeric, changed_at text", rows)
    values = {"connection_id": connection_id, "since": since}
    changed = connection.execute(_CHANGE, values).rowcount
    added = connection.execute(_ADD, {"connection_id": connection_id}).rowcount
    count_anew(connection, "stock", came=added)
    return Difference(added, changed, 0)


def keep_all(connection: Connection, connection_id: int, rows: IO[bytes], *, since: datetime) -> Difference:
    """The same for a reading of everything: rows it did not name are taken away."""
    found = keep_changes(connection, connection_id, rows, since=since)
    removed = connection.execute(_REMOVE, {"connection_id": connection_id, "since": since}).rowcount
    return Difference(found.added, found.changed, removed)


def keep_kits(connection: Connection, connection_id: int, rows: IO[bytes]) -> Difference:
    """Stores the members of all kits: lines of kit, item and quantity. Members it did not name are taken away."""
    copy_lines(connection, "fresh", "kit bigint, item bigint, quantity numeric", rows)
    values = {"connection_id": connection_id}
    changed, added, removed = (connection.execute(statement, values).rowcount for statement in _KITS)
    _note(connection, connection_id, {"kits_at": func.now()})
    return Difference(added, changed, removed)


def complete(
    connection: Connection, connection_id: int, *, source: str, locations: Sequence[str], watermark: str
) -> None:
    """Notes a reading that came to its end; in the transaction that stored its rows."""
    values = {"source": source, "locations": " ".join(locations), "watermark": watermark}
    _note(connection, connection_id, values | {"complete_at": func.now(), "failed_at": None, "failure": None})


def complete_all(
    connection: Connection, connection_id: int, *, source: str, locations: Sequence[str], watermark: str
) -> None:
    """The same for a reading of everything."""
    complete(connection, connection_id, source=source, locations=locations, watermark=watermark)
    _note(connection, connection_id, {"full_at": func.now()})


def fail(connection: Connection, connection_id: int, reason: str) -> None:
    """Notes that a reading did not come to its end; nothing of it was stored."""
    _note(connection, connection_id, {"failed_at": func.now(), "failure": reason})


def ends_of_parts(connection: Connection, connection_id: int, *, behind: int, parts: int) -> list[int]:
    """Items that cut what lies behind an item into at most so many parts of about the same number of rows.

    By the mirror, and before the first reading by the item map. The last part ends with no item.
    """
    values = {"connection_id": connection_id, "behind": behind, "parts": parts, "page": _PAGE_ROWS}
    for statement in (_PARTS_OF_STOCK, _PARTS_OF_ITEMS):
        found = list(connection.execute(statement, values).scalars())
        if found:
            return found[:-1]
    return []


def is_empty(connection: Connection, connection_id: int) -> bool:
    """True when the mirror has no row of a connection."""
    return not connection.execute(select(exists().where(stock.c.connection_id == connection_id))).scalar()


def has_kits(connection: Connection, connection_id: int) -> bool:
    """True when the item map knows a kit."""
    is_kit = items.c.item_type.in_(("Kit", "Group"))
    return bool(connection.execute(select(exists().where(items.c.connection_id == connection_id, is_kit))).scalar())


def _note(connection: Connection, connection_id: int, values: dict[str, object]) -> None:
    statement = insert(stock_readings).values(connection_id=connection_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["connection_id"], set_=values))


# What one answer of NetSuite holds.
_PAGE_ROWS = 1000

_SAME = "s.connection_id = :connection_id and s.netsuite_item = f.item and s.netsuite_location = f.location"
_CHANGE = text(
    "update stock s set available = f.available, changed_at = f.changed_at, seen_at = now() from fresh f "
    f"where {_SAME} and s.seen_at <= :since "
    "and (s.available <> f.available or s.changed_at is distinct from f.changed_at)"
)
# What is there already is found by the index, row by row: a join would be planned for a mirror as empty as it still is, and
# take the square of what comes.
_ADD = text(
    "insert into stock (connection_id, netsuite_item, netsuite_location, available, changed_at) "
    "select :connection_id, f.item, f.location, f.available, f.changed_at from fresh f "
    "on conflict (connection_id, netsuite_item, netsuite_location) do nothing"
)
_REMOVE = text(
    "delete from stock s where s.connection_id = :connection_id and s.seen_at <= :since "
    f"and not exists (select from fresh f where {_SAME})"
)

_MEMBER = "k.connection_id = :connection_id and k.netsuite_kit = f.kit and k.netsuite_item = f.item"
_KITS = (
    text(f"update kit_members k set quantity = f.quantity from fresh f where {_MEMBER} and k.quantity <> f.quantity"),
    text(
        "insert into kit_members (connection_id, netsuite_kit, netsuite_item, quantity) "
        "select :connection_id, f.kit, f.item, f.quantity from fresh f "
        f"where not exists (select from kit_members k where {_MEMBER}) on conflict do nothing"
    ),
    text(
        "delete from kit_members k where k.connection_id = :connection_id "
        f"and not exists (select from fresh f where {_MEMBER})"
    ),
)

# Parts of whole pages: a page that is not full is a call for less.
_PARTS = (
    "with known as ({known}), "
    "sized as (select greatest(ceil(count(*) / (:parts * :page)::numeric), 1) * :page as rows from known), "
    "parted as (select item, div(row_number() over (order by item) - 1, (select rows from sized)) as part from known) "
    "select max(item) from parted group by part order by part"
)
_PARTS_OF_STOCK = text(
    _PARTS.format(
        known="select netsuite_item as item from stock where connection_id = :connection_id and netsuite_item > :behind"
    )
)
# Only what can hold stock.
_PARTS_OF_ITEMS = text(
    _PARTS.format(
        known="select netsuite_id as item from items where connection_id = :connection_id and netsuite_id > :behind "
        "and coalesce(item_type, 'InvtPart') in ('InvtPart', 'Assembly')"
    )
)
