"""The tables of what people do in the console and nobody else needs. Nothing else."""

from sqlalchemy import Column, LargeBinary, Table, Text, UniqueConstraint

from connector.store.columns import connection_, metadata, time_

# A post to the API that came with an Idempotency-Key; `body` is None while it is at work.
api_answers = Table(
    "api_answers",
    metadata,
    Column("who", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("asked", LargeBinary, nullable=False),
    Column("body", LargeBinary),
    time_("at"),
    UniqueConstraint("who", "key"),
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
