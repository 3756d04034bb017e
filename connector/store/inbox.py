"""The audit log: deliveries in, once each, in the transaction that says which records to look at."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector.store.records import WORKED
from connector.vault import Vault

_ACCEPT = """
with incoming as (
    select * from unnest(
        %(connection_id)s::bigint[], %(topic)s::text[], %(delivery_id)s::text[], %(event_id)s::text[],
        %(triggered_at)s::timestamptz[], %(headers)s::jsonb[], %(body)s::bytea[], %(body_sha256)s::bytea[],
        %(record_kind)s::text[], %(shopify_id)s::text[]
    ) as t (connection_id, topic, delivery_id, event_id, triggered_at, headers, body, body_sha256,
            record_kind, shopify_id)
), stored as (
    insert into events (connection_id, source, topic, delivery_id, event_id, triggered_at, headers, body, body_sha256,
                        record_kind, shopify_id)
    select connection_id, %(source)s, topic, delivery_id, event_id, triggered_at, headers, body, body_sha256,
           record_kind, shopify_id
    from incoming
    on conflict (connection_id, delivery_id) do nothing
    returning connection_id, delivery_id, record_kind, shopify_id
), dirty as (
    insert into records as r (connection_id, kind, shopify_id, woken_at)
    select distinct connection_id, record_kind, shopify_id, now() from stored
    where record_kind = any(%(worked)s) and shopify_id is not null
    order by connection_id, record_kind, shopify_id
    on conflict (connection_id, kind, shopify_id) do update set
        wanted_version = r.wanted_version + 1,
        state = case when r.state in ('working', 'ignored') then r.state else 'pending' end,
        attempts = case when r.state = 'parked' then 0 else r.attempts end,
        first_failed_at = case when r.state = 'parked' then null else r.first_failed_at end,
        next_attempt_at = now(), woken_at = now(), changed_at = now(),
        open_since = case when r.state in ('in_sync', 'ignored', 'excluded') then now() else r.open_since end,
        due_since = case when r.state in ('pending', 'working') and not r.waits_for_job then r.due_since else now() end
    returning r.id
)
select null::bigint as record_id, connection_id, delivery_id from stored
union all
select id, null, null from dirty
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook to keep: `body` is sealed already, `body_sha256` is of the plain bytes.

    `record_kind` and `shopify_id` are None for a topic that touches no record of ours.
    """

    connection_id: int
    topic: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None
    headers: Mapping[str, str]
    body: bytes
    body_sha256: bytes
    record_kind: str | None
    shopify_id: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one call kept: (connection id, delivery id) of each new event, and the ids of the records now dirty."""

    new: frozenset[tuple[int, str]]
    record_ids: tuple[int, ...]


def place(connection_id: int, delivery_id: str) -> str:
    """Where a body belongs; part of what the seal covers."""
    return f"webhook {connection_id}/{delivery_id}"


def sealed_body(vault: Vault, connection_id: int, delivery_id: str, body: bytes) -> bytes:
    """A delivery's body as it is stored: packed first, for sealed bytes cannot be packed, then sealed in its place."""
    return vault.seal(zlib.compress(body, 1), associated=place(connection_id, delivery_id))


def opened_body(vault: Vault, connection_id: int, delivery_id: str, stored: bytes) -> bytes:
    """The body byte for byte as it came."""
    return zlib.decompress(vault.open(stored, associated=place(connection_id, delivery_id)))


def accept(connection: Connection, deliveries: Sequence[Delivery], *, source: str = "webhook") -> Accepted:
    """Keeps the deliveries that are new and marks their records dirty, in one statement; the caller commits.

    A delivery id that a connection has sent before changes nothing. Rows are locked in key order, so that
    two receivers with the same orders in their batches wait for each other instead of deadlocking.
    """
    values = {
        "source": source,
        "worked": list(WORKED),
        "connection_id": [d.connection_id for d in deliveries],
        "topic": [d.topic for d in deliveries],
        "delivery_id": [d.delivery_id for d in deliveries],
        "event_id": [d.event_id for d in deliveries],
        "triggered_at": [d.triggered_at for d in deliveries],
        "headers": [json.dumps(dict(d.headers)) for d in deliveries],
        "body": [d.body for d in deliveries],
        "body_sha256": [d.body_sha256 for d in deliveries],
        "record_kind": [d.record_kind for d in deliveries],
        "shopify_id": [d.shopify_id for d in deliveries],
    }
    rows = connection.exec_driver_sql(_ACCEPT, values).all()
    return Accepted(
        new=frozenset((row.connection_id, row.delivery_id) for row in rows if row.record_id is None),
        record_ids=tuple(row.record_id for row in rows if row.record_id is not None),
    )
