"""sales nobody told of."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lowered_levels",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("inventory_item", sa.BigInteger(), nullable=False),
        sa.Column("shopify_location", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_lowered_levels_connection_id"), ondelete="RESTRICT"
        ),
    )
    op.create_index(
        "ix_lowered_levels_item", "lowered_levels", ["connection_id", "shopify_location", "inventory_item"]
    )
    op.create_table(
        "seen_sales",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("inventory_item", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("sold_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_seen_sales_connection_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_seen_sales_record_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_seen_sales_record", "seen_sales", ["record_id"])
    op.create_index("ix_seen_sales_item", "seen_sales", ["connection_id", "inventory_item"])
    op.add_column("levels", sa.Column("sending", sa.Integer(), nullable=True))
    op.drop_column("reservations", "shopify_location")


def downgrade() -> None:
    op.add_column("reservations", sa.Column("shopify_location", sa.BigInteger(), nullable=True))
    op.drop_column("levels", "sending")
    op.drop_table("seen_sales")
    op.drop_table("lowered_levels")
