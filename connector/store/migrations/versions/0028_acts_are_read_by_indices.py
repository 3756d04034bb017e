"""acts are read by indices: by the day, by who did it, by what was done."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_INDICES = {
    "ix_operator_actions_time": ["connection_id", "at", "id"],
    "ix_operator_actions_actor": ["connection_id", "actor", "at", "id"],
    "ix_operator_actions_action": ["connection_id", "action", "at", "id"],
}


def upgrade() -> None:
    for name, columns in _INDICES.items():
        op.create_index(name, "operator_actions", columns)


def downgrade() -> None:
    for name in _INDICES:
        op.drop_index(name, "operator_actions")
