"""What is held of a person, found and taken away: stored bodies, sentences that quote what somebody typed, exports."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from connector.store import effects as effects_store
from connector.store import inbox
from connector.store.connection_tables import exports
from connector.store.effects import Image
from connector.store.records import COMPANY_STATUS, CUSTOMER, CUSTOMER_STATUS, DATA_REQUEST, ORDER, ORDER_STATUS
from connector.store.tables import RecordState, attempts, effects, events, records
from connector.vault import Vault

_BATCH = 500
# Kinds of records about a person, or about a company and its people.
_PERSONS = (CUSTOMER, CUSTOMER_STATUS, COMPANY_STATUS)
REDACTED = "erased on request"
_WITHOUT_ANSWERS = (
    update(attempts)
    .where(text("attempts.calls @? '$[*].answer'"))
    .values(
        calls=text(
            "(select jsonb_agg(c.call - 'answer' order by c.n) from jsonb_array_elements(attempts.calls) "
            "with ordinality c (call, n))"
        )
    )
)
# Topics whose bodies speak of goods and places only, by their beginning: there can be very many.
_IMPERSONAL = ("products/", "inventory\\_", "locations/", "bulk\\_operations/")


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """One stored delivery with its opened body."""

    id: int
    topic: str
    kind: str | None
    shopify_id: str | None
    received_at: datetime
    triggered_at: datetime | None
    is_redacted: bool
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImagesOf:
    """Whose images: those of these orders and natural keys, or of everybody where `orders` is None."""

    orders: Sequence[str] | None = None
    keys: Sequence[str] = ()
    after: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    """One answered request for data. `fetched_at` is when the operator took it."""

    request_id: str
    connection_id: int
    customer_id: str | None
    made_at: datetime
    due_at: datetime
    fetched_at: datetime | None


def events_about(
    connection: Connection, vault: Vault, connection_id: int, kind: str, shopify_ids: Sequence[str]
) -> list[HeldEvent]:
    """Every delivery that spoke of one of these records, oldest first, opened."""
    wanted = _of(connection_id).where(events.c.record_kind == kind, events.c.shopify_id.in_(list(shopify_ids)))
    return [_opened(row, vault) for row in connection.execute(wanted)]


def events_that(
    connection: Connection,
    vault: Vault,
    connection_id: int,
    kinds: Sequence[str],
    is_meant: Callable[[HeldEvent], bool],
) -> list[HeldEvent]:
    """Those that are meant of the deliveries of these kinds and of topics that name no record, oldest first.

    Every one of them is opened. Those already redacted, and those of topics without persons, are left out.
    """
    wanted = _of(connection_id).where(
        or_(events.c.record_kind.is_(None), events.c.record_kind.in_(list(kinds))),
        events.c.redacted_at.is_(None),
        *(events.c.topic.not_like(f"{start}%") for start in _IMPERSONAL),
    )
    found = (_opened(row, vault) for row in connection.execute(wanted, execution_options={"yield_per": _BATCH}))
    return [event for event in found if is_meant(event)]


def redact_events(
    connection: Connection, vault: Vault, event_ids: Sequence[int], redacted: Callable[[bytes], bytes]
) -> int:
    """Replaces the bodies of these deliveries, unless that was done before; hash and headers stay. Returns how many."""
    wanted = select(events).where(events.c.id.in_(list(event_ids)), events.c.redacted_at.is_(None))
    return _replace(connection, vault, wanted.order_by(events.c.id), redacted)


def redact_batch(connection: Connection, vault: Vault, connection_id: int, redacted: Callable[[bytes], bytes]) -> int:
    """Replaces the bodies of some hundred deliveries of a whole connection; 0 when none is left."""
    wanted = _of(connection_id).where(events.c.redacted_at.is_(None)).limit(_BATCH)
    return _replace(connection, vault, wanted, redacted)


def redact_sentences(
    connection: Connection, connection_id: int, *, orders: Sequence[str] | None = None, customers: Sequence[str] = ()
) -> None:
    """Takes away reasons of these orders and customers, or of all: NetSuite's refusals quote what a person typed."""
    chosen = [records.c.connection_id == connection_id, records.c.kind.in_((ORDER, *_PERSONS))]
    if orders is not None:
        is_order = and_(records.c.kind == ORDER, records.c.shopify_id.in_(list(orders)))
        is_customer = and_(records.c.kind.in_(_PERSONS), records.c.shopify_id.in_(list(customers)))
        chosen.append(or_(is_order, is_customer))
    ids = select(records.c.id).where(*chosen)
    connection.execute(
        update(attempts).where(attempts.c.record_id.in_(ids), attempts.c.reason.is_not(None)).values(reason=REDACTED)
    )
    # They are masked when they are kept; what is erased is gone whatever the masks missed.
    connection.execute(_WITHOUT_ANSWERS.where(attempts.c.record_id.in_(ids)))
    connection.execute(
        update(records).where(records.c.id.in_(ids), records.c.reason.is_not(None)).values(reason=REDACTED)
    )


def forget_buyers(connection: Connection, connection_id: int, orders: Sequence[str] | None = None) -> None:
    """These orders, or all, are no longer found by their buyer's e-mail address."""
    chosen = [records.c.connection_id == connection_id, records.c.email_hash.is_not(None)]
    if orders is not None:
        chosen += [records.c.kind.in_((ORDER, ORDER_STATUS)), records.c.shopify_id.in_(list(orders))]
    connection.execute(update(records).where(*chosen).values(email_hash=None))


