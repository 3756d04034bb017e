"""The tables of the work, nothing else. Money is numeric, times are timestamptz, states are text checked by their StrEnum."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import TextClause

from connector.store.columns import connection_, id_, metadata, time_


class RecordState(StrEnum):
    """Where a record stands, as a person sees it."""

    PENDING = "pending"
    WORKING = "working"
    IN_SYNC = "in_sync"
    HELD = "held"
    PARKED = "parked"
    IGNORED = "ignored"
    EXCLUDED = "excluded"


class EffectState(StrEnum):
    """How far the last write of a record has come. From `unknown` the next step is always a read."""

    PLANNED = "planned"
    SENT = "sent"
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    # Made by us and taken away again, as a fulfilment that was cancelled.
    WITHDRAWN = "withdrawn"


class EffectKind(StrEnum):
    """What an effect makes: in NetSuite, and what begins with `shop_` in the shop."""

    CUSTOMER = "customer"
    CONTACT = "contact"
    SALES_ORDER = "sales_order"
    CASH_SALE = "cash_sale"
    CUSTOMER_DEPOSIT = "customer_deposit"
    ITEM_FULFILLMENT = "item_fulfillment"
    CUSTOMER_REFUND = "customer_refund"
    CREDIT_MEMO = "credit_memo"
    CASH_REFUND = "cash_refund"
    RETURN_AUTHORIZATION = "return_authorization"
    ITEM_RECEIPT = "item_receipt"
    SHOP_PAYMENT = "shop_payment"
    SHOP_CAPTURE = "shop_capture"
    SHOP_CANCELLATION = "shop_cancellation"
    SHOP_FULFILLMENT = "shop_fulfillment"
    DRAFT_ORDER = "draft_order"
    COMPLETED_DRAFT = "completed_draft"


# Made in the shop, not in NetSuite.
SHOP_KINDS = (
    EffectKind.SHOP_PAYMENT,
    EffectKind.SHOP_CAPTURE,
    EffectKind.SHOP_CANCELLATION,
    EffectKind.SHOP_FULFILLMENT,
    EffectKind.DRAFT_ORDER,
    EffectKind.COMPLETED_DRAFT,
)


def _states(enum: type[StrEnum]) -> TextClause:
    return text("state in ({})".format(", ".join(f"'{value}'" for value in enum)))


events = Table(
    "events",
    metadata,
    id_(),
    connection_(),
    Column("source", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("event_id", Text),
    time_("triggered_at", nullable=True),
    time_("received_at"),
    Column("headers", JSONB, nullable=False),
    # Sealed. None once it was too old to be kept; the headers are empty then.
    Column("body", LargeBinary),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("record_kind", Text),
    Column("shopify_id", Text),
    time_("redacted_at", nullable=True),
    UniqueConstraint("connection_id", "delivery_id"),
    Index("ix_events_record", "connection_id", "record_kind", "shopify_id"),
    Index("ix_events_time", "connection_id", "received_at", "id"),
    Index("ix_events_topic", "connection_id", "topic", "received_at", "id"),
    Index("ix_events_kept", "connection_id", "received_at", "id", postgresql_where=text("body is not null")),
)

records = Table(
    "records",
    metadata,
    id_(),
    connection_(),
    Column("kind", Text, nullable=False),
    Column("shopify_id", Text, nullable=False),
    Column("wanted_version", BigInteger, nullable=False, server_default=text("1")),
    Column("applied_version", BigInteger, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    Column("reason_code", Text),
    Column("reason_subject", Text),
    Column("reason", Text),
    Column("lease_owner", Text),
    time_("lease_until", nullable=True),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    time_("first_failed_at", nullable=True),
    time_("next_attempt_at"),
    # On the list of a job and not sent yet; an import may list very many. A column of its own, for an index whose condition
    # named the next attempt would be written anew by every webhook.
    Column(
        "waits_for_job",
        Boolean,
        Computed("next_attempt_at >= '9999-01-01 00:00:00+00'::timestamp with time zone", persisted=True),
        nullable=False,
    ),
    time_("woken_at"),
    # The account or shop that was away at the last pass, and when the record was last brought forward for it.
    Column("waits_on", Text),
    time_("forwarded_at", nullable=True),
    Column("name", Text),
    Column("total", Numeric),
    Column("currency", Text),
    # True where the two sides have other totals as far as known (`order_totals`); no webhook changes it.
    Column("differs", Boolean, nullable=False, server_default=text("false")),
    # `history`: imported by a person; its calls go behind everybody else's, and the go-live date does not count for it.
    Column("lane", Text, nullable=False, server_default=text("'orders'")),
    # Of which change in Shopify the last pass knew.
    time_("seen_version", nullable=True),
    # Of an order in Shopify, as it was read last; None before, so that no webhook touches the index.
    time_("placed_at", nullable=True),
    Column("financial_status", Text),
    Column("fulfillment_status", Text),
    # Of the buyer of an order, keyed: it can be looked for and not be read.
    Column("email_hash", LargeBinary),
    time_("created_at"),
    time_("changed_at"),
    # While it is open: since when it is not in step, and since when it is for us to work on; see connector.store.since.
    time_("open_since"),
    time_("due_since"),
    # When a pass brought it into step last. Only passes change it, so that it may stand in an index.
    time_("in_step_at", nullable=True),
    CheckConstraint(_states(RecordState), name="state"),
    UniqueConstraint("connection_id", "kind", "shopify_id"),
    Index("ix_records_name", "name", postgresql_ops={"name": "text_pattern_ops"}),
    # By id and not by time: a webhook then changes no indexed column of a record, and Postgres updates it in place.
    Index("ix_records_undone", "id", postgresql_where=text("state in ('pending', 'working') and not waits_for_job")),
    Index("ix_records_state", "connection_id", "state", "kind", "id"),
    Index(
        "ix_records_reason_code", "connection_id", "reason_code", "id", postgresql_where=text("reason_code is not null")
    ),
    Index("ix_records_differs", "connection_id", "id", postgresql_where=text("differs")),
    Index("ix_records_created", "connection_id", "kind", "created_at"),
    Index(
        "ix_records_placed",
        "connection_id",
        "placed_at",
        "id",
        postgresql_where=text("kind = 'order' and placed_at is not null"),
    ),
    # No webhook changes a reason.
    Index(
        "ix_records_reason_placed",
        "connection_id",
        "reason_code",
        "placed_at",
        "id",
        postgresql_where=text("kind = 'order' and reason_code is not null and placed_at is not null"),
    ),
    Index("ix_records_email", "connection_id", "email_hash", postgresql_where=text("email_hash is not null")),
    Index(
        "ix_records_problem",
        "connection_id",
        "reason_code",
        "reason_subject",
        "id",
        postgresql_where=text("state in ('held', 'parked')"),
    ),
    Index(
        "ix_records_in_step",
        "connection_id",
        "in_step_at",
        postgresql_where=text("kind = 'order' and state = 'in_sync'"),
    ),
    Index("ix_records_reason", "connection_id", "reason_subject", postgresql_where=text("state = 'held'")),
    Index(
        "ix_records_waits_on",
        "waits_on",
        text("forwarded_at nulls first"),
        "id",
        postgresql_where=text("state = 'pending' and waits_on is not null"),
    ),
    postgresql_with={"fillfactor": 70},
)

effects = Table(
    "effects",
    metadata,
    id_(),
    connection_(),
    Column("record_id", ForeignKey("records.id", ondelete="RESTRICT"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'planned'")),
    Column("fence", BigInteger, nullable=False),
    Column("request_hash", Text, nullable=False),
    Column("rules_version", Integer, nullable=False, server_default=text("0")),
    Column("remote_id", Text),
    # What stands over there as far as we wrote it, packed and sealed; the next plan is compared with it.
    Column("image", LargeBinary),
    Column("amount", Numeric),
    Column("currency", Text),
    # What NetSuite said its total is; None before it was read, and of what was read before this was kept.
    Column("total_read", Numeric),
    # What the order's document has to come to: Shopify's total less what was given back before it was billed. None for
    # what is no document of an order, or was not looked at since this is kept: it is the amount then.
    Column("due", Numeric),
    time_("created_at"),
    time_("sent_at", nullable=True),
    time_("confirmed_at", nullable=True),
    time_("verified_at", nullable=True),
    # How often its total was found to differ, and when it is asked for again.
    Column("looks", Integer, nullable=False, server_default=text("0")),
    time_("look_at", nullable=True),
    # Until when an earlier change of it, whose answer was lost, may be carried out behind the last one.
    time_("late_until", nullable=True),
    CheckConstraint(_states(EffectState), name="state"),
    UniqueConstraint("connection_id", "natural_key"),
    # Few at a time.
    Index("ix_effects_late", "connection_id", "late_until", postgresql_where=text("late_until is not null")),
    Index("ix_effects_remote", "connection_id", "remote_id"),
    # Few at a time: what is confirmed or withdrawn stays so.
    Index("ix_effects_open", "kind", "state", postgresql_where=text("state in ('planned', 'sent', 'unknown')")),
    Index(
        "ix_effects_unverified",
        "connection_id",
        "id",
        postgresql_where=text("kind = 'sales_order' and state = 'confirmed' and verified_at is null"),
    ),
    Index(
        "ix_effects_open_drafts",
        "connection_id",
        "id",
        postgresql_where=text("kind = 'draft_order' and state <> 'withdrawn' and verified_at is null"),
    ),
    Index(
        "ix_effects_entered",
        "connection_id",
        "remote_id",
        postgresql_where=text("kind = 'sales_order' and request_hash = 'entered in NetSuite'"),
    ),
    Index(
        "ix_effects_linked_customers",
        "connection_id",
        text("cast(remote_id as bigint)"),
        postgresql_where=text("kind = 'customer' and state <> 'withdrawn'"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    id_(),
    Column("record_id", ForeignKey("records.id", ondelete="RESTRICT"), nullable=False, index=True),
    Column("worker", Text, nullable=False),
    Column("rules_version", Integer, nullable=False),
    time_("started_at"),
    time_("finished_at"),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("calls", JSONB, nullable=False),
    Index("ix_attempts_finished", "finished_at"),
    # What the record was held for by this pass, empty where its reason names nothing; None for every other outcome.
    Column("held_for", Text),
    Index("ix_attempts_held", "id", postgresql_where=text("held_for is not null")),
)

items = Table(
    "items",
    metadata,
    connection_(),
    Column("netsuite_id", BigInteger, nullable=False),
    Column("sku", Text, nullable=False),
    Column("item_type", Text),
    Column("inactive", Boolean, nullable=False),
    UniqueConstraint("connection_id", "netsuite_id"),
    Index("ix_items_sku", "connection_id", "sku"),
)

customers = Table(
    "customers",
    metadata,
    connection_(),
    Column("netsuite_id", BigInteger, nullable=False),
    # None without an e-mail address.
    Column("email_hash", LargeBinary),
    Column("subsidiary", Text, nullable=False),
    Column("inactive", Boolean, nullable=False),
    # What Shopify is told of a customer, texts as keyed hashes: as NetSuite says it, and as it was compared last.
    Column("owned", JSONB(none_as_null=True)),
    Column("told", JSONB(none_as_null=True)),
    UniqueConstraint("connection_id", "netsuite_id"),
    Index("ix_customers_email", "connection_id", "email_hash"),
)

# Invoices and cash sales that were made from our sales orders, as NetSuite told us last.
billing_documents = Table(
    "billing_documents",
    metadata,
    connection_(),
    Column("netsuite_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("order_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("total", Numeric, nullable=False),
    UniqueConstraint("connection_id", "netsuite_id"),
    Index("ix_billing_documents_order", "connection_id", "order_id"),
)
