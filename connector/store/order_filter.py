"""Orders of some connections by state, reason and day, newest first, page by page. Read only.

Each connection's newest are found by an index of their own and then put together. Ids grow with the moment a record was made,
so that a stretch of days in which orders were heard of is a stretch of ids, and every index that ends in the id can be asked
for it. Where days are asked in which they were placed, they are in the order of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    cast,
    false,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from connector.store.into_step import MOST
from connector.store.records import ORDER, RecordView
from connector.store.tables import RecordState, records

_COLUMNS = tuple(records.c[name] for name in RecordView.__dataclass_fields__)
_BEHIND_ALL = 2**63 - 1
# Transactions that overlap take ids in another order than their moments; more than these never do.
_OVERLAP = 500


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders; what is None or empty is not asked. `since` and `until`: when it was placed, as Shopify says; one that was
    not read yet has no such moment. `heard_since` and `heard_until`: when we first heard of it.

    `subject`: what they are held for, such as `sku:MUG-1`; only held orders have one. `differs`: only those with another
    total on each side. `in_step_since`: they are in step, and came so since then; the newest of a connection, as many as are
    counted.
    """

    connection_ids: Sequence[int]
    states: Sequence[RecordState] = ()
    reason: str | None = None
    subject: str | None = None
    differs: bool = False
    since: datetime | None = None
    until: datetime | None = None
    heard_since: datetime | None = None
    heard_until: datetime | None = None
    in_step_since: datetime | None = None

    def fits(self, order: RecordView) -> bool:
        """True when an order that was found otherwise is one of these."""
        return (
            order.connection_id in self.connection_ids
            and (not self.states or order.state in self.states)
            and self.reason in (None, order.reason_code)
            and (not self.differs or order.differs)
            and (self.subject is None or (order.state, order.reason_subject) == (RecordState.HELD, self.subject))
            and (self.heard_since is None or order.created_at >= self.heard_since)
            and (self.heard_until is None or order.created_at < self.heard_until)
            and self._was_placed(order.placed_at)
            and (self.in_step_since is None or _came_into_step(order, self.in_step_since))
        )

    @property
    def is_of_days(self) -> bool:
        """True where it is asked when an order was placed."""
        return self.since is not None or self.until is not None

    def _was_placed(self, at: datetime | None) -> bool:
        if at is None:
            return not self.is_of_days
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


