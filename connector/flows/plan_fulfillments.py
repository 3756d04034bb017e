"""What the shop shipped, where the rules say that the shop ships: an item fulfilment for each fulfilment. Pure."""

from collections.abc import Mapping
from typing import Any

from connector.flows.plan_document import SHIPPED, goods_of, standing_image
from connector.flows.plan_money import is_sold_for_cash
from connector.flows.planning import Effect, Made, Plan, Subject, Want
from connector.mapping import external_ids
from connector.mapping.fulfillments import item_fulfillment, packages
from connector.mapping.images import OrderImage
from connector.netsuite.documents import packages_json
from connector.netsuite.writes import Change, Delete, Transform
from connector.shopify.fulfillments import Fulfillment
from connector.store.tables import EffectKind

_CANCELLED = "CANCELLED"


def planned_fulfillments(subject: Subject) -> Plan:
    """Shipments to make and tracking numbers to write; nothing where NetSuite ships."""
    if subject.rules.fulfillments.source != "shopify":
        return Plan()
    result = Plan()
    for fulfillment in sorted(subject.order.fulfillments, key=lambda item: int(item.id)):
        result = result.then(_planned(subject, fulfillment))
    return result


def withdrawn_fulfillments(subject: Subject) -> Plan:
    """Shipments to take away. The rest is planned afterwards: a line cannot be lowered below what was shipped of it."""
    result = Plan()
    for fulfillment in subject.order.fulfillments:
        key = external_ids.item_fulfillment(subject.shop_id, fulfillment.id)
        standing = subject.known.standing(key)
        if subject.rules.fulfillments.source == "shopify" and fulfillment.status == _CANCELLED and standing is not None:
            write = Delete("itemFulfillment", str(standing.remote_id))
            taken = subject.effect(EffectKind.ITEM_FULFILLMENT, key, write)
            result = result.then(Plan((Effect(taken.intent, write, takes_away=True),), again=True))
    return result


def _planned(subject: Subject, fulfillment: Fulfillment) -> Plan:
    standing = subject.known.standing(external_ids.item_fulfillment(subject.shop_id, fulfillment.id))
    if fulfillment.status == SHIPPED:
        return _tracked(subject, fulfillment, standing) if standing else _shipped(subject, fulfillment)
    return Plan()


def _shipped(subject: Subject, fulfillment: Fulfillment) -> Plan:
    """The transform of the sales order; it needs the keys of the order's lines."""
    order_key = external_ids.sales_order(subject.shop_id, subject.order.id)
    order = subject.known.standing(order_key)
    if order is None:
        # A cash sale ships what it sells; a sales order that is made now ships afterwards, when its lines are known.
        return Plan(again=not is_sold_for_cash(subject))
    image = standing_image(subject, order)
    goods = fulfillment if image is None else goods_of(subject, fulfillment, image)
    if not goods.lines:
        return Plan()
    if image is None or not image.are_keys_sure:
        return Plan(wants=frozenset({Want.ORDER_STATE}))
    record = item_fulfillment(subject.order, goods, shop_id=subject.shop_id, keys=_keys(image), rules=subject.rules)
    write = Transform("itemFulfillment", "salesOrder", str(order.remote_id), record.to_json())
    made = subject.effect(EffectKind.ITEM_FULFILLMENT, record.external_id, write, image=_image(fulfillment))
    # What was to be closed is closed once all is shipped.
    return Plan((made,), again=True)


def _tracked(subject: Subject, fulfillment: Fulfillment, standing: Made) -> Plan:
    """Tracking numbers that came later."""
    image = _image(fulfillment)
    if standing.image is not None and dict(standing.image) == image and not standing.is_in_doubt:
        return Plan()
    key = external_ids.item_fulfillment(subject.shop_id, fulfillment.id)
    body = packages_json(packages(fulfillment))
    if not body:
        return Plan()
    write = Change("itemFulfillment", str(standing.remote_id), body, replace="package")
    return Plan((subject.effect(EffectKind.ITEM_FULFILLMENT, key, write, image=image),))


def _keys(image: OrderImage) -> Mapping[str, int]:
    """NetSuite's line keys by Shopify line; discounts, tax and the like have none that can be shipped."""
    return {item.reference: item.line for item in image.lines if item.reference.isdigit() and item.line is not None}


def _image(fulfillment: Fulfillment) -> dict[str, Any]:
    return {"packages": [package.to_json() for package in packages(fulfillment)]}
