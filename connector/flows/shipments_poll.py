"""The run fulfillments.poll: asks NetSuite what was shipped of our orders, so that the buyers learn of their parcels."""

from collections.abc import Mapping
from datetime import timedelta

from connector.flows.deletions import refresh_deleted
from connector.flows.parcel_questions import BLOCKED
from connector.flows.shipment_mirror import refresh_shipments
from connector.flows.systems import Systems, Wake, Workplace
from connector.store import clock, records, wanted

# Records that are woken at once; the sweepers find the rest.
_WOKEN = 1000
# A hold that is released, and a date that comes, are told by nothing that reaches us.
_BLOCKED_AGAIN = timedelta(hours=1)


def poll(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """One run for one connection: shipments `read`, records `deleted`, orders `due` because the shop must be told.

    Where the shop itself ships nothing is asked: the two must never feed each other.
    """
    if systems.rules.fulfillments.source != "netsuite":
        return {"read": 0, "deleted": 0, "due": 0}
    connection_id, engine = systems.connection.id, workplace.engine
    read = refresh_shipments(systems, engine)
    deleted = refresh_deleted(systems, engine)
    with engine.begin() as connection:
        wanted.look_again(connection, connection_id, records.ORDER_STATUS)
        now = clock.read(connection).at
        before = now - _BLOCKED_AGAIN
        wanted.look_again_at(connection, connection_id, records.ORDER_STATUS, subject=BLOCKED, before=before)
        due = wanted.due_of_kind(connection, connection_id, records.ORDER_STATUS, now=now, limit=_WOKEN)
    for record_id in due:
        wake(record_id)
    return {"read": read, "deleted": deleted, "due": len(due)}
