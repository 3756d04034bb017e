"""when orders were placed, and whether they are paid and shipped."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Each order is told by its next pass: nothing is rewritten here, and the index begins empty.
    op.add_column("records", sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("records", sa.Column("financial_status", sa.Text(), nullable=True))
    op.add_column("records", sa.Column("fulfillment_status", sa.Text(), nullable=True))
    op.create_index(
        "ix_records_placed",
        "records",
        ["connection_id", "placed_at", "id"],
        postgresql_where=sa.text("kind = 'order' and placed_at is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_records_placed", "records")
    for name in ("fulfillment_status", "financial_status", "placed_at"):
        op.drop_column("records", name)
