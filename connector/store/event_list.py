"""The audit log of deliveries as a list, newest first, page by page, and which records they speak of. Read only.

Each connection's newest are found by an index of their own and then put together: there are few connections, and no index
begins with anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, ScalarSelect, Select, and_, func, select, true, tuple_

from connector.store.connection_tables import connections
from connector.store.records import ORDER
from connector.store.tables import RecordState, events, records

# Another pass over one of these is a look at how things stand now; compliance requests were answered once.
REPLAYED = ("order", "customer")
# So many of the newest deliveries are looked through for a state or reason that many records have: those are met soon. Of
# fewer records, all of which may be old, the deliveries are asked for at once.
_WALKED = 10_000
_MANY = 1_000
# Records whose deliveries mostly fill a page.
_LATEST = 100


@dataclass(frozen=True, slots=True)
class EventView:
    """One delivery without its body."""

    id: int
    connection: str
    source: str
    topic: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None
    received_at: datetime
    record_kind: str | None
    shopify_id: str | None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which deliveries; what is None is not asked. The last four are of the record a delivery speaks of.

    `among`: the only connections that are looked into, whatever else is asked.
    `sku`: the record is held for this SKU; `order`: its name or Shopify id; `reason`: its reason's code.
    """

    connection_id: int | None = None
    ids: Sequence[int] = ()
    since: datetime | None = None
    until: datetime | None = None
    topic: str | None = None
    delivery_id: str | None = None
    among: Sequence[int] | None = None
    state: str | None = None
    reason: str | None = None
    sku: str | None = None
    order: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What was asked, for the record; not which connections may be seen."""
        asked = {name: getattr(self, name) for name in EventFilter.__dataclass_fields__ if name != "among"}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asked.items()
            if value not in (None, ())
        }


OF_EVENT = tuple(events.c[name] for name in EventView.__dataclass_fields__ if name != "connection")


def found_events(
    connection: Connection, wanted: EventFilter, *, limit: int, before: int | None = None
) -> Sequence[EventView]:
    """The newest deliveries of a filter, newest first; `before`: only older ones than the delivery of this id."""
    if _may_be_walked(wanted) and _are_many(connection, wanted):
        newest = _behind(_of_connection(wanted), before)
        found = _page(connection, wanted, _walked(wanted, newest, limit, at_most=_WALKED), limit)
        if len(found) == limit:
            return found
        if wanted.state == RecordState.IN_SYNC and wanted.reason is None:
            return _page(connection, wanted, _walked(wanted, newest, limit, at_most=None), limit)
    if before is None and (latest := _of_the_latest(connection, wanted, limit)) is not None:
        return latest
    return _page(connection, wanted, _behind(_filtered(select(*OF_EVENT), wanted), before), limit)


def _of_the_latest(connection: Connection, wanted: EventFilter, limit: int) -> list[EventView] | None:
    """The newest deliveries, from those records that changed last alone; None where others may have newer ones.

    A delivery changes its record, so what a record was told is never newer than its last change.
    """
    of_record = _of_its_record(wanted)
    if not of_record:
        return None
    found = _page(connection, wanted, _filtered(select(*OF_EVENT), wanted, at_most=_LATEST), limit)
    others = (
        select(records.c.changed_at)
        .where(records.c.connection_id == connections.c.id, *of_record)
        .order_by(records.c.changed_at.desc())
        .offset(_LATEST)
        .limit(1)
        .correlate(connections)
        .lateral("others")
    )
    newest = select(func.max(others.c.changed_at)).select_from(connections.join(others, true())).where(*_among(wanted))
    if wanted.connection_id is not None:
        newest = newest.where(connections.c.id == wanted.connection_id)
    changed_at = connection.execute(newest).scalar_one_or_none()
    is_whole = changed_at is None or (len(found) == limit and found[-1].received_at >= changed_at)
    return found if is_whole else None


def newer(connection: Connection, wanted: EventFilter, *, than: int, limit: int) -> int:
    """How many deliveries of a filter came after that of this id, at most as many as the limit; 0: of all.

    For a state or reason that many records have, no more than the newest thousands of those that came since are looked at.
    """
    if not than:
        return len(found_events(connection, wanted, limit=limit))
    came = _since(_of_connection(wanted), than)
    chosen = _since(_filtered(select(*OF_EVENT), wanted), than)
    is_rare = not (_may_be_walked(wanted) and _are_many(connection, wanted))
    if _of_its_record(wanted) and not (is_rare and _is_long(connection, wanted, came)):
        chosen = _walked(wanted, came, limit, at_most=_WALKED)
    return len(_page(connection, wanted, chosen, limit))


def _of_connection(wanted: EventFilter) -> Select[Any]:
    """What a walk needs of a delivery."""
    columns = (events.c.id, events.c.received_at, events.c.record_kind, events.c.shopify_id)
    return select(*columns).where(*_of_event(wanted)).correlate(connections)


def _walked(wanted: EventFilter, newest: Select[Any], limit: int, *, at_most: int | None) -> Select[Any]:
    """The newest deliveries of a connection whose record is one of the wanted; each is looked at in turn, the newest first."""
    stretch = (
        newest.order_by(events.c.received_at.desc(), events.c.id.desc()).limit(at_most).offset(0).lateral("stretch")
    )
    stands_so = select(records.c.id).where(
        records.c.connection_id == connections.c.id,
        records.c.kind == stretch.c.record_kind,
        records.c.shopify_id == stretch.c.shopify_id,
        *_of_its_record(wanted),
    )
    # `offset 0` keeps the planner from turning it round.
    each = stands_so.offset(0).correlate(connections, stretch).lateral("each")
    met = (
        select(stretch.c.id)
        .select_from(stretch.join(each, true()))
        .order_by(stretch.c.received_at.desc(), stretch.c.id.desc())
        .limit(limit)
        .correlate(connections)
    )
    return select(*OF_EVENT).where(events.c.id.in_(met)).correlate(connections)


def _behind(query: Select[Any], before: int | None) -> Select[Any]:
    """Only what is older than the delivery of this id."""
    return query if before is None else query.where(tuple_(events.c.received_at, events.c.id) < _place(before))


def _since(query: Select[Any], than: int) -> Select[Any]:
    """Only what is newer than the delivery of this id."""
    return query.where(tuple_(events.c.received_at, events.c.id) > _place(than))


def _place(event_id: int) -> ScalarSelect[Any]:
    return select(events.c.received_at, events.c.id).where(events.c.id == event_id).correlate(None).scalar_subquery()


def _page(connection: Connection, wanted: EventFilter, chosen: Select[Any], limit: int) -> list[EventView]:
    """The newest of each connection, put together."""
    newest = chosen.order_by(events.c.received_at.desc(), events.c.id.desc()).limit(limit).lateral("newest")
    query = (
        select(connections.c.name.label("connection"), *newest.c)
        .select_from(connections.join(newest, true()))
        .where(*_among(wanted))
        .order_by(newest.c.received_at.desc(), newest.c.id.desc())
        .limit(limit)
    )
    return [EventView(**row) for row in connection.execute(query).mappings()]


def count_events(connection: Connection, wanted: EventFilter) -> int:
    """How many deliveries a filter finds; over the whole log it takes as long as reading an index of it."""
    each = _filtered(select(func.count().label("count")), wanted).lateral("each")
    total = select(func.coalesce(func.sum(each.c.count), 0)).select_from(connections.join(each, true()))
    total = total.where(*_among(wanted))
    return int(connection.execute(total).scalar_one())


def records_of(connection: Connection, wanted: EventFilter) -> dict[int, list[int]]:
    """The records that the deliveries of a filter speak of, by connection, each once; ignored ones only if asked for."""
    told = _filtered(select(events.c.record_kind, events.c.shopify_id).distinct(), wanted).lateral("told")
    of_it = select(records.c.connection_id, records.c.id).where(
        records.c.connection_id == connections.c.id,
        records.c.kind == told.c.record_kind,
        records.c.shopify_id == told.c.shopify_id,
        records.c.kind.in_(REPLAYED),
    )
    if wanted.state is None:
        of_it = of_it.where(records.c.state != RecordState.IGNORED)
    # `offset 0`: each by its key, instead of all records beside it.
    each = of_it.offset(0).correlate(connections, told).lateral("each")
    query = select(*each.c).select_from(connections.join(told, true()).join(each, true())).where(*_among(wanted))
    found: dict[int, list[int]] = {}
    for connection_id, record_id in connection.execute(query.order_by(each.c.id)):
        found.setdefault(connection_id, []).append(record_id)
    return found


def _filtered(query: Select[Any], wanted: EventFilter, *, at_most: int | None = None) -> Select[Any]:
    """Of one connection, and where it is asked for, of the records that stand so; `at_most`: of those that changed last."""
    of_record = _of_its_record(wanted)
    query = query.select_from(events)
    if of_record:
        spoken_of = _spoken_of(of_record, at_most)
        is_of_it = (spoken_of.c.kind == events.c.record_kind, spoken_of.c.shopify_id == events.c.shopify_id)
        query = query.join(spoken_of, and_(*is_of_it))
    return query.where(*_of_event(wanted)).correlate(connections)


def _spoken_of(of_record: Sequence[ColumnElement[bool]], at_most: int | None) -> CTE:
    """The records first, whatever the planner thinks of them: on the way back through the log they may never come."""
    of_connection = records.c.connection_id == connections.c.id
    chosen = select(records.c.kind, records.c.shopify_id).where(of_connection, *of_record).correlate(connections)
    if at_most is not None:
        chosen = chosen.order_by(records.c.changed_at.desc()).limit(at_most)
    return chosen.cte("spoken_of", nesting=True).prefix_with("materialized")


def _among(wanted: EventFilter) -> list[ColumnElement[bool]]:
    """Of the connections, not of the deliveries: a list of them would take their index out of its order."""
    return [] if wanted.among is None else [connections.c.id.in_(list(wanted.among))]


def _may_be_walked(wanted: EventFilter) -> bool:
    """True for what very many records can have in common."""
    is_narrow = wanted.delivery_id is not None or wanted.sku is not None or wanted.order is not None
    return not is_narrow and (wanted.state is not None or wanted.reason is not None)


def _are_many(connection: Connection, wanted: EventFilter) -> bool:
    """Whether too many records stand so to ask each for its deliveries."""
    standing = select(records.c.id).where(records.c.connection_id == connections.c.id, *_of_its_record(wanted))
    return _is_long(connection, wanted, standing)


def _is_long(connection: Connection, wanted: EventFilter, of_connection: Select[Any]) -> bool:
    """Whether very many rows are chosen, over the connections; no more are counted than it takes to know."""
    some = of_connection.limit(_MANY).correlate(connections).lateral("some")
    count = select(func.count()).select_from(connections.join(some, true())).where(*_among(wanted))
    if wanted.connection_id is not None:
        count = count.where(connections.c.id == wanted.connection_id)
    return int(connection.execute(count).scalar_one()) >= _MANY


def _of_event(wanted: EventFilter) -> list[ColumnElement[bool]]:
    """Of one connection, that of the row beside it."""
    conditions: list[ColumnElement[bool]] = [events.c.connection_id == connections.c.id]
    if wanted.connection_id is not None:
        conditions.append(events.c.connection_id == wanted.connection_id)
    if wanted.ids:
        conditions.append(events.c.id.in_(list(wanted.ids)))
    if wanted.since is not None:
        conditions.append(events.c.received_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(events.c.received_at < wanted.until)
    if wanted.delivery_id is not None:
        conditions.append(events.c.delivery_id == wanted.delivery_id)
    if wanted.topic is not None:
        conditions.append(events.c.topic == wanted.topic)
    return conditions


def _of_its_record(wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(records.c.state == wanted.state)
    if wanted.reason is not None:
        conditions.append(records.c.reason_code == wanted.reason)
    if wanted.sku is not None:
        conditions += [records.c.state == RecordState.HELD, records.c.reason_subject == f"sku:{wanted.sku}"]
    if wanted.order is not None:
        names = (wanted.order, f"#{wanted.order}", wanted.order.removeprefix("#"))
        named = and_(records.c.kind == ORDER, records.c.name.in_(names))
        conditions.append(named | and_(records.c.kind == ORDER, records.c.shopify_id == wanted.order))
    return conditions
