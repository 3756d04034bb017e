"""What stands of orders in NetSuite: the document, its number, its total as we meant it and as NetSuite said it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Connection, Numeric, column, select, update, values

from connector.store.effects import StoredEffect, from_row
from connector.store.mirror_tables import sales_orders
from connector.store.records import ORDER, ORDER_STATUS, RecordView
from connector.store.tables import EffectKind, EffectState, effects, records

DOCUMENTS = (EffectKind.SALES_ORDER, EffectKind.CASH_SALE)


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """The sales order or cash sale of one order. `amount`: what we meant; `total_read`: what NetSuite said, None before.

    `due`: what it has to come to, as Shopify's order is. `number` is NetSuite's own, None before it was read.
    """

    record_id: int
    kind: EffectKind
    remote_id: str
    number: str | None
    amount: Decimal | None
    total_read: Decimal | None
    due: Decimal | None
    currency: str | None
    verified_at: datetime | None

    @property
    def total(self) -> Decimal | None:
        """NetSuite's total as far as it is known."""
        return self.amount if self.total_read is None else self.total_read

    @property
    def is_read(self) -> bool:
        """True when the total is NetSuite's own."""
        return self.total_read is not None or self.verified_at is not None


def of_records(connection: Connection, record_ids: Sequence[int]) -> dict[int, OrderDocument]:
    """The document of each order that stands in NetSuite, by the order's record."""
    found = connection.execute(
        select(effects)
        .where(
            effects.c.record_id.in_(list(record_ids)),
            effects.c.kind.in_(DOCUMENTS),
            effects.c.remote_id.is_not(None),
            effects.c.state != EffectState.WITHDRAWN,
        )
        .order_by(effects.c.id)
    ).all()
    numbers = _numbers(connection, {(row.connection_id, row.remote_id) for row in found})
    return {
        row.record_id: OrderDocument(
            record_id=row.record_id, kind=EffectKind(row.kind), remote_id=row.remote_id,
            number=numbers.get((row.connection_id, row.remote_id)), amount=row.amount, total_read=row.total_read,
            due=row.amount if row.due is None else row.due, currency=row.currency, verified_at=row.verified_at,
        )
        for row in found
    }  # fmt: skip


def keep_total_read(connection: Connection, totals: Mapping[int, Decimal]) -> None:
    """Keeps what NetSuite said the total is, by the id of the effect that made the document."""
    if totals:
        read = values(column("id", BigInteger), column("total", Numeric), name="read").data(list(totals.items()))
        connection.execute(update(effects).where(effects.c.id == read.c.id).values(total_read=read.c.total))


def effect_of(connection: Connection, order: RecordView, effect_id: int) -> StoredEffect | None:
    """One thing that was made of an order, here or in the shop; None where the id is of another order's."""
    row = connection.execute(
        select(effects)
        .join(records, records.c.id == effects.c.record_id)
        .where(
            effects.c.id == effect_id,
            records.c.connection_id == order.connection_id,
            records.c.kind.in_((ORDER, ORDER_STATUS)),
            records.c.shopify_id == order.shopify_id,
        )
    ).one_or_none()
    return None if row is None else from_row(row)


def _numbers(connection: Connection, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], str | None]:
    by_connection: dict[int, list[int]] = {}
    for connection_id, remote_id in wanted:
        if remote_id.isdecimal():
            by_connection.setdefault(connection_id, []).append(int(remote_id))
    numbers: dict[tuple[int, str], str | None] = {}
    for connection_id, ids in by_connection.items():
        rows = connection.execute(
            select(sales_orders.c.netsuite_id, sales_orders.c.number).where(
                sales_orders.c.connection_id == connection_id, sales_orders.c.netsuite_id.in_(ids)
            )
        )
        numbers |= {(connection_id, str(row.netsuite_id)): row.number for row in rows}
    return numbers
