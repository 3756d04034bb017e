"""credentials with lives.

Seals are bound to another place from here on: what was sealed before does not open, and connections are added again
from their files. The customer mirror goes with the key its e-mails were hashed with.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("delete from credentials")
    op.execute("delete from customers")
    op.execute("delete from cursors where name = 'customers'")
    op.create_table(
        "exports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_exports_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("connection_id", "request_id", name=op.f("uq_exports_connection_id_request_id")),
    )
    op.create_table(
        "installs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("per_user", sa.Boolean(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=True),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.Column("state_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_installs_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installs")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_installs_link_hash")),
    )
    op.create_table(
        "operator_actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_operator_actions_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_actions")),
    )
    op.create_table(
        "silences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("caught_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_silences_connection_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_subscriptions_connection_id"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("connection_id", "topic", name=op.f("uq_subscriptions_connection_id_topic")),
    )
    op.add_column("connections", sa.Column("webhook_url", sa.Text(), nullable=True))
    op.add_column("connections", sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column("connections", sa.Column("paused_because", sa.Text(), nullable=True))
    op.add_column("connections", sa.Column("approved", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("connections", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connections", sa.Column("halt_code", sa.Text(), nullable=True))
    op.add_column("connections", sa.Column("halt_reason", sa.Text(), nullable=True))
    op.add_column("connections", sa.Column("halted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connections", sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connections", sa.Column("probes", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("connections", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("credentials", sa.Column("auth", sa.Text(), nullable=False))
    op.add_column("credentials", sa.Column("token", sa.LargeBinary(), nullable=True))
    op.add_column("credentials", sa.Column("token_issued_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("credentials", sa.Column("token_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("credentials", sa.Column("refresh_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("credentials", sa.Column("certificate_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_column("credentials", "key_id")
    op.add_column("events", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("delete from credentials")
    op.drop_column("events", "redacted_at")
    op.add_column("credentials", sa.Column("key_id", sa.TEXT(), autoincrement=False, nullable=False))
    op.drop_column("credentials", "certificate_ends_at")
    op.drop_column("credentials", "refresh_ends_at")
    op.drop_column("credentials", "token_ends_at")
    op.drop_column("credentials", "token_issued_at")
    op.drop_column("credentials", "token")
    op.drop_column("credentials", "auth")
    op.drop_column("connections", "removed_at")
    op.drop_column("connections", "probes")
    op.drop_column("connections", "probe_at")
    op.drop_column("connections", "halted_at")
    op.drop_column("connections", "halt_reason")
    op.drop_column("connections", "halt_code")
    op.drop_column("connections", "checked_at")
    op.drop_column("connections", "approved")
    op.drop_column("connections", "paused_because")
    op.drop_column("connections", "revision")
    op.drop_column("connections", "webhook_url")
    op.drop_table("subscriptions")
    op.drop_table("silences")
    op.drop_table("operator_actions")
    op.drop_table("installs")
    op.drop_table("exports")
