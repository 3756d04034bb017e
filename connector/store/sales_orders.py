"""Our orders as they stand in NetSuite, mirrored: their numbers, their status, and which number the shop was told."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.mirror_tables import sales_orders
from connector.store.records import ORDER
from connector.store.tables import EffectKind, EffectState, RecordState, effects, records

# What Shopify knows was paid of an order, as far as it was booked.
_PAID = (EffectKind.CUSTOMER_DEPOSIT,)


@dataclass(frozen=True, slots=True)
class MirroredOrder:
    """One order of ours. `status` is NetSuite's letter, which means something else for a cash sale."""

    netsuite_id: int
    shopify_id: str
    number: str | None
    status: str


def of_id(connection: Connection, connection_id: int, netsuite_id: str) -> MirroredOrder | None:
    """An order by its internal id, or None before it was read."""
    row = connection.execute(
        select(*(sales_orders.c[name] for name in MirroredOrder.__dataclass_fields__)).where(
            sales_orders.c.connection_id == connection_id, sales_orders.c.netsuite_id == int(netsuite_id)
        )
    ).one_or_none()
    return None if row is None else MirroredOrder(**row._mapping)


def keep(connection: Connection, connection_id: int, found: Sequence[MirroredOrder]) -> list[MirroredOrder]:
    """Stores orders as they are now; those that are new or have another status or number."""
    if not found:
        return []
    names = tuple(MirroredOrder.__dataclass_fields__)
    rows = {
        order.netsuite_id: {"connection_id": connection_id} | {name: getattr(order, name) for name in names}
        for order in sorted(found, key=lambda order: order.netsuite_id)
    }
    statement = insert(sales_orders).values(list(rows.values()))
    changed = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "netsuite_id"],
            set_={"number": statement.excluded.number, "status": statement.excluded.status, "seen_at": func.now()},
            where=or_(
                sales_orders.c.number.is_distinct_from(statement.excluded.number),
                sales_orders.c.status != statement.excluded.status,
            ),
        ).returning(sales_orders.c.netsuite_id)
    )
    ids = set(changed.scalars())
    return [order for order in found if order.netsuite_id in ids]


def learn(connection: Connection, connection_id: int, found: Sequence[MirroredOrder]) -> None:
    """Stores orders that were not read before; those that were are left to their own reading, which sees what changed."""
    names = tuple(MirroredOrder.__dataclass_fields__)
    rows = {
        order.netsuite_id: {"connection_id": connection_id} | {name: getattr(order, name) for name in names}
        for order in found
    }
    if rows:
        connection.execute(insert(sales_orders).values(list(rows.values())).on_conflict_do_nothing())


def not_written_back(connection: Connection, connection_id: int, *, after: int, limit: int) -> list[MirroredOrder]:
    """Orders whose number the shop was not told, behind an internal id. Those that were deleted in the shop are left out."""
    is_deleted = exists().where(
        records.c.connection_id == connection_id,
        records.c.kind == ORDER,
        records.c.shopify_id == sales_orders.c.shopify_id,
        records.c.state == RecordState.EXCLUDED,
        records.c.reason_subject == "orders.deleted",
    )
    found = connection.execute(
        select(*(sales_orders.c[name] for name in MirroredOrder.__dataclass_fields__))
        .where(
            sales_orders.c.connection_id == connection_id,
            sales_orders.c.netsuite_id > after,
            sales_orders.c.number.is_not(None),
            sales_orders.c.number.is_distinct_from(sales_orders.c.written_back),
            ~is_deleted,
        )
        .order_by(sales_orders.c.netsuite_id)
        .limit(limit)
    )
    return [MirroredOrder(**row._mapping) for row in found]


def mark_written_back(connection: Connection, connection_id: int, told: Sequence[MirroredOrder]) -> None:
    """The shop was told these numbers, or has nothing any more that could be told."""
    for order in told:
        connection.execute(
            update(sales_orders)
            .where(sales_orders.c.connection_id == connection_id, sales_orders.c.netsuite_id == order.netsuite_id)
            .values(written_back=order.number)
        )


def owing(connection: Connection, connection_id: int, shopify_ids: Sequence[str]) -> list[str]:
    """Those orders of which less was paid in the shop, as far as it was booked, than their sales order comes to."""
    order, paid = effects.alias(), effects.alias()
    found = connection.execute(
        select(records.c.shopify_id)
        .join(order, and_(order.c.record_id == records.c.id, order.c.kind == EffectKind.SALES_ORDER))
        .outerjoin(
            paid,
            and_(paid.c.record_id == records.c.id, paid.c.kind.in_(_PAID), paid.c.state == EffectState.CONFIRMED),
        )
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == ORDER,
            records.c.shopify_id.in_(list(shopify_ids)),
        )
        .group_by(records.c.shopify_id, order.c.amount)
        .having(func.coalesce(func.sum(paid.c.amount), 0) < order.c.amount)
    )
    return list(found.scalars())
