"""What happened to one record, and the audit log as a list: read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connector.store.connection_tables import connections
from connector.store.records import RecordView
from connector.store.tables import events


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


def newest_events(connection: Connection, *, limit: int, topic: str | None = None) -> Sequence[EventView]:
    """The newest deliveries, newest first, of one topic when it is given."""
    query = select(*_COLUMNS).join(connections, connections.c.id == events.c.connection_id)
    if topic is not None:
        query = query.where(events.c.topic == topic)
    return [EventView(**row) for row in connection.execute(query.order_by(events.c.id.desc()).limit(limit)).mappings()]


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
