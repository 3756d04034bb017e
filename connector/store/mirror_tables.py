"""What the other systems said last, kept in Postgres: stock and its twin in the shop, shipments, orders. Nothing else.

Ids of NetSuite and of Shopify are both numbers; a column's name says whose it is.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.columns import connection_, id_, metadata, time_

# What NetSuite has of an item at a location. `changed_at` is NetSuite's own clock, as text.
stock = Table(
    "stock",
    metadata,
    connection_(),
    Column("netsuite_item", BigInteger, nullable=False),
    Column("netsuite_location", BigInteger, nullable=False),
    Column("available", Numeric, nullable=False),
    Column("changed_at", Text),
    time_("seen_at"),
    UniqueConstraint("connection_id", "netsuite_item", "netsuite_location"),
)

# How far the reading of stock is. `watermark` is NetSuite's own clock, as text; another table or other locations than those
# of the last complete reading are a reason to read everything. `failure`: why the last reading did not come to its end.
stock_readings = Table(
    "stock_readings",
    metadata,
    connection_(),
    Column("source", Text),
    Column("locations", Text),
    Column("watermark", Text),
    time_("complete_at", nullable=True),
    time_("full_at", nullable=True),
    time_("kits_at", nullable=True),
    time_("failed_at", nullable=True),
    Column("failure", Text),
    UniqueConstraint("connection_id"),
)

# What a kit is made of, per kit.
kit_members = Table(
    "kit_members",
    metadata,
    connection_(),
    Column("netsuite_kit", BigInteger, nullable=False),
    Column("netsuite_item", BigInteger, nullable=False),
    Column("quantity", Numeric, nullable=False),
    UniqueConstraint("connection_id", "netsuite_kit", "netsuite_item"),
    Index("ix_kit_members_item", "connection_id", "netsuite_item"),
)

# Shopify's inventory items by SKU, the twin of the item map.
shop_items = Table(
    "shop_items",
    metadata,
    connection_(),
    Column("inventory_item", BigInteger, nullable=False),
    Column("variant", BigInteger),
    Column("sku", Text, nullable=False),
    Column("tracked", Boolean, nullable=False),
    time_("deleted_at", nullable=True),
    time_("seen_at"),
    UniqueConstraint("connection_id", "inventory_item"),
    Index("ix_shop_items_sku", "connection_id", "sku"),
    # The list of all items, and those whose SKU begins with something.
    Index(
        "ix_shop_items_listed",
        "connection_id",
        "sku",
        "inventory_item",
        postgresql_ops={"sku": 'collate "C"'},
        postgresql_where=text("deleted_at is null"),
    ),
)

# What Shopify has of an item at a location and what we published there. `available` is None where it is not stocked;
# `sequence` grows with every push, so that a late one is known; `sending`: a quantity on its way of whose end nothing is
# known yet; `problem` was named once and is not named every run.
levels = Table(
    "levels",
    metadata,
    connection_(),
    Column("inventory_item", BigInteger, nullable=False),
    Column("shopify_location", BigInteger, nullable=False),
    Column("available", Integer),
    time_("seen_at", nullable=True),
    Column("published", Integer),
    time_("published_at", nullable=True),
    Column("sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("sending", Integer),
    Column("problem", Text),
    UniqueConstraint("connection_id", "inventory_item", "shopify_location"),
)

# Units that a level lost by other hands than ours between `since` and `at`: sold, or counted by a person.
lowered_levels = Table(
    "lowered_levels",
    metadata,
    connection_(),
    Column("inventory_item", BigInteger, nullable=False),
    Column("shopify_location", BigInteger, nullable=False),
    Column("units", Integer, nullable=False),
    time_("since"),
    time_("at"),
    Index("ix_lowered_levels_item", "connection_id", "shopify_location", "inventory_item"),
)

# What the orders of the last day sold, whatever became of them since.
seen_sales = Table(
    "seen_sales",
    metadata,
    connection_(),
    Column("record_id", ForeignKey("records.id", ondelete="CASCADE"), nullable=False),
    Column("inventory_item", BigInteger, nullable=False),
    Column("quantity", Integer, nullable=False),
    time_("sold_at"),
    Index("ix_seen_sales_record", "record_id"),
    Index("ix_seen_sales_item", "connection_id", "inventory_item"),
)

# Units of an order that NetSuite may not have committed yet. They count at the location they ship from, at every one while
# that is not known.
reservations = Table(
    "reservations",
    metadata,
    connection_(),
    Column("record_id", ForeignKey("records.id", ondelete="CASCADE"), nullable=False),
    Column("inventory_item", BigInteger, nullable=False),
    Column("quantity", Integer, nullable=False),
    # Where they ship from; null where that may be any of the shop's locations.
    Column("shopify_location", BigInteger),
    time_("made_at"),
    # When NetSuite committed them; counted until a reading of stock that began later.
    time_("committed_at", nullable=True),
    Index("ix_reservations_record", "record_id"),
    Index("ix_reservations_item", "connection_id", "inventory_item"),
)

# Item fulfilments of our sales orders, as NetSuite told us last. `status`: A picked, B packed, C shipped; `method`: the
# shipping item's name; `lines`: item, quantity, location; `tracking`: numbers.
shipments = Table(
    "shipments",
    metadata,
    connection_(),
    Column("netsuite_id", BigInteger, nullable=False),
    Column("netsuite_order", BigInteger, nullable=False),
    Column("number", Text),
    Column("status", Text, nullable=False),
    Column("carrier", Text),
    Column("method", Text),
    Column("lines", JSONB, nullable=False),
    Column("tracking", JSONB, nullable=False),
    time_("deleted_at", nullable=True),
    time_("seen_at"),
    UniqueConstraint("connection_id", "netsuite_id"),
    Index("ix_shipments_order", "connection_id", "netsuite_order"),
)

# Our orders as they stand in NetSuite, sales orders and those sold for cash at once. `written_back`: the number that the
# shop was told.
sales_orders = Table(
    "sales_orders",
    metadata,
    connection_(),
    Column("netsuite_id", BigInteger, nullable=False),
    Column("shopify_id", Text, nullable=False),
    Column("number", Text),
    Column("status", Text, nullable=False),
    Column("written_back", Text),
    time_("seen_at"),
    UniqueConstraint("connection_id", "netsuite_id"),
    Index("ix_sales_orders_number", "connection_id", "number"),
    Index(
        "ix_sales_orders_untold",
        "connection_id",
        "netsuite_id",
        postgresql_where=text("number is not null and number is distinct from written_back"),
    ),
)

# A run of one connection's schedule. `asked_by`: who wanted it out of turn; `counts`: what it did.
scheduled_runs = Table(
    "scheduled_runs",
    metadata,
    id_(),
    connection_(),
    Column("name", Text, nullable=False),
    # The stretch of its cadence that it began, by its first second; a run out of turn has none.
    Column("slot", BigInteger),
    Column("asked_by", Text),
    time_("started_at"),
    time_("lease_until"),
    time_("finished_at", nullable=True),
    Column("outcome", Text),
    Column("reason", Text),
    Column("counts", JSONB),
    # When a run that failed is tried again, should its next slot be later; none for what waits for a person.
    time_("again_at", nullable=True),
    UniqueConstraint("connection_id", "name", "slot"),
    Index("ix_scheduled_runs_last", "connection_id", "name", "started_at"),
)

# A schedule that a person paused.
paused_schedules = Table(
    "paused_schedules",
    metadata,
    connection_(),
    Column("name", Text, nullable=False),
    Column("paused_by", Text, nullable=False),
    time_("paused_at"),
    UniqueConstraint("connection_id", "name"),
)

# A run that somebody wants before its turn, and has not begun.
wanted_runs = Table(
    "wanted_runs",
    metadata,
    connection_(),
    Column("name", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    time_("asked_at"),
    UniqueConstraint("connection_id", "name"),
)

# Which documents of another connector NetSuite has of an order that is not written yet. `chosen`: the one that a person
# named, with its total as it is.
adoptions = Table(
    "adoptions",
    metadata,
    connection_(),
    Column("shopify_id", Text, nullable=False),
    Column("found", JSONB, nullable=False),
    Column("chosen", Text),
    time_("looked_at"),
    UniqueConstraint("connection_id", "shopify_id"),
)
