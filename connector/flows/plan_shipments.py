"""What NetSuite shipped and the shop is still to be told: fulfilments, their tracking numbers, and what was taken back. Pure.

fulfillmentCreate is not idempotent: nothing is sent of an order while the answer to an earlier one is in doubt.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.flows.parcel_doubts import doubtful_parcels
from connector.flows.parcel_questions import blocked, is_open, not_open, strange_goods, taken_back_by_hand, unrouted
from connector.flows.parcels import (
    BEFORE,
    CANCELLING,
    ITEMS,
    LINES,
    SHIPMENT,
    TRACKING,
    Goods,
    Parcel,
    free_keys,
    goods_of,
    left_out,
    lines_by_item,
    parcels_of,
    shown_tracking,
    unclaimed,
    wanted_tracking,
)
from connector.flows.shelf import Load, Shelf, whole_units
from connector.flows.status_planning import Finding, Mutation, StatusEffect, StatusPlan, StatusSubject, StatusWant
from connector.store.shipments import Shipment
from connector.store.tables import EffectKind

_FULFILLMENT = "gid://shopify/Fulfillment/"


def plan_shipments(subject: StatusSubject) -> StatusPlan:
    """Everything the shop is to be told of the order's parcels; nothing where the shop itself ships."""
    if subject.rules.fulfillments.source != "netsuite":
        return StatusPlan()
    in_doubt = doubtful_parcels(subject)
    if in_doubt != StatusPlan():
        return in_doubt
    gone = StatusPlan()
    for shipment in subject.shipments:
        gone = gone.then(_withdrawn(subject, shipment))
    if gone.effects or gone.findings:
        return gone
    return _shipped(subject)


def _withdrawn(subject: StatusSubject, shipment: Shipment) -> StatusPlan:
    """What was taken back in NetSuite, or ships less than was told: it is cancelled, and the rest is told anew."""
    parcels = parcels_of(subject, shipment)
    told = sum((parcel.items for parcel in parcels), Counter[str]())
    if shipment.is_shipped and not told - _goods(shipment):
        return StatusPlan()
    plan = StatusPlan()
    for parcel in parcels:
        remote_id = str(parcel.made.remote_id)
        if not parcel.is_there:
            plan = plan.then(StatusPlan(findings=(Finding(parcel.key, remote_id, is_gone=True),)))
            continue
        write = Mutation("FulfillmentCancel", {"id": f"{_FULFILLMENT}{remote_id}"}, ("fulfillment", "id"))
        image = {**parcel.image, CANCELLING: True}
        effect = subject.effect(EffectKind.SHOP_FULFILLMENT, parcel.key, write, image=image)
        plan = plan.then(StatusPlan((replace(effect, takes_away=True),), again=True))
    return plan


def _shipped(subject: StatusSubject) -> StatusPlan:
    by_item = lines_by_item(subject)
    found = subject.fulfillment_orders
    shelf = None if found is None else Shelf(found, by_item, subject.rules)
    plan = StatusPlan()
    for shipment in subject.shipments:
        if shipment.is_shipped:
            plan = plan.then(_told(subject, shipment, by_item, shelf))
    # What was found changes what is free: the rest is planned with it.
    return replace(plan, effects=(), not_yet=None) if plan.findings else plan


def _told(
    subject: StatusSubject, shipment: Shipment, by_item: Mapping[str, list[str]], shelf: Shelf | None
) -> StatusPlan:
    """One shipment: its parcels' tracking, and what of its goods no parcel has."""
    plan, told = StatusPlan(notes=left_out(shipment)), Counter[str]()
    for parcel in parcels_of(subject, shipment):
        told += parcel.items
        plan = plan.then(
            _tracked(subject, shipment, parcel) if parcel.is_there else _replaced(subject, parcel, by_item)
        )
    goods, strange = _known(_goods(shipment), by_item)
    if strange and not goods and is_open(subject.order):
        return plan.then(strange_goods(subject, shipment, strange))
    if strange:
        note = f"shipment {shipment.title} has items that the order in Shopify does not: {', '.join(sorted(strange))}"
        plan = plan.then(StatusPlan(notes=(note,)))
    rest = goods - told
    if not rest:
        return plan
    found = next((item for item in unclaimed(subject) if goods_of(item, by_item) == rest), None)
    if found is not None:
        (key,) = free_keys(subject, shipment, 1)
        lines = {line.line_id: line.quantity for line in found.lines}
        image = {SHIPMENT: shipment.netsuite_id, ITEMS: dict(rest), LINES: lines, TRACKING: shown_tracking(found)}
        return plan.then(StatusPlan(findings=(Finding(key, found.id, image, EffectKind.SHOP_FULFILLMENT),)))
    return plan.then(_sent(subject, shipment, rest, shelf))


