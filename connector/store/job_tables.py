"""The tables of jobs: what a person set going over many records, and which records. Nothing else."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.columns import connection_, id_, metadata, time_

# `kind`: replay or history; `chosen`: by which filter; `reason`: why the person wanted it; `total`, `sent`: how many of its
# records are listed and made due, for counting those of a large import takes too long for a page.
jobs = Table(
    "jobs",
    metadata,
    id_(),
    connection_(),
    Column("kind", Text, nullable=False),
    Column("chosen", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'running'")),
    time_("made_at"),
    time_("ended_at", nullable=True),
    Column("total", Integer, nullable=False, server_default=text("0")),
    Column("sent", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(text("state in ('listing', 'running', 'paused', 'stopped', 'done')"), name="state"),
    Index("ix_jobs_running", "id", postgresql_where=text("state = 'running'")),
)

job_records = Table(
    "job_records",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("record_id", ForeignKey("records.id", ondelete="CASCADE"), nullable=False),
    time_("sent_at", nullable=True),
    UniqueConstraint("job_id", "record_id"),
    Index("ix_job_records_unsent", "job_id", "record_id", postgresql_where=text("sent_at is null")),
    Index("ix_job_records_record", "record_id"),
)
