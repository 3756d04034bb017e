"""Why a parcel cannot be told to the shop now, with what to do. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from connector.flows.parcels import Parcel
from connector.flows.status_planning import StatusPlan, StatusSubject
from connector.shopify.fulfillment_orders import FulfillmentOrder
from connector.shopify.records import Order
from connector.store.shipments import Shipment

# Orders held for these are looked at again by the poll: Shopify lets go of them without a word about the order.
BLOCKED = "parcel:blocked"
_SCOPES = "write_merchant_managed_fulfillment_orders and read_third_party_fulfillment_orders"
# Shopify routes an order within minutes.
_ROUTED_WITHIN = timedelta(hours=1)


def unrouted(subject: StatusSubject, shipment: Shipment) -> StatusPlan:
    """No fulfilment orders yet; after an hour none will come, or the app may not see them."""
    if subject.now - subject.order.created_at < _ROUTED_WITHIN:
        return StatusPlan(not_yet=f"Shopify has not routed {subject.order.name} yet; shipment {shipment.title} waits")
    return subject.question(
        f"shipment {shipment.title} left NetSuite, but Shopify shows no fulfilment orders; grant the app the scopes "
        f"{_SCOPES}, or fulfil the order in Shopify by hand",
        "parcel:no_fulfillment_orders",
    )


def not_open(subject: StatusSubject, shipment: Shipment, figures: Mapping[str, tuple[int, int]]) -> StatusPlan:
    """More was shipped than Shopify has open. `figures` by item: shipped and not told, and open."""
    what = "; ".join(f"{shipped} of item {item}, {left} open" for item, (shipped, left) in sorted(figures.items()))
    return subject.question(
        f"shipment {shipment.title} has more than Shopify has open ({what}); fulfil what is missing in Shopify by hand, "
        f"correct the shipment in NetSuite, or grant the app the scopes {_SCOPES} if another service ships",
        "parcel:not_open",
    )


def strange_goods(subject: StatusSubject, shipment: Shipment, items: Sequence[str]) -> StatusPlan:
    """Nothing of what was shipped is known of the order in the shop, and it still waits for something."""
    return subject.question(
        f"shipment {shipment.title} has only items that the order in Shopify does not: {', '.join(sorted(items))}; fulfil "
        "in Shopify by hand what it stands for, or correct the shipment in NetSuite",
        "parcel:strange_goods",
    )


def is_open(order: Order) -> bool:
    """True while something of it is still to be shipped."""
    return any(line.unfulfilled_quantity > 0 for line in order.lines)


def blocked(subject: StatusSubject, shipment: Shipment, waiting: Sequence[FulfillmentOrder]) -> StatusPlan:
    """Shopify does not let go of them now."""
    reasons = "; ".join(_reason(order) for order in waiting)
    return subject.question(f"shipment {shipment.title} left NetSuite, but {reasons}; it is looked at again", BLOCKED)


def taken_back_by_hand(subject: StatusSubject, parcel: Parcel) -> StatusPlan:
    """NetSuite says shipped, and a person cancelled the fulfilment in the shop."""
    name = parcel.made.remote_id if parcel.fulfillment is None else parcel.fulfillment.name
    return subject.question(
        f"fulfilment {name} was cancelled in Shopify while its shipment stands in NetSuite; fulfil the same goods again in "
        "Shopify, or take the shipment back in NetSuite",
        "parcel:cancelled_in_shopify",
    )


def _reason(order: FulfillmentOrder) -> str:
    where = f"Shopify's fulfilment order {order.id}"
    if order.status == "ON_HOLD":
        why = ", ".join(order.holds) or "no reason given"
        return f"{where} is on hold ({why}): release it in Shopify"
    if order.status == "SCHEDULED":
        return f"{where} is scheduled for {order.fulfill_at}: fulfil it now in Shopify, or wait"
    return (
        f"{where} is with another fulfilment service ({order.request_status.lower()}): let the service accept or cancel "
        "the request"
    )
