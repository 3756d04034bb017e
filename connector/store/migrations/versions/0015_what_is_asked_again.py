"""what is asked again: when NetSuite's clock was told, totals that differ, open drafts, linked customers."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "cursors", sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.execute("update cursors set watermark = watermark::jsonb ->> 'at' where name = 'draft_orders'")
    op.add_column("effects", sa.Column("looks", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("effects", sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_effects_open_drafts",
        "effects",
        ["connection_id", "id"],
        postgresql_where=sa.text("kind = 'draft_order' and state <> 'withdrawn' and verified_at is null"),
    )
    op.create_index(
        "ix_effects_entered",
        "effects",
        ["connection_id", "remote_id"],
        postgresql_where=sa.text("kind = 'sales_order' and request_hash = 'entered in NetSuite'"),
    )
    op.create_index(
        "ix_effects_linked_customers",
        "effects",
        ["connection_id", sa.text("cast(remote_id as bigint)")],
        postgresql_where=sa.text("kind = 'customer' and state <> 'withdrawn'"),
    )


def downgrade() -> None:
    op.drop_index("ix_effects_linked_customers", "effects")
    op.drop_index("ix_effects_entered", "effects")
    op.drop_index("ix_effects_open_drafts", "effects")
    op.drop_column("effects", "look_at")
    op.drop_column("effects", "looks")
    op.drop_column("cursors", "told_at")
