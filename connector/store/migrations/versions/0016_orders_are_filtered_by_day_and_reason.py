"""orders are listed by the day they came and by their reason."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_HAS_REASON = sa.text("reason_code is not null")


def upgrade() -> None:
    op.create_index("ix_records_created", "records", ["connection_id", "kind", "created_at"])
    op.drop_index("ix_records_reason_code", "records")
    op.create_index(
        "ix_records_reason_code", "records", ["connection_id", "reason_code", "id"], postgresql_where=_HAS_REASON
    )


def downgrade() -> None:
    op.drop_index("ix_records_reason_code", "records")
    op.create_index("ix_records_reason_code", "records", ["connection_id", "reason_code"], postgresql_where=_HAS_REASON)
    op.drop_index("ix_records_created", "records")
