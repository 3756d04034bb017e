"""Some items of the shop with every term of their stock: what `stock_rows` says of all, for the few of one page.

It reads only what these items need, so that a page is as quick among a hundred thousand items as among ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

from connector.store.stock_findings import like_prefix
from connector.store.stock_rows import StockRow
from connector.store.unseen import CLOCKS_APART, SEARCH_LAG


@dataclass(frozen=True, slots=True)
class ListedItem:
    """One inventory item of the shop. `is_known`: an active item of NetSuite has its SKU, whether or not it has stock."""

    sku: str
    item: int
    is_known: bool


def listed(
    connection: Connection, connection_id: int, *, prefix: str = "", after: tuple[str, int] = ("", 0), limit: int
) -> list[ListedItem]:
    """Items whose SKU begins so, by SKU."""
    values = {
        "connection_id": connection_id, "sku": after[0], "item": after[1], "prefix": like_prefix(prefix), "limit": limit,
    }  # fmt: skip
    return [ListedItem(*row) for row in connection.execute(_LISTED, values)]


def of_sku(connection: Connection, connection_id: int, sku: str) -> list[ListedItem]:
    """The items that have this very SKU."""
    found = listed(connection, connection_id, prefix=sku, limit=100)
    return [one for one in found if one.sku == sku]


def of_numbers(connection: Connection, connection_id: int, items: Sequence[int]) -> list[ListedItem]:
    """These items, by SKU; one that the shop has no more is left out."""
    found = connection.execute(_NUMBERED, {"connection_id": connection_id, "items": list(items)})
    return [ListedItem(*row) for row in found]


def rows(
    connection: Connection, connection_id: int, location: int, netsuite_locations: Sequence[int], items: Sequence[int]
) -> list[StockRow]:
    """What `stock_rows.of_location` says of these items."""
    values = {
        "connection_id": connection_id, "location": location, "places": list(netsuite_locations), "items": list(items),
        "clocks_apart": CLOCKS_APART, "search_lag": SEARCH_LAG,
    }  # fmt: skip
    return [
        StockRow(
            row.sku, row.inventory_item, row.netsuite_id, row.rivals, row.tracked, row.sharing,
            {str(place): Decimal(str(units)) for place, units in (row.places or {}).items()}, row.told_at,
            Decimal(row.waiting), Decimal(row.unseen), row.shop, row.seen_at, row.published, row.published_at, row.problem,
        )
        for row in connection.execute(_ROWS, values)
    ]  # fmt: skip


# With a limit it is looked up item by item; without one the planner would read all items to look in them.
_KNOWN = (
    "coalesce((select true from items i where i.connection_id = s.connection_id and i.sku = s.sku and not i.inactive "
    "limit 1), false) as is_known"
)
_LISTED = text(
    f"select s.sku, s.inventory_item, {_KNOWN} from shop_items s where s.connection_id = :connection_id "
    'and s.deleted_at is null and s.sku collate "C" > \'\' and s.sku collate "C" like :prefix '
    'and (s.sku collate "C", s.inventory_item) > (:sku, :item) order by s.sku collate "C", s.inventory_item limit :limit'
)
_NUMBERED = text(
    f"select s.sku, s.inventory_item, {_KNOWN} from shop_items s where s.connection_id = :connection_id "
    'and s.deleted_at is null and s.inventory_item = any(:items) order by s.sku collate "C", s.inventory_item'
)
# As in stock_rows, narrowed to what the items of the page are, are made of, and share members with. `materialized` and
# `offset 0` keep the planner from turning the narrow steps into one wide join.
_ROWS = text(
    """
