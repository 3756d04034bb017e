"""What is done again and again for a connection, each by its schedule; and the renewal of tokens, which is done for all."""

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from connector.errors import ConnectorError
from connector.flows import catalog, endings, guard, subscriptions
from connector.flows.circuit import probe_halted
from connector.flows.doubtful import settle_left
from connector.flows.late_changes import compare_again
from connector.flows.privacy import GONE
from connector.flows.systems import Systems, Wake, Workplace
from connector.flows.verification import verify_batch
from connector.netsuite.client import PERMISSION as NETSUITE_PERMISSION
from connector.shopify.client import PERMISSION as SHOPIFY_PERMISSION
from connector.store import connections, cursors, held, items

log = structlog.get_logger(__name__)

CREDENTIALS_EVERY_SECONDS = 60


def refresh_items(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Brings the item map up to date and releases what was held for a SKU that is known now."""
    count = catalog.refresh(catalog.ITEM_CATALOG, systems, workplace.engine)
    released = release_known_skus(systems.connection.id, workplace)
    for record_id in released:
        wake(record_id)
    return {"rows": count, "released": len(released)}


def refresh_customers(systems: Systems, workplace: Workplace, _wake: Wake) -> Mapping[str, int]:
    """Brings the customer mirror up to date.

    Where some changed, what is held for a customer is looked at again by the next sweep.
    """
    count = catalog.refresh(catalog.CUSTOMER_CATALOG, systems, workplace.engine)
    released: list[int] = []
    if count:
        with workplace.engine.begin() as connection:
            subjects = held.subjects(connection, systems.connection.id, prefix="customer:")
            released = held.release(connection, systems.connection.id, subjects)
    return {"rows": count, "released": len(released)}


def refresh_billing(systems: Systems, workplace: Workplace, _wake: Wake) -> Mapping[str, int]:
    """Brings the mirror of what was billed up to date."""
    return {"rows": catalog.refresh(catalog.BILLING_CATALOG, systems, workplace.engine)}


def verify_totals(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Compares new sales orders with NetSuite's totals, and looks for what was sent and never answered."""
    settled, again = settle_left(systems, workplace), compare_again(systems, workplace, wake)
    compared = verify_batch(systems, workplace, now=datetime.now(UTC))
    return {"compared": compared, "settled": settled, "again": again}


def release_known_skus(connection_id: int, workplace: Workplace) -> list[int]:
    """Makes due the orders held for a SKU that the item map knows by now; returns their ids."""
    with workplace.engine.begin() as connection:
        subjects = held.subjects(connection, connection_id, prefix="sku:")
        skus = [subject.removeprefix("sku:") for subject in subjects]
        known = items.by_sku(connection, connection_id, skus)
        usable = [sku for sku, found in known.items() if sum(not item.inactive for item in found) == 1]
        return held.release(connection, connection_id, [f"sku:{sku}" for sku in usable])


def check_connections(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Asks both sides who they are; orders held for a scope that is granted by now go on."""
    answered = guard.check(systems, workplace.engine)
    subjects = [] if answered.missing_scopes() else [SHOPIFY_PERMISSION]
    with workplace.engine.begin() as connection:
        released = held.release(connection, systems.connection.id, [*subjects, NETSUITE_PERMISSION])
    for record_id in released:
        wake(record_id)
    return {"released": len(released)}


def check_webhooks(systems: Systems, workplace: Workplace, _wake: Wake) -> Mapping[str, int]:
    """Makes again what vanished of the subscriptions we made."""
    return {"mended": subscriptions.mend(systems, workplace.engine)}


def refresh_credentials(workplace: Workplace, wake: Wake, *, now: datetime) -> int:
    """Renews every token of which less than a quarter of its life is left, and probes what is halted.

    The tokens of a paused connection are renewed too: a refresh token that is never used ends after ninety days. A shop
    without the app is not asked for one. What no renewal helps against is logged once a day while its end is near.
    """
    with workplace.engine.begin() as connection:
        if not cursors.begin_slot(connection, "credentials.refresh", int(now.timestamp()) // CREDENTIALS_EVERY_SECONDS):
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
