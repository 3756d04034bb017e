"""What NetSuite has of each item, kept in Postgres: what changed since the last reading, or everything.

A reading that fails stores nothing and moves no watermark; the failure is noted for the push, which then waits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Protocol

import structlog
from sqlalchemy import Connection

from connector.errors import ConnectorError, Forbidden, Rejected, Stopped
from connector.flows.stock_reading import Fetchers, Lines, Source, cut, read_kits, rest
from connector.flows.systems import Systems, Wake, Workplace
from connector.flows.watermarks import after_setback, minus_overlap
from connector.limits import RESERVE, Lane
from connector.netsuite.client import PERMISSION, NetSuiteClient
from connector.netsuite.stock_queries import TABLES, Span, stock_rows
from connector.netsuite.suiteql import clock
from connector.store import stock
from connector.store.stock import Difference, Reading

log = structlog.get_logger(__name__)


# More calls at once than this only wait for each other.
_MOST_FETCHERS = 8
# Pages of changes that one fetcher reads before others help it.
_ALONE_PAGES = 4
# Kits carry no time of their last change.
_KITS_FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Found:
    """What a reading did: rows read, rows of the mirror that it changed, calls to NetSuite."""

    rows: int
    difference: Difference
    calls: int

    def counts(self) -> dict[str, int]:
        """For the row of a scheduled run."""
        return {"rows": self.rows, "changed": self.difference.total, "calls": self.calls}


def poll(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Reads what changed in NetSuite's stock, or all of it where that was never done with these rules.

    Without locations in the rules there is nothing to read. Raises what NetSuite answered when a page failed.
    """
    del wake
    return _reading(systems, workplace, _read_changes).counts()


def read_all(systems: Systems, workplace: Workplace) -> Found:
    """Reads all of NetSuite's stock for the nightly comparison: `difference` is what the readings of changes had missed."""
    return _reading(systems, workplace, _read_everything)


@dataclass(frozen=True, slots=True)
class _Job:
    """One reading: of what, what was known before, and what it has read so far."""

    systems: Systems
    workplace: Workplace
    before: Reading
    source: Source
    lines: Lines

    @property
    def connection_id(self) -> int:
        return self.systems.connection.id

    def clock(self) -> str:
        """NetSuite's own clock, asked."""
        self.lines.calls += 1
        return self.systems.netsuite.suiteql(*clock(), lane=Lane.STOCK)[0]["now_at"]


def _reading(systems: Systems, workplace: Workplace, read: Callable[[_Job], Difference]) -> Found:
    """One reading, its rows stored in one piece; a failure is noted and raised again."""
    places = {place for group in systems.rules.inventory.locations.values() for place in group}
    if not places:
        return Found(0, Difference(0, 0, 0), 0)
    connection_id = systems.connection.id
    with workplace.engine.begin() as connection:
        before = stock.reading(connection, connection_id)
    try:
        with Lines() as lines:
            table = _table(systems, workplace, before, tuple(sorted(places, key=int)), lines)
            source = Source(systems.netsuite, table, tuple(sorted(places, key=int)))
            job = _Job(systems, workplace, before, source, lines)
            difference = read(job)
            _refresh_kits(job)
            return Found(lines.rows, difference, lines.calls)
    except Stopped:
        # Nothing is wrong with NetSuite's stock: what was read before stays as good as it was.
        raise
    except ConnectorError as error:
        with workplace.engine.begin() as connection:
            stock.fail(connection, connection_id, f"{error.code}: {error}")
        raise


def _read_changes(job: _Job) -> Difference:
    """What changed since the last reading; everything where that one was of another table or other locations."""
    before, source = job.before, job.source
    is_continued = (before.source, before.locations) == (source.table, source.locations)
    if before.watermark is None or before.age is None or not is_continued:
        return _read_everything(job)
    since = minus_overlap(before.watermark)
    page = source.page(Span(), since, job.lines)
    now_at = page.rows[0]["now_at"] if page.rows else job.clock()
    earlier = after_setback(before.watermark, now_at, elapsed=before.age)
    if earlier is not None:
        log.warning("netsuite_clock_set_back", connection_id=job.connection_id, now_at=now_at)
        since = earlier
        job.lines.empty()
        page = source.page(Span(), since, job.lines)
    _read_rest(job, since, rest(Span(), page))
    return _store(job, now_at, stock.keep_changes, stock.complete)