with page as materialized (
    select sku, inventory_item, tracked from shop_items
    where connection_id = :connection_id and inventory_item = any(:items) and deleted_at is null and sku <> ''
), mine as materialized (
    select p.sku, i.netsuite_id, i.item_type, i.rivals from (select distinct sku from page) p
    cross join lateral (select netsuite_id, item_type, count(*) over () as rivals from items
                        where connection_id = :connection_id and sku = p.sku and not inactive order by netsuite_id limit 1) i
), parts as materialized (
    select k.* from mine m cross join lateral (
        select netsuite_kit, netsuite_item, quantity from kit_members
        where connection_id = :connection_id and netsuite_kit = m.netsuite_id offset 0
    ) k
), wanted as materialized (
    select netsuite_id as netsuite_item from mine union select netsuite_item from parts
), sellers as materialized (
    select w.netsuite_item as seller, w.netsuite_item, 1::numeric as quantity from wanted w
    union all
    select k.* from wanted w cross join lateral (
        select netsuite_kit, netsuite_item, quantity from kit_members
        where connection_id = :connection_id and netsuite_item = w.netsuite_item offset 0
    ) k
), holders as materialized (
    select s.seller, h.inventory_item from (select distinct seller from sellers) s
    cross join lateral (
        select i.sku from items i where i.connection_id = :connection_id and i.netsuite_id = s.seller and not i.inactive
        and not exists (select from items o where o.connection_id = :connection_id and o.sku = i.sku and not o.inactive
                        and o.netsuite_id < i.netsuite_id)
    ) i
    cross join lateral (
        select inventory_item from shop_items where connection_id = :connection_id and sku = i.sku
    ) h
), lowered as materialized (
    select h.inventory_item, sum(l.units) as units,
           least(min(l.since), min(told.known_at)) + cast(:clocks_apart as interval) as since
    from (select distinct inventory_item from holders) h
    cross join (select now() - cast(:search_lag as interval) as known_at) as told
    cross join lateral (
        select units, since from lowered_levels where connection_id = :connection_id
        and inventory_item = h.inventory_item and shopify_location = :location and at >= told.known_at
    ) l
    group by h.inventory_item
), open_units as materialized (
    select seller, sum(quantity)::numeric as quantity, sum(unseen)::numeric as unseen from (
        select h.seller, r.quantity, 0 as unseen from holders h cross join lateral (
            select quantity from reservations where connection_id = :connection_id and inventory_item = h.inventory_item
            and (shopify_location is null or shopify_location = :location) offset 0
        ) r
        union all
        select h.seller, 0, greatest(d.units - coalesce(
            (select sum(sold.quantity) from seen_sales sold where sold.connection_id = :connection_id
                and sold.inventory_item = d.inventory_item and sold.sold_at >= d.since
                and 1 = (select count(*) from levels o where o.connection_id = :connection_id
                         and o.inventory_item = d.inventory_item and o.available is not null)), 0), 0)
        from holders h join lowered d on d.inventory_item = h.inventory_item
    ) as each group by seller
), waiting as materialized (
    select s.netsuite_item, sum(o.quantity * s.quantity) as quantity, sum(o.unseen * s.quantity) as unseen
    from sellers s join open_units o on o.seller = s.seller group by s.netsuite_item
), here as materialized (
    select w.netsuite_item, h.* from wanted w cross join lateral (
        select jsonb_object_agg(netsuite_location::text, available) as places, sum(available) as available,
               max(seen_at) as told_at
        from stock where connection_id = :connection_id and netsuite_item = w.netsuite_item
        and netsuite_location = any(:places)
    ) h
), kits as materialized (
    select k.netsuite_kit, min(floor(coalesce(h.available, 0) / k.quantity)) as available,
           min(floor((coalesce(h.available, 0) - coalesce(w.quantity, 0)) / k.quantity)) as free,
           min(floor((coalesce(h.available, 0) - coalesce(w.quantity, 0) - coalesce(w.unseen, 0)) / k.quantity)) as sure,
           max(h.told_at) as told_at
    from parts k
    left join here h on h.netsuite_item = k.netsuite_item
    left join waiting w on w.netsuite_item = k.netsuite_item
    where k.quantity > 0 group by k.netsuite_kit
)
select s.sku, s.inventory_item, i.netsuite_id, coalesce(i.rivals, 0) as rivals, s.tracked, d.sharing,
       case when k.netsuite_kit is null then h.places else jsonb_build_object('kit', k.available) end as places,
       coalesce(k.told_at, h.told_at) as told_at,
       case when k.netsuite_kit is null then coalesce(w.quantity, 0) else k.available - k.free end as waiting,
       case when k.netsuite_kit is null then coalesce(w.unseen, 0) else k.free - k.sure end as unseen,
       l.available as shop, l.seen_at, l.published, l.published_at, l.problem
from page s
left join mine i on i.sku = s.sku
cross join lateral (
    select count(*) as sharing from shop_items o
    where o.connection_id = :connection_id and o.sku = s.sku and o.deleted_at is null
) d
left join here h on h.netsuite_item = i.netsuite_id
left join kits k on k.netsuite_kit = i.netsuite_id
left join waiting w on w.netsuite_item = i.netsuite_id
left join lateral (
    select * from levels where connection_id = :connection_id and inventory_item = s.inventory_item
    and shopify_location = :location
) l on true
where (i.netsuite_id is not null or (s.tracked and l.available is not null))
    and (i.rivals > 1 or coalesce(i.item_type, 'InvtPart') in ('InvtPart', 'Assembly', 'Kit', 'Group'))
order by s.sku collate "C", s.inventory_item
"""
)