def redact_images(
    connection: Connection,
    vault: Vault,
    connection_id: int,
    chosen: ImagesOf,
    redacted: Callable[[Image], Image | None],
) -> int | None:
    """Replaces some hundred images of what we wrote, behind an effect's id; the last id, None when none is left."""
    of_orders = effects.c.record_id.in_(
        select(records.c.id).where(
            records.c.connection_id == connection_id, records.c.shopify_id.in_(chosen.orders or ())
        )
    )
    wanted = (
        select(effects)
        .where(
            effects.c.connection_id == connection_id,
            effects.c.image.is_not(None),
            effects.c.id > chosen.after,
            true() if chosen.orders is None else or_(of_orders, effects.c.natural_key.in_(chosen.keys)),
        )
        .order_by(effects.c.id)
        .limit(_BATCH)
        .with_for_update()
    )
    last = None
    for row in connection.execute(wanted).all():
        last = row.id
        stored = effects_store.from_row(row)
        image = redacted(effects_store.image_of(stored, vault) or {})
        sealed = None if image is None else effects_store.sealed(vault, stored, image)
        connection.execute(update(effects).where(effects.c.id == row.id).values(image=sealed))
    return last


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


def place(connection_id: int, request_id: str) -> str:
    """Where an export belongs; part of what the seal covers."""
    return f"export of connection {connection_id}, {request_id}"


def keep_export(
    connection: Connection, vault: Vault, connection_id: int, request_id: str, *,
    customer_id: str | None, document: dict[str, Any], due_at: datetime,
) -> None:  # fmt: skip
    """Keeps an export, sealed; the same request again replaces it."""
    sealed = vault.seal(json.dumps(document, default=str).encode(), associated=place(connection_id, request_id))
    values = {"document": sealed, "customer_id": customer_id, "made_at": func.now(), "fetched_at": None}
    statement = insert(exports).values(connection_id=connection_id, request_id=request_id, due_at=due_at, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["connection_id", "request_id"], set_=values))


def every_export(connection: Connection) -> list[Export]:
    """All exports, newest first, without their content."""
    columns = [getattr(exports.c, name) for name in Export.__dataclass_fields__]
    return [Export(**row) for row in connection.execute(select(*columns).order_by(exports.c.id.desc())).mappings()]


def is_fetched(connection: Connection, connection_id: int, request_id: str) -> bool:
    """True when the operator took what was put together for a request."""
    found = select(exports.c.fetched_at).where(
        exports.c.connection_id == connection_id, exports.c.request_id == request_id
    )
    return connection.execute(found).scalar_one_or_none() is not None


def exports_of(connection: Connection, request_id: str) -> list[Export]:
    """The exports that answer a request, over all connections."""
    return [found for found in every_export(connection) if found.request_id == request_id]


def fetch_export(connection: Connection, vault: Vault, export: Export) -> dict[str, Any]:
    """The document of an export, marked as taken; its request needs nobody any more."""
    chosen = (exports.c.connection_id == export.connection_id, exports.c.request_id == export.request_id)
    sealed = connection.execute(
        update(exports).where(*chosen).values(fetched_at=func.now()).returning(exports.c.document)
    ).scalar_one()
    _close(connection, export.connection_id, [export.request_id], state=RecordState.IN_SYNC, reason=None)
    document: dict[str, Any] = json.loads(vault.open(sealed, associated=place(export.connection_id, export.request_id)))
    return document


def forget_exports(connection: Connection, connection_id: int, request_ids: Sequence[str] | None = None) -> list[str]:
    """Deletes the exports that answer these requests, or all; returns the requests nobody had fetched the data for."""
    statement = delete(exports).where(exports.c.connection_id == connection_id)
    if request_ids is not None:
        statement = statement.where(exports.c.request_id.in_(list(request_ids)))
    gone = connection.execute(statement.returning(exports.c.request_id, exports.c.fetched_at)).all()
    unfetched = [row.request_id for row in gone if row.fetched_at is None]
    _close(connection, connection_id, unfetched, state=RecordState.EXCLUDED, reason=REDACTED)
    return unfetched


def _close(
    connection: Connection, connection_id: int, request_ids: Sequence[str], *, state: RecordState, reason: str | None
) -> None:
    """A request that was held for the operator is done with."""
    connection.execute(
        update(records)
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == DATA_REQUEST,
            records.c.shopify_id.in_(list(request_ids)),
            records.c.state == RecordState.HELD,
        )
        .values(state=state, reason_code=None, reason_subject=None, reason=reason, changed_at=func.now())
    )


def _of(connection_id: int) -> Select[Any]:
    """What was too old to be kept says nothing of anybody."""
    return (
        select(events).where(events.c.connection_id == connection_id, events.c.body.is_not(None)).order_by(events.c.id)
    )


def _opened(row: Row[Any], vault: Vault) -> HeldEvent:
    return HeldEvent(
        id=row.id,
        topic=row.topic,
        kind=row.record_kind,
        shopify_id=row.shopify_id,
        received_at=row.received_at,
        triggered_at=row.triggered_at,
        is_redacted=row.redacted_at is not None,
        body=inbox.opened_body(vault, row.connection_id, row.delivery_id, bytes(row.body)),
    )


def _replace(connection: Connection, vault: Vault, wanted: Select[Any], redacted: Callable[[bytes], bytes]) -> int:
    rows = connection.execute(wanted.with_for_update()).all()
    for row in rows:
        plain = inbox.opened_body(vault, row.connection_id, row.delivery_id, bytes(row.body))
        sealed = inbox.sealed_body(vault, row.connection_id, row.delivery_id, redacted(plain))
        connection.execute(update(events).where(events.c.id == row.id).values(body=sealed, redacted_at=func.now()))
    return len(rows)
