"""The table of proofs: what reconciling said, and of which days somebody wants one. Nothing else."""

from sqlalchemy import Boolean, Column, Date, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.columns import connection_, id_, metadata, time_

# One proof, or the wish for one while `document` is missing. `since` and `until`: days of the books, the first and the last.
proofs = Table(
    "proofs",
    metadata,
    id_(),
    connection_(),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("asked_by", Text),
    time_("asked_at"),
    time_("made_at", nullable=True),
    Column("is_explained", Boolean),
    Column("document", JSONB(none_as_null=True)),
    Index("ix_proofs_made", "connection_id", "made_at"),
    Index("uq_proofs_wanted", "connection_id", "since", "until", unique=True, postgresql_where=text("made_at is null")),
)
