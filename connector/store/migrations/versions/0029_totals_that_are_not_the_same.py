"""totals that are not the same on both sides."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# What is known of before: NetSuite said another total than we meant, or the totals could not be made the same.
_FOUND = """
    create temporary table differing on commit drop as
    select id from records where reason_code = 'total_mismatch' and kind = 'order'
    union
    select f.record_id from effects f join records r on r.id = f.record_id
    where f.kind in ('sales_order', 'cash_sale') and f.state <> 'withdrawn' and f.total_read <> f.amount
        and r.kind = 'order'
"""


def upgrade() -> None:
    # Found before the tables are locked: a column with a constant default rewrites nothing, and the index begins small.
    op.execute(_FOUND)
    op.add_column("effects", sa.Column("due", sa.Numeric(), nullable=True))
    op.add_column("records", sa.Column("differs", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("update records set differs = true where id in (select id from differing)")
    op.create_index(
        "ix_records_differs", "records", ["connection_id", "id"], postgresql_where=sa.text("differs")
    )


def downgrade() -> None:
    op.drop_index("ix_records_differs", "records")
    op.drop_column("records", "differs")
    op.drop_column("effects", "due")
