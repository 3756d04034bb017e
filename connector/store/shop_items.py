"""The SKU map of the shop: its inventory items as Shopify told us last. `seen_at` is Shopify's clock where it told it.

Several items may share one SKU; which of them stock belongs to is then not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select, text

from connector.store.copying import copy_rows, count_anew
from connector.store.mirror_tables import shop_items


@dataclass(frozen=True, slots=True)
class ShopItem:
    """One inventory item. `sku` is empty where it has none; `variant` is None where it is not known."""

    inventory_item: int
    sku: str
    tracked: bool
    variant: int | None = None


@dataclass(frozen=True, slots=True)
class ItemNews:
    """What an event said of an item: `sku` and `tracked` are None where it said nothing of them."""

    inventory_item: int
    at: datetime
    sku: str | None = None
    tracked: bool | None = None
    variant: int | None = None
    is_deleted: bool = False


def keep(connection: Connection, connection_id: int, found: Iterable[ShopItem]) -> int:
    """Stores items as they are now; how many were given."""
    rows = ((item.inventory_item, item.variant, item.sku, item.tracked) for item in found)
    count = copy_rows(connection, "fresh_items", "item bigint, variant bigint, sku text, tracked boolean", rows)
    connection.execute(_KEEP, {"connection_id": connection_id})
    return count


def keep_all(connection: Connection, connection_id: int, found: Iterable[ShopItem], *, since: datetime) -> int:
    """The same for all items of the shop: one that was not seen after `since`, the begin of the reading, is deleted."""
    count = keep(connection, connection_id, found)
    connection.execute(_FORGET, {"connection_id": connection_id, "since": since})
    count_anew(connection, "shop_items", came=count)
    return count


def learn(connection: Connection, connection_id: int, news: Sequence[ItemNews]) -> int:
    """Takes over what events said unless something newer is known; how many items changed.

    An item that is first heard of without its SKU or whether it is tracked is left for the nightly reading.
    """
    latest: dict[int, ItemNews] = {}
    for one in sorted(news, key=lambda one: one.at):
        latest[one.inventory_item] = _after(latest.get(one.inventory_item), one)
    rows = ((e.inventory_item, e.variant, e.sku, e.tracked, e.is_deleted, e.at.isoformat()) for e in latest.values())
    columns = "item bigint, variant bigint, sku text, tracked boolean, is_deleted boolean, at timestamptz"
    copy_rows(connection, "item_news", columns, rows)
    return sum(connection.execute(step, {"connection_id": connection_id}).rowcount for step in (_CHANGE, _ADD))


def _after(before: ItemNews | None, newer: ItemNews) -> ItemNews:
    """What two events say together: a later one need not repeat what an earlier one said."""
    if before is None:
        return newer
    return replace(
        newer,
        sku=before.sku if newer.sku is None else newer.sku,
        tracked=before.tracked if newer.tracked is None else newer.tracked,
        variant=before.variant if newer.variant is None else newer.variant,
        is_deleted=before.is_deleted or newer.is_deleted,
    )


def is_empty(connection: Connection, connection_id: int) -> bool:
    """True before the first reading."""
    # In the order of an index: where another shop's items come first, they would be read to find none of this one's.
    first = select(shop_items.c.inventory_item).where(shop_items.c.connection_id == connection_id)
    first = first.order_by(shop_items.c.connection_id, shop_items.c.inventory_item).limit(1)
    return connection.execute(first).one_or_none() is None


_KEEP = text(
    "insert into shop_items as s (connection_id, inventory_item, variant, sku, tracked) "
    "select distinct on (item) :connection_id, item, variant, coalesce(sku, ''), tracked from fresh_items order by item "
    "on conflict (connection_id, inventory_item) do update set variant = coalesce(excluded.variant, s.variant), "
    "sku = excluded.sku, tracked = excluded.tracked, deleted_at = null, seen_at = now()"
)
_FORGET = text(
    "update shop_items set deleted_at = now() "
    "where connection_id = :connection_id and seen_at < :since and deleted_at is null"
)
# Shopify tells its times to the second.
_CHANGE = text(
    "update shop_items s set variant = coalesce(n.variant, s.variant), sku = coalesce(n.sku, s.sku), "
    "tracked = coalesce(n.tracked, s.tracked), seen_at = n.at, "
    "deleted_at = case when n.is_deleted then n.at else s.deleted_at end from item_news n "
    "where s.connection_id = :connection_id and s.inventory_item = n.item and n.at >= date_trunc('second', s.seen_at) "
    "and (s.variant, s.sku, s.tracked, s.deleted_at is not null) is distinct from "
    "(coalesce(n.variant, s.variant), coalesce(n.sku, s.sku), coalesce(n.tracked, s.tracked), "
    "n.is_deleted or s.deleted_at is not null)"
)
_ADD = text(
    "insert into shop_items (connection_id, inventory_item, variant, sku, tracked, seen_at) "
    "select :connection_id, item, variant, sku, tracked, at from item_news "
    "where sku is not null and tracked is not null and not is_deleted "
    "on conflict (connection_id, inventory_item) do nothing"
)
