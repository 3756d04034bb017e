"""The last 24 hours: passes of each flow and runs of stock by the hour, and how long orders were not in step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from connector.store import run_times, throughput
from connector.store.records import CANARY
from connector.store.run_times import Runs
from connector.store.throughput import Passes
from web.console.charts import Chart, bar_chart

_HOURS = 24
_FLOWS = {
    "order": "Orders to NetSuite",
    "order_status": "NetSuite's news to the shop",
    "customer": "Customers to NetSuite",
    "customer_status": "Customers to the shop",
    "draft_order": "NetSuite's orders to the shop",
}
_RUNS = {"inventory.poll": "Stock from NetSuite", "inventory.push": "Stock to the shop"}


@dataclass(frozen=True, slots=True)
class Hour:
    """Passes or runs that ended in an hour; `p50` and `p95` in seconds, None without any."""

    hour: datetime
    passes: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow over the last 24 hours.

    `of`: what is counted and timed, from its begin to its end: `passes` over one record each, or `runs` of a schedule.
    `in_sync`: those after which nothing was left to do; of runs, those that ended well. Times in seconds.
    """

    name: str
    of: str
    passes: int
    in_sync: int
    p50: float | None
    p95: float | None
    hours: tuple[Hour, ...]

    @property
    def chart(self) -> Chart:
        """How many by the hour."""
        return bar_chart([(f"{hour.hour:%d %b %H:%M}", float(hour.passes)) for hour in self.hours])

    @property
    def p50_chart(self) -> Chart:
        """Seconds within which half of them ended, by the hour."""
        return bar_chart([(f"{hour.hour:%d %b %H:%M}", hour.p50 or 0.0) for hour in self.hours])

    @property
    def p95_chart(self) -> Chart:
        """Seconds within which nineteen of twenty ended, by the hour."""
        return bar_chart([(f"{hour.hour:%d %b %H:%M}", hour.p95 or 0.0) for hour in self.hours])


def flows(database: Connection, ids: Sequence[int], now: datetime) -> tuple[Flow, ...]:
    """Those of which anything ended, records first."""
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=_HOURS - 1)
    hours = [first + timedelta(hours=number) for number in range(_HOURS)]
    return (*_of_records(database, ids, hours), *_of_runs(database, ids, hours))


def _of_records(database: Connection, ids: Sequence[int], hours: Sequence[datetime]) -> list[Flow]:
    counted = throughput.by_hour(database, ids, since=hours[0])
    kinds = {kind for kind, _ in counted} - {CANARY}
    in_order = sorted(kinds, key=lambda kind: (list(_FLOWS).index(kind) if kind in _FLOWS else len(_FLOWS), kind))
    return [
        _flow(_FLOWS.get(kind, kind.replace("_", " ")), [(hour, counted.get((kind, hour), Passes())) for hour in hours])
        for kind in in_order
    ]


def _flow(name: str, hours: Sequence[tuple[datetime, Passes]]) -> Flow:
    whole = Passes()
    for _, passes in hours:
        whole.join(passes)
    shown = tuple(Hour(hour, one.count, one.percentile(0.5), one.percentile(0.95)) for hour, one in hours)
    return Flow(name, "passes", whole.count, whole.in_sync, whole.percentile(0.5), whole.percentile(0.95), shown)


def _of_runs(database: Connection, ids: Sequence[int], hours: Sequence[datetime]) -> list[Flow]:
    counted = run_times.by_hour(database, ids, list(_RUNS), since=hours[0])
    found = []
    for schedule, name in _RUNS.items():
        whole = counted.get((schedule, None))
        if whole is not None:
            each = [(hour, counted.get((schedule, hour), Runs())) for hour in hours]
            shown = tuple(Hour(hour, one.count, one.p50, one.p95) for hour, one in each)
            found.append(Flow(name, "runs", whole.count, whole.done, whole.p50, whole.p95, shown))
    return found