def _came_into_step(order: RecordView, since: datetime) -> bool:
    return order.state == RecordState.IN_SYNC and order.in_step_at is not None and order.in_step_at >= since


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Ids between which the wanted ones lie, neither of them included."""

    behind: int
    before: int


def chosen(connection: Connection, wanted: OrderFilter, *, limit: int, before: int | None = None) -> list[RecordView]:
    """Orders of the filter, the newest first; `before`: only those behind the record of this id.

    Newest is what was placed last where days are asked, else what was heard of last.
    """
    stretch = _stretch(connection, wanted)
    if stretch is None:
        return []
    if before is not None and not wanted.is_of_days:
        stretch = replace(stretch, before=min(stretch.before, before))
    if wanted.is_of_days:
        placed = _placed(connection, before)
        each = _each_by_day(wanted, stretch, placed, limit).subquery("found")
        order: tuple[ColumnElement[Any], ...] = (each.c.placed_at.desc(), each.c.id.desc())
    else:
        each = _each(wanted, stretch, limit).subquery("found")
        order = (each.c.id.desc(),)
    rows = connection.execute(select(each).order_by(*order).limit(limit)).mappings()
    return [RecordView(**row) for row in rows]


def newer(connection: Connection, wanted: OrderFilter, *, than: int, limit: int) -> int:
    """How many orders of the filter came after the record of this id, at most as many as the limit."""
    stretch = _stretch(connection, wanted)
    if stretch is None:
        return 0
    each = _each(wanted, replace(stretch, behind=max(stretch.behind, than)), limit).limit(limit).subquery("found")
    return int(connection.execute(select(func.count()).select_from(each)).scalar_one())


def _each(wanted: OrderFilter, stretch: _Stretch, limit: int) -> Select[Any]:
    """The newest of each connection and state, or of each connection with the reason or with totals that differ.

    Places are compared as the index is sorted: with a condition on the id alone the planner would rather walk back over all
    records.
    """
    ids = _ids(wanted)
    of_connection = select(*_COLUMNS).where(records.c.connection_id == ids.c.id)
    if wanted.in_step_since is not None:
        return _in_step(of_connection, ids, wanted, stretch)
    if wanted.reason is not None or wanted.subject is not None or wanted.differs:
        newest = of_connection.where(*_of_cause(wanted), records.c.id > stretch.behind, records.c.id < stretch.before)
        each = _of_days(newest, wanted).order_by(records.c.id.desc()).limit(limit).correlate(ids).lateral("newest")
        return select(each).select_from(ids.join(each, true()))
    states = cast(list(wanted.states or RecordState), ARRAY(Text))
    state = select(func.unnest(states).label("state")).subquery("wanted")
    place = (records.c.state, records.c.kind, records.c.id)
    newest = of_connection.where(
        tuple_(*place) > tuple_(state.c.state, ORDER, stretch.behind),
        tuple_(*place) < tuple_(state.c.state, ORDER, stretch.before),
    )
    in_order = _of_days(newest, wanted).order_by(*(column.desc() for column in place)).limit(limit)
    each = in_order.correlate(ids, state).lateral("newest")
    return select(each).select_from(ids.join(state, true()).join(each, true()))


def _each_by_day(
    wanted: OrderFilter, stretch: _Stretch, before: tuple[datetime, int] | None, limit: int
) -> Select[Any]:
    """Those of each connection that were placed last; few of a rare state are found by that instead, as the planner counts."""
    ids = _ids(wanted)
    place = (records.c.placed_at, records.c.id)
    newest = select(*_COLUMNS).where(records.c.connection_id == ids.c.id, *_of_cause(wanted))
    if stretch != _Stretch(0, _BEHIND_ALL):
        newest = newest.where(records.c.id > stretch.behind, records.c.id < stretch.before)
    if before is not None:
        newest = newest.where(tuple_(*place) < tuple_(*before))
    in_order = _of_days(newest, wanted).order_by(*(column.desc() for column in place)).limit(limit)
    each = in_order.correlate(ids).lateral("newest")
    return select(each).select_from(ids.join(each, true()))


def _placed(connection: Connection, before: int | None) -> tuple[datetime, int] | None:
    """Where a page begins; of what was never placed, at the first."""
    found = select(records.c.placed_at).where(records.c.id == before, records.c.placed_at.is_not(None))
    at = None if before is None else connection.execute(found).scalar_one_or_none()
    return None if at is None or before is None else (at, before)


def _in_step(of_connection: Select[Any], ids: Subquery, wanted: OrderFilter, stretch: _Stretch) -> Select[Any]:
    """Those that came into step last are found first, by their own index; of a connection no more than are counted."""
    came = of_connection.where(
        records.c.kind == literal_column("'order'"),
        records.c.state == literal_column("'in_sync'"),
        records.c.in_step_at >= wanted.in_step_since,
    )
    last = came.order_by(records.c.in_step_at.desc()).limit(MOST).correlate(ids).lateral("last")
    fits = [last.c.id > stretch.behind, last.c.id < stretch.before]
    fits += [last.c.created_at >= wanted.heard_since] if wanted.heard_since is not None else []
    fits += [last.c.created_at < wanted.heard_until] if wanted.heard_until is not None else []
    fits += [last.c.differs] if wanted.differs else []
    fits += [last.c.state.in_(list(wanted.states))] if wanted.states else []
    fits += [last.c.reason_code == wanted.reason] if wanted.reason is not None else []
    fits += [false()] if wanted.subject is not None else []
    return select(last).select_from(ids.join(last, true())).where(*fits)


def _of_cause(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    chosen = [records.c.kind == ORDER]
    if wanted.differs:
        chosen.append(records.c.differs)
    if wanted.subject is not None:
        chosen += [records.c.state == RecordState.HELD, records.c.reason_subject == wanted.subject]
    if wanted.reason is not None:
        chosen.append(records.c.reason_code == wanted.reason)
    if wanted.states:
        chosen.append(records.c.state.in_(list(wanted.states)))
    if wanted.in_step_since is not None:
        chosen += [records.c.state == RecordState.IN_SYNC, records.c.in_step_at >= wanted.in_step_since]
    return chosen


def _of_days(query: Select[Any], wanted: OrderFilter) -> Select[Any]:
    if wanted.heard_since is not None:
        query = query.where(records.c.created_at >= wanted.heard_since)
    if wanted.heard_until is not None:
        query = query.where(records.c.created_at < wanted.heard_until)
    if wanted.since is not None:
        query = query.where(records.c.placed_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(records.c.placed_at < wanted.until)
    return query


def _stretch(connection: Connection, wanted: OrderFilter) -> _Stretch | None:
    """Where the ids of these days lie; None where no order came then."""
    if not wanted.connection_ids:
        return None
    behind, before = 0, _BEHIND_ALL
    if wanted.heard_since is not None:
        first = _edge(
            connection, wanted, records.c.created_at >= wanted.heard_since, records.c.created_at.asc(), func.min
        )
        if first is None:
            return None
        behind = first - 1
    if wanted.heard_until is not None:
        last = _edge(
            connection, wanted, records.c.created_at < wanted.heard_until, records.c.created_at.desc(), func.max
        )
        if last is None:
            return None
        before = last + 1
    return _Stretch(behind, before)


def _edge(connection: Connection, wanted: OrderFilter, is_there: Any, order: Any, outermost: Any) -> int | None:
    """The outermost id among those nearest to an edge of the days, over all connections."""
    ids = _ids(wanted)
    near = select(records.c.id).where(records.c.connection_id == ids.c.id, records.c.kind == ORDER, is_there)
    edge = near.order_by(order).limit(_OVERLAP).correlate(ids).lateral("near")
    query = select(outermost(edge.c.id)).select_from(ids.join(edge, true()))
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _ids(wanted: OrderFilter) -> Subquery:
    return select(func.unnest(cast(list(wanted.connection_ids), ARRAY(BigInteger))).label("id")).subquery("connection")
