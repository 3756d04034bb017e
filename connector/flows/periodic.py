"""The scheduled runs: each goes over every enabled connection, once per slot however many beats there are."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from connector.errors import ConnectorError, Unauthorized, WrongEnvironment
from connector.flows import catalog, endings, guard, subscriptions
from connector.flows.circuit import Halting, open_circuit, probe_halted
from connector.flows.privacy import GONE
from connector.flows.systems import Systems, Workplace
from connector.flows.verification import verify_batch
from connector.netsuite.client import PERMISSION as NETSUITE_PERMISSION
from connector.shopify.client import PERMISSION as SHOPIFY_PERMISSION
from connector.store import connections, cursors, held, items

log = structlog.get_logger(__name__)

EVERY_SECONDS = {
    "items.refresh": 900,
    "customers.refresh": 240,
    "billing.refresh": 120,
    "orders.verify": 60,
    "credentials.refresh": 60,
    "connections.check": 3600,
    "webhooks.check": 3600,
}

Wake = Callable[[int], object]


def refresh_items(workplace: Workplace, wake: Wake, *, now: datetime) -> int:
    """Brings the item map up to date and releases what was held for a SKU that is known now; returns rows read."""

    def run(systems: Systems) -> int:
        count = catalog.refresh(catalog.ITEM_CATALOG, systems, workplace.engine)
        for record_id in release_known_skus(systems.connection.id, workplace):
            wake(record_id)
        return count

    return _each_connection("items.refresh", workplace, run, now=now)


def refresh_customers(workplace: Workplace, *, now: datetime) -> int:
    """Brings the customer mirror up to date; returns rows read.

    Where some changed, what is held for a customer is looked at again by the next sweep.
    """

    def run(systems: Systems) -> int:
        count = catalog.refresh(catalog.CUSTOMER_CATALOG, systems, workplace.engine)
        if count:
            with workplace.engine.begin() as connection:
                subjects = held.subjects(connection, systems.connection.id, prefix="customer:")
                held.release(connection, systems.connection.id, subjects)
        return count

    return _each_connection("customers.refresh", workplace, run, now=now)


def refresh_billing(workplace: Workplace, *, now: datetime) -> int:
    """Brings the mirror of what was billed up to date; returns rows read."""

    def run(systems: Systems) -> int:
        return catalog.refresh(catalog.BILLING_CATALOG, systems, workplace.engine)

    return _each_connection("billing.refresh", workplace, run, now=now)


def verify_totals(workplace: Workplace, *, now: datetime) -> int:
    """Compares new sales orders with NetSuite's totals; returns how many."""

    def run(systems: Systems) -> int:
        return verify_batch(systems, workplace, now=now)

    return _each_connection("orders.verify", workplace, run, now=now)


def release_known_skus(connection_id: int, workplace: Workplace) -> list[int]:
    """Makes due the orders held for a SKU that the item map knows by now; returns their ids."""
    with workplace.engine.begin() as connection:
        subjects = held.subjects(connection, connection_id, prefix="sku:")
        skus = [subject.removeprefix("sku:") for subject in subjects]
        known = items.by_sku(connection, connection_id, skus)
        usable = [sku for sku, found in known.items() if sum(not item.inactive for item in found) == 1]
        return held.release(connection, connection_id, [f"sku:{sku}" for sku in usable])


def refresh_credentials(workplace: Workplace, wake: Wake, *, now: datetime) -> int:
    """Renews every token of which less than a quarter of its life is left, and probes what is halted.

    The tokens of a paused connection are renewed too: a refresh token that is never used ends after ninety days. A shop
    without the app is not asked for one. What no renewal helps against is logged once a day while its end is near.
    """
    with workplace.engine.begin() as connection:
        if not _begins(connection, "credentials.refresh", now):
            return 0
        every = connections.every(connection)
        standing = [stored for stored in every if stored.halt_code is None]
        found = [stored.id for stored in standing if stored.paused_because not in GONE]
        for stored in every:
            endings.warn(connection, stored, now=now)
    renewed = 0
    for connection_id in found:
        try:
            renewed += sum(tokens.renew_if_due() for tokens in workplace.open_unchecked(connection_id).tokens)
        except ConnectorError as error:
            log.warning(
                "periodic_run_failed", run="credentials.refresh", connection_id=connection_id, reason=error.code
            )
    probe_halted(workplace, wake, now=now)
    return renewed


def check_connections(workplace: Workplace, wake: Wake, *, now: datetime) -> int:
    """Asks both sides who they are; orders held for a scope that is granted by now go on. Returns how many were released."""

    def run(systems: Systems) -> int:
        answered = guard.check(systems, workplace.engine)
        subjects = [] if answered.missing_scopes() else [SHOPIFY_PERMISSION]
        with workplace.engine.begin() as connection:
            released = held.release(connection, systems.connection.id, [*subjects, NETSUITE_PERMISSION])
        for record_id in released:
            wake(record_id)
        return len(released)

    return _each_connection("connections.check", workplace, run, now=now)


def check_webhooks(workplace: Workplace, *, now: datetime) -> int:
    """Makes again what vanished of the subscriptions we made; returns how many."""

    def run(systems: Systems) -> int:
        return subscriptions.mend(systems, workplace.engine)

    return _each_connection("webhooks.check", workplace, run, now=now)


def _each_connection(name: str, workplace: Workplace, run: Callable[[Systems], int], *, now: datetime) -> int:
    """One connection's failure is written down and does not keep the others waiting; the next slot tries again."""
    with workplace.engine.begin() as connection:
        if not _begins(connection, name, now):
            return 0
        at_work = [stored for stored in connections.every(connection) if stored.enabled and stored.halt_code is None]
    total = 0
    for stored in at_work:
        try:
            total += run(workplace.open_systems(stored.id))
        except (Unauthorized, WrongEnvironment) as error:
            _halt(workplace, stored.id, error, revision=stored.revision, now=now)
        except ConnectorError as error:
            log.warning("periodic_run_failed", run=name, connection_id=stored.id, reason=error.code)
    return total


def _begins(connection: Connection, name: str, now: datetime) -> bool:
    """True for the first who begins this slot."""
    return cursors.begin_slot(connection, name, int(now.timestamp()) // EVERY_SECONDS[name])


def _halt(workplace: Workplace, connection_id: int, error: Halting, *, revision: int, now: datetime) -> None:
    with workplace.engine.begin() as connection:
        open_circuit(connection, connection_id, error, revision=revision, now=now)
