"""A reading of what changed in NetSuite since the last one, page by page: from where on, and how far it came.

The watermark moves after the last page, so that a reading that fails is done again; it never runs ahead of a row.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Engine

from connector.flows.systems import Systems
from connector.flows.watermarks import START, after_setback, minus_overlap
from connector.limits import Lane
from connector.netsuite.client import PAGE
from connector.netsuite.suiteql import clock
from connector.store import cursors
from connector.store.cursors import Cursor

log = structlog.get_logger(__name__)

Row = Mapping[str, str]
Rows = Sequence[Row]
# One page: behind this row (None: from the first on), of what changed since then (None: everything).
Ask = Callable[[Row | None, str | None], Rows]

# A watermark that old is compared with NetSuite's clock although nothing changed: less than the hour it is put back by.
_CLOCK_AFTER = timedelta(minutes=20)


@dataclass(slots=True)
class Changes:
    """One reading. `since` is NetSuite's clock from which on changes are asked for; None where everything is read."""

    name: str
    systems: Systems
    engine: Engine
    lane: Lane
    since: str | None = None
    _before: Cursor | None = None
    _newest: str | None = None

    @classmethod
    def begin(cls, name: str, systems: Systems, engine: Engine, *, lane: Lane = Lane.STOCK) -> "Changes":
        """Behind the last reading of that name; of everything where there was none."""
        with engine.begin() as connection:
            before = cursors.read(connection, systems.connection.id, name)
        since = None if before is None else minus_overlap(before.watermark)
        return cls(name, systems, engine, lane, since, before)

    def from_now_on(self) -> None:
        """Where nothing was read before, nothing older is wanted."""
        if self.since is None:
            self._newest = self._clock()
            self.since = minus_overlap(self._newest)

    def everything(self) -> None:
        """What was read before does not count."""
        self.since = None

    def pages(self, ask: Ask) -> Iterator[Rows]:
        """Every page; from an earlier moment on where NetSuite's clock was put back since the last reading."""
        rows = ask(None, self.since)
        if (earlier := self._set_back(rows)) is not None:
            log.warning("netsuite_clock_set_back", connection_id=self.systems.connection.id, reading=self.name)
            self.since = earlier
            rows = ask(None, earlier)
        while True:
            yield rows
            if len(rows) < PAGE:
                return
            rows = ask(rows[-1], self.since)

    @property
    def watermark(self) -> str:
        """How far the reading before this one came."""
        return START if self._before is None else self._before.watermark

    def end(self) -> None:
        """Everything up to where NetSuite's clock stood when the first page was asked for was read and stored."""
        with self.engine.begin() as connection:
            cursors.advance(connection, self.systems.connection.id, self.name, self._newest or self.watermark)

    def _set_back(self, rows: Rows) -> str | None:
        before = self._before
        if rows:
            self._newest = self._newest or rows[0]["now_at"]
        elif before is not None and before.age > _CLOCK_AFTER:
            self._newest = self._clock()
        if self.since is None or before is None or self._newest is None:
            return None
        return after_setback(before.watermark, self._newest, elapsed=before.age)

    def _clock(self) -> str:
        return self.systems.netsuite.suiteql(*clock(), lane=self.lane)[0]["now_at"]
