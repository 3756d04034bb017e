"""lists of deliveries and orders are read by indices, orders are found by their buyer's e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("email_hash", sa.LargeBinary(), nullable=True))
    op.create_index("ix_events_time", "events", ["connection_id", "received_at", "id"])
    op.create_index("ix_events_topic", "events", ["connection_id", "topic", "received_at", "id"])
    op.create_index("ix_records_state", "records", ["connection_id", "state", "kind", "id"])
    for name, column in (("ix_records_reason_code", "reason_code"), ("ix_records_email", "email_hash")):
        predicate = sa.text(f"{column} is not null")
        op.create_index(name, "records", ["connection_id", column], postgresql_where=predicate)
    op.drop_index("ix_effects_customers", "effects")
    op.create_index("ix_effects_remote", "effects", ["connection_id", "remote_id"])
    op.create_index("ix_sales_orders_number", "sales_orders", ["connection_id", "number"])


def downgrade() -> None:
    op.drop_index("ix_sales_orders_number", "sales_orders")
    op.drop_index("ix_effects_remote", "effects")
    op.create_index(
        "ix_effects_customers", "effects", ["connection_id", "remote_id"], postgresql_where=sa.text("kind = 'customer'")
    )
    for name in ("ix_records_email", "ix_records_reason_code", "ix_records_state"):
        op.drop_index(name, "records")
    op.drop_index("ix_events_topic", "events")
    op.drop_index("ix_events_time", "events")
    op.drop_column("records", "email_hash")
