"""Who did what to a connection; rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from connector.store.connection_tables import operator_actions


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """One act. `details` holds ids and counts, never a secret or a person's data."""

    connection_id: int | None
    at: datetime
    actor: str
    action: str
    details: Mapping[str, Any]


def write_down(
    connection: Connection,
    connection_id: int | None,
    *,
    actor: str,
    action: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Keeps an act."""
    connection.execute(
        insert(operator_actions).values(
            connection_id=connection_id, actor=actor, action=action, details=dict(details or {})
        )
    )


def of_connection(connection: Connection, connection_id: int) -> list[OperatorAction]:
    """What was done to a connection, oldest first."""
    columns = [getattr(operator_actions.c, name) for name in OperatorAction.__dataclass_fields__]
    found = connection.execute(
        select(*columns).where(operator_actions.c.connection_id == connection_id).order_by(operator_actions.c.id)
    )
    return [OperatorAction(**row) for row in found.mappings()]
