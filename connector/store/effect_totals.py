"""Sales orders whose totals are still to be compared with NetSuite's own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from connector.store.effects import StoredEffect, from_row
from connector.store.tables import EffectKind, EffectState, effects

# Five minutes doubled so often are more than a day.
_MOST_DOUBLINGS = 9


def unverified(
    connection: Connection, connection_id: int, *, before: datetime, now: datetime, limit: int
) -> list[StoredEffect]:
    """Those confirmed before a moment whose total NetSuite has not told us, or told otherwise a while ago; oldest first."""
    found = connection.execute(
        select(effects)
        .where(
            effects.c.connection_id == connection_id,
            effects.c.kind == EffectKind.SALES_ORDER,
            effects.c.state == EffectState.CONFIRMED,
            effects.c.verified_at.is_(None),
            effects.c.confirmed_at < before,
            or_(effects.c.look_at.is_(None), effects.c.look_at <= now),
        )
        .order_by(effects.c.id)
        .limit(limit)
    )
    return [from_row(row) for row in found]


def unchanged(connection: Connection, read: Sequence[StoredEffect]) -> list[StoredEffect]:
    """Those to which nothing was sent since they were read: what NetSuite told meanwhile is of what they say."""
    ids = [effect.id for effect in read]
    found = connection.execute(
        select(effects.c.id, effects.c.sent_at, effects.c.confirmed_at).where(
            effects.c.id.in_(ids), effects.c.state == EffectState.CONFIRMED
        )
    )
    stand = {(row.id, row.sent_at, row.confirmed_at) for row in found}
    return [effect for effect in read if (effect.id, effect.sent_at, effect.confirmed_at) in stand]


def look_later(connection: Connection, effect_ids: Sequence[int], *, now: datetime) -> None:
    """Their totals differ: they are asked for again after five minutes, then twice as long each time, at last once a day."""
    wait = func.make_interval(0, 0, 0, 0, 0, 5) * func.power(2, func.least(effects.c.looks, _MOST_DOUBLINGS))
    values = {"looks": effects.c.looks + 1, "look_at": now + func.least(wait, timedelta(days=1))}
    connection.execute(update(effects).where(effects.c.id.in_(list(effect_ids))).values(values))
