"""The item map: SKU → NetSuite item, as NetSuite told us last."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.tables import items


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
