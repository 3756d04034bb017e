"""when a record came into step last; of the newest only, for what is counted is a day."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("in_step_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "update records set in_step_at = changed_at "
        "where kind = 'order' and state = 'in_sync' and changed_at > now() - interval '25 hours'"
    )
    op.create_index(
        "ix_records_in_step",
        "records",
        ["connection_id", "in_step_at"],
        postgresql_where=sa.text("kind = 'order' and state = 'in_sync'"),
    )


def downgrade() -> None:
    op.drop_index("ix_records_in_step", "records")
    op.drop_column("records", "in_step_at")
