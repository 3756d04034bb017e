"""jobs count their records."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("total", "sent"):
        op.add_column("jobs", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute(
        "update jobs set total = counted.total, sent = counted.sent from ("
        "select job_id, count(*) as total, count(sent_at) as sent from job_records group by job_id) counted "
        "where jobs.id = counted.job_id"
    )


def downgrade() -> None:
    for name in ("total", "sent"):
        op.drop_column("jobs", name)
