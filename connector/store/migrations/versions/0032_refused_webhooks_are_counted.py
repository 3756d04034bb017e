"""how many webhooks were refused, by ten minutes, connection and why."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refused_webhooks",
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("connection_id", sa.BigInteger(), sa.ForeignKey("connections.id", ondelete="RESTRICT"), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "uq_refused_webhooks", "refused_webhooks", ["slot", sa.text("coalesce(connection_id, 0)"), "outcome"], unique=True
    )


def downgrade() -> None:
    op.drop_table("refused_webhooks")
