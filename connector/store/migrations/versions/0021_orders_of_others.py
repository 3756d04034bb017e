"""which documents of another connector an order has."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adoptions",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("shopify_id", sa.Text(), nullable=False),
        sa.Column("found", postgresql.JSONB(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_adoptions_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "shopify_id", name=op.f("uq_adoptions_connection_id_shopify_id")),
    )


def downgrade() -> None:
    op.drop_table("adoptions")
