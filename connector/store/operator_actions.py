"""Who did what to a connection; rows are only ever added, and PostgreSQL refuses to change one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from connector.store.connection_tables import operator_actions


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """One act. `details` holds ids and counts, never a secret or a person's data."""

    id: int
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


@dataclass(frozen=True, slots=True)
class ActFilter:
    """Which acts; what is None is not asked. `with_others`: also those that belong to no connection, such as on users."""

    connection_ids: Sequence[int]
    with_others: bool = False
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def listed(connection: Connection, wanted: ActFilter, *, limit: int, before: int | None = None) -> list[OperatorAction]:
    """The newest acts of a filter, newest first; `before`: only older ones than that of this id."""
    columns = [getattr(operator_actions.c, name) for name in OperatorAction.__dataclass_fields__]
    of_connection = operator_actions.c.connection_id.in_(list(wanted.connection_ids))
    query = select(*columns).where(
        or_(of_connection, operator_actions.c.connection_id.is_(None)) if wanted.with_others else of_connection
    )
    for column, value in ((operator_actions.c.actor, wanted.actor), (operator_actions.c.action, wanted.action)):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(operator_actions.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(operator_actions.c.at < wanted.until)
    if before is not None:
        query = query.where(operator_actions.c.id < before)
    found = connection.execute(query.order_by(operator_actions.c.id.desc()).limit(limit)).mappings()
    return [OperatorAction(**row) for row in found]
