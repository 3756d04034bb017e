"""what people look at of stock and money."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _connection(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_connection_id")
    return sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=name, ondelete="RESTRICT")


def _moment(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _number(name: str, kind: "type[sa.Integer]" = sa.Integer) -> "sa.Column[int]":
    return sa.Column(name, kind(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "frozen_skus",
        _number("connection_id", sa.BigInteger),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("frozen_by", sa.Text(), nullable=False),
        _moment("frozen_at"),
        _connection("frozen_skus"),
        sa.UniqueConstraint("connection_id", "sku", name=op.f("uq_frozen_skus_connection_id_sku")),
    )
    op.create_table(
        "stock_comparisons",
        _number("connection_id", sa.BigInteger),
        sa.Column("places", sa.Text(), nullable=False),
        *(_number(name) for name in ("compared", "on_sale", "different", "emptied", "problems")),
        _moment("compared_at"),
        _connection("stock_comparisons"),
        sa.UniqueConstraint("connection_id", name=op.f("uq_stock_comparisons_connection_id")),
    )
    op.create_table(
        "stock_findings",
        _number("connection_id", sa.BigInteger),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(collation="C"), nullable=False),
        _number("inventory_item", sa.BigInteger),
        _number("shopify_location", sa.BigInteger),
        _connection("stock_findings"),
        sa.UniqueConstraint(
            "connection_id", "kind", "sku", "inventory_item", "shopify_location", name=op.f("uq_stock_findings")
        ),
    )
    op.create_table(
        "proofs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _number("connection_id", sa.BigInteger),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        _moment("asked_at"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_explained", sa.Boolean(), nullable=True),
        sa.Column("document", postgresql.JSONB(none_as_null=True), nullable=True),
        _connection("proofs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
    )
    op.create_index("ix_proofs_made", "proofs", ["connection_id", "made_at"])
    op.create_index(
        "uq_proofs_wanted", "proofs", ["connection_id", "since", "until"], unique=True,
        postgresql_where=sa.text("made_at is null"),
    )
    op.create_index(
        "ix_shop_items_listed", "shop_items", ["connection_id", sa.text('sku collate "C"'), "inventory_item"],
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index("ix_kit_members_item", "kit_members", ["connection_id", "netsuite_item"])


def downgrade() -> None:
    op.drop_index("ix_kit_members_item", "kit_members")
    op.drop_index("ix_shop_items_listed", "shop_items")
    for table in ("proofs", "stock_findings", "stock_comparisons", "frozen_skus"):
        op.drop_table(table)
