"""orders of one reason by the day they were placed."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_records_reason_placed",
        "records",
        ["connection_id", "reason_code", "placed_at", "id"],
        postgresql_where=sa.text("kind = 'order' and reason_code is not null and placed_at is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_records_reason_placed", "records")
