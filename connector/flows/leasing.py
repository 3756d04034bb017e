"""The lease under which everything of a pass is written down."""

from sqlalchemy import Connection

from connector.errors import Conflict
from connector.store import records
from connector.store.records import Lease

# A request whose answer was lost may still be at work over there; the next look comes after this many seconds.
LOOK_AFTER = 2.0


def must_hold(connection: Connection, lease: Lease) -> None:
    """The record's row stays locked until the transaction ends. Raises Conflict when another worker took it over."""
    if not records.holds(connection, lease):
        raise Conflict("another worker took this record over", retry_after=LOOK_AFTER)
