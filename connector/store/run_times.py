"""How often schedules ran by the hour, how often to a good end, and how long they took: read from the runs themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

_BY_HOUR = text(
    """
    select r.name, date_trunc('hour', r.finished_at, 'UTC') as hour, count(*) as runs,
           count(*) filter (where r.outcome = 'done') as done,
           percentile_disc(0.5) within group (order by r.finished_at - r.started_at) as p50,
           percentile_disc(0.95) within group (order by r.finished_at - r.started_at) as p95
    from unnest(:ids) c (id) cross join unnest(:names) s (name)
    cross join lateral (
        select * from scheduled_runs r where r.connection_id = c.id and r.name = s.name
            and r.started_at >= :since and r.finished_at is not null
        order by r.started_at desc
    ) r
    group by grouping sets ((1, 2), (1))
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("names", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class Runs:
    """Some runs that ended, `done` of them well. `p50`, `p95`: seconds; None without any."""

    count: int = 0
    done: int = 0
    p50: float | None = None
    p95: float | None = None


def by_hour(
    connection: Connection, connection_ids: Sequence[int], names: Sequence[str], *, since: datetime
) -> dict[tuple[str, datetime | None], Runs]:
    """The runs that began since a moment, by schedule and the hour of their end; under None those of all hours."""
    asked = {"ids": list(connection_ids), "names": list(names), "since": since}
    return {
        (row.name, row.hour): Runs(row.runs, row.done, row.p50.total_seconds(), row.p95.total_seconds())
        for row in connection.execute(_BY_HOUR, asked)
    }
