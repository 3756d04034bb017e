"""problems by cause: who looks after one, what waits for it, and what passes were held for."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "problem_care",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_problem_care_connection_id_connections"),
            ondelete="RESTRICT",
        ),
        sa.UniqueConstraint("connection_id", "code", "subject", name=op.f("uq_problem_care_connection_id_code_subject")),
    )
    op.create_index(
        "ix_records_problem",
        "records",
        ["connection_id", "reason_code", "reason_subject", "id"],
        postgresql_where=sa.text("state in ('held', 'parked')"),
    )
    op.add_column("attempts", sa.Column("held_for", sa.Text(), nullable=True))
    op.create_index("ix_attempts_held", "attempts", ["id"], postgresql_where=sa.text("held_for is not null"))


def downgrade() -> None:
    op.drop_index("ix_attempts_held", "attempts")
    op.drop_column("attempts", "held_for")
    op.drop_index("ix_records_problem", "records")
    op.drop_table("problem_care")
