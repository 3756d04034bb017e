"""The audit log of deliveries: as a list, one by one, and which records they speak of. Read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select

from connector.store.connection_tables import connections
from connector.store.records import RecordView
from connector.store.tables import RecordState, events, records

# Another pass over one of these is a look at how things stand now; compliance requests were answered once.
REPLAYED = ("order", "customer")


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
class WholeEvent:
    """One delivery with all that was kept; `body` is sealed, None once it was too old to be kept.

    `twins`: the deliveries of the same event or bytes.
    """

    view: EventView
    connection_id: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    body_sha256: bytes
    redacted_at: datetime | None
    twins: Sequence[int]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which deliveries; what is None is not asked. The last five are of the record a delivery speaks of.

    `sku`: the record is held for this SKU; `order`: its name or Shopify id; `reason`: its reason's code.
    """

    connection_id: int | None = None
    ids: Sequence[int] = ()
    since: datetime | None = None
    until: datetime | None = None
    topic: str | None = None
    state: str | None = None
    reason: str | None = None
    sku: str | None = None
    order: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What was asked, for the record."""
        asked = {name: getattr(self, name) for name in EventFilter.__dataclass_fields__}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asked.items()
            if value not in (None, ())
        }


_COLUMNS = (
    events.c.id,
    connections.c.name.label("connection"),
    events.c.source,
    events.c.topic,
    events.c.delivery_id,
    events.c.event_id,
    events.c.triggered_at,
    events.c.received_at,
    events.c.record_kind,
    events.c.shopify_id,
)
_OF_RECORD = and_(
    records.c.connection_id == events.c.connection_id,
    records.c.kind == events.c.record_kind,
    records.c.shopify_id == events.c.shopify_id,
)


def found_events(connection: Connection, wanted: EventFilter, *, limit: int) -> Sequence[EventView]:
    """The newest deliveries of a filter, newest first."""
    query = _filtered(select(*_COLUMNS).join(connections, connections.c.id == events.c.connection_id), wanted)
    return [EventView(**row) for row in connection.execute(query.order_by(events.c.id.desc()).limit(limit)).mappings()]


def whole_event(connection: Connection, event_id: int) -> WholeEvent | None:
    """One delivery with its headers and its sealed body."""
    query = select(*_COLUMNS).join(connections, connections.c.id == events.c.connection_id)
    view = connection.execute(query.where(events.c.id == event_id)).mappings().one_or_none()
    if view is None:
        return None
    row = connection.execute(select(events).where(events.c.id == event_id)).one()
    return WholeEvent(
        EventView(**view), row.connection_id, row.headers, row.body, row.body_sha256, row.redacted_at,
        _twins(connection, row),
    )  # fmt: skip


def events_of_record(connection: Connection, record: RecordView) -> Sequence[EventView]:
    """Every delivery that spoke of the record, oldest first."""
    query = (
        select(*_COLUMNS)
        .join(connections, connections.c.id == events.c.connection_id)
        .where(
            events.c.connection_id == record.connection_id,
            events.c.record_kind == record.kind,
            events.c.shopify_id == record.shopify_id,
        )
        .order_by(events.c.id)
    )
    return [EventView(**row) for row in connection.execute(query).mappings()]


def records_of(connection: Connection, wanted: EventFilter) -> dict[int, list[int]]:
    """The records that the deliveries of a filter speak of, by connection, each once; ignored ones only if asked for."""
    query = _filtered(select(records.c.connection_id, records.c.id).join(events, _OF_RECORD), wanted, is_joined=True)
    query = query.where(records.c.kind.in_(REPLAYED))
    if wanted.state is None:
        query = query.where(records.c.state != RecordState.IGNORED)
    found: dict[int, list[int]] = {}
    for connection_id, record_id in connection.execute(query.distinct().order_by(records.c.id)):
        found.setdefault(connection_id, []).append(record_id)
    return found


def count_events(connection: Connection, wanted: EventFilter) -> int:
    """How many deliveries a filter finds."""
    query = _filtered(select(events.c.id), wanted).subquery()
    return len(connection.execute(select(query.c.id)).all())


def _filtered(query: Select[Any], wanted: EventFilter, *, is_joined: bool = False) -> Select[Any]:
    conditions = _of_event(wanted)
    of_record = _of_its_record(wanted)
    if of_record and not is_joined:
        query = query.join(records, _OF_RECORD)
    return query.where(*conditions, *of_record)


def _of_event(wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.connection_id is not None:
        conditions.append(events.c.connection_id == wanted.connection_id)
    if wanted.ids:
        conditions.append(events.c.id.in_(list(wanted.ids)))
    if wanted.since is not None:
        conditions.append(events.c.received_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(events.c.received_at < wanted.until)
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
        conditions.append(records.c.reason_subject == f"sku:{wanted.sku}")
    if wanted.order is not None:
        names = (wanted.order, f"#{wanted.order}", wanted.order.removeprefix("#"))
        conditions.append(records.c.name.in_(names) | (records.c.shopify_id == wanted.order))
    return conditions


def _twins(connection: Connection, row: Any) -> list[int]:
    """Deliveries that say the same: of one event and topic, or of the same bytes about the same record."""
    same_event = and_(events.c.event_id == row.event_id, events.c.topic == row.topic)
    same_bytes = and_(
        events.c.record_kind == row.record_kind,
        events.c.shopify_id == row.shopify_id,
        events.c.body_sha256 == row.body_sha256,
    )
    found = connection.execute(
        select(events.c.id)
        .where(
            events.c.connection_id == row.connection_id,
            events.c.record_kind == row.record_kind,
            events.c.shopify_id == row.shopify_id,
            events.c.id != row.id,
            same_event | same_bytes,
        )
        .order_by(events.c.id)
    )
    return list(found.scalars())
