"""Requests that left us and were never answered, of records that nobody works on: no pass of theirs will look."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, update

from connector.store import due
from connector.store.effects import StoredEffect, from_row
from connector.store.tables import SHOP_KINDS, EffectState, RecordState, effects, records

_AT_WORK = (RecordState.PENDING, RecordState.WORKING)
_DOUBTFUL = (EffectState.SENT, EffectState.UNKNOWN)


def left(connection: Connection, connection_id: int, *, older_than: timedelta, limit: int) -> list[StoredEffect]:
    """What NetSuite was asked to make, longer ago than it works on a request, whose record is at rest; oldest first."""
    found = connection.execute(
        _left().where(effects.c.connection_id == connection_id, effects.c.sent_at < func.now() - older_than)
        .order_by(effects.c.sent_at, effects.c.id)
        .limit(limit)
    )  # fmt: skip
    return [from_row(row) for row in found]


def is_left(connection: Connection, stored: StoredEffect) -> bool:
    """Whether it stands as it was read, its record still at rest; both are locked until the transaction ends."""
    same = _left().where(effects.c.id == stored.id, effects.c.sent_at == stored.sent_at)
    return connection.execute(same.with_for_update()).one_or_none() is not None


def may_yet_come(connection: Connection, effect_ids: Sequence[int], *, within: timedelta) -> list[StoredEffect]:
    """Those that do not stand although a request for them left us so short a time ago."""
    found = connection.execute(
        select(effects).where(
            effects.c.id.in_(list(effect_ids)),
            effects.c.state != EffectState.CONFIRMED,
            effects.c.remote_id.is_(None),
            effects.c.sent_at > func.now() - within,
        )
    )
    return [from_row(row) for row in found]


def doubt_again(connection: Connection, connection_id: int, *, limit: int) -> list[int]:
    """What a late change may have altered by now counts as not known; ids of its records, each due for a pass.

    A record that is not in step waits until it is.
    """
    found = connection.execute(
        select(effects.c.id, effects.c.record_id)
        .join(records, records.c.id == effects.c.record_id)
        .where(
            effects.c.connection_id == connection_id,
            effects.c.late_until < func.now(),
            effects.c.state == EffectState.CONFIRMED,
            records.c.state == RecordState.IN_SYNC,
            _at_rest(),
        )
        .order_by(effects.c.late_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    ids = [row.id for row in found]
    connection.execute(update(effects).where(effects.c.id.in_(ids)).values(state=EffectState.UNKNOWN))
    record_ids = sorted({row.record_id for row in found})
    for record_id in record_ids:
        due.mark_dirty(connection, record_id)
    return record_ids


def _at_rest() -> ColumnElement[bool]:
    return or_(records.c.lease_until.is_(None), records.c.lease_until < func.now())


def _left() -> Select[tuple[object, ...]]:
    return (
        select(effects)
        .join(records, records.c.id == effects.c.record_id)
        .where(
            effects.c.state.in_(_DOUBTFUL),
            effects.c.kind.not_in(SHOP_KINDS),
            effects.c.remote_id.is_(None),
            records.c.state.not_in(_AT_WORK),
            _at_rest(),
        )
    )
