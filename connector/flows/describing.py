"""What an order is searched by, from Shopify's order."""

from datetime import datetime, timedelta

from connector.flows.systems import Systems
from connector.mapping.money import booked
from connector.shopify.records import Order
from connector.store.records import Description

# Shopify's times are whole seconds. What was read so soon after its last change may not hold another of the same second;
# the other second is for clocks that do not agree.
_SAME_SECOND = timedelta(seconds=2)
# By so much less than its last change is an order known then.
UNSURE = timedelta(microseconds=1)


def description(order: Order, systems: Systems, *, read_at: datetime) -> Description:
    """Its name, its money as it is booked, a keyed hash of the buyer's e-mail address, its day and how it stands.

    The day is the one that NetSuite gets: of what came from another shop system, its own and not that of the import.
    """
    total = booked(order.total, systems.rules)
    email = order.email or (order.customer.email if order.customer else "")
    hashed = systems.email_hash(email) if email else None
    version = version_seen(order.updated_at, read_at=read_at)
    return Description(
        order.name, total.amount, total.currency, hashed, version,
        placed_at=order.processed_at, financial_status=order.financial_status,
        fulfillment_status=order.fulfillment_status,
    )  # fmt: skip


def version_seen(updated_at: datetime, *, read_at: datetime) -> datetime:
    """Which change is known of what was read then; by a little less than its last one where that was within the second."""
    return updated_at - UNSURE if read_at - updated_at < _SAME_SECOND else updated_at