def _sent(subject: StatusSubject, shipment: Shipment, rest: Goods, shelf: Shelf | None) -> StatusPlan:
    """Fulfilments of what is open; all or none of it unless the rest only waits."""
    if shelf is None:
        return StatusPlan(wants=frozenset({StatusWant.FULFILLMENT_ORDERS}))
    if not subject.fulfillment_orders:
        return unrouted(subject, shipment)
    loads, missing = shelf.load(rest, shipment)
    waiting = shelf.blocked(missing) if missing else []
    if missing and not waiting:
        return not_open(subject, shipment, {item: (rest[item], shelf.open_units(item)) for item in missing})
    shelf.take(loads)
    keys = free_keys(subject, shipment, len(loads))
    effects = tuple(_created(subject, shipment, *pair) for pair in zip(keys, loads, strict=True))
    plan = StatusPlan(effects)
    return plan.then(blocked(subject, shipment, waiting)) if waiting else plan


def _created(subject: StatusSubject, shipment: Shipment, key: str, load: Load) -> StatusEffect:
    tracking = wanted_tracking(subject, shipment)
    wanted: dict[str, Any] = {
        "lineItemsByFulfillmentOrder": load.input(),
        "notifyCustomer": subject.rules.fulfillments.notify_customer,
    }
    if tracking:
        wanted["trackingInfo"] = tracking
    image = {
        SHIPMENT: shipment.netsuite_id,
        ITEMS: dict(load.items),
        LINES: dict(load.lines),
        TRACKING: tracking,
        BEFORE: sorted(item.id for item in subject.order.fulfillments),
    }
    write = Mutation("FulfillmentCreate", {"fulfillment": wanted}, ("fulfillment", "id"))
    return subject.effect(EffectKind.SHOP_FULFILLMENT, key, write, image=image)


def _tracked(subject: StatusSubject, shipment: Shipment, parcel: Parcel) -> StatusPlan:
    """Numbers that came later or changed; what a person wrote in the shop meanwhile is left until NetSuite's change."""
    tracking = wanted_tracking(subject, shipment)
    if not tracking or tracking == parcel.image.get(TRACKING, {}):
        return StatusPlan()
    asked = {
        "fulfillmentId": f"{_FULFILLMENT}{parcel.made.remote_id}",
        "tracking": tracking,
        "notifyCustomer": subject.rules.fulfillments.notify_customer,
    }
    write = Mutation("FulfillmentTrackingUpdate", asked, ("fulfillment", "id"))
    image = {**parcel.image, TRACKING: tracking}
    return StatusPlan((subject.effect(EffectKind.SHOP_FULFILLMENT, parcel.key, write, image=image),))


def _replaced(subject: StatusSubject, parcel: Parcel, by_item: Mapping[str, list[str]]) -> StatusPlan:
    """A parcel that a person cancelled in the shop: the one made in its place is it from now on; else a person is asked."""
    twin = next((item for item in unclaimed(subject) if goods_of(item, by_item) == parcel.items), None)
    if twin is None:
        return taken_back_by_hand(subject, parcel)
    image = {**parcel.image, TRACKING: shown_tracking(twin)}
    return StatusPlan(findings=(Finding(parcel.key, twin.id, image),))


def _goods(shipment: Shipment) -> Goods:
    """Whole units by item."""
    found: Goods = Counter()
    for line in shipment.lines:
        found[line.item] += whole_units(line)
    return +found


def _known(goods: Goods, by_item: Mapping[str, list[str]]) -> tuple[Goods, list[str]]:
    """What the order in the shop has lines of, and the items it does not have."""
    known = Counter({item: quantity for item, quantity in goods.items() if item in by_item})
    return known, [item for item in goods if item not in by_item]
