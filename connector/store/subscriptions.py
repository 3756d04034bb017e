"""The webhook subscriptions we made, when each was last there, and the intervals in which one was not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.store.connection_tables import silences, subscriptions


@dataclass(frozen=True, slots=True)
class Made:
    """One subscription of ours, as we last saw it."""

    topic: str
    remote_id: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Silence:
    """An interval in which a topic was not announced to us."""

    id: int
    topic: str
    began_at: datetime
    ended_at: datetime


def made(connection: Connection, connection_id: int) -> dict[str, Made]:
    """Our subscriptions by topic; empty for a shop whose webhooks were set up by hand or by the app's configuration."""
    found = connection.execute(
        select(subscriptions.c.topic, subscriptions.c.remote_id, subscriptions.c.seen_at).where(
            subscriptions.c.connection_id == connection_id
        )
    )
    return {row.topic: Made(row.topic, row.remote_id, row.seen_at) for row in found}


def database_time(connection: Connection) -> datetime:
    """This moment by the database's clock, the only one that silent intervals are measured with."""
    moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return moment


def mark_seen(connection: Connection, connection_id: int, topic: str, remote_id: str, *, at: datetime) -> None:
    """The subscription was there at that moment."""
    statement = upsert(subscriptions).values(connection_id=connection_id, topic=topic, remote_id=remote_id, seen_at=at)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "topic"], set_={"remote_id": remote_id, "seen_at": at}
        )
    )


def note_silence(connection: Connection, connection_id: int, topic: str, *, since: datetime, until: datetime) -> None:
    """A subscription had vanished some time after `since`; until it was made again nothing of its topic came."""
    connection.execute(
        insert(silences).values(connection_id=connection_id, topic=topic, began_at=since, ended_at=until)
    )


def open_silences(connection: Connection, connection_id: int) -> list[Silence]:
    """Intervals nobody has caught up with yet, oldest first."""
    columns = [getattr(silences.c, name) for name in Silence.__dataclass_fields__]
    found = connection.execute(
        select(*columns)
        .where(silences.c.connection_id == connection_id, silences.c.caught_up_at.is_(None))
        .order_by(silences.c.id)
    )
    return [Silence(**row) for row in found.mappings()]


def caught_up(connection: Connection, silence_ids: Sequence[int]) -> None:
    """Whatever happened in these intervals has been looked for."""
    connection.execute(update(silences).where(silences.c.id.in_(list(silence_ids))).values(caught_up_at=func.now()))
