"""what the other systems said last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kit_members",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_kit", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_item", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_kit_members_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint(
            "connection_id",
            "netsuite_kit",
            "netsuite_item",
            name=op.f("uq_kit_members_connection_id_netsuite_kit_netsuite_item"),
        ),
    )
    op.create_table(
        "levels",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("inventory_item", sa.BigInteger(), nullable=False),
        sa.Column("shopify_location", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_levels_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint(
            "connection_id",
            "inventory_item",
            "shopify_location",
            name=op.f("uq_levels_connection_id_inventory_item_shopify_location"),
        ),
    )
    op.create_table(
        "paused_schedules",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_paused_schedules_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_paused_schedules_connection_id_name")),
    )
    op.create_table(
        "sales_orders",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_id", sa.BigInteger(), nullable=False),
        sa.Column("shopify_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("written_back", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_sales_orders_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "netsuite_id", name=op.f("uq_sales_orders_connection_id_netsuite_id")),
    )
    op.create_index(
        "ix_sales_orders_untold",
        "sales_orders",
        ["connection_id", "netsuite_id"],
        unique=False,
        postgresql_where=sa.text("number is not null and number is distinct from written_back"),
    )
    op.create_table(
        "scheduled_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_scheduled_runs_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_runs")),
        sa.UniqueConstraint("connection_id", "name", "slot", name=op.f("uq_scheduled_runs_connection_id_name_slot")),
    )
    op.create_index("ix_scheduled_runs_last", "scheduled_runs", ["connection_id", "name", "started_at"], unique=False)
    op.create_table(
        "shipments",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_order", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("tracking", postgresql.JSONB(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_shipments_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "netsuite_id", name=op.f("uq_shipments_connection_id_netsuite_id")),
    )
    op.create_index("ix_shipments_order", "shipments", ["connection_id", "netsuite_order"], unique=False)
    op.create_table(
        "shop_items",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("inventory_item", sa.BigInteger(), nullable=False),
        sa.Column("variant", sa.BigInteger(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("tracked", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_shop_items_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "inventory_item", name=op.f("uq_shop_items_connection_id_inventory_item")),
    )
    op.create_index("ix_shop_items_sku", "shop_items", ["connection_id", "sku"], unique=False)
    op.create_table(
        "stock",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_item", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_location", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.Numeric(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_stock_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint(
            "connection_id",
            "netsuite_item",
            "netsuite_location",
            name=op.f("uq_stock_connection_id_netsuite_item_netsuite_location"),
        ),
    )
    op.create_table(
        "stock_readings",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("locations", sa.Text(), nullable=True),
        sa.Column("watermark", sa.Text(), nullable=True),
        sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kits_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_stock_readings_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", name=op.f("uq_stock_readings_connection_id")),
    )
    op.create_table(
        "wanted_runs",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_wanted_runs_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_wanted_runs_connection_id_name")),
    )
    op.create_table(
        "reservations",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("inventory_item", sa.BigInteger(), nullable=False),
        sa.Column("shopify_location", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_reservations_connection_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_reservations_record_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_reservations_item", "reservations", ["connection_id", "inventory_item"], unique=False)
    op.create_index("ix_reservations_record", "reservations", ["record_id"], unique=False)
    _mirror_what_is_told_of_customers()


def _mirror_what_is_told_of_customers() -> None:
    """The mirror is read once more as a whole: what it had says nothing of this."""
    op.alter_column("customers", "email_hash", existing_type=sa.LargeBinary(), nullable=True)
    op.add_column("customers", sa.Column("owned", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("customers", sa.Column("told", postgresql.JSONB(none_as_null=True), nullable=True))
    op.create_index(
        "ix_effects_customers",
        "effects",
        ["connection_id", "remote_id"],
        unique=False,
        postgresql_where=sa.text("kind = 'customer'"),
    )
    op.execute("delete from cursors where name = 'customers'")


def downgrade() -> None:
    op.drop_index("ix_effects_customers", table_name="effects")
    op.drop_column("customers", "told")
    op.drop_column("customers", "owned")
    op.execute("delete from customers where email_hash is null")
    op.alter_column("customers", "email_hash", existing_type=sa.LargeBinary(), nullable=False)
    op.drop_table("reservations")
    op.drop_table("stock_readings")
    op.drop_table("wanted_runs")
    op.drop_table("stock")
    op.drop_table("shop_items")
    op.drop_table("shipments")
    op.drop_table("scheduled_runs")
    op.drop_index("ix_sales_orders_untold", table_name="sales_orders")
    op.drop_table("sales_orders")
    op.drop_table("paused_schedules")
    op.drop_table("levels")
    op.drop_table("kit_members")
