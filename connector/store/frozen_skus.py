"""SKUs that a person keeps from being pushed, each with who and why."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.stock_tables import frozen_skus


@dataclass(frozen=True, slots=True)
class FrozenSku:
    """One SKU that is not pushed until it is thawed."""

    sku: str
    because: str
    frozen_by: str
    frozen_at: datetime


def freeze(connection: Connection, connection_id: int, sku: str, *, because: str, actor: str) -> bool:
    """Keeps a SKU from being pushed; False when it is frozen already, which keeps its first reason."""
    values = {"connection_id": connection_id, "sku": sku, "because": because, "frozen_by": actor}
    return connection.execute(insert(frozen_skus).values(values).on_conflict_do_nothing()).rowcount == 1


def thaw(connection: Connection, connection_id: int, sku: str) -> bool:
    """Lets a SKU be pushed again; False when it was not frozen."""
    statement = delete(frozen_skus).where(frozen_skus.c.connection_id == connection_id, frozen_skus.c.sku == sku)
    return connection.execute(statement).rowcount == 1


def of_connection(connection: Connection, connection_id: int) -> dict[str, FrozenSku]:
    """All of them, by SKU; people freeze few."""
    columns = [getattr(frozen_skus.c, name) for name in FrozenSku.__dataclass_fields__]
    found = connection.execute(select(*columns).where(frozen_skus.c.connection_id == connection_id))
    return {row["sku"]: FrozenSku(**row) for row in found.mappings()}
