"""since when a record is not in step, and since when it is due; told from what was tried before for what is open now."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Passes stay for ever: those after the last that brought the record to rest say since when it is open.
_OF_THE_OPEN = """
    update records r set
        open_since = case when rest.id is null then r.created_at else least(
            coalesce(r.first_failed_at, r.changed_at),
            (select min(a.started_at) from attempts a where a.record_id = r.id and a.id > rest.id)
        ) end,
        due_since = coalesce(r.first_failed_at, r.changed_at)
    from (
        select o.id as record_id, (
            select max(a.id) from attempts a where a.record_id = o.id and a.outcome in ('in_sync', 'excluded')
        ) as id
        from records o where o.state in ('pending', 'working', 'held', 'parked')
    ) rest
    where rest.record_id = r.id
"""


def upgrade() -> None:
    # The default is the same for every row, so that no row is written for it.
    for name in ("open_since", "due_since"):
        column = sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()"))
        op.add_column("records", column)
    op.execute(_OF_THE_OPEN)


def downgrade() -> None:
    op.drop_column("records", "due_since")
    op.drop_column("records", "open_since")
