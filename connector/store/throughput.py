"""Passes by the hour and how long they took, counted again and again from the attempts, so that nobody waits for a count.

A duration falls into one of forty buckets, each a quarter longer than the one before: hours can be added, and a percentile
is right to about a tenth.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, text

from connector.store.console_tables import hourly_passes

# Bucket 0 is shorter than the first, 41 longer than the last; both in milliseconds.
_SHORTEST, _LONGEST, _BUCKETS = 10.0, 80_000.0, 40
_STEP = (_LONGEST / _SHORTEST) ** (1 / _BUCKETS)
# An attempt is written within this long of its end.
_WRITTEN_WITHIN = timedelta(minutes=10)
# So far back hours are made up for while nobody counted.
_LOOKED_BACK = timedelta(hours=25)
_KEPT = timedelta(days=8)

_COUNT = text(
    """
    insert into hourly_passes (connection_id, kind, hour, bucket, passes, in_sync)
    select r.connection_id, r.kind, date_trunc('hour', a.finished_at, 'UTC'),
           width_bucket(ln(greatest(extract(epoch from a.finished_at - a.started_at) * 1000, 1)::float8), ln(:shortest),
                        ln(:longest), :buckets),
           count(*), count(*) filter (where a.outcome = 'in_sync')
    from attempts a join records r on r.id = a.record_id
    where a.finished_at >= :since
    group by 1, 2, 3, 4
    on conflict (connection_id, hour, kind, bucket) do update set passes = excluded.passes, in_sync = excluded.in_sync
    """
)


@dataclass(slots=True)
class Passes:
    """Some passes. `buckets`: how many by their duration's bucket."""

    count: int = 0
    in_sync: int = 0
    buckets: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, bucket: int, passes: int, in_sync: int) -> None:
        """Counts some more."""
        self.count += passes
        self.in_sync += in_sync
        self.buckets[bucket] += passes

    def join(self, other: "Passes") -> None:
        """Counts those of another hour too."""
        self.count += other.count
        self.in_sync += other.in_sync
        for bucket, passes in other.buckets.items():
            self.buckets[bucket] += passes

    def percentile(self, share: float) -> float | None:
        """Seconds within which this share of the passes ended; None without any."""
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= share * self.count:
                return float(_SHORTEST * _STEP ** (bucket - 0.5) / 1000)
        return None


def count(connection: Connection, *, now: datetime) -> None:
    """Counts the hours that are not over yet, and those that were missed."""
    newest = connection.execute(
        select(hourly_passes.c.hour).order_by(hourly_passes.c.hour.desc()).limit(1)
    ).scalar_one_or_none()
    since = (now - _WRITTEN_WITHIN).replace(minute=0, second=0, microsecond=0)
    since = max(min(since, newest or (now - _LOOKED_BACK)), now - _LOOKED_BACK).replace(
        minute=0, second=0, microsecond=0
    )
    connection.execute(_COUNT, {"since": since, "shortest": _SHORTEST, "longest": _LONGEST, "buckets": _BUCKETS})
    connection.execute(hourly_passes.delete().where(hourly_passes.c.hour < now - _KEPT))


def by_hour(
    connection: Connection, connection_ids: Sequence[int], *, since: datetime
) -> dict[tuple[str, datetime], Passes]:
    """The passes of these connections by kind of record and hour."""
    rows = connection.execute(
        select(hourly_passes).where(
            hourly_passes.c.connection_id.in_(list(connection_ids)), hourly_passes.c.hour >= since
        )
    )
    found: dict[tuple[str, datetime], Passes] = defaultdict(Passes)
    for row in rows:
        found[row.kind, row.hour].add(row.bucket, row.passes, row.in_sync)
    return dict(found)
