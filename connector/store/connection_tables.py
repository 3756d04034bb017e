"""The tables of connections: who they join, with which secrets, and what was done to them. Nothing else."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.columns import connection_, id_, metadata, time_

connections = Table(
    "connections",
    metadata,
    id_(),
    Column("name", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    # Where subscriptions we made by the API deliver to; None while we made none.
    Column("webhook_url", Text),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("shop", Text, nullable=False),
    Column("shop_id", BigInteger),
    Column("shopify_api_url", Text, nullable=False),
    Column("shopify_api_version", Text, nullable=False),
    Column("netsuite_account", Text, nullable=False),
    Column("netsuite_api_url", Text, nullable=False),
    Column("netsuite_concurrency", Integer, nullable=False),
    Column("rules", JSONB, nullable=False),
    Column("rules_version", Integer, nullable=False, server_default=text("1")),
    # Moves with every change, of secrets too: processes that keep a connection open notice it.
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("paused_because", Text),
    # The pair of shop and account that was seen and may be written to; see connector.flows.guard.
    Column("approved", JSONB),
    time_("checked_at", nullable=True),
    # The open circuit: why nothing is asked of either system, and when a probe may look again.
    Column("halt_code", Text),
    Column("halt_reason", Text),
    time_("halted_at", nullable=True),
    time_("probe_at", nullable=True),
    Column("probes", Integer, nullable=False, server_default=text("0")),
    time_("removed_at", nullable=True),
    time_("created_at"),
)

# The rules as a person wrote them, version by version; `looked_up`: what NetSuite said of the ids and names in them.
rule_versions = Table(
    "rule_versions",
    metadata,
    id_(),
    connection_(),
    Column("version", Integer, nullable=False),
    Column("rules", JSONB, nullable=False),
    Column("looked_up", JSONB),
    Column("actor", Text, nullable=False),
    Column("note", Text, nullable=False),
    time_("made_at"),
    UniqueConstraint("connection_id", "version"),
)

# Rules that are being written, one draft for each connection; `base_version`: the version it was begun from.
rule_drafts = Table(
    "rule_drafts",
    metadata,
    connection_(),
    Column("text", Text, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    time_("saved_at"),
    UniqueConstraint("connection_id"),
)

# `sealed` is what a person gave us, `token` what the other system gave us for it.
credentials = Table(
    "credentials",
    metadata,
    id_(),
    connection_(),
    Column("side", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("token", LargeBinary),
    time_("token_issued_at", nullable=True),
    time_("token_ends_at", nullable=True),
    time_("refresh_ends_at", nullable=True),
    time_("certificate_ends_at", nullable=True),
    time_("rotated_at"),
    UniqueConstraint("connection_id", "side"),
)

# One attempt to install the app: a link for a person, and the state that its browser brings back. Hashes only.
installs = Table(
    "installs",
    metadata,
    id_(),
    connection_(),
    Column("link_hash", LargeBinary, nullable=False, unique=True),
    Column("per_user", Boolean, nullable=False),
    Column("state_hash", LargeBinary),
    Column("browser_hash", LargeBinary),
    time_("state_ends_at", nullable=True),
    time_("ends_at"),
    time_("used_at", nullable=True),
)

# A webhook subscription we made in the shop. `seen_at`: when it was last there.
subscriptions = Table(
    "subscriptions",
    metadata,
    connection_(),
    Column("topic", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    time_("seen_at"),
    UniqueConstraint("connection_id", "topic"),
)

# An interval in which a topic was not announced to us; whoever catches up marks it.
silences = Table(
    "silences",
    metadata,
    id_(),
    connection_(),
    Column("topic", Text, nullable=False),
    time_("began_at"),
    time_("ended_at"),
    time_("caught_up_at", nullable=True),
)

# What we hold of a customer who asked for it, sealed; the operator hands it to the merchant.
exports = Table(
    "exports",
    metadata,
    id_(),
    connection_(),
    Column("request_id", Text, nullable=False),
    Column("customer_id", Text),
    Column("document", LargeBinary, nullable=False),
    time_("made_at"),
    time_("due_at"),
    time_("fetched_at", nullable=True),
    UniqueConstraint("connection_id", "request_id"),
)

# Who did what; rows are only ever added: a trigger refuses everything else, see migration 0027.
operator_actions = Table(
    "operator_actions",
    metadata,
    id_(),
    Column("connection_id", ForeignKey("connections.id", ondelete="RESTRICT")),
    time_("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    Index("ix_operator_actions_time", "connection_id", "at", "id"),
    Index("ix_operator_actions_actor", "connection_id", "actor", "at", "id"),
    Index("ix_operator_actions_action", "connection_id", "action", "at", "id"),
)
