"""What an order is searched by, from Shopify's order."""

from connector.flows.systems import Systems
from connector.mapping.money import booked
from connector.shopify.records import Order
from connector.store.records import Description


def description(order: Order, systems: Systems) -> Description:
    """Its name, its money as it is booked, and a keyed hash of the buyer's e-mail address."""
    total = booked(order.total, systems.rules)
    email = order.email or (order.customer.email if order.customer else "")
    hashed = systems.email_hash(email) if email else None
    return Description(order.name, total.amount, total.currency, hashed, order.updated_at)
