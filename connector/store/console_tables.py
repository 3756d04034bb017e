"""The tables of what people do in the console and nobody else needs. Nothing else."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from connector.store.columns import connection_, id_, metadata, time_

# A post to the API that came with an Idempotency-Key; `body` is sealed, None while it is at work.
api_answers = Table(
    "api_answers",
    metadata,
    id_(),
    Column("who", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("asked_sha256", LargeBinary, nullable=False),
    Column("body", LargeBinary),
    time_("at"),
    UniqueConstraint("who", "key"),
)

# What a person noted on an order, for the others. It can name a buyer: it goes when the buyer's data goes.
order_notes = Table(
    "order_notes",
    metadata,
    id_(),
    Column("record_id", ForeignKey("records.id", ondelete="RESTRICT"), nullable=False, index=True),
    time_("at"),
    Column("who", Text, nullable=False),
    Column("said", Text, nullable=False),
)

# How many passes ended in an hour, and how long they took: `bucket` of connector.store.throughput.
hourly_passes = Table(
    "hourly_passes",
    metadata,
    connection_(),
    Column("kind", Text, nullable=False),
    time_("hour"),
    Column("bucket", Integer, nullable=False),
    Column("passes", Integer, nullable=False),
    Column("in_sync", Integer, nullable=False),
    UniqueConstraint("connection_id", "hour", "kind", "bucket"),
    Index("ix_hourly_passes_hour", "hour"),
)

# Who looks after a problem, and until when nobody wants to see it; `subject` is empty where the reason names nothing.
problem_care = Table(
    "problem_care",
    metadata,
    connection_(),
    Column("code", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("assigned_to", Text),
    time_("snoozed_until", nullable=True),
    Column("actor", Text, nullable=False),
    time_("at"),
    UniqueConstraint("connection_id", "code", "subject"),
)

# A key that was made here for NetSuite, until a connection has it; `sealed` is the private one.
made_keys = Table(
    "made_keys",
    metadata,
    id_(),
    Column("name", Text, nullable=False, unique=True),
    Column("made_by", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("certificate", Text, nullable=False),
    time_("ends_at"),
    time_("made_at"),
)

# Webhooks that were refused in ten minutes, by why; `connection_id` is None for an address that is no connection's.
refused_webhooks = Table(
    "refused_webhooks",
    metadata,
    time_("slot"),
    Column("connection_id", ForeignKey("connections.id", ondelete="RESTRICT")),
    Column("outcome", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Index("uq_refused_webhooks", "slot", text("coalesce(connection_id, 0)"), "outcome", unique=True),
)
