"""passes are counted by the hour."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_attempts_finished", "attempts", ["finished_at"])
    op.create_table(
        "hourly_passes",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("in_sync", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_hourly_passes_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint(
            "connection_id", "hour", "kind", "bucket", name=op.f("uq_hourly_passes_connection_id_hour_kind_bucket")
        ),
    )
    op.create_index("ix_hourly_passes_hour", "hourly_passes", ["hour"])


def downgrade() -> None:
    op.drop_table("hourly_passes")
    op.drop_index("ix_attempts_finished", "attempts")
