"""Who did what to a connection; rows are only ever added, and PostgreSQL refuses to change one.

Each connection's newest are found by an index of their own, those of no connection by the same, and put together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, cast, func, insert, select, true, tuple_, union_all
from sqlalchemy.dialects.postgresql import ARRAY

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
    ids = select(func.unnest(cast(list(wanted.connection_ids), ARRAY(BigInteger))).label("id")).subquery("connection")
    theirs = _newest(wanted, before, limit).where(operator_actions.c.connection_id == ids.c.id)
    each = theirs.correlate(ids).lateral("each")
    query = select(each).select_from(ids.join(each, true()))
    if wanted.with_others:
        of_nobody = _newest(wanted, before, limit).where(operator_actions.c.connection_id.is_(None)).subquery("others")
        found = union_all(query, select(of_nobody)).subquery("found")
    else:
        found = query.subquery("found")
    rows = connection.execute(select(found).order_by(found.c.at.desc(), found.c.id.desc()).limit(limit))
    return [OperatorAction(**row) for row in rows.mappings()]


def _newest(wanted: ActFilter, before: int | None, limit: int) -> Select[Any]:
    """The newest acts of a filter, whose connection is still to be said.

    They are ordered as the index is, by the connection too: of `is null` the planner does not see that it is one value.
    """
    columns = [operator_actions.c[name] for name in OperatorAction.__dataclass_fields__]
    place = (operator_actions.c.at, operator_actions.c.id)
    in_order = (operator_actions.c.connection_id, *place)
    query = select(*columns).order_by(*(column.desc() for column in in_order)).limit(limit)
    for column, value in ((operator_actions.c.actor, wanted.actor), (operator_actions.c.action, wanted.action)):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(operator_actions.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(operator_actions.c.at < wanted.until)
    if before is not None:
        last = select(*place).where(operator_actions.c.id == before).correlate(None).scalar_subquery()
        query = query.where(tuple_(*place) < last)
    return query
