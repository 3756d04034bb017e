"""what waits for a system that was away, and which effects are not at their end."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("waits_on", sa.Text(), nullable=True))
    op.add_column("records", sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_records_waits_on",
        "records",
        ["waits_on", sa.text("forwarded_at nulls first"), "id"],
        postgresql_where=sa.text("state = 'pending' and waits_on is not null"),
    )
    op.create_index(
        "ix_effects_open",
        "effects",
        ["kind", "state"],
        postgresql_where=sa.text("state in ('planned', 'sent', 'unknown')"),
    )


def downgrade() -> None:
    op.drop_index("ix_effects_open", "effects")
    op.drop_index("ix_records_waits_on", "records")
    op.drop_column("records", "forwarded_at")
    op.drop_column("records", "waits_on")
