"""Units of accepted orders that NetSuite's figures may not contain yet: what the push keeps back.

Units that NetSuite committed are counted until a reading of its stock that began afterwards is complete.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select, text

from connector.store.mirror_tables import reservations
from connector.store.records import ORDER
from connector.store.tables import RecordState, events, records
from connector.store.unseen import ITEMS_OF_UNITS, Units, columns

UNREAD_AT_ONCE = 500
# A delivery may become visible this long after the moment it is said to be received at.
_AT_THE_LATEST = timedelta(minutes=1)
_IN_WORK = (RecordState.PENDING, RecordState.WORKING, RecordState.HELD, RecordState.PARKED)
_LEFT_OUT = (RecordState.EXCLUDED, RecordState.IGNORED)
_WAITING = (RecordState.HELD, RecordState.PARKED)


@dataclass(frozen=True, slots=True)
class Unread:
    """An order and its newest delivery: `delivery_id` and `body`, sealed; None of one without a delivery that was kept.

    `seen_version`: which change in Shopify its last pass knew. `fence`: what another pass would have raised. `is_left_out`:
    it is not to be written to NetSuite.
    """

    record_id: int
    shopify_id: str
    seen_version: datetime | None
    fence: int
    delivery_id: str | None
    is_left_out: bool
    body: bytes | None = field(repr=False)


def keep(connection: Connection, connection_id: int, record_id: int, units: Sequence[Units]) -> None:
    """These are the units of an order that NetSuite has not committed; items the shop's map does not know are left out."""
    is_open = (reservations.c.record_id == record_id, reservations.c.committed_at.is_(None))
    connection.execute(delete(reservations).where(*is_open))
    if units:
        connection.execute(_KEEP, {"connection_id": connection_id, "record_id": record_id, **columns(units)})


def commit(connection: Connection, connection_id: int, record_id: int, *, but: Sequence[Units]) -> None:
    """NetSuite has committed all units of an order but these, which are kept back as they are now."""
    connection.execute(_COMMIT, {"connection_id": connection_id, "record_id": record_id, **columns(but)})


def settle(connection: Connection, connection_id: int, *, before: datetime) -> int:
    """A reading of stock that began at `before` is complete: what was committed until then is contained in it.

    So are the units of an order that came to rest in step before it: what was noted of it beside its pass is out of date.
    Those that ship from a place of their own are not, for NetSuite may hold them elsewhere.
    """
    at_rest = select(records.c.id).where(
        records.c.connection_id == connection_id,
        records.c.state == RecordState.IN_SYNC,
        records.c.changed_at < before,
    )
    settled = delete(reservations).where(
        reservations.c.connection_id == connection_id,
        or_(
            reservations.c.committed_at < before,
            and_(
                reservations.c.committed_at.is_(None),
                reservations.c.shopify_location.is_(None),
                reservations.c.made_at < before,
                reservations.c.record_id.in_(at_rest),
            ),
        ),
    )
    return connection.execute(settled).rowcount


def unread(connection: Connection, connection_id: int, *, after: int) -> list[Unread]:
    """Accepted orders with a delivery that no pass has read and for which nothing is kept back yet, some at a time.

    One that an import took in has no delivery, and is unread until its first pass. Of those that a person ignores the ones
    for which something is kept back. `after`: the record id that the last ones ended with.
    """
    noted = (reservations.c.record_id == records.c.id, reservations.c.committed_at.is_(None))
    heard_at = func.coalesce(events.c.received_at, records.c.created_at)
    since = reservations.c.made_at > heard_at + _AT_THE_LATEST
    is_news = and_(events.c.id.is_not(None), records.c.wanted_version > records.c.applied_version)
    is_unread = and_(
        records.c.state.in_((*_IN_WORK, RecordState.IGNORED)),
        or_(records.c.seen_version.is_(None), is_news),
        ~exists().where(*noted, since),
        or_(records.c.state != RecordState.IGNORED, exists().where(*noted)),
    )
    return _found(connection, connection_id, is_unread, after=after)


def not_written(connection: Connection, connection_id: int, *, after: int) -> list[Unread]:
    """Orders that are not written to NetSuite, or wait for a person before they are, some at a time; `after` as for `unread`."""
    return _found(connection, connection_id, records.c.state.in_((*_LEFT_OUT, *_WAITING)), after=after)


def _found(connection: Connection, connection_id: int, which: ColumnElement[bool], *, after: int) -> list[Unread]:
    told = events.alias()
    newest = (
        select(told.c.id)
        .where(
            told.c.connection_id == records.c.connection_id,
            told.c.record_kind == ORDER,
            told.c.shopify_id == records.c.shopify_id,
            told.c.redacted_at.is_(None),
        )
        .order_by(told.c.id.desc())
        .limit(1)
        .correlate(records)
        .scalar_subquery()
    )
    found = connection.execute(
        select(
            records.c.id, records.c.shopify_id, records.c.seen_version, records.c.fence, records.c.state,
            events.c.delivery_id, events.c.body,
        )
        .select_from(records)
        .outerjoin(events, events.c.id == newest)
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == ORDER,
            ~records.c.waits_for_job,
            records.c.id > after,
            which,
        )
        .order_by(records.c.id)
        .limit(UNREAD_AT_ONCE)
    )  # fmt: skip
    return [
        Unread(
            row.id, row.shopify_id, row.seen_version, row.fence, row.delivery_id, row.state in _LEFT_OUT,
            None if row.body is None else bytes(row.body),
        )
        for row in found
    ]  # fmt: skip


def is_unread_still(connection: Connection, one: Unread) -> bool:
    """True while no pass has begun since; none can begin before this transaction ends."""
    same = select(records.c.id).where(records.c.id == one.record_id, records.c.fence == one.fence)
    return connection.execute(same.with_for_update(key_share=True)).one_or_none() is not None


_KEEP = text(
    "insert into reservations (connection_id, record_id, inventory_item, quantity, shopify_location) "
    f"select :connection_id, :record_id, s.inventory_item, u.quantity, u.location from {ITEMS_OF_UNITS}"
)
# What was kept back and is not left stands in NetSuite now.
_COMMIT = text(
    "with kept as (delete from reservations where record_id = :record_id and committed_at is null "
    "returning inventory_item, shopify_location, quantity), "
    "still as (select s.inventory_item, u.location as shopify_location, sum(u.quantity) as quantity "
    f"from {ITEMS_OF_UNITS} group by 1, 2), "
    "gone as (select inventory_item, shopify_location, sum(quantity) as quantity from "
    "(select * from kept union all select inventory_item, shopify_location, -quantity from still) as difference "
    "group by 1, 2 having sum(quantity) > 0) "
    "insert into reservations (connection_id, record_id, inventory_item, shopify_location, quantity, committed_at) "
    "select :connection_id, :record_id, inventory_item, shopify_location, quantity, null from still union all "
    "select :connection_id, :record_id, inventory_item, shopify_location, quantity, clock_timestamp() from gone"
)
