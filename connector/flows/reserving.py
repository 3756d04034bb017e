"""Keeps back the units of orders that NetSuite has not committed yet, so that no push gives them to a second buyer."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import structlog

from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.images import OrderImage
from connector.shopify.records import Order
from connector.store import effects, inbox, reservations
from connector.store.effects import StoredEffect
from connector.store.records import Lease
from connector.store.reservations import Units
from connector.store.tables import EffectState

log = structlog.get_logger(__name__)


def reserve(order: Order, systems: Systems, workplace: Workplace, lease: Lease) -> None:
    """What NetSuite has not committed of an order is kept back from now on; what it has, until its figures surely show it.

    Called at the beginning and at the end of each pass. Costs nothing where no stock is pushed.
    """
    if not systems.rules.inventory.locations:
        return
    keys = (
        external_ids.sales_order(systems.shop_id, order.id),
        external_ids.cash_sale(systems.shop_id, order.id),
    )
    with workplace.engine.begin() as connection:
        found = effects.of_keys(connection, systems.connection.id, keys)
        units = missing(order, {key: _stands(item, workplace) for key, item in found.items()})
        if units or order.cancelled_at is not None:
            reservations.keep(connection, systems.connection.id, lease.record_id, units)
        else:
            reservations.commit(connection, lease.record_id)


def release(systems: Systems, workplace: Workplace, lease: Lease) -> None:
    """Nothing of an order is wanted of NetSuite: it is left out, or gone."""
    with workplace.engine.begin() as connection:
        reservations.keep(connection, systems.connection.id, lease.record_id, [])


def missing(order: Order, standing: Mapping[str, OrderImage | None]) -> list[Units]:
    """Units of the order's lines that stand in none of its documents. One without an image is taken to hold them all."""
    if order.cancelled_at is not None or any(image is None for image in standing.values()):
        return []
    committed: dict[str, Decimal] = {}
    for image in standing.values():
        for written in image.lines if image else ():
            units_there = committed.get(written.reference, Decimal(0)) + _quantity(written.body)
            committed[written.reference] = units_there
    units = []
    for line in order.lines:
        left = line.current_quantity - int(committed.get(line.id, Decimal(0)))
        if left > 0 and not line.is_gift_card:
            units.append(Units(int(line.variant_id) if line.variant_id else None, line.sku, left))
    return units


def reserve_unread(systems: Systems, workplace: Workplace) -> int:
    """Keeps back the units of accepted orders that no pass has read yet, by what their deliveries say; how many orders.

    A delivery that only says "look again" is answered by asking the shop for the order.
    """
    connection_id = systems.connection.id
    with workplace.engine.begin() as connection:
        found = reservations.unread(connection, connection_id)
    for one in found:
        body = orjson.loads(inbox.opened_body(workplace.vault, connection_id, one.delivery_id, one.body))
        units = _told(body) if "line_items" in body else _asked(systems, one.shopify_id)
        with workplace.engine.begin() as connection:
            reservations.keep(connection, connection_id, one.record_id, units)
    return len(found)


def settle(systems: Systems, workplace: Workplace, *, began_at: datetime) -> int:
    """A reading of NetSuite's stock that began then is complete."""
    with workplace.engine.begin() as connection:
        return reservations.settle(connection, systems.connection.id, before=began_at)


def _stands(item: StoredEffect, workplace: Workplace) -> OrderImage | None:
    """An empty image for a document that was never made."""
    if item.remote_id is None or item.state is EffectState.WITHDRAWN:
        return OrderImage({}, ())
    image = effects.image_of(item, workplace.vault)
    return None if image is None or "lines" not in image else OrderImage.from_json(image)


def _quantity(body: Mapping[str, Any]) -> Decimal:
    return Decimal(str(body.get("quantity") or 0))


def _told(body: Mapping[str, Any]) -> list[Units]:
    if body.get("cancelled_at"):
        return []
    return [
        Units(item.get("variant_id"), item.get("sku") or "", units)
        for item in body["line_items"]
        if (units := item.get("current_quantity", item.get("quantity") or 0)) > 0 and not item.get("gift_card")
    ]


def _asked(systems: Systems, order_id: str) -> list[Units]:
    order = systems.shopify.order(order_id)
    return [] if order is None else missing(order, {})
