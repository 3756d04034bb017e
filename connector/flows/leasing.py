"""The lease under which everything of a pass is written down, and how long a request of an earlier one may be at work."""

from datetime import datetime

from sqlalchemy import Connection

from connector.errors import Conflict
from connector.store import records
from connector.store.records import Lease

# A request whose answer was lost may still be at work over there; the next look comes after this many seconds.
LOOK_AFTER = 2.0
# Longer than Shopify works on a request: after it, what did not happen does not happen any more.
_OVER_AFTER = 60.0


def must_hold(connection: Connection, lease: Lease) -> None:
    """The record's row stays locked until the transaction ends. Raises Conflict when another worker took it over."""
    if not records.holds(connection, lease):
        raise Conflict("another worker took this record over", retry_after=LOOK_AFTER)


def seconds_until_over(sent_at: datetime | None, *, now: datetime) -> float:
    """How long a request to the shop that was sent then may still be at work; 0 once it cannot."""
    return 0.0 if sent_at is None else max(0.0, _OVER_AFTER - (now - sent_at).total_seconds())
