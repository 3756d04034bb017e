"""The run orders.poll: asks NetSuite what became of our orders and their bills, and writes their numbers to the shop."""

from collections.abc import Mapping

from connector.flows import catalog
from connector.flows.deletions import refresh_deleted
from connector.flows.systems import Systems, Wake, Workplace
from connector.flows.write_back import write_back
from connector.store import clock, records, wanted

# Records that are woken at once; the sweepers find the rest.
_WOKEN = 1000


def poll(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """One run for one connection: rows `read`, orders `due` because the shop must be told, numbers `written_back`.

    A question that stands open is looked at again once its order changed in the shop.
    """
    connection_id, engine = systems.connection.id, workplace.engine
    read = catalog.refresh(catalog.BILLING_CATALOG, systems, engine)
    if systems.rules.fulfillments.source != "netsuite" and _tells_money(systems):
        # Else the run that reads shipments does it.
        refresh_deleted(systems, engine)
    with engine.begin() as connection:
        wanted.look_again(connection, connection_id, records.ORDER_STATUS)
        due = wanted.due_of_kind(
            connection, connection_id, records.ORDER_STATUS, now=clock.read(connection).at, limit=_WOKEN
        )
    for record_id in due:
        wake(record_id)
    return {"read": read, "due": len(due), "written_back": write_back(systems, workplace)}


def _tells_money(systems: Systems) -> bool:
    return systems.rules.status.mark_paid or systems.rules.status.capture
