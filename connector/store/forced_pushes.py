"""Pushes of stock that an admin sends past the guards: each is for one run, and for a short while."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.stock_tables import forced_pushes

# Who looked at figures of now decided nothing for a push of tomorrow: a halt, or no worker, may lie between.
KEPT_MINUTES = 15


@dataclass(frozen=True, slots=True)
class ForcedPush:
    """Who wanted it; `is_fresh`: not longer ago than such a wish counts."""

    asked_by: str
    is_fresh: bool


def ask(connection: Connection, connection_id: int, *, asked_by: str) -> bool:
    """The next run goes past the guards; False when one is to do so already. An old wish that no run took begins anew."""
    statement = insert(forced_pushes).values(connection_id=connection_id, asked_by=asked_by)
    anew = statement.on_conflict_do_update(
        index_elements=["connection_id"],
        set_={"asked_by": asked_by, "asked_at": func.now()},
        where=~_is_fresh(),
    )
    return connection.execute(anew).rowcount == 1


def take(connection: Connection, connection_id: int) -> ForcedPush | None:
    """The wish, for the run that begins now and no other; None where there is none."""
    row = connection.execute(
        delete(forced_pushes)
        .where(forced_pushes.c.connection_id == connection_id)
        .returning(forced_pushes.c.asked_by, _is_fresh().label("is_fresh"))
    ).one_or_none()
    return None if row is None else ForcedPush(row.asked_by, row.is_fresh)


def _is_fresh() -> ColumnElement[bool]:
    return forced_pushes.c.asked_at > func.now() - text(f"interval '{KEPT_MINUTES} minutes'")
