"""What we hold of many orders at once, to be compared with both systems: their records and what was made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select
from sqlalchemy.sql.elements import ColumnElement

from connector.store.records import ORDER, UNTIL_SENT
from connector.store.tables import EffectKind, EffectState, RecordState, effects, records

_CHUNK = 5000
# What stands in the list of NetSuite's documents.
_LISTED = (
    EffectKind.SALES_ORDER,
    EffectKind.CASH_SALE,
    EffectKind.CUSTOMER_DEPOSIT,
    EffectKind.CUSTOMER_REFUND,
    EffectKind.CREDIT_MEMO,
    EffectKind.CASH_REFUND,
)


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order's record."""

    shopify_id: str
    name: str | None
    state: RecordState
    reason_code: str | None
    reason_subject: str | None
    reason: str | None
    attempts: int
    next_attempt_at: datetime
    changed_at: datetime

    @property
    def is_undone(self) -> bool:
        """True while a pass over it is still to come."""
        return self.state in (RecordState.PENDING, RecordState.WORKING)

    @property
    def waits_for_a_job(self) -> bool:
        """True while an import has it on its list."""
        return self.next_attempt_at >= UNTIL_SENT


@dataclass(frozen=True, slots=True)
class KnownEffect:
    """One thing we made of an order, or were about to."""

    shopify_id: str
    kind: EffectKind
    natural_key: str
    state: EffectState
    remote_id: str | None
    amount: Decimal | None
    confirmed_at: datetime | None

    @property
    def is_in_netsuite(self) -> bool:
        """True for an order or money that NetSuite told us it has."""
        return self.kind in _LISTED and self.state == EffectState.CONFIRMED


def orders_of_ids(connection: Connection, connection_id: int, shopify_ids: Sequence[str]) -> dict[str, KnownOrder]:
    """The records of these orders by Shopify id."""
    return {one.shopify_id: one for one in _orders(connection, connection_id, records.c.shopify_id, shopify_ids)}


def orders_of_names(connection: Connection, connection_id: int, names: Sequence[str]) -> dict[str, KnownOrder]:
    """The records of orders that bear these names, by name."""
    found = _orders(connection, connection_id, records.c.name, names)
    return {one.name: one for one in found if one.name is not None}


def effects_of_orders(connection: Connection, connection_id: int, shopify_ids: Sequence[str]) -> list[KnownEffect]:
    """All that was made of these orders."""
    return _effects(connection, connection_id, records.c.shopify_id, shopify_ids)


def effects_of_keys(connection: Connection, connection_id: int, keys: Sequence[str]) -> dict[str, KnownEffect]:
    """What we know under these external ids, of any order."""
    return {one.natural_key: one for one in _effects(connection, connection_id, effects.c.natural_key, keys)}


def _orders(
    connection: Connection, connection_id: int, column: ColumnElement[str], values: Sequence[str]
) -> list[KnownOrder]:
    found: list[KnownOrder] = []
    for start in range(0, len(values), _CHUNK):
        rows = connection.execute(
            select(*(records.c[name] for name in KnownOrder.__dataclass_fields__)).where(
                records.c.connection_id == connection_id,
                records.c.kind == ORDER,
                column.in_(list(values[start : start + _CHUNK])),
            )
        )
        found += [KnownOrder(**{**row._mapping, "state": RecordState(row.state)}) for row in rows]
    return found


def _effects(
    connection: Connection, connection_id: int, column: ColumnElement[str], values: Sequence[str]
) -> list[KnownEffect]:
    found: list[KnownEffect] = []
    names = [name for name in KnownEffect.__dataclass_fields__ if name != "shopify_id"]
    for start in range(0, len(values), _CHUNK):
        rows = connection.execute(
            select(records.c.shopify_id, *(effects.c[name] for name in names))
            .join(records, records.c.id == effects.c.record_id)
            .where(
                records.c.connection_id == connection_id,
                records.c.kind == ORDER,
                column.in_(list(values[start : start + _CHUNK])),
            )
        )
        found += [
            KnownEffect(**{**row._mapping, "kind": EffectKind(row.kind), "state": EffectState(row.state)})
            for row in rows
        ]
    return found
