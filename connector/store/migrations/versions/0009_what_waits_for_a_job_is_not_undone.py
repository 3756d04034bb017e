"""what waits for a job is not among what is undone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UNDONE = "state in ('pending', 'working')"


def upgrade() -> None:
    waits = sa.Computed("next_attempt_at >= '9999-01-01 00:00:00+00'::timestamp with time zone", persisted=True)
    op.add_column("records", sa.Column("waits_for_job", sa.Boolean(), waits, nullable=False))
    op.drop_index("ix_records_undone", "records")
    op.create_index(
        "ix_records_undone", "records", ["id"], postgresql_where=sa.text(f"{_UNDONE} and not waits_for_job")
    )


def downgrade() -> None:
    op.drop_index("ix_records_undone", "records")
    op.drop_column("records", "waits_for_job")
    op.create_index("ix_records_undone", "records", ["id"], postgresql_where=sa.text(_UNDONE))
