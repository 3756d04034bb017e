"""what stands over there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATES = "'planned', 'sent', 'unknown', 'confirmed'"


def upgrade() -> None:
    op.create_table(
        "billing_documents",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("netsuite_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total", sa.Numeric(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_billing_documents_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "netsuite_id", name=op.f("uq_billing_documents_connection_id_netsuite_id")),
    )
    op.create_index("ix_billing_documents_order", "billing_documents", ["connection_id", "order_id"])
    op.add_column("effects", sa.Column("rules_version", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("effects", sa.Column("image", sa.LargeBinary(), nullable=True))
    op.drop_constraint(op.f("ck_effects_state"), "effects", type_="check")
    op.create_check_constraint(op.f("ck_effects_state"), "effects", f"state in ({_STATES}, 'withdrawn')")


def downgrade() -> None:
    op.execute("update effects set state = 'confirmed' where state = 'withdrawn'")
    op.drop_constraint(op.f("ck_effects_state"), "effects", type_="check")
    op.create_check_constraint(op.f("ck_effects_state"), "effects", f"state in ({_STATES})")
    op.drop_column("effects", "image")
    op.drop_column("effects", "rules_version")
    op.drop_table("billing_documents")
