"""The item map: SKU → NetSuite item, as NetSuite told us last."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.tables import items

# Item types that item fulfilments can hold; the others' lines are left out of them.
_SHIPPED_TYPES = ("InvtPart", "NonInvtPart", "Assembly", "Kit", "Group")


@dataclass(frozen=True, slots=True)
class Item:
    """One NetSuite item. `sku` is its item name, without the names of its parents."""

    netsuite_id: int
    sku: str
    item_type: str | None
    inactive: bool


def by_sku(connection: Connection, connection_id: int, skus: Sequence[str]) -> dict[str, list[Item]]:
    """The items of each SKU that is known, active ones first."""
    found = connection.execute(
        select(items)
        .where(items.c.connection_id == connection_id, items.c.sku.in_(list(skus)))
        .order_by(items.c.inactive, items.c.netsuite_id)
    )
    known: dict[str, list[Item]] = {}
    for row in found:
        known.setdefault(row.sku, []).append(Item(row.netsuite_id, row.sku, row.item_type, row.inactive))
    return known


def near(connection: Connection, connection_id: int, sku: str, *, limit: int) -> list[str]:
    """SKUs of active items that stand closest to this one in alphabetical order, on both sides."""
    is_one = (items.c.connection_id == connection_id, ~items.c.inactive)
    behind = select(items.c.sku).where(*is_one, items.c.sku >= sku).order_by(items.c.sku).limit(limit)
    before = select(items.c.sku).where(*is_one, items.c.sku < sku).order_by(items.c.sku.desc()).limit(limit)
    return [*reversed(connection.execute(before).scalars().all()), *connection.execute(behind).scalars()]


def skus_of(connection: Connection, connection_id: int, netsuite_ids: Collection[str]) -> dict[str, str]:
    """The SKUs of items by their internal ids, of those that are known."""
    found = connection.execute(
        select(items.c.netsuite_id, items.c.sku).where(
            items.c.connection_id == connection_id,
            items.c.netsuite_id.in_([int(netsuite_id) for netsuite_id in netsuite_ids]),
        )
    )
    return {str(row.netsuite_id): row.sku for row in found}


def never_shipped(connection: Connection, connection_id: int, netsuite_ids: Collection[str]) -> frozenset[str]:
    """Those of the items that are charges and the like: NetSuite bills them and has nothing to fulfil."""
    found = connection.execute(
        select(items.c.netsuite_id).where(
            items.c.connection_id == connection_id,
            items.c.netsuite_id.in_([int(netsuite_id) for netsuite_id in netsuite_ids]),
            items.c.item_type.not_in(_SHIPPED_TYPES),
        )
    )
    return frozenset(str(netsuite_id) for netsuite_id in found.scalars())


def keep(connection: Connection, connection_id: int, found: Sequence[Item]) -> None:
    """Stores items as they are now."""
    if not found:
        return
    rows = [
        {
            "connection_id": connection_id,
            "netsuite_id": item.netsuite_id,
            "sku": item.sku,
            "item_type": item.item_type,
            "inactive": item.inactive,
        }
        for item in sorted(found, key=lambda item: item.netsuite_id)
    ]
    statement = insert(items).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "netsuite_id"],
            set_={name: statement.excluded[name] for name in ("sku", "item_type", "inactive")},
        )
    )
