"""How many orders are open, why, over how much money, and since when; and how many came today. Each count has an end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from connector.store.records import ORDER
from connector.store.tables import RecordState

OPEN = (RecordState.PENDING, RecordState.WORKING, RecordState.HELD, RecordState.PARKED)
# More of one connection and state are not counted: the page says "and more".
MOST = 10_000
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_STATES = bindparam("states", type_=ARRAY(Text))

_BEHIND_ALL = 2**63 - 1
# Places are compared as the index is sorted: with plain conditions the planner would rather walk back over all records.
_BY_CAUSE = text(
    """
    select o.connection_id, o.state, o.reason_code, o.reason_subject, o.currency, count(*) as count,
           coalesce(sum(o.total), 0) as total, min(o.open_since) as since
    from unnest(:ids) c (id) cross join unnest(:states) s (state)
    cross join lateral (
        select r.connection_id, r.state, r.reason_code, r.reason_subject, r.currency, r.total, r.open_since
        from records r where r.connection_id = c.id
            and (r.state, r.kind, r.id) > (s.state, :kind, 0) and (r.state, r.kind, r.id) < (s.state, :kind, :behind_all)
        order by r.state desc, r.kind desc, r.id desc limit :most
    ) o
    group by 1, 2, 3, 4, 5
    """
).bindparams(_IDS, _STATES)
_OF_DAY = text(
    """
    select o.state, o.currency, count(*) as count, coalesce(sum(o.total), 0) as total
    from unnest(:ids) c (id)
    cross join lateral (
        select r.state, r.currency, r.total from records r
        where r.connection_id = c.id and r.kind = :kind and r.created_at >= :since
        order by r.created_at desc limit :most
    ) o
    group by 1, 2
    """
).bindparams(_IDS)


@dataclass(frozen=True, slots=True)
class Open:
    """Orders of one connection that stand so for the same reason, in one currency. `since`: when the first fell out of step."""

    connection_id: int
    state: str
    reason_code: str | None
    reason_subject: str | None
    currency: str | None
    count: int
    total: Decimal
    since: datetime


@dataclass(frozen=True, slots=True)
class OfDay:
    """Orders that came since a moment, by how they stand now and currency."""

    state: str
    currency: str | None
    count: int
    total: Decimal


def open_orders(connection: Connection, connection_ids: Sequence[int]) -> list[Open]:
    """Every open order of these connections, by cause."""
    asked = {"ids": list(connection_ids), "states": list(OPEN), "kind": ORDER, "behind_all": _BEHIND_ALL, "most": MOST}
    return [Open(**row) for row in connection.execute(_BY_CAUSE, asked).mappings()]


def of_day(connection: Connection, connection_ids: Sequence[int], *, since: datetime) -> list[OfDay]:
    """The orders that came since a moment."""
    asked = {"ids": list(connection_ids), "kind": ORDER, "since": since, "most": MOST}
    return [OfDay(**row) for row in connection.execute(_OF_DAY, asked).mappings()]
