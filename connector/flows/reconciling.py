"""The nightly proof of the books, kept for whoever looks at it; proofs of other days that somebody wants are made with it.

Every order that it cannot explain is given to catch-up, so that it is worked on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog

from connector.flows.catch_up import hint
from connector.flows.ledger import Window
from connector.flows.proof_document import days_of, kept_document
from connector.flows.proving import Proof, proof, window
from connector.flows.systems import Systems, Wake, Workplace
from connector.shopify.changes import ChangedOrder, PlacedOrder
from connector.store import proofs

log = structlog.get_logger(__name__)


def reconcile(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """The proof of the last 30 days, as a job: counts, a warning, and a hint for each order that is unexplained."""
    found = proof(systems, workplace, window(systems.rules, since=None, until=None, now=datetime.now(UTC)))
    with workplace.engine.begin() as connection:
        proofs.keep(connection, systems.connection.id, days_of(found), kept_document(found))
    unknown = {one.order_id for one in found.findings} | {one.order_id for one in found.unexplained}
    placed = [one.order.placed for one in found.orders if one.order.placed.order_id in unknown]
    changed = [_changed(one, found.window) for one in (*placed, *found.unlisted)]
    woken = hint(systems, workplace, wake, changed)
    if not found.is_explained:
        log.warning(
            "orders_unexplained",
            connection_id=systems.connection.id,
            findings=len(found.findings),
            differences=len(found.unexplained),
            names=sum(gap.count for gap in found.unexplained_gaps),
            hinted=woken,
        )
    return _counts(found) | {"hinted": woken, "asked_for": _prove_wanted(systems, workplace)}


def _counts(found: Proof) -> dict[str, int]:
    return {
        "orders": len(found.orders),
        **{place.value: count for place, count in found.counts.items()},
        "findings": len(found.findings),
        "differences": len(found.differences),
        "unexplained": len(found.unexplained),
        "unknown_names": sum(gap.count for gap in found.unexplained_gaps),
    }


def _prove_wanted(systems: Systems, workplace: Workplace) -> int:
    """Makes the proofs that somebody wants of other days; how many."""
    with workplace.engine.begin() as connection:
        wanted = proofs.wanted(connection, systems.connection.id)
    for one in wanted:
        now, until = datetime.now(UTC), one.days.until + timedelta(days=1)
        found = proof(systems, workplace, window(systems.rules, since=one.days.since, until=until, now=now))
        with workplace.engine.begin() as connection:
            proofs.fulfil(connection, systems.connection.id, one.id, kept_document(found))
    return len(wanted)


def _changed(one: PlacedOrder, chosen: Window) -> ChangedOrder:
    """As if it changed now: whatever we think we have seen of it, it is looked at again."""
    return ChangedOrder(one.order_id, one.name, chosen.now)
