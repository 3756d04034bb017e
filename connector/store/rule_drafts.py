"""The draft of a connection's rules: one at most, as its writer left it, with the version it was begun from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.connection_tables import rule_drafts


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """One draft: TOML text."""

    connection_id: int
    text: str
    base_version: int
    actor: str
    saved_at: datetime


def of(connection: Connection, connection_id: int) -> RuleDraft | None:
    """The draft, or None."""
    row = connection.execute(select(rule_drafts).where(rule_drafts.c.connection_id == connection_id)).one_or_none()
    return None if row is None else RuleDraft(**row._mapping)


def locked(connection: Connection, connection_id: int) -> RuleDraft | None:
    """The same, and nobody else changes it before the transaction ends."""
    query = select(rule_drafts).where(rule_drafts.c.connection_id == connection_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else RuleDraft(**row._mapping)


def keep(connection: Connection, connection_id: int, text: str, *, base_version: int, actor: str) -> None:
    """Keeps a draft in place of the one before."""
    values = {"text": text, "base_version": base_version, "actor": actor, "saved_at": func.now()}
    statement = insert(rule_drafts).values(connection_id=connection_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["connection_id"], set_=values))


def begin(connection: Connection, connection_id: int, text: str, *, base_version: int, actor: str) -> bool:
    """Keeps a draft where there is none; False where there is one, be it of this very moment."""
    values = {"text": text, "base_version": base_version, "actor": actor, "saved_at": func.now()}
    statement = insert(rule_drafts).values(connection_id=connection_id, **values)
    return connection.execute(statement.on_conflict_do_nothing()).rowcount == 1


def forget(connection: Connection, connection_id: int) -> None:
    """It is in force, or nobody wants it."""
    connection.execute(delete(rule_drafts).where(rule_drafts.c.connection_id == connection_id))
