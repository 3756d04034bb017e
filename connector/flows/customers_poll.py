"""The run that reads which customers changed in NetSuite, and has the shop told of those that are linked."""

from collections.abc import Callable, Mapping

from connector.flows import catalog
from connector.flows.customer_mirror import ask_for_told
from connector.flows.systems import Systems, Workplace


def poll(systems: Systems, workplace: Workplace, wake: Callable[[int], object]) -> Mapping[str, int]:
    """Reads what changed, one call a thousand customers, for the mirror and the shop; counts of what it found and woke."""
    read = catalog.refresh(catalog.CUSTOMER_CATALOG, systems, workplace.engine)
    changed, due = ask_for_told(systems, workplace)
    for record_id in due:
        wake(record_id)
    return {"read": read, "changed": changed, "told": len(due)}
