"""the first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.BigInteger(), nullable=True),
        sa.Column("shopify_api_url", sa.Text(), nullable=False),
        sa.Column("shopify_api_version", sa.Text(), nullable=False),
        sa.Column("netsuite_account", sa.Text(), nullable=False),
        sa.Column("netsuite_api_url", sa.Text(), nullable=False),
        sa.Column("netsuite_concurrency", sa.Integer(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rules_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("key", name=op.f("uq_connections_key")),
        sa.UniqueConstraint("name", name=op.f("uq_connections_name")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "periodic_runs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.UniqueConstraint("name", "slot", name=op.f("uq_periodic_runs_name_slot")),
    )
    op.create_table(
        "credentials",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_credentials_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
        sa.UniqueConstraint("connection_id", "side", name=op.f("uq_credentials_connection_id_side")),
    )
    op.create_table(
        "cursors",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("watermark", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_cursors_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_cursors_connection_id_name")),
    )
    op.create_table(
        "customers",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_id", sa.BigInteger(), nullable=False),
        sa.Column("email_hash", sa.LargeBinary(), nullable=False),
        sa.Column("subsidiary", sa.Text(), nullable=False),
        sa.Column("inactive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_customers_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "netsuite_id", name=op.f("uq_customers_connection_id_netsuite_id")),
    )
    op.create_index("ix_customers_email", "customers", ["connection_id", "email_hash"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("triggered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("record_kind", sa.Text(), nullable=True),
        sa.Column("shopify_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_events_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("connection_id", "delivery_id", name=op.f("uq_events_connection_id_delivery_id")),
    )
    op.create_index("ix_events_record", "events", ["connection_id", "record_kind", "shopify_id"], unique=False)
    op.create_table(
        "items",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=True),
        sa.Column("inactive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_items_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "netsuite_id", name=op.f("uq_items_connection_id_netsuite_id")),
    )
    op.create_index("ix_items_sku", "items", ["connection_id", "sku"], unique=False)
    op.create_table(
        "records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shopify_id", sa.Text(), nullable=False),
        sa.Column("wanted_version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("applied_version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason_subject", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("woken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('pending', 'working', 'in_sync', 'held', 'parked', 'ignored', 'excluded')",
            name=op.f("ck_records_state"),
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_records_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint(
            "connection_id", "kind", "shopify_id", name=op.f("uq_records_connection_id_kind_shopify_id")
        ),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_records_name", "records", ["name"], unique=False, postgresql_ops={"name": "text_pattern_ops"})
    op.create_index(
        "ix_records_reason",
        "records",
        ["connection_id", "reason_subject"],
        unique=False,
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_records_undone",
        "records",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('pending', 'working')"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("calls", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_attempts_record_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_record_id"), "attempts", ["record_id"], unique=False)
    op.create_table(
        "effects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('planned', 'sent', 'unknown', 'confirmed')", name=op.f("ck_effects_state")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_effects_connection_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_effects_record_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effects")),
        sa.UniqueConstraint("connection_id", "natural_key", name=op.f("uq_effects_connection_id_natural_key")),
    )
    op.create_index(op.f("ix_effects_record_id"), "effects", ["record_id"], unique=False)
    op.create_index(
        "ix_effects_unverified",
        "effects",
        ["connection_id", "id"],
        unique=False,
        postgresql_where=sa.text("kind = 'sales_order' and state = 'confirmed' and verified_at is null"),
    )
    # Sealed bytes cannot be packed any further.
    op.execute("alter table events alter column body set storage external")


def downgrade() -> None:
    op.drop_index(
        "ix_effects_unverified",
        table_name="effects",
        postgresql_where=sa.text("kind = 'sales_order' and state = 'confirmed' and verified_at is null"),
    )
    op.drop_index(op.f("ix_effects_record_id"), table_name="effects")
    op.drop_table("effects")
    op.drop_index(op.f("ix_attempts_record_id"), table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(
        "ix_records_undone", table_name="records", postgresql_where=sa.text("state in ('pending', 'working')")
    )
    op.drop_index("ix_records_reason", table_name="records", postgresql_where=sa.text("state = 'held'"))
    op.drop_index("ix_records_name", table_name="records", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("records")
    op.drop_index("ix_items_sku", table_name="items")
    op.drop_table("items")
    op.drop_index("ix_events_record", table_name="events")
    op.drop_table("events")
    op.drop_index("ix_customers_email", table_name="customers")
    op.drop_table("customers")
    op.drop_table("cursors")
    op.drop_table("credentials")
    op.drop_table("periodic_runs")
    op.drop_table("heartbeats")
    op.drop_table("connections")
