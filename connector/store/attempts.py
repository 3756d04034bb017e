"""The attempts: one row for each pass over a record, with the calls it made. The time line is read from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from connector.store.tables import attempts, records

_NEWEST = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """One pass. `calls` are dicts of system, method, path, status (0: no answer) and ms; where there is one, with what
    was asked beyond the path, the id of the effect it was for, and the words of an answer that refused.

    `held_for`: the subject the record was held for, empty where there is none; None where it was not held.
    """

    record_id: int
    worker: str
    rules_version: int
    started_at: datetime
    finished_at: datetime
    outcome: str
    reason: str | None
    calls: Sequence[Mapping[str, Any]]
    held_for: str | None = None


def write_down(connection: Connection, attempt: Attempt) -> None:
    """Keeps an attempt."""
    values = {name: getattr(attempt, name) for name in Attempt.__dataclass_fields__}
    connection.execute(insert(attempts).values(**values | {"calls": [dict(call) for call in attempt.calls]}))


def of_record(connection: Connection, record_id: int) -> list[Attempt]:
    """A record's attempts, oldest first."""
    found = connection.execute(select(attempts).where(attempts.c.record_id == record_id).order_by(attempts.c.id))
    return [_from_row(row) for row in found]


def first_since(connection: Connection, record_id: int, since: datetime) -> Attempt | None:
    """The first pass over a record that began then or later."""
    query = select(attempts).where(attempts.c.record_id == record_id, attempts.c.started_at >= since)
    row = connection.execute(query.order_by(attempts.c.id).limit(1)).one_or_none()
    return None if row is None else _from_row(row)


def mean_call_seconds(connection: Connection, connection_id: int) -> float | None:
    """How long a NetSuite call of the newest passes of a connection took on average, or None when they made none."""
    newest = select(attempts.c.record_id, attempts.c.calls).order_by(attempts.c.id.desc()).limit(_NEWEST).subquery()
    of_it = select(newest.c.calls).join(records, records.c.id == newest.c.record_id)
    found = connection.execute(of_it.where(records.c.connection_id == connection_id)).scalars()
    times = [call["ms"] for calls in found for call in calls if call["system"] == "netsuite" and call["status"]]
    return sum(times) / len(times) / 1000 if times else None


def _from_row(row: Row[Any]) -> Attempt:
    return Attempt(**{name: getattr(row, name) for name in Attempt.__dataclass_fields__})
