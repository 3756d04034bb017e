"""what people did stays: the table of acts refuses every change."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# For each statement, not each row: one that meets no row, empties the table or comes by a cascade is refused too. Nothing
# the product does needs an exception: erasing leaves acts, which hold ids, and a removed connection keeps its row.
_REFUSE = """
    create function refuse_to_change_acts() returns trigger language plpgsql as $$
    begin
        raise exception 'rows of operator_actions are only ever added: % is refused', lower(tg_op)
            using errcode = 'insufficient_privilege';
    end
    $$
"""
_TRIGGER = """
    create trigger acts_are_only_added before update or delete or truncate on operator_actions
    for each statement execute function refuse_to_change_acts()
"""


def upgrade() -> None:
    op.execute(_REFUSE)
    op.execute(_TRIGGER)


def downgrade() -> None:
    op.execute("drop trigger acts_are_only_added on operator_actions")
    op.execute("drop function refuse_to_change_acts()")
