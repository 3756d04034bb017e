"""What is held of a person, found and taken away: stored bodies, sentences that quote what somebody typed, exports."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store import inbox
from connector.store.connection_tables import exports
from connector.store.records import ORDER
from connector.store.tables import attempts, customers, effects, events, records
from connector.vault import Vault

_BATCH = 500
REDACTED = "redacted on the customer's request"


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """One stored delivery with its opened body."""

    id: int
    topic: str
    received_at: datetime
    triggered_at: datetime | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Export:
    """One answered request for data. `fetched_at` is when the operator took it."""

    request_id: str
    connection_id: int
    made_at: datetime
    due_at: datetime
    fetched_at: datetime | None


def events_about(
    connection: Connection, vault: Vault, connection_id: int, kind: str, shopify_ids: Sequence[str]
) -> list[HeldEvent]:
    """Every delivery that spoke of one of these records, oldest first, opened."""
    found = connection.execute(
        select(events)
        .where(
            events.c.connection_id == connection_id,
            events.c.record_kind == kind,
            events.c.shopify_id.in_(list(shopify_ids)),
        )
        .order_by(events.c.id)
    )
    return [
        HeldEvent(
            row.id,
            row.topic,
            row.received_at,
            row.triggered_at,
            inbox.opened_body(vault, connection_id, row.delivery_id, bytes(row.body)),
        )
        for row in found
    ]


def redact_events(
    connection: Connection,
    vault: Vault,
    connection_id: int,
    kind: str,
    shopify_ids: Sequence[str],
    redacted: Callable[[bytes], bytes],
) -> int:
    """Replaces the bodies of these records' deliveries; hash and headers stay. Returns how many."""
    wanted = select(events).where(
        events.c.connection_id == connection_id,
        events.c.record_kind == kind,
        events.c.shopify_id.in_(list(shopify_ids)),
        events.c.redacted_at.is_(None),
    )
    return _replace(connection, vault, wanted, redacted)


def redact_batch(connection: Connection, vault: Vault, connection_id: int, redacted: Callable[[bytes], bytes]) -> int:
    """Replaces the bodies of some hundred deliveries of a whole connection; 0 when none is left."""
    wanted = (
        select(events)
        .where(events.c.connection_id == connection_id, events.c.redacted_at.is_(None))
        .order_by(events.c.id)
        .limit(_BATCH)
    )
    return _replace(connection, vault, wanted, redacted)


def redact_sentences(connection: Connection, connection_id: int, order_ids: Sequence[str] | None = None) -> None:
    """Takes away reasons of these orders, or of all: NetSuite's refusals quote what a customer typed."""
    chosen = [records.c.connection_id == connection_id, records.c.kind == ORDER]
    if order_ids is not None:
        chosen.append(records.c.shopify_id.in_(list(order_ids)))
    ids = select(records.c.id).where(*chosen)
    connection.execute(
        update(attempts).where(attempts.c.record_id.in_(ids), attempts.c.reason.is_not(None)).values(reason=REDACTED)
    )
    connection.execute(
        update(records).where(records.c.id.in_(ids), records.c.reason.is_not(None)).values(reason=REDACTED)
    )


def forget_customers(connection: Connection, connection_id: int) -> None:
    """Empties the mirror of NetSuite's customers."""
    connection.execute(delete(customers).where(customers.c.connection_id == connection_id))


def booked(connection: Connection, connection_id: int, order_ids: Sequence[str]) -> list[dict[str, Any]]:
    """What was written to NetSuite for these orders."""
    found = connection.execute(
        select(
            records.c.name,
            effects.c.kind,
            effects.c.natural_key,
            effects.c.remote_id,
            effects.c.amount,
            effects.c.currency,
        )
        .join(records, records.c.id == effects.c.record_id)
        .where(records.c.connection_id == connection_id, records.c.shopify_id.in_(list(order_ids)))
        .order_by(effects.c.id)
    )
    return [dict(row) for row in found.mappings()]


def keep_export(
    connection: Connection, vault: Vault, connection_id: int, request_id: str, *,
    customer_id: str | None, document: dict[str, Any], due_at: datetime,
) -> None:  # fmt: skip
    """Keeps an export, sealed; the same request again replaces it."""
    sealed = vault.seal(json.dumps(document, default=str).encode(), associated=_place(connection_id, request_id))
    values = {"document": sealed, "customer_id": customer_id, "made_at": func.now(), "fetched_at": None}
    statement = insert(exports).values(connection_id=connection_id, request_id=request_id, due_at=due_at, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["connection_id", "request_id"], set_=values))


def every_export(connection: Connection) -> list[Export]:
    """All exports, newest first, without their content."""
    columns = [getattr(exports.c, name) for name in Export.__dataclass_fields__]
    return [Export(**row) for row in connection.execute(select(*columns).order_by(exports.c.id.desc())).mappings()]


def fetch_export(connection: Connection, vault: Vault, connection_id: int, request_id: str) -> dict[str, Any] | None:
    """The document of an export, marked as taken; None when there is none."""
    row = connection.execute(
        update(exports)
        .where(exports.c.connection_id == connection_id, exports.c.request_id == request_id)
        .values(fetched_at=func.now())
        .returning(exports.c.document)
    ).one_or_none()
    if row is None:
        return None
    document: dict[str, Any] = json.loads(vault.open(row.document, associated=_place(connection_id, request_id)))
    return document


def forget_exports(connection: Connection, connection_id: int, customer_id: str | None = None) -> list[str]:
    """Deletes the exports of one customer, or of all; returns their request ids."""
    statement = delete(exports).where(exports.c.connection_id == connection_id)
    if customer_id is not None:
        statement = statement.where(exports.c.customer_id == customer_id)
    return list(connection.execute(statement.returning(exports.c.request_id)).scalars())


def _replace(connection: Connection, vault: Vault, wanted: Any, redacted: Callable[[bytes], bytes]) -> int:
    rows = connection.execute(wanted.with_for_update()).all()
    for row in rows:
        plain = inbox.opened_body(vault, row.connection_id, row.delivery_id, bytes(row.body))
        sealed = inbox.sealed_body(vault, row.connection_id, row.delivery_id, redacted(plain))
        connection.execute(update(events).where(events.c.id == row.id).values(body=sealed, redacted_at=func.now()))
    return len(rows)


def _place(connection_id: int, request_id: str) -> str:
    return f"export of connection {connection_id}, {request_id}"
