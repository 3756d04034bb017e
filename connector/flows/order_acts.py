"""What a person does to one order: each act is done and written down in one transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connector.errors import ConfigError, Conflict
from connector.store import (
    adoptions,
    due,
    held,
    operator_actions,
    order_documents,
    order_notes,
    reservations,
    wanted,
)
from connector.store.records import RecordView


def sync_again(connection: Connection, order: RecordView, *, actor: str) -> Sequence[int]:
    """One more pass over an order and what the shop is told of it; the records to wake."""
    ids = _with_status(connection, order)
    for record_id in ids:
        due.mark_dirty(connection, record_id)
    _write_down(connection, order, "order sync asked", actor)
    order_notes.add(connection, order.id, who=actor, said="asked for one more pass")
    return ids


def leave_alone(connection: Connection, order: RecordView, *, because: str, actor: str) -> None:
    """Nothing more is done for an order until somebody looks at it again; its stock is no longer kept back.

    Raises ConfigError without a reason, Conflict while a worker is at it.
    """
    if not because.strip():
        raise ConfigError("say why: it is what the next person reads when they look for this order")
    ids = _with_status(connection, order)
    if len(held.ignore(connection, ids, reason=f"{actor}: {because.strip()}")) < len(ids):
        raise Conflict("a worker is at this order right now; try again in a moment")
    reservations.keep(connection, order.connection_id, order.id, [])
    _write_down(connection, order, "order left alone", actor, because=because.strip())
    order_notes.add(connection, order.id, who=actor, said=f"left it alone: {because.strip()}")


def look_again(connection: Connection, order: RecordView, *, actor: str) -> Sequence[int]:
    """An order that was left alone is worked on again; the records to wake."""
    ids = _with_status(connection, order)
    for record_id in ids:
        due.mark_dirty(connection, record_id)
    _write_down(connection, order, "order looked at again", actor)
    order_notes.add(connection, order.id, who=actor, said="looked at it again")
    return ids


def adopt(connection: Connection, order: RecordView, *, document: str, because: str, actor: str) -> Sequence[int]:
    """A person says which document of another connector an order is, whatever its total; the records to wake.

    Nothing is changed in NetSuite. Raises ConfigError without a reason, and for an order that stands there already.
    """
    if not because.strip():
        raise ConfigError("say why: it is kept with the order")
    if (standing := order_documents.of_records(connection, [order.id]).get(order.id)) is not None:
        raise ConfigError(f"the order stands in NetSuite already, by internal id {standing.remote_id}")
    adoptions.choose(connection, order.connection_id, order.shopify_id, document)
    due.mark_dirty(connection, order.id)
    _write_down(connection, order, "order adopted", actor, document=document, reason=because.strip())
    order_notes.add(connection, order.id, who=actor, said=f"said it is document {document}: {because.strip()}")
    return [order.id]


def note(connection: Connection, order: RecordView, *, said: str, actor: str) -> None:
    """Keeps a note for the others. Raises ConfigError for an empty one."""
    if not said.strip():
        raise ConfigError("a note needs words")
    order_notes.add(connection, order.id, who=actor, said=said.strip())
    _write_down(connection, order, "order noted", actor)


def reveal(connection: Connection, order: RecordView, *, what: str, actor: str) -> None:
    """Writes down that somebody looks at the people in an order. `what`: the part of it."""
    _write_down(connection, order, "order revealed", actor, part=what)


def _with_status(connection: Connection, order: RecordView) -> list[int]:
    told = wanted.status_of(connection, order)
    return [order.id] if told is None else [order.id, told.id]


def _write_down(connection: Connection, order: RecordView, action: str, actor: str, **details: str) -> None:
    operator_actions.write_down(
        connection,
        order.connection_id,
        actor=actor,
        action=action,
        details={"record": order.id, "shopify_id": order.shopify_id} | details,
    )
