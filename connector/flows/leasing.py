"""The lease under which everything of a pass is written down, and how long a request of an earlier one may be at work."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import Conflict
from connector.renewal import Renewal
from connector.store import records
from connector.store.records import LEASE, Lease

log = structlog.get_logger(__name__)

# A request whose answer was lost may still be at work over there; the next look comes after this many seconds.
LOOK_AFTER = 2.0
# Longer than Shopify works on a request: after it, what did not happen does not happen any more.
_OVER_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A lease of this process. `ends`: when it is renewed no more, on this process's own clock."""

    record_id: int
    fence: int
    ends: float


class Leases:
    """Renews the leases of the passes that go on in this process, `every` so many seconds.

    A pass that lasts `longest` seconds hangs: it is renewed no more, so that somebody else may try.
    """

    def __init__(self, engine: Engine, *, every: float = LEASE.total_seconds() / 4, longest: float = 900.0) -> None:
        self._engine = engine
        self._longest = longest
        self._renewal: Renewal[_Held] = Renewal(self._renew, every=every, name="leases")

    @contextmanager
    def kept(self, lease: Lease) -> Iterator[None]:
        """Renewed inside the block."""
        with self._renewal.held(_Held(lease.record_id, lease.fence, time.monotonic() + self._longest)):
            yield

    def _renew(self, held: Sequence[_Held]) -> None:
        now = time.monotonic()
        living = [(one.record_id, one.fence) for one in held if one.ends > now]
        try:
            with self._engine.begin() as connection:
                records.renew(connection, living)
        except SQLAlchemyError as error:
            # A lease outlives several of these.
            log.warning("leases_not_renewed", reason=type(error).__name__)


def must_hold(connection: Connection, lease: Lease) -> None:
    """The record's row stays locked until the transaction ends. Raises Conflict when another worker took it over."""
    if not records.holds(connection, lease):
        raise Conflict("another worker took this record over", retry_after=LOOK_AFTER)


def seconds_until_over(sent_at: datetime | None, *, now: datetime) -> float:
    """How long a request to the shop that was sent then may still be at work; 0 once it cannot."""
    return 0.0 if sent_at is None else max(0.0, _OVER_AFTER - (now - sent_at).total_seconds())
