"""The leases under which passes and runs go on, and how long a request of an earlier one may be at work."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import Conflict
from connector.renewal import Renewal
from connector.store import records, scheduled_runs
from connector.store.records import LEASE, Lease

log = structlog.get_logger(__name__)

# A request whose answer was lost may still be at work over there; the next look comes after this many seconds.
LOOK_AFTER = 2.0
# NetSuite cuts a request for a record after fifteen minutes (Help Center, 2026.1); one more for the way there and for clocks.
OVER_AFTER = timedelta(minutes=16)
# Longer than Shopify works on a request: after it, what did not happen does not happen any more.
_SHOP_OVER_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A lease of this process. `ends`: when it is renewed no more, on this process's own clock."""

    record_id: int
    fence: int
    ends: float


class Leases:
    """Renews the leases of the passes and runs that go on in this process, `every` and `runs_every` so many seconds.

    A pass that lasts `longest` seconds hangs: it is renewed no more, so that somebody else may try.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        every: float = LEASE.total_seconds() / 4,
        runs_every: float = scheduled_runs.LEASE_SECONDS / 5,
        longest: float = 900.0,
    ) -> None:
        self._engine = engine
        self._longest = longest
        self._renewal: Renewal[_Held] = Renewal(self._renew, every=every, name="leases")
        self._runs: Renewal[int] = Renewal(self._renew_runs, every=runs_every, name="leases of runs")

    @contextmanager
    def kept(self, lease: Lease) -> Iterator[None]:
        """Renewed inside the block."""
        with self._renewal.held(_Held(lease.record_id, lease.fence, time.monotonic() + self._longest)):
            yield

    def of_run(self, run_id: int) -> AbstractContextManager[None]:
        """The lease of a scheduled run, renewed inside the block."""
        return self._runs.held(run_id)

    def _renew(self, held: Sequence[_Held]) -> None:
        now = time.monotonic()
        living = [(one.record_id, one.fence) for one in held if one.ends > now]
        with self._renewing() as connection:
            records.renew(connection, living)

    def _renew_runs(self, run_ids: Sequence[int]) -> None:
        with self._renewing() as connection:
            for run_id in run_ids:
                scheduled_runs.renew(connection, run_id, seconds=scheduled_runs.LEASE_SECONDS)

    @contextmanager
    def _renewing(self) -> Iterator[Connection]:
        """A failure is written down: a lease outlives several of these."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            log.warning("leases_not_renewed", reason=type(error).__name__)


def must_hold(connection: Connection, lease: Lease) -> None:
    """The record's row stays locked until the transaction ends. Raises Conflict when another worker took it over."""
    if not records.holds(connection, lease):
        raise Conflict("another worker took this record over", retry_after=LOOK_AFTER)


def seconds_until_over(sent_at: datetime | None, *, now: datetime) -> float:
    """How long a request to the shop that was sent then may still be at work; 0 once it cannot."""
    return 0.0 if sent_at is None else max(0.0, _SHOP_OVER_AFTER - (now - sent_at).total_seconds())
