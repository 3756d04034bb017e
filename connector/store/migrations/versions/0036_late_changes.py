"""until when an earlier change of what stands may be carried out behind the last one."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("effects", sa.Column("late_until", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_effects_late",
        "effects",
        ["connection_id", "late_until"],
        postgresql_where=sa.text("late_until is not null"),
    )


def downgrade() -> None:
    op.drop_column("effects", "late_until")
