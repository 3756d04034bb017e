"""jobs over many records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("lane", sa.Text(), server_default=sa.text("'orders'"), nullable=False))
    op.add_column("records", sa.Column("seen_version", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("chosen", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('listing', 'running', 'paused', 'stopped', 'done')", name=op.f("ck_jobs_state")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_jobs_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_running", "jobs", ["id"], postgresql_where=sa.text("state = 'running'"))
    op.create_table(
        "job_records",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_records_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_job_records_record_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("job_id", "record_id", name=op.f("uq_job_records_job_id_record_id")),
    )
    op.create_index(
        "ix_job_records_unsent", "job_records", ["job_id", "record_id"], postgresql_where=sa.text("sent_at is null")
    )
    op.create_index("ix_job_records_record", "job_records", ["record_id"])


def downgrade() -> None:
    op.drop_table("job_records")
    op.drop_table("jobs")
    op.drop_column("records", "seen_version")
    op.drop_column("records", "lane")
