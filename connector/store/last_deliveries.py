"""When each topic of a connection was delivered last: one look into an index for each topic."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Text, column, func, select, true, values

from connector.store.tables import events


def by_topic(connection: Connection, connection_id: int, topics: Sequence[str]) -> dict[str, datetime]:
    """The newest delivery of each topic; a topic of which none is kept is left out."""
    if not topics:
        return {}
    wanted = values(column("topic", Text), name="wanted").data([(topic,) for topic in topics])
    newest = (
        select(func.max(events.c.received_at).label("received_at"))
        .where(events.c.connection_id == connection_id, events.c.topic == wanted.c.topic)
        .correlate(wanted)
        .lateral("newest")
    )
    found = connection.execute(select(wanted.c.topic, newest.c.received_at).select_from(wanted.join(newest, true())))
    return {row.topic: row.received_at for row in found if row.received_at is not None}


def newest(connection: Connection, connection_id: int) -> datetime | None:
    """The newest delivery of any topic, of either system."""
    query = select(func.max(events.c.received_at)).where(events.c.connection_id == connection_id)
    found: datetime | None = connection.execute(query).scalar_one()
    return found
