"""Makes records due: as if nothing had failed, for the next sweep or for a wake of their own."""

from typing import Any

from sqlalchemy import Connection, func, update

from connector.store import since
from connector.store.records import WAKE_AGAIN
from connector.store.tables import RecordState, records


def due_now() -> dict[str, Any]:
    """The values of a record that is looked at again as if nothing had failed."""
    return {
        "state": RecordState.PENDING,
        "next_attempt_at": func.now(),
        "woken_at": func.now(),
        "changed_at": func.now(),
        "attempts": 0,
        "first_failed_at": None,
        **since.becomes_due(),
    }


def due_unheard() -> dict[str, Any]:
    """The same of a record that nobody wakes: the next sweep finds it."""
    return due_now() | {"woken_at": func.now() - WAKE_AGAIN * 2}


def mark_dirty(connection: Connection, record_id: int) -> None:
    """Asks for one more pass over a record, whatever state it is in."""
    connection.execute(update(records).where(records.c.id == record_id).values(_once_more()))


def mark_overtaken(connection: Connection, record_id: int) -> None:
    """The same for a record that somebody else has finished meanwhile; one that a person left alone stays so."""
    is_worked_on = records.c.state != RecordState.IGNORED
    connection.execute(update(records).where(records.c.id == record_id, is_worked_on).values(_once_more()))


def _once_more() -> dict[str, Any]:
    return due_now() | {"wanted_version": records.c.wanted_version + 1}
