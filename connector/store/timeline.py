"""One delivery whole, and all that happened to one order, in one query. Read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, select, text

from connector.store.connection_tables import connections
from connector.store.event_list import OF_EVENT, EventView
from connector.store.records import ORDER, ORDER_STATUS, RecordView
from connector.store.tables import events


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


class What(StrEnum):
    """What can happen to an order."""

    DELIVERY = "delivery"
    ATTEMPT = "pass"
    EFFECT = "effect"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `order_id`: the record of the order, of what the shop is told of it too.

    `said`: topic, outcome, or kind of effect; `key`: delivery id, worker, or natural key; `at` is None for what was
    planned and not sent. `row`: the delivery's, attempt's or effect's own id; `record_kind`: of the record it belongs to;
    `until`: when a pass ended; `source`: how a delivery came.
    """

    order_id: int
    what: What
    row: int
    record_kind: str
    at: datetime | None
    until: datetime | None
    said: str
    key: str
    source: str | None
    state: str | None
    rules_version: int | None
    reason: str | None
    calls: Sequence[Mapping[str, Any]]
    remote_id: str | None
    amount: Decimal | None
    currency: str | None
    verified_at: datetime | None


_HAPPENED = text(
    """
    with named as (
        select id, connection_id, shopify_id from records where kind = :order and name = any(:names)
        union
        select r.id, r.connection_id, r.shopify_id from connections c
        join records r on r.connection_id = c.id and r.kind = :order and r.shopify_id = :name
    ), of_order as (
        select n.id as order_id, r.id, r.connection_id, r.kind, r.shopify_id
        from named n join records r on r.connection_id = n.connection_id and r.shopify_id = n.shopify_id
                                       and r.kind in (:order, :order_status)
    ), happened as (
        select o.order_id, 'delivery' as what, e.id as row, o.kind as record_kind, e.received_at as at,
               null::timestamptz as until, e.topic as said, e.delivery_id as key, e.source, null as state,
               null::int as rules_version, null as reason, '[]'::jsonb as calls, null as remote_id, null::numeric as amount,
               null as currency, null::timestamptz as verified_at
        from of_order o join events e on e.connection_id = o.connection_id and e.record_kind = o.kind
                                         and e.shopify_id = o.shopify_id
        union all
        select o.order_id, 'pass', a.id, o.kind, a.started_at, a.finished_at, a.outcome, a.worker, null, null,
               a.rules_version, a.reason, a.calls, null, null, null, null
        from of_order o join attempts a on a.record_id = o.id
        union all
        select o.order_id, 'effect', f.id, o.kind, coalesce(f.confirmed_at, f.sent_at), null, f.kind, f.natural_key, null,
               f.state, f.rules_version, null, '[]', f.remote_id, f.amount, f.currency, f.verified_at
        from of_order o join effects f on f.record_id = o.id
    )
    select order_id, what, row, record_kind, at, until, said, key, source, state, rules_version, reason, calls, remote_id,
           amount, currency, verified_at
    from happened order by at nulls last, row
    """
)


# Of the order, and of what the shop is told of it; each by its own index.
_COUNTED = text(
    """
    with of_order as (
        select id, connection_id, kind, shopify_id from records
        where connection_id = :connection_id and shopify_id = :shopify_id and kind in (:order, :order_status)
    )
    select (select count(*) from of_order o join events e on e.connection_id = o.connection_id and e.record_kind = o.kind
                                                              and e.shopify_id = o.shopify_id)
         + (select count(*) from of_order o join attempts a on a.record_id = o.id)
         + (select count(*) from of_order o join effects f on f.record_id = o.id)
         + (select count(*) from of_order o join order_notes n on n.record_id = o.id)
    """
)


def counted(connection: Connection, order: RecordView) -> int:
    """How many things happened to an order, notes of people included: they only ever become more."""
    asked = {"connection_id": order.connection_id, "shopify_id": order.shopify_id}
    kinds = {"order": ORDER, "order_status": ORDER_STATUS}
    return int(connection.execute(_COUNTED, asked | kinds).scalar_one())


def happened(connection: Connection, name: str) -> list[Happening]:
    """All that happened to the orders of a name or Shopify id, over all connections, in its order; one query."""
    names = [name, name.removeprefix("#"), f"#{name}"]
    found = connection.execute(
        _HAPPENED, {"name": name, "names": names, "order": ORDER, "order_status": ORDER_STATUS}
    ).mappings()
    return [Happening(**{**row, "what": What(row["what"])}) for row in found]


def whole_event(connection: Connection, event_id: int) -> WholeEvent | None:
    """One delivery with its headers and its sealed body."""
    query = select(connections.c.name.label("connection"), *OF_EVENT).join(
        connections, connections.c.id == events.c.connection_id
    )
    view = connection.execute(query.where(events.c.id == event_id)).mappings().one_or_none()
    if view is None:
        return None
    row = connection.execute(select(events).where(events.c.id == event_id)).one()
    return WholeEvent(
        EventView(**view), row.connection_id, row.headers, row.body, row.body_sha256, row.redacted_at,
        _twins(connection, row),
    )  # fmt: skip


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
