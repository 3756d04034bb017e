"""What NetSuite billed of our sales orders, mirrored: a refund needs no call to learn which document it goes against."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, and_, delete, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.tables import EffectKind, EffectState, billing_documents, effects

INVOICE = "invoice"
CASH_SALE = "cash_sale"


@dataclass(frozen=True, slots=True)
class BillingDocument:
    """One invoice or cash sale made from a sales order. `status` is NetSuite's letter."""

    netsuite_id: int
    kind: str
    order_id: int
    status: str
    total: Decimal


def of_order(connection: Connection, connection_id: int, order_id: str) -> list[BillingDocument]:
    """The documents of one sales order, by its internal id, oldest first."""
    columns = [getattr(billing_documents.c, name) for name in BillingDocument.__dataclass_fields__]
    found = connection.execute(
        select(*columns)
        .where(billing_documents.c.connection_id == connection_id, billing_documents.c.order_id == int(order_id))
        .order_by(billing_documents.c.netsuite_id)
    )
    return [BillingDocument(**row) for row in found.mappings()]


@dataclass(frozen=True, slots=True)
class Kept:
    """The sales orders of documents that are new, and of those that are new or changed."""

    new: list[int]
    changed: list[int]


def keep(connection: Connection, connection_id: int, found: Sequence[BillingDocument]) -> Kept:
    """Stores documents as they are now; whose they are that were not stored like that before."""
    if not found:
        return Kept([], [])
    names = tuple(BillingDocument.__dataclass_fields__)
    rows = [
        {"connection_id": connection_id} | {name: getattr(document, name) for name in names}
        for document in sorted(found, key=lambda document: document.netsuite_id)
    ]
    statement = insert(billing_documents).values(rows)
    changed = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "netsuite_id"],
            set_={name: statement.excluded[name] for name in names if name != "netsuite_id"},
            where=or_(
                *(billing_documents.c[name].is_distinct_from(statement.excluded[name]) for name in names[1:]),
            ),
        ).returning(billing_documents.c.order_id, literal_column("(xmax = 0)").label("is_new"))
    ).all()
    return Kept([row.order_id for row in changed if row.is_new], [row.order_id for row in changed])


def refunded_orders(connection: Connection, connection_id: int, order_ids: Sequence[int]) -> list[int]:
    """The records of those sales orders of which money went back already."""
    order, refund = effects.alias(), effects.alias()
    found = connection.execute(
        select(order.c.record_id)
        .distinct()
        .join(refund, refund.c.record_id == order.c.record_id)
        .where(
            order.c.connection_id == connection_id,
            order.c.kind == EffectKind.SALES_ORDER,
            order.c.remote_id.in_([str(order_id) for order_id in order_ids]),
            refund.c.kind == EffectKind.CUSTOMER_REFUND,
            refund.c.state == EffectState.CONFIRMED,
        )
    )
    return list(found.scalars())


def standing(connection: Connection, connection_id: int, netsuite_ids: Sequence[int]) -> list[int]:
    """Those of some ids that are documents of ours."""
    found = connection.execute(select(billing_documents.c.netsuite_id).where(_are(connection_id, netsuite_ids)))
    return list(found.scalars())


def forget(connection: Connection, connection_id: int, netsuite_ids: Sequence[int]) -> list[int]:
    """Takes out documents that do not stand in NetSuite any more; their orders' ids there."""
    gone = delete(billing_documents).where(_are(connection_id, netsuite_ids))
    return sorted(set(connection.execute(gone.returning(billing_documents.c.order_id)).scalars()))


def _are(connection_id: int, netsuite_ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(
        billing_documents.c.connection_id == connection_id, billing_documents.c.netsuite_id.in_(list(netsuite_ids))
    )
