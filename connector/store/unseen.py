"""Units that the shop's levels lost by other hands than ours, and the sales we know of: what is left was perhaps sold unheard.

A sale lowers a level at once. Its webhook may be late, and the search of orders knows it some seconds later: until then
nobody can say that a lowered level was no sale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

# So long after it was noticed a sale can surely be found by the search of orders, which lags by seconds.
SEARCH_LAG = timedelta(minutes=2)
# Our clock and Shopify's agree better than this.
CLOCKS_APART = timedelta(seconds=5)
_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one order line. `variant` is None where the line has none; its SKU is looked for then.

    `location`: Shopify's, where they ship from; None where that may be any.
    """

    variant: int | None
    sku: str
    quantity: int
    location: int | None = None


def columns(units: Sequence[Units]) -> dict[str, object]:
    """Units as the parameters of `ITEMS_OF_UNITS`."""
    return {
        "variants": [one.variant for one in units],
        "skus": [one.sku for one in units],
        "quantities": [one.quantity for one in units],
        "locations": [one.location for one in units],
    }


def see(
    connection: Connection, connection_id: int, record_id: int, units: Sequence[Units], *, sold_at: datetime
) -> None:
    """An order was read: what it sold, cancelled units too, lowered the levels when it was placed. Of today's orders only."""
    values = {"connection_id": connection_id, "record_id": record_id, "sold_at": sold_at, "kept": _KEPT}
    connection.execute(_UNSEE, values)
    if units:
        connection.execute(_SEE, values | columns(units))


def notice_lowered(connection: Connection, connection_id: int, *, since: datetime | None) -> None:
    """Notes which levels are lower in the temporary table `fresh_levels` than they were known or sent; before they are kept.

    `since`: as for a reading of everything, see `levels.keep_all`.
    """
    connection.execute(_LOWERED, {"connection_id": connection_id, "since": since})


def forget(connection: Connection, connection_id: int) -> None:
    """Deletes what is too old to matter."""
    for statement in _FORGET:
        connection.execute(statement, {"connection_id": connection_id, "kept": _KEPT})


# The shop's item of each unit: by its variant, else by its SKU.
ITEMS_OF_UNITS = (
    "unnest(cast(:variants as bigint[]), cast(:skus as text[]), cast(:quantities as integer[]), cast(:locations as bigint[])) "
    "as u (variant, sku, quantity, location) "
    "join lateral (select inventory_item from shop_items i where i.connection_id = :connection_id "
    "and (i.variant = u.variant or (u.sku <> '' and i.sku = u.sku)) "
    "order by i.variant is distinct from u.variant, i.deleted_at nulls first, i.inventory_item limit 1) s on true"
)
_UNSEE = text("delete from seen_sales where record_id = :record_id")
_SEE = text(
    "insert into seen_sales (connection_id, record_id, inventory_item, quantity, sold_at) "
    f"select :connection_id, :record_id, s.inventory_item, u.quantity, :sold_at from {ITEMS_OF_UNITS} "
    "where cast(:sold_at as timestamptz) > now() - cast(:kept as interval)"
)
# A write on its way may have been done: what is lower than it was lowered after it. The newest of a level counts.
_LOWERED = text(
    "insert into lowered_levels (connection_id, inventory_item, shopify_location, units, since, at) "
    "select :connection_id, l.inventory_item, l.shopify_location, greatest(l.available, l.sending) - f.available, "
    "coalesce(l.seen_at, f.at), f.at from levels l join "
    "(select distinct on (item, location) * from (select *, row_number() over () as n from fresh_levels) as numbered "
    "order by item, location, at desc, n desc) as f on l.inventory_item = f.item and l.shopify_location = f.location "
    "where l.connection_id = :connection_id and f.available < greatest(l.available, l.sending) "
    "and (l.seen_at is null or f.at >= l.seen_at or l.seen_at < cast(:since as timestamptz))"
)
_FORGET = (
    text("delete from lowered_levels where connection_id = :connection_id and at < now() - cast(:kept as interval)"),
    text("delete from seen_sales where connection_id = :connection_id and sold_at < now() - cast(:kept as interval)"),
)
