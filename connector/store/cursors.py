"""How far each reading of the other systems has come. A watermark is the other system's own clock, as text."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.progress_tables import cursors, heartbeats, periodic_runs


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to `watermark` was read, last at `moved_at`; the other system told that watermark `age` ago."""

    watermark: str
    moved_at: datetime
    age: timedelta


def read(connection: Connection, connection_id: int, name: str) -> Cursor | None:
    """The cursor, or None before the first reading."""
    row = connection.execute(
        select(cursors.c.watermark, cursors.c.moved_at, (func.now() - cursors.c.told_at).label("age")).where(
            cursors.c.connection_id == connection_id, cursors.c.name == name
        )
    ).one_or_none()
    return None if row is None else Cursor(row.watermark, row.moved_at, row.age)


def advance(connection: Connection, connection_id: int, name: str, watermark: str) -> None:
    """Moves a cursor; only after what it covers was stored."""
    statement = insert(cursors).values(connection_id=connection_id, name=name, watermark=watermark)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "name"],
            set_={
                "watermark": watermark,
                "moved_at": func.now(),
                "told_at": case((cursors.c.watermark == watermark, cursors.c.told_at), else_=func.now()),
            },
        )
    )


def forget(connection: Connection, connection_id: int, name: str) -> None:
    """Takes a cursor away: what it stood for begins anew."""
    connection.execute(delete(cursors).where(cursors.c.connection_id == connection_id, cursors.c.name == name))


def begin_slot(connection: Connection, name: str, slot: int) -> bool:
    """True for the first who begins this slot of a scheduled run; a doubled beat runs it once."""
    statement = insert(periodic_runs).values(name=name, slot=slot).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


def beat(connection: Connection, name: str) -> None:
    """Says that a part of the product is alive."""
    statement = insert(heartbeats).values(name=name)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": func.now()}))
