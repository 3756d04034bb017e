"""The audit log in time: what old deliveries said is taken away by rule, what they led to stays.

Looks for orders of another connector go with it, once the orders stand.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connector.flows.systems import Systems, Wake, Workplace
from connector.stopping import must_go_on
from connector.store import adoptions, retention
from connector.store.retention import Place

# A few milliseconds under locks that nobody waits for: the receiver only adds rows, and who reads is not kept waiting.
_BATCH = 500


def forget(systems: Systems, workplace: Workplace, _wake: Wake) -> Mapping[str, int]:
    """Takes away what deliveries said that are older than the rule; each batch is a transaction of its own.

    `looks`: orders whose documents by another connector were looked for, and that we made by now.
    """
    connection_id = systems.connection.id
    before = datetime.now(UTC) - timedelta(days=systems.rules.events.keep_days)
    forgotten, after = 0, None
    while True:
        must_go_on()
        batch = _batch(workplace, connection_id, before=before, after=after)
        forgotten += batch.forgotten
        after = batch.last
        if after is None:
            break
    with workplace.engine.begin() as connection:
        looks = adoptions.forget_made(connection, connection_id)
        return {
            "forgotten": forgotten,
            "kept": retention.kept(connection, connection_id, before=before),
            "looks": looks,
        }


def _batch(workplace: Workplace, connection_id: int, *, before: datetime, after: Place | None) -> retention.Batch:
    with workplace.engine.begin() as connection:
        return retention.forget_batch(connection, connection_id, before=before, after=after, limit=_BATCH)
