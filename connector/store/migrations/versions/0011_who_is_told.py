"""who is told."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _connection(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_connection_id")
    return sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=name, ondelete="RESTRICT")


def _moment(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _maybe(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _id() -> "sa.Column[object]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "alert_rules",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("threshold", sa.Numeric(), nullable=False),
        _connection("alert_rules"),
        sa.UniqueConstraint("connection_id", "kind", name=op.f("uq_alert_rules_connection_id_kind")),
    )
    op.create_table(
        "alert_channels",
        _id(),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _maybe("told_at"),
        _maybe("failed_at"),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint("kind in ('email', 'slack', 'webhook')", name=op.f("ck_alert_channels_kind")),
        _connection("alert_channels"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_channels")),
        sa.UniqueConstraint("connection_id", "name", name=op.f("uq_alert_channels_connection_id_name")),
    )
    op.create_table(
        "alerts",
        _id(),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        _moment("opened_at"),
        _maybe("closed_at"),
        _connection("alerts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_listed", "alerts", ["connection_id", "id"])
    op.create_index(
        "uq_alerts_open", "alerts", ["connection_id", "kind", "subject"], unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "alert_messages",
        _id(),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("next_at"),
        _maybe("sent_at"),
        _maybe("given_up_at"),
        sa.CheckConstraint("turn in ('opened', 'closed')", name=op.f("ck_alert_messages_turn")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_messages_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["alert_channels.id"], name=op.f("fk_alert_messages_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_messages")),
        sa.UniqueConstraint("alert_id", "channel_id", "turn", name=op.f("uq_alert_messages_alert_id_channel_id_turn")),
    )
    op.create_index(
        "ix_alert_messages_unsent", "alert_messages", ["next_at"],
        postgresql_where=sa.text("sent_at is null and given_up_at is null"),
    )


def downgrade() -> None:
    for table in ("alert_messages", "alerts", "alert_channels", "alert_rules"):
        op.drop_table(table)
