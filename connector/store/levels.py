"""What Shopify has of each item at each location, and when that was so.

A value is only replaced by a newer one. Where nobody can say which of two is newer, `seen_at` becomes null: the level is in
doubt until the shop is asked, for an event says only what was, and the answer of a write may be lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from connector.store import unseen
from connector.store.copying import copy_rows, count_anew


@dataclass(frozen=True, slots=True)
class SeenLevel:
    """What Shopify said. `available` is None where the item is not stocked; `at` is when that was so.

    `is_exact`: False where `at` is the beginning of the second in which it was so.
    """

    item: int
    location: int
    available: int | None
    at: datetime
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an item is not pushed to a location."""

    item: int
    location: int
    sentence: str


def keep(connection: Connection, connection_id: int, found: Iterable[SeenLevel]) -> int:
    """Stores what Shopify answered where it is not older than what is known; how many levels have another quantity now."""
    _copy(connection, found)
    return _kept(connection, connection_id, since=None)


def tell(connection: Connection, connection_id: int, found: Iterable[SeenLevel]) -> int:
    """The same for events, in whatever order and however often: the newest of a level counts. One in doubt stays in doubt.

    Two quantities of one moment put their level in doubt.
    """
    _copy(connection, found)
    unseen.notice_lowered(connection, connection_id, since=None)
    values = {"connection_id": connection_id}
    changed = connection.execute(_TELL, values).rowcount + connection.execute(_ADD, values).rowcount
    return changed + connection.execute(_TIED, values).rowcount


def keep_all(connection: Connection, connection_id: int, found: Iterable[SeenLevel], *, since: datetime) -> int:
    """The same for a reading of everything that began at `since`: what it did not name is not stocked.

    What we learnt before it began is replaced whatever its time says: the clocks may differ.
    """
    _copy(connection, found)
    changed = _kept(connection, connection_id, since=since)
    count_anew(connection, "levels", came=changed)
    return changed + connection.execute(_NOT_STOCKED, {"connection_id": connection_id, "since": since}).rowcount


def name_problems(
    connection: Connection, connection_id: int, location: int, found: Iterable[Problem], *, ours: Sequence[str]
) -> int:
    """Notes what is wrong at a location; how many problems are new: those to be named.

    Problems like `ours` (patterns of SQL) that were not found again are taken back; what others noted stays.
    """
    rows = ((problem.item, problem.sentence) for problem in found if problem.location == location)
    copy_rows(connection, "fresh_problems", "item bigint, sentence text", rows)
    values = {"connection_id": connection_id, "location": location, "ours": list(ours)}
    new = connection.execute(_NAME, values).rowcount
    connection.execute(_SOLVED, values)
    connection.exec_driver_sql("drop table fresh_problems")
    return new


def _copy(connection: Connection, found: Iterable[SeenLevel]) -> None:
    rows = ((one.item, one.location, one.available, one.at.isoformat(), one.is_exact) for one in found)
    columns = "item bigint, location bigint, available integer, at timestamptz, is_exact boolean"
    copy_rows(connection, "fresh_levels", columns, rows)


def _kept(connection: Connection, connection_id: int, *, since: datetime | None) -> int:
    values = {"connection_id": connection_id, "since": since}
    unseen.notice_lowered(connection, connection_id, since=since)
    changed = connection.execute(_CHANGE, values).rowcount
    connection.execute(_SEE, values)
    return changed + connection.execute(_ADD, values).rowcount


# Of one item at one location the newest counts, and of equally old ones the one that came last.
_FRESH = (
    "(select distinct on (item, location) * from (select *, row_number() over () as n from fresh_levels) as numbered "
    "order by item, location, at desc, n desc) as f"
)
_SAME = "l.connection_id = :connection_id and l.inventory_item = f.item and l.shopify_location = f.location"
_IS_NEWER = "(l.seen_at is null or f.at >= l.seen_at or l.seen_at < cast(:since as timestamptz))"
_CHANGE = text(
    f"update levels l set available = f.available, seen_at = f.at, sending = null from {_FRESH} "
    f"where {_SAME} and {_IS_NEWER} and l.available is distinct from f.available"
)
# Only forward: a late answer does not make a value look older than it is. One in doubt is certain again.
_SEE = text(
    f"update levels l set seen_at = f.at, sending = null from {_FRESH} "
    f"where {_SAME} and (l.seen_at is null or l.seen_at < f.at)"
)
_TELL = text(
    f"update levels l set available = f.available, seen_at = f.at from {_FRESH} where {_SAME} and f.at > l.seen_at"
)
_TIED = text(
    "update levels l set seen_at = null "
    f"from fresh_levels f where {_SAME} and f.available is distinct from l.available and (f.at = l.seen_at "
    "or (not f.is_exact and date_trunc('second', f.at) = date_trunc('second', l.seen_at)))"
)
_ADD = text(
    "insert into levels (connection_id, inventory_item, shopify_location, available, seen_at) "
    f"select :connection_id, f.item, f.location, f.available, f.at from {_FRESH} "
    "on conflict (connection_id, inventory_item, shopify_location) do nothing"
)
_NOT_STOCKED = text(
    "update levels l set available = null, seen_at = :since where l.connection_id = :connection_id "
    "and l.available is not null and (l.seen_at is null or l.seen_at < :since) and not exists "
    "(select from fresh_levels f where f.item = l.inventory_item and f.location = l.shopify_location)"
)
_NAME = text(
    "insert into levels as l (connection_id, inventory_item, shopify_location, problem) "
    "select :connection_id, item, :location, sentence from fresh_problems "
    "on conflict (connection_id, inventory_item, shopify_location) do update set problem = excluded.problem "
    "where l.problem is distinct from excluded.problem"
)
_SOLVED = text(
    "update levels l set problem = null where l.connection_id = :connection_id and l.shopify_location = :location "
    "and l.problem like any(:ours) and not exists (select from fresh_problems f where f.item = l.inventory_item)"
)
