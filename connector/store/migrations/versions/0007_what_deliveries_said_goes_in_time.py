"""what deliveries said goes in time."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("events", "body", existing_type=sa.LargeBinary(), nullable=True)
    op.create_index(
        "ix_events_kept", "events", ["connection_id", "received_at", "id"], postgresql_where=sa.text("body is not null")
    )


def downgrade() -> None:
    op.drop_index("ix_events_kept", "events")
    op.execute("delete from events where body is null")
    op.alter_column("events", "body", existing_type=sa.LargeBinary(), nullable=False)
