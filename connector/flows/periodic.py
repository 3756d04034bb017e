"""The scheduled runs: each goes over every enabled connection, once per slot however many beats there are."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine

from connector.errors import ConnectorError
from connector.flows import catalog
from connector.flows.process import OpenSystems
from connector.flows.systems import Systems
from connector.flows.verification import verify_batch
from connector.store import connections, cursors, items, records

log = structlog.get_logger(__name__)

EVERY_SECONDS = {"items.refresh": 900, "customers.refresh": 240, "orders.verify": 60}


def refresh_items(engine: Engine, open_systems: OpenSystems, wake: Callable[[int], None], *, now: datetime) -> int:
    """Brings the item map up to date and releases what was held for a SKU that is known now; returns rows read."""

    def run(systems: Systems) -> int:
        count = catalog.refresh(catalog.ITEM_CATALOG, systems, engine)
        for record_id in release_known_skus(systems.connection.id, engine):
            wake(record_id)
        return count

    return _each_connection("items.refresh", engine, open_systems, run, now=now)


def refresh_customers(engine: Engine, open_systems: OpenSystems, *, now: datetime) -> int:
    """Brings the customer mirror up to date; returns rows read."""

    def run(systems: Systems) -> int:
        return catalog.refresh(catalog.CUSTOMER_CATALOG, systems, engine)

    return _each_connection("customers.refresh", engine, open_systems, run, now=now)


def verify_totals(engine: Engine, open_systems: OpenSystems, *, now: datetime) -> int:
    """Compares new sales orders with NetSuite's totals; returns how many."""

    def run(systems: Systems) -> int:
        return verify_batch(systems, engine, now=now)

    return _each_connection("orders.verify", engine, open_systems, run, now=now)


def release_known_skus(connection_id: int, engine: Engine) -> list[int]:
    """Makes due the orders held for a SKU that the item map knows by now; returns their ids."""
    with engine.begin() as connection:
        subjects = records.held_subjects(connection, connection_id, prefix="sku:")
        skus = [subject.removeprefix("sku:") for subject in subjects]
        known = items.by_sku(connection, connection_id, skus)
        usable = [sku for sku, found in known.items() if sum(not item.inactive for item in found) == 1]
        return records.release(connection, connection_id, [f"sku:{sku}" for sku in usable])


def _each_connection(
    name: str, engine: Engine, open_systems: OpenSystems, run: Callable[[Systems], int], *, now: datetime
) -> int:
    """One connection's failure is written down and does not keep the others waiting; the next slot tries again."""
    with engine.begin() as connection:
        if not cursors.begin_slot(connection, name, int(now.timestamp()) // EVERY_SECONDS[name]):
            return 0
        enabled = [stored.id for stored in connections.every(connection) if stored.enabled]
    total = 0
    for connection_id in enabled:
        try:
            total += run(open_systems(connection_id))
        except ConnectorError as error:
            log.warning("periodic_run_failed", run=name, connection_id=connection_id, reason=error.code)
    return total
