"""Keeps back the units of orders that NetSuite has not committed yet, so that no push gives them to a second buyer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection

from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.images import OrderImage
from connector.shopify.records import Order
from connector.store import effects, inbox, reservations, unseen
from connector.store.effects import StoredEffect
from connector.store.records import Lease
from connector.store.reservations import Unread
from connector.store.tables import EffectState
from connector.store.unseen import Units

log = structlog.get_logger(__name__)


def reserve(order: Order, systems: Systems, workplace: Workplace, lease: Lease) -> None:
    """What NetSuite has not committed of an order is kept back from now on; what it has, until its figures surely show it.

    Called at the beginning and at the end of each pass. Costs nothing where no stock is pushed.
    """
    if not systems.rules.inventory.locations:
        return
    with workplace.engine.begin() as connection:
        units = missing(order, _standing(connection, order.id, systems, workplace))
        if units or order.cancelled_at is not None:
            reservations.keep(connection, systems.connection.id, lease.record_id, units)
        else:
            reservations.commit(connection, lease.record_id)


def remember_sold(order: Order, systems: Systems, workplace: Workplace, lease: Lease) -> None:
    """An order was read: what it took from the shop's levels is not looked for any more. Once in each pass."""
    if systems.rules.inventory.locations:
        with workplace.engine.begin() as connection:
            unseen.see(connection, systems.connection.id, lease.record_id, _sold(order), sold_at=order.created_at)


def release(systems: Systems, workplace: Workplace, lease: Lease) -> None:
    """Nothing of an order is wanted of NetSuite: it is left out, or gone."""
    with workplace.engine.begin() as connection:
        reservations.keep(connection, systems.connection.id, lease.record_id, [])


def missing(order: Order, standing: Mapping[str, OrderImage | None]) -> list[Units]:
    """Units of the order's lines that stand in none of its documents. One without an image is taken to hold them all."""
    if order.cancelled_at is not None or any(image is None for image in standing.values()):
        return []
    lines = (
        (line.id, Units(int(line.variant_id) if line.variant_id else None, line.sku, line.current_quantity))
        for line in order.lines
        if not line.is_gift_card
    )
    return _left(lines, standing)


def _sold(order: Order) -> list[Units]:
    """What an order took from the shop's levels, whatever came back since."""
    return [Units(int(line.variant_id) if line.variant_id else None, line.sku, line.quantity) for line in order.lines]


def _left(lines: Iterable[tuple[str, Units]], standing: Mapping[str, OrderImage | None]) -> list[Units]:
    """Units of lines, by line id, that stand in none of the documents."""
    committed: dict[str, Decimal] = {}
    for image in standing.values():
        for written in image.lines if image else ():
            units_there = committed.get(written.reference, Decimal(0)) + _quantity(written.body)
            committed[written.reference] = units_there
    left = ((units, units.quantity - int(committed.get(line, Decimal(0)))) for line, units in lines)
    return [replace(units, quantity=quantity) for units, quantity in left if quantity > 0]


def reserve_unread(systems: Systems, workplace: Workplace) -> int:
    """Keeps back the units of accepted orders that no pass has read, and those added to one since its last pass.

    By what their newest deliveries say; one that only says "look again", or that is older than the last pass, is answered
    by asking the shop for the order. How many orders.
    """
    count, last = 0, 0
    while True:
        with workplace.engine.begin() as connection:
            found = reservations.unread(connection, systems.connection.id, after=last)
        for one in found:
            _reserve_unread(one, systems, workplace)
        count += len(found)
        if len(found) < reservations.UNREAD_AT_ONCE:
            return count
        last = found[-1].record_id


def _reserve_unread(one: Unread, systems: Systems, workplace: Workplace) -> None:
    body = orjson.loads(inbox.opened_body(workplace.vault, systems.connection.id, one.delivery_id, one.body))
    is_told = _is_the_order(body, one)
    order = None if is_told else systems.shopify.order(one.shopify_id)
    with workplace.engine.begin() as connection:
        # A pass that began meanwhile knows better.
        if not reservations.is_unread_still(connection, one):
            return
        standing = _standing(connection, one.shopify_id, systems, workplace)
        units, sold, sold_at = list[Units](), list[Units](), None
        if order is not None:
            units, sold, sold_at = missing(order, standing), _sold(order), order.created_at
        elif is_told:
            units, sold, sold_at = _told(body, standing), _sold_by(body), _moment(body.get("created_at"))
        reservations.keep(connection, systems.connection.id, one.record_id, units)
        if sold_at is not None:
            unseen.see(connection, systems.connection.id, one.record_id, sold, sold_at=sold_at)


def _is_the_order(body: Mapping[str, Any], one: Unread) -> bool:
    """Whether a delivery holds the order itself, no older than the last pass saw it."""
    if "line_items" not in body or str(body.get("id")) != one.shopify_id:
        return False
    if one.seen_version is None:
        return True
    told = _moment(body.get("updated_at"))
    return told is not None and told >= one.seen_version


def settle(systems: Systems, workplace: Workplace, *, began_at: datetime) -> int:
    """A reading of NetSuite's stock that began then is complete."""
    with workplace.engine.begin() as connection:
        return reservations.settle(connection, systems.connection.id, before=began_at)


def _standing(
    connection: Connection, order_id: str, systems: Systems, workplace: Workplace
) -> dict[str, OrderImage | None]:
    """What stands in the documents of an order, by their keys."""
    keys = (external_ids.sales_order(systems.shop_id, order_id), external_ids.cash_sale(systems.shop_id, order_id))
    found = effects.of_keys(connection, systems.connection.id, keys)
    return {key: _stands(item, workplace) for key, item in found.items()}


def _stands(item: StoredEffect, workplace: Workplace) -> OrderImage | None:
    """An empty image for a document that was never made."""
    if item.remote_id is None or item.state is EffectState.WITHDRAWN:
        return OrderImage({}, ())
    image = effects.image_of(item, workplace.vault)
    return None if image is None or "lines" not in image else OrderImage.from_json(image)


def _quantity(body: Mapping[str, Any]) -> Decimal:
    return Decimal(str(body.get("quantity") or 0))


def _told(body: Mapping[str, Any], standing: Mapping[str, OrderImage | None]) -> list[Units]:
    if body.get("cancelled_at") or any(image is None for image in standing.values()):
        return []
    lines = (
        (
            str(item.get("id")),
            Units(
                item.get("variant_id"), item.get("sku") or "", item.get("current_quantity", item.get("quantity") or 0)
            ),
        )
        for item in body["line_items"]
        if not item.get("gift_card")
    )
    return _left(lines, standing)


def _sold_by(body: Mapping[str, Any]) -> list[Units]:
    return [
        Units(item.get("variant_id"), item.get("sku") or "", int(item.get("quantity") or 0))
        for item in body["line_items"]
    ]


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
