"""Who looks after a problem, and until when nobody wants to see it; shown to all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.console_tables import problem_care
from connector.store.problems import Cause


@dataclass(frozen=True, slots=True)
class Care:
    """What people said of a problem; `actor` said the last of it."""

    assigned_to: str | None = None
    snoozed_until: datetime | None = None
    actor: str | None = None


def of_connections(connection: Connection, connection_ids: Sequence[int]) -> Mapping[Cause, Care]:
    """All that was said; there are as many rows as people ever cared for causes."""
    found = connection.execute(select(problem_care).where(problem_care.c.connection_id.in_(list(connection_ids))))
    return {
        Cause(row.connection_id, row.code, row.subject): Care(row.assigned_to, row.snoozed_until, row.actor)
        for row in found
    }


def assign(connection: Connection, cause: Cause, name: str | None, *, actor: str) -> None:
    """Says who looks after a problem; None: nobody."""
    _say(connection, cause, {"assigned_to": name}, actor)


def snooze(connection: Connection, cause: Cause, until: datetime | None, *, actor: str) -> None:
    """Puts a problem aside until a moment; None: it is shown again."""
    _say(connection, cause, {"snoozed_until": until}, actor)


def _say(connection: Connection, cause: Cause, said: Mapping[str, Any], actor: str) -> None:
    said = {**said, "actor": actor}
    of_cause = {"connection_id": cause.connection_id, "code": cause.code, "subject": cause.subject}
    connection.execute(
        insert(problem_care)
        .values(**of_cause, **said)
        .on_conflict_do_update(index_elements=list(of_cause), set_={**said, "at": func.now()})
    )
