"""A change whose answer was lost may be carried out minutes later, behind a newer one.

NetSuite refuses the second record of an external id, but not the older of two changes. So a record that was changed behind such
a request is compared once more when the request can come no more.
"""

from datetime import datetime

from connector.flows.leasing import OVER_AFTER
from connector.flows.systems import Systems, Wake, Workplace
from connector.store import doubtful
from connector.store.effects import StoredEffect
from connector.store.tables import EffectState

_AT_ONCE = 100


def late_until(before: StoredEffect, *, now: datetime) -> datetime | None:
    """Until when an earlier change may come behind the one that is answered now; None where none may.

    `before`: the effect as it stood before this one was sent; `now`: the database's.
    """
    if before.remote_id is None or before.sent_at is None:
        return None
    if before.state not in (EffectState.SENT, EffectState.UNKNOWN):
        return before.late_until
    if before.late_until is not None and before.sent_at <= before.late_until <= now:
        # This is the pass that compared once more.
        return None
    over = before.sent_at + OVER_AFTER
    return over if over > now else None


def compare_again(systems: Systems, workplace: Workplace, wake: Wake) -> int:
    """Has those records compared once more whose late change can come no more; how many."""
    with workplace.engine.begin() as connection:
        record_ids = doubtful.doubt_again(connection, systems.connection.id, limit=_AT_ONCE)
    for record_id in record_ids:
        wake(record_id)
    return len(record_ids)
