"""The versions of a connection's rules; rows are only ever added, so that every effect can name what made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from connector.store.connection_tables import rule_versions


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """The rules as a person wrote them. `looked_up`: what NetSuite said of their ids and names, None before it was asked."""

    connection_id: int
    version: int
    rules: Mapping[str, Any]
    looked_up: Mapping[str, Any] | None
    actor: str
    note: str
    made_at: datetime


def keep(
    connection: Connection, connection_id: int, version: int, rules: Mapping[str, Any], *, actor: str, note: str,
    looked_up: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Keeps a new version."""
    connection.execute(
        insert(rule_versions).values(
            connection_id=connection_id, version=version, rules=dict(rules), looked_up=looked_up, actor=actor, note=note
        )
    )


def keep_looked_up(connection: Connection, connection_id: int, version: int, looked_up: Mapping[str, Any]) -> None:
    """Keeps what NetSuite says of the ids and names of a version."""
    connection.execute(
        update(rule_versions)
        .where(rule_versions.c.connection_id == connection_id, rule_versions.c.version == version)
        .values(looked_up=dict(looked_up))
    )


def at(connection: Connection, connection_id: int, version: int) -> RuleVersion | None:
    """One version, or None."""
    row = connection.execute(
        select(rule_versions).where(rule_versions.c.connection_id == connection_id, rule_versions.c.version == version)
    ).one_or_none()
    return None if row is None else _version(row)


def of_connection(connection: Connection, connection_id: int) -> list[RuleVersion]:
    """All versions, newest first."""
    found = connection.execute(
        select(rule_versions)
        .where(rule_versions.c.connection_id == connection_id)
        .order_by(rule_versions.c.version.desc())
    )
    return [_version(row) for row in found]


def _version(row: Row[Any]) -> RuleVersion:
    return RuleVersion(**{name: getattr(row, name) for name in RuleVersion.__dataclass_fields__})
