"""The tables of stock that people look at: what they froze or forced, where the locations are, what a comparison found."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from connector.store.columns import connection_, metadata, time_

# A SKU that a person keeps from being pushed until it is thawed.
frozen_skus = Table(
    "frozen_skus",
    metadata,
    connection_(),
    Column("sku", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("frozen_by", Text, nullable=False),
    time_("frozen_at"),
    UniqueConstraint("connection_id", "sku"),
)

# The next push goes past the guards, once; the run that begins takes the row away.
forced_pushes = Table(
    "forced_pushes",
    metadata,
    connection_(),
    Column("asked_by", Text, nullable=False),
    time_("asked_at"),
    UniqueConstraint("connection_id"),
)

# The last whole comparison: how many levels it saw, how many of them were on sale, differed, and would fall to nothing.
stock_comparisons = Table(
    "stock_comparisons",
    metadata,
    connection_(),
    Column("places", Text, nullable=False),
    Column("compared", Integer, nullable=False),
    Column("on_sale", Integer, nullable=False),
    Column("different", Integer, nullable=False),
    Column("emptied", Integer, nullable=False),
    Column("problems", Integer, nullable=False),
    time_("compared_at"),
    UniqueConstraint("connection_id"),
)

# What it found, for lists: `kind` is drift, problem or frozen; `shopify_location` is 0 for what is wrong everywhere.
stock_findings = Table(
    "stock_findings",
    metadata,
    connection_(),
    Column("kind", Text, nullable=False),
    # In the order of its bytes, as the list of all items has it.
    Column("sku", Text(collation="C"), nullable=False),
    Column("inventory_item", BigInteger, nullable=False),
    Column("shopify_location", BigInteger, nullable=False),
    UniqueConstraint("connection_id", "kind", "sku", "inventory_item", "shopify_location", name="uq_stock_findings"),
)
