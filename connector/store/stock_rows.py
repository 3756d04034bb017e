"""Every item of the shop beside what both sides have of it: one statement a location.

A kit has what its members make, as many as the scarcest of them allows; what is sold of a kit is taken from its members.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from connector.store.unseen import CLOCKS_APART, SEARCH_LAG


@dataclass(frozen=True, slots=True)
class StockRow:
    """One item at one of Shopify's locations. `places`: available per NetSuite location, empty where NetSuite has none.

    `shop`: what Shopify has, None where it is not stocked; `unseen`: units that were perhaps sold there in the last minutes
    by orders that nobody told of. `netsuite_item` is None where NetSuite has no active item of this SKU; `rivals`, `sharing`:
    how many active items of NetSuite, or items of the shop, have it.
    """

    sku: str
    item: int
    netsuite_item: int | None
    rivals: int
    tracked: bool
    sharing: int
    places: Mapping[str, Decimal]
    told_at: datetime | None
    waiting: Decimal
    unseen: Decimal
    shop: int | None
    seen_at: datetime | None
    published: int | None
    published_at: datetime | None
    problem: str | None


def of_location(
    connection: Connection,
    connection_id: int,
    location: int,
    netsuite_locations: Sequence[int],
    *,
    sku: str | None = None,
    only: Sequence[int] | None = None,
    asked_at: datetime | None = None,
) -> Iterator[StockRow]:
    """All items, or those of one SKU, or only some of the shop's, in the order of their SKUs; read as they are used.

    `asked_at`: when the shop was asked for its orders last; now where it is not given.
    """
    values = {
        "connection_id": connection_id, "location": location, "places": list(netsuite_locations), "sku": sku,
        "only": None if only is None else list(only), "asked_at": asked_at, "search_lag": SEARCH_LAG,
        "clocks_apart": CLOCKS_APART,
    }  # fmt: skip
    found = connection.execute(_ROWS, values, execution_options={"yield_per": 1000})
    for row in found:
        places = {str(place): Decimal(str(units)) for place, units in (row.places or {}).items()}
        yield StockRow(
            row.sku, row.inventory_item, row.netsuite_id, row.rivals, row.tracked, row.sharing, places, row.told_at,
            Decimal(row.waiting), Decimal(row.unseen), row.shop, row.seen_at, row.published, row.published_at, row.problem,
        )  # fmt: skip


def unknown_skus(connection: Connection, connection_id: int) -> int:
    """How many items of the shop have a SKU that no active item of NetSuite has."""
    return int(connection.execute(_UNKNOWN, {"connection_id": connection_id}).scalar_one())


_ROWS = text(
    """
with mine as (
    select distinct on (sku) sku, netsuite_id, item_type, count(*) over (partition by sku) as rivals from items
    where connection_id = :connection_id and not inactive and (cast(:sku as text) is null or sku = :sku)
    order by sku, netsuite_id
), here as (
    select netsuite_item, jsonb_object_agg(netsuite_location::text, available) as places, sum(available) as available,
           max(seen_at) as told_at
    from stock where connection_id = :connection_id and netsuite_location = any(:places) group by netsuite_item
), lowered as (
    select inventory_item, sum(units) as units,
           least(min(since), min(known_at)) + cast(:clocks_apart as interval) as since
    from lowered_levels,
        (select coalesce(cast(:asked_at as timestamptz), now()) - cast(:search_lag as interval) as known_at) as told
    where connection_id = :connection_id and shopify_location = :location and at >= known_at
    group by inventory_item
), open_units as (
    select i.netsuite_id, sum(u.quantity)::numeric as quantity, sum(u.unseen)::numeric as unseen
    from (
        select inventory_item, quantity, 0 as unseen from reservations
        where connection_id = :connection_id and (shopify_location is null or shopify_location = :location)
        union all
        select d.inventory_item, 0, greatest(d.units - coalesce(
            (select sum(sold.quantity) from seen_sales sold where sold.connection_id = :connection_id
                and sold.inventory_item = d.inventory_item and sold.sold_at >= d.since
                and 1 = (select count(*) from levels o where o.connection_id = :connection_id
                         and o.inventory_item = d.inventory_item and o.available is not null)), 0), 0)
        from lowered d
    ) u
    join shop_items s on s.connection_id = :connection_id and s.inventory_item = u.inventory_item
    join (select distinct on (sku) sku, netsuite_id from items where connection_id = :connection_id and not inactive
          order by sku, netsuite_id) i on i.sku = s.sku
    group by i.netsuite_id
), waiting as (
    select netsuite_item, sum(quantity) as quantity, sum(unseen) as unseen from (
        select netsuite_id as netsuite_item, quantity, unseen from open_units
        union all
        select k.netsuite_item, o.quantity * k.quantity, o.unseen * k.quantity
        from open_units o join kit_members k on k.netsuite_kit = o.netsuite_id and k.connection_id = :connection_id
    ) as sold group by netsuite_item
), kits as (
    select k.netsuite_kit, min(floor(coalesce(h.available, 0) / k.quantity)) as available,
           min(floor((coalesce(h.available, 0) - coalesce(w.quantity, 0)) / k.quantity)) as free,
           min(floor((coalesce(h.available, 0) - coalesce(w.quantity, 0) - coalesce(w.unseen, 0)) / k.quantity)) as sure,
           max(h.told_at) as told_at
    from kit_members k
    left join here h on h.netsuite_item = k.netsuite_item
    left join waiting w on w.netsuite_item = k.netsuite_item
    where k.connection_id = :connection_id and k.quantity > 0 group by k.netsuite_kit
), shared as (
    select sku, count(*) as sharing from shop_items
    where connection_id = :connection_id and deleted_at is null group by sku
)
select s.sku, s.inventory_item, i.netsuite_id, coalesce(i.rivals, 0) as rivals, s.tracked, d.sharing,
       case when k.netsuite_kit is null then h.places else jsonb_build_object('kit', k.available) end as places,
       coalesce(k.told_at, h.told_at) as told_at,
       case when k.netsuite_kit is null then coalesce(w.quantity, 0) else k.available - k.free end as waiting,
       case when k.netsuite_kit is null then coalesce(w.unseen, 0) else k.free - k.sure end as unseen,
       l.available as shop, l.seen_at, l.published, l.published_at, l.problem
from shop_items s
left join mine i on i.sku = s.sku
join shared d on d.sku = s.sku
left join here h on h.netsuite_item = i.netsuite_id
left join kits k on k.netsuite_kit = i.netsuite_id
left join waiting w on w.netsuite_item = i.netsuite_id
left join levels l on l.connection_id = s.connection_id and l.inventory_item = s.inventory_item
    and l.shopify_location = :location
where s.connection_id = :connection_id and s.deleted_at is null and s.sku <> ''
    and (cast(:only as bigint[]) is null or s.inventory_item = any(cast(:only as bigint[])))
    and (cast(:sku as text) is null or s.sku = :sku)
    -- What the shop does not count, or not here, need not be known to NetSuite.
    and (i.netsuite_id is not null or (s.tracked and l.available is not null))
    and (i.rivals > 1 or coalesce(i.item_type, 'InvtPart') in ('InvtPart', 'Assembly', 'Kit', 'Group'))
order by s.sku, s.inventory_item
"""
)
_UNKNOWN = text(
    "select count(*) from shop_items s where s.connection_id = :connection_id and s.deleted_at is null and s.sku <> '' "
    "and not exists (select from items i where i.connection_id = s.connection_id and i.sku = s.sku and not i.inactive)"
)
