"""Which orders have other totals on both sides: Shopify's, as it should stand in NetSuite, and NetSuite's as far as known.

Kept with the record, so that a list of millions finds the few that differ, and its rows, filters and files say the same.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import BigInteger, Connection, Numeric, and_, column, exists, func, or_, select, update, values

from connector.store.order_documents import DOCUMENTS
from connector.store.records import ORDER
from connector.store.tables import EffectState, RecordState, effects, records


def keep_due(connection: Connection, due: Mapping[int, Decimal]) -> None:
    """Keeps what orders' documents have to come to, by the id of the effect that made each."""
    if due:
        said = values(column("id", BigInteger), column("due", Numeric), name="said").data(list(due.items()))
        is_other = effects.c.due.is_distinct_from(said.c.due)
        connection.execute(update(effects).where(effects.c.id == said.c.id, is_other).values(due=said.c.due))


def judge(connection: Connection, record_ids: Sequence[int]) -> None:
    """Notes of some orders whether their totals differ; to be asked after whatever can change one of the two.

    Held because the totals could not be made the same counts too, whatever stands there.
    """
    is_document = and_(
        effects.c.record_id == records.c.id,
        effects.c.kind.in_(DOCUMENTS),
        effects.c.remote_id.is_not(None),
        effects.c.state != EffectState.WITHDRAWN,
    )
    there, due = func.coalesce(effects.c.total_read, effects.c.amount), func.coalesce(effects.c.due, effects.c.amount)
    is_held = and_(records.c.state == RecordState.HELD, records.c.reason_code == "total_mismatch")
    differs = or_(func.coalesce(is_held, False), exists(select(effects.c.id).where(is_document, there != due)))
    # Few records change: the others are not written.
    connection.execute(
        update(records)
        .where(records.c.id.in_(list(record_ids)), records.c.kind == ORDER, records.c.differs != differs)
        .values(differs=differs)
    )
