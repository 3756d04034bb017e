"""Item fulfilments of our sales orders as NetSuite told us last, mirrored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.mirror_tables import shipments

SHIPPED = "C"
_CHANGING = ("netsuite_order", "number", "status", "carrier", "method", "lines", "tracking")


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """Units of one item that left one location; both by NetSuite's id."""

    item: str
    quantity: Decimal
    location: str | None


@dataclass(frozen=True, slots=True)
class Shipment:
    """One item fulfilment. Only in status C the goods have left the house; `tracking`: numbers, none twice."""

    netsuite_id: int
    netsuite_order: int
    number: str | None
    status: str
    carrier: str | None
    method: str | None
    lines: tuple[ShipmentLine, ...]
    tracking: tuple[str, ...]
    is_deleted: bool = False

    @property
    def is_shipped(self) -> bool:
        """True while it stands as shipped."""
        return self.status == SHIPPED and not self.is_deleted

    @property
    def title(self) -> str:
        """What people call it."""
        return self.number or str(self.netsuite_id)


def of_order(connection: Connection, connection_id: int, netsuite_order: int) -> list[Shipment]:
    """An order's shipments by id, deleted ones among them."""
    found = connection.execute(
        select(shipments)
        .where(shipments.c.connection_id == connection_id, shipments.c.netsuite_order == netsuite_order)
        .order_by(shipments.c.netsuite_id)
    )
    return [_shipment(row) for row in found]


def keep(connection: Connection, connection_id: int, found: Sequence[Shipment]) -> list[Shipment]:
    """Stores shipments as they are now; those of which the shop may have to be told: shipped, or shipped before."""
    if not found:
        return []
    known = {
        item.netsuite_id: item for item in _of_ids(connection, connection_id, [item.netsuite_id for item in found])
    }
    changed = [item for item in found if known.get(item.netsuite_id) != item]
    if not changed:
        return []
    statement = insert(shipments).values([_row(connection_id, item) for item in changed])
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "netsuite_id"],
            set_={name: statement.excluded[name] for name in _CHANGING} | {"deleted_at": None, "seen_at": func.now()},
        )
    )
    return [
        item
        for item in changed
        if item.is_shipped or (item.netsuite_id in known and known[item.netsuite_id].is_shipped)
    ]


def standing(connection: Connection, connection_id: int, netsuite_ids: Sequence[int]) -> list[int]:
    """Those of some ids that are shipments of ours and not known as deleted."""
    return [item.netsuite_id for item in _of_ids(connection, connection_id, netsuite_ids) if not item.is_deleted]


def mark_deleted(connection: Connection, connection_id: int, netsuite_ids: Sequence[int]) -> list[int]:
    """These do not stand in NetSuite any more; their orders' ids there."""
    found = connection.execute(
        update(shipments)
        .where(
            shipments.c.connection_id == connection_id,
            shipments.c.netsuite_id.in_(list(netsuite_ids)),
            shipments.c.deleted_at.is_(None),
        )
        .values(deleted_at=func.now())
        .returning(shipments.c.netsuite_order)
    )
    return sorted(set(found.scalars()))


def _of_ids(connection: Connection, connection_id: int, netsuite_ids: Sequence[int]) -> list[Shipment]:
    found = connection.execute(
        select(shipments).where(
            shipments.c.connection_id == connection_id, shipments.c.netsuite_id.in_(list(netsuite_ids))
        )
    )
    return [_shipment(row) for row in found]


def _row(connection_id: int, item: Shipment) -> Mapping[str, Any]:
    lines = [{"item": line.item, "quantity": str(line.quantity), "location": line.location} for line in item.lines]
    row = {name: getattr(item, name) for name in ("netsuite_id", *_CHANGING)}
    return row | {"connection_id": connection_id, "lines": lines, "tracking": list(item.tracking)}


def _shipment(row: Row[Any]) -> Shipment:
    return Shipment(
        row.netsuite_id,
        row.netsuite_order,
        row.number,
        row.status,
        row.carrier,
        row.method,
        tuple(ShipmentLine(line["item"], Decimal(line["quantity"]), line["location"]) for line in row.lines),
        tuple(row.tracking),
        row.deleted_at is not None,
    )