def _read_rest(job: _Job, since: str, left: Span | None) -> None:
    """The pages behind the first: where there are many, by several fetchers."""
    pages = 1
    while left is not None and pages < _ALONE_PAGES:
        left = rest(left, job.source.page(left, since, job.lines))
        pages += 1
    if left is not None:
        Fetchers(job.source, since, job.lines).read(_parts(job, left))


def _read_everything(job: _Job) -> Difference:
    now_at = job.clock()
    Fetchers(job.source, None, job.lines).read(_parts(job, Span()))
    return _store(job, now_at, stock.keep_all, stock.complete_all)


def _parts(job: _Job, span: Span) -> list[Span]:
    """A span in as many parts as there are slots for stock."""
    slots = job.systems.connection.netsuite_concurrency - RESERVE[Lane.STOCK]
    parts = max(1, min(slots, _MOST_FETCHERS))
    with job.workplace.engine.begin() as connection:
        ends = stock.ends_of_parts(connection, job.connection_id, behind=int(span.item), parts=parts)
    return cut(span, ends)


def _store(job: _Job, watermark: str, keep: "_Keep", complete: "_Complete") -> Difference:
    source = job.source
    with job.workplace.engine.begin() as connection:
        kept = keep(connection, job.connection_id, job.lines.rewound(), since=job.before.asked_at)
        complete(connection, job.connection_id, source=source.table, locations=source.locations, watermark=watermark)
    return kept


def _refresh_kits(job: _Job) -> None:
    """Reads again what kits are made of, where the item map knows any and that is not fresh."""
    with job.workplace.engine.begin() as connection:
        now = stock.reading(connection, job.connection_id)
        is_fresh = now.kits_at is not None and now.asked_at - now.kits_at < _KITS_FRESH and not _is_newer(now)
        if is_fresh or not stock.has_kits(connection, job.connection_id):
            return
    with Lines() as lines:
        read_kits(job.systems.netsuite, lines)
        with job.workplace.engine.begin() as connection:
            stock.keep_kits(connection, job.connection_id, lines.rewound())
        job.lines.calls += lines.calls


def _is_newer(now: Reading) -> bool:
    """True when everything was read after the kits were: the nightly comparison wants them too."""
    return now.full_at is not None and now.kits_at is not None and now.full_at > now.kits_at


def _table(systems: Systems, workplace: Workplace, before: Reading, locations: tuple[str, ...], lines: Lines) -> str:
    """The table the rules name; else the one that was chosen before, unless nothing came of it; else the one with more rows."""
    ruled = systems.rules.inventory.table
    if ruled != "auto":
        return ruled
    with workplace.engine.begin() as connection:
        is_empty = stock.is_empty(connection, systems.connection.id)
    if before.source is not None and not is_empty:
        return before.source
    found = {table: rows for table in TABLES if (rows := _rows(systems.netsuite, table, locations)) is not None}
    lines.calls += len(TABLES)
    if not found:
        raise Forbidden(
            f"NetSuite's role may read neither {TABLES[0]} nor {TABLES[1]}; let it see items and inventory",
            subject=PERMISSION,
        )
    chosen = max(found, key=lambda table: found[table])
    log.info("stock_table_chosen", connection_id=systems.connection.id, table=chosen, rows=found)
    return chosen


def _rows(netsuite: NetSuiteClient, table: str, locations: tuple[str, ...]) -> int | None:
    """How many rows a table has; None when it cannot be read."""
    try:
        return int(netsuite.suiteql(*stock_rows(table, locations), lane=Lane.STOCK)[0]["found"])
    except (Forbidden, Rejected):
        return None


class _Keep(Protocol):
    def __call__(
        self, connection: Connection, connection_id: int, rows: IO[bytes], *, since: datetime
    ) -> Difference: ...


class _Complete(Protocol):
    def __call__(
        self, connection: Connection, connection_id: int, *, source: str, locations: Sequence[str], watermark: str
    ) -> None: ...
