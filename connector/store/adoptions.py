"""What was found in NetSuite of orders that another connector may have written, until such an order is adopted or made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.limits import Lane
from connector.store.mirror_tables import adoptions
from connector.store.records import LEASABLE, ORDER
from connector.store.tables import EffectKind, EffectState, effects, records

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Found = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Look:
    """When an order was looked for, and what was found of it. `chosen`: the document a person named, by internal id."""

    found: Found
    chosen: str | None
    looked_at: datetime


def of_order(connection: Connection, connection_id: int, shopify_id: str) -> Look | None:
    """The last look for an order, or None."""
    row = connection.execute(
        select(adoptions.c.found, adoptions.c.chosen, adoptions.c.looked_at).where(
            adoptions.c.connection_id == connection_id, adoptions.c.shopify_id == shopify_id
        )
    ).one_or_none()
    return None if row is None else Look(**row._mapping)


def keep(connection: Connection, connection_id: int, found: Mapping[str, Found], *, now: datetime) -> None:
    """What was found by order just now; what a person chose stays."""
    rows = [
        {"connection_id": connection_id, "shopify_id": shopify_id, "found": list(documents), "looked_at": now}
        for shopify_id, documents in sorted(found.items())
    ]
    statement = insert(adoptions).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "shopify_id"],
            set_={"found": statement.excluded.found, "looked_at": statement.excluded.looked_at},
        )
    )


def choose(connection: Connection, connection_id: int, shopify_id: str, document: str) -> None:
    """A person says which document is the order."""
    values = {"connection_id": connection_id, "shopify_id": shopify_id, "found": [], "looked_at": _LONG_AGO}
    statement = insert(adoptions).values(values | {"chosen": document})
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "shopify_id"],
            set_={"chosen": statement.excluded.chosen, "looked_at": statement.excluded.looked_at},
        )
    )


def look_again(connection: Connection, connection_id: int, shopify_id: str) -> None:
    """The next pass over the order asks NetSuite anew."""
    connection.execute(
        update(adoptions)
        .where(adoptions.c.connection_id == connection_id, adoptions.c.shopify_id == shopify_id)
        .values(looked_at=_LONG_AGO)
    )


def forget(connection: Connection, connection_id: int, shopify_id: str) -> None:
    """The order stands: nobody looks for it any more."""
    connection.execute(
        delete(adoptions).where(adoptions.c.connection_id == connection_id, adoptions.c.shopify_id == shopify_id)
    )


def forget_made(connection: Connection, connection_id: int) -> int:
    """Forgets what was found of orders that stand by now, because we made them; how many.

    Nobody looks for those again, whatever becomes of them. What is only planned may still be another connector's.
    """
    made = (
        select(records.c.shopify_id)
        .join(effects, effects.c.record_id == records.c.id)
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == ORDER,
            records.c.shopify_id == adoptions.c.shopify_id,
            effects.c.kind.in_((EffectKind.SALES_ORDER, EffectKind.CASH_SALE)),
            effects.c.state.in_((EffectState.CONFIRMED, EffectState.WITHDRAWN)),
        )
    )
    return connection.execute(
        delete(adoptions).where(adoptions.c.connection_id == connection_id, made.exists())
    ).rowcount


def waiting(
    connection: Connection, record_id: int, connection_id: int, *, before: datetime, limit: int
) -> dict[str, str]:
    """Imported orders behind a record that are still to be worked on and were not looked for since a moment: id → name."""
    is_old = and_(adoptions.c.connection_id == records.c.connection_id, adoptions.c.shopify_id == records.c.shopify_id)
    found = connection.execute(
        select(records.c.shopify_id, records.c.name)
        .outerjoin(adoptions, and_(is_old, adoptions.c.looked_at >= before))
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == ORDER,
            records.c.lane == Lane.HISTORY,
            records.c.state.in_(LEASABLE),
            records.c.id > record_id,
            records.c.name.is_not(None),
            adoptions.c.shopify_id.is_(None),
        )
        .order_by(records.c.id)
        .limit(limit)
    )
    return {row.shopify_id: row.name for row in found}
