"""pushes past the guards, each for one run."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forced_pushes",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_forced_pushes_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", name=op.f("uq_forced_pushes_connection_id")),
    )


def downgrade() -> None:
    op.drop_table("forced_pushes")
