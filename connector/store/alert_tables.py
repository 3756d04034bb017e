"""The tables of alerts: which conditions are watched, who is told, what came up, and which messages were sent. Nothing else."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from connector.store.columns import connection_, id_, metadata, time_

# What a person changed of a rule; without a row it is as connector.flows.alert_rules says.
alert_rules = Table(
    "alert_rules",
    metadata,
    connection_(),
    Column("kind", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("threshold", Numeric, nullable=False),
    UniqueConstraint("connection_id", "kind"),
)

# Where messages of a connection go; `sealed`: the address, and the secret messages are signed with.
alert_channels = Table(
    "alert_channels",
    metadata,
    id_(),
    connection_(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    time_("told_at", nullable=True),
    time_("failed_at", nullable=True),
    Column("failure", Text),
    CheckConstraint(text("kind in ('email', 'slack', 'webhook')"), name="kind"),
    UniqueConstraint("connection_id", "name"),
)

# One condition from when it came up until it was over. `subject` tells several of one kind apart.
alerts = Table(
    "alerts",
    metadata,
    id_(),
    connection_(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("said", Text, nullable=False),
    time_("opened_at"),
    time_("closed_at", nullable=True),
    Index("ix_alerts_listed", "connection_id", "id"),
    Index(
        "uq_alerts_open", "connection_id", "kind", "subject", unique=True, postgresql_where=text("closed_at is null")
    ),
)

# What a channel is to be told, once for each alert and each of its two turns; `sent_at` and `given_up_at` end it.
alert_messages = Table(
    "alert_messages",
    metadata,
    id_(),
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", ForeignKey("alert_channels.id", ondelete="CASCADE"), nullable=False),
    Column("turn", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    time_("next_at"),
    time_("sent_at", nullable=True),
    time_("given_up_at", nullable=True),
    CheckConstraint(text("turn in ('opened', 'closed')"), name="turn"),
    UniqueConstraint("alert_id", "channel_id", "turn"),
    Index("ix_alert_messages_unsent", "next_at", postgresql_where=text("sent_at is null and given_up_at is null")),
)
