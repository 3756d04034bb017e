"""Tables that say how far something has come: readings of the other systems, runs over all connections, life signs."""

from sqlalchemy import BigInteger, Column, Table, Text, UniqueConstraint

from connector.store.columns import connection_, metadata, time_

cursors = Table(
    "cursors",
    metadata,
    connection_(),
    Column("name", Text, nullable=False),
    Column("watermark", Text, nullable=False),
    time_("moved_at"),
    # When the watermark was told that stands here; a reading that finds nothing moves the time of reading alone.
    time_("told_at"),
    UniqueConstraint("connection_id", "name"),
)

periodic_runs = Table(
    "periodic_runs",
    metadata,
    Column("name", Text, nullable=False),
    Column("slot", BigInteger, nullable=False),
    time_("started_at"),
    UniqueConstraint("name", "slot"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    time_("at"),
)
