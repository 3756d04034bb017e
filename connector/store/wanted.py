"""Records that are due because the other system changed, not because a delivery said so."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store import since
from connector.store.connection_tables import connections
from connector.store.due import due_now
from connector.store.records import CANARY, ORDER, ORDER_STATUS, RecordView
from connector.store.tables import RecordState, records

_DUE = {
    "state": RecordState.PENDING,
    "wanted_version": records.c.wanted_version + 1,
    "next_attempt_at": func.now(),
    "woken_at": func.now(),
    "changed_at": func.now(),
    **since.becomes_due(),
}


def want(connection: Connection, connection_id: int, kind: str, shopify_ids: Sequence[str]) -> list[int]:
    """Makes these records due, new or known, unless a person ignores them; their ids."""
    if not shopify_ids:
        return []
    rows = [
        {"connection_id": connection_id, "kind": kind, "shopify_id": shopify_id}
        for shopify_id in sorted(set(shopify_ids))
    ]
    is_left = records.c.state.in_((RecordState.WORKING, RecordState.IGNORED))
    statement = insert(records).values(rows)
    found = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "kind", "shopify_id"],
            set_={
                "wanted_version": records.c.wanted_version + 1,
                "state": case((is_left, records.c.state), else_=RecordState.PENDING),
                "next_attempt_at": func.now(),
                "woken_at": func.now(),
                "changed_at": func.now(),
                "attempts": 0,
                "first_failed_at": None,
                **since.becomes_due(),
            },
        ).returning(records.c.id)
    )
    return list(found.scalars())


def status_of(connection: Connection, order: RecordView) -> RecordView | None:
    """The record of what the shop is told of an order, or None while there was nothing to tell."""
    row = connection.execute(
        select(*(records.c[name] for name in RecordView.__dataclass_fields__)).where(
            records.c.connection_id == order.connection_id,
            records.c.kind == ORDER_STATUS,
            records.c.shopify_id == order.shopify_id,
        )
    ).one_or_none()
    return None if row is None else RecordView(**row._mapping)


def due_of_kind(connection: Connection, connection_id: int, kind: str, *, now: datetime, limit: int) -> list[int]:
    """Ids of a kind's records that wait to be worked on."""
    found = connection.execute(
        select(records.c.id)
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == kind,
            records.c.state == RecordState.PENDING,
            records.c.next_attempt_at <= now,
        )
        .order_by(records.c.id)
        .limit(limit)
    )
    return list(found.scalars())


def look_again(connection: Connection, connection_id: int, kind: str) -> int:
    """Makes due what is held of a kind whose order changed in the shop since; returns how many."""
    order = records.alias()
    changed = update(records).where(
        records.c.connection_id == connection_id,
        records.c.kind == kind,
        records.c.state == RecordState.HELD,
        and_(
            order.c.connection_id == connection_id,
            order.c.kind == ORDER,
            order.c.shopify_id == records.c.shopify_id,
            order.c.changed_at > records.c.changed_at,
        ),
    )
    return connection.execute(changed.values(_DUE)).rowcount


def look_again_at(connection: Connection, connection_id: int, kind: str, *, subject: str, before: datetime) -> int:
    """Makes due what is held of a kind for this reason since before a moment; returns how many."""
    held = update(records).where(
        records.c.connection_id == connection_id,
        records.c.kind == kind,
        records.c.state == RecordState.HELD,
        records.c.reason_subject == subject,
        records.c.changed_at < before,
    )
    return connection.execute(held.values(_DUE)).rowcount


def release_canary(connection: Connection, *, before: datetime) -> int | None:
    """Makes the one canary due that was last touched before a moment, or puts the first one out; its id, or None."""
    home = select(connections.c.id, literal(CANARY), literal("1")).where(connections.c.removed_at.is_(None))
    statement = insert(records).from_select(
        ["connection_id", "kind", "shopify_id"], home.order_by(connections.c.id).limit(1)
    )
    row = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "kind", "shopify_id"],
            set_=due_now() | {"wanted_version": records.c.wanted_version + 1},
            where=records.c.changed_at < before,
        ).returning(records.c.id)
    ).one_or_none()
    return None if row is None else int(row.id)
