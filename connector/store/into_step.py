"""The orders that came into step since a moment and still are: how many, and how long they were not. Each count has an end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

# More of one connection are not counted: the page says "and more". A list of them is as long at most.
MOST = 10_000

_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_NEWEST = """
    from unnest(:ids) c (id)
    cross join lateral (
        select r.connection_id, r.currency, r.total, r.open_since, r.in_step_at from records r
        where r.connection_id = c.id and r.kind = 'order' and r.state = 'in_sync' and r.in_step_at >= :since
        order by r.in_step_at desc limit :most
    ) o
"""
_COUNTED = text(
    f"select o.connection_id, o.currency, count(*) as count, coalesce(sum(o.total), 0) as total {_NEWEST} group by 1, 2"
).bindparams(_IDS)
# What was in step before it was known since when it was not has no time.
_TOOK = text(
    f"""
    select count(*) as count, percentile_disc(0.5) within group (order by o.in_step_at - o.open_since) as p50,
           percentile_disc(0.95) within group (order by o.in_step_at - o.open_since) as p95
    {_NEWEST} where o.open_since < o.in_step_at
    """
).bindparams(_IDS)


@dataclass(frozen=True, slots=True)
class IntoStep:
    """Orders of one connection and currency that came into step."""

    connection_id: int
    currency: str | None
    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Took:
    """How long orders were not in step, from the first word of a change on: seconds of half and of 95 % of them."""

    count: int
    p50: float | None
    p95: float | None


def counted(connection: Connection, connection_ids: Sequence[int], *, since: datetime) -> list[IntoStep]:
    """The orders that came into step since a moment."""
    asked = {"ids": list(connection_ids), "since": since, "most": MOST}
    return [IntoStep(**row) for row in connection.execute(_COUNTED, asked).mappings()]


def took(connection: Connection, connection_ids: Sequence[int], *, since: datetime) -> Took:
    """How long they were not in step before."""
    row = connection.execute(_TOOK, {"ids": list(connection_ids), "since": since, "most": MOST}).one()
    p50, p95 = (None if span is None else span.total_seconds() for span in (row.p50, row.p95))
    return Took(row[0], p50, p95)
