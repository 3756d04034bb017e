"""The tables of what people do in the console and nobody else needs. Nothing else."""

from sqlalchemy import Column, LargeBinary, Table, Text, UniqueConstraint

from connector.store.columns import id_, metadata, time_

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
