"""Keeps back the units of orders that NetSuite has not committed yet, so that no push gives them to a second buyer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection

from connector.flows.holding import NOWHERE, Routes, anywhere, lines, routes, told_lines, unshipped, unwritten
from connector.flows.leasing import must_hold
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.images import OrderImage
from connector.shopify.open_orders import open_orders
from connector.shopify.records import Order
from connector.store import effects, inbox, reservations, unseen
from connector.store.effects import StoredEffect
from connector.store.records import Lease
from connector.store.reservations import Unread
from connector.store.tables import EffectState
from connector.store.unseen import Units


class Find(Protocol):
    """What finds orders, some at a time."""

    def __call__(self, connection: Connection, connection_id: int, *, after: int) -> list[Unread]:
        """Those with higher record ids than `after`."""


def reserve(order: Order, systems: Systems, workplace: Workplace, lease: Lease, routed: Routes) -> None:
    """What NetSuite has not committed of an order is kept back from now on; what it has, until its figures surely show it.

    Called at the beginning and at the end of each pass. Costs nothing where no stock is pushed. Here as below the record is
    locked first, as a push does that notes the units of the same order: whoever comes second sees all that the first wrote.
    """
    if not systems.rules.inventory.locations:
        return
    with workplace.engine.begin() as connection:
        must_hold(connection, lease)
        units = unwritten(lines(order), _standing(connection, order.id, systems, workplace), routed)
        if order.cancelled_at is not None:
            reservations.keep(connection, systems.connection.id, lease.record_id, [])
        else:
            reservations.commit(connection, systems.connection.id, lease.record_id, but=units)


def hold(order: Order, systems: Systems, workplace: Workplace, lease: Lease, routed: Routes) -> None:
    """An order is left out: what the shop holds for it is kept back until the shop lets go of it, for NetSuite never hears."""
    if not systems.rules.inventory.locations:
        return
    with workplace.engine.begin() as connection:
        must_hold(connection, lease)
        units = unshipped(lines(order), _standing(connection, order.id, systems, workplace), routed)
        reservations.keep(connection, systems.connection.id, lease.record_id, units)


def remember_sold(order: Order, systems: Systems, workplace: Workplace, lease: Lease) -> None:
    """An order was read: what it took from the shop's levels is not looked for any more. Once in each pass."""
    if systems.rules.inventory.locations:
        with workplace.engine.begin() as connection:
            must_hold(connection, lease)
            unseen.see(connection, systems.connection.id, lease.record_id, _sold(order), sold_at=order.created_at)


def release(systems: Systems, workplace: Workplace, lease: Lease) -> None:
    """An order is gone from the shop."""
    with workplace.engine.begin() as connection:
        must_hold(connection, lease)
        reservations.keep(connection, systems.connection.id, lease.record_id, [])


def _sold(order: Order) -> list[Units]:
    """What an order took from the shop's levels, whatever came back since."""
    return [Units(int(line.variant_id) if line.variant_id else None, line.sku, line.quantity) for line in order.lines]


def reserve_unread(systems: Systems, workplace: Workplace) -> int:
    """Keeps back the units of accepted orders that no pass has read, and those added to one since its last pass.

    By what their newest deliveries say; one that only says "look again", or that is older than the last pass, is answered
    by asking the shop for the order, and so is one that was not kept. Of an order that a person ignores no pass comes. How
    many orders.
    """
    return _reserve_all(reservations.unread, systems, workplace)


def reserve_not_written(systems: Systems, workplace: Workplace) -> int:
    """The same for all orders that were left out, or are held: their passes noted nothing while no stock was pushed. How
    many orders."""
    return _reserve_all(reservations.not_written, systems, workplace)


def _reserve_all(find: Find, systems: Systems, workplace: Workplace) -> int:
    count, last, unasked = 0, 0, NOWHERE
    while True:
        with workplace.engine.begin() as connection:
            found = find(connection, systems.connection.id, after=last)
        if found and not count:
            unasked = anywhere(systems)
        over = _over(found, systems)
        for one in found:
            if one.shopify_id in over:
                _free(one, systems, workplace)
            else:
                _reserve_unread(one, systems, workplace, unasked)
        count += len(found)
        if len(found) < reservations.UNREAD_AT_ONCE:
            return count
        last = found[-1].record_id


def _over(found: Sequence[Unread], systems: Systems) -> set[str]:
    """Orders that were left out, whose deliveries are forgotten, and for which the shop holds nothing any more."""
    untold = [one.shopify_id for one in found if one.is_left_out and one.body is None]
    return set(untold) - open_orders(systems.shopify, untold)


def _free(one: Unread, systems: Systems, workplace: Workplace) -> None:
    with workplace.engine.begin() as connection:
        if reservations.is_unread_still(connection, one):
            reservations.keep(connection, systems.connection.id, one.record_id, [])


def _reserve_unread(one: Unread, systems: Systems, workplace: Workplace, unasked: Routes) -> None:
    body = _told(one, systems, workplace)
    # A delivery does not say where the order ships from; of one that is left out no pass may come soon that asks.
    is_told = _is_the_order(body, one) and not (one.is_left_out and unasked.places)
    order = None if is_told else systems.shopify.order(one.shopify_id)
    routed = unasked if order is None else routes(order, systems)
    kept = unshipped if one.is_left_out else unwritten
    with workplace.engine.begin() as connection:
        # A pass that began meanwhile knows better.
        if not reservations.is_unread_still(connection, one):
            return
        standing = _standing(connection, one.shopify_id, systems, workplace)
        units, sold, sold_at = list[Units](), list[Units](), None
        if order is not None:
            units, sold, sold_at = kept(lines(order), standing, routed), _sold(order), order.created_at
        elif is_told:
            units, sold, sold_at = (
                kept(told_lines(body), standing, routed),
                _sold_by(body),
                _moment(body.get("created_at")),
            )
        reservations.keep(connection, systems.connection.id, one.record_id, units)
        if sold_at is not None:
            unseen.see(connection, systems.connection.id, one.record_id, sold, sold_at=sold_at)


def _told(one: Unread, systems: Systems, workplace: Workplace) -> Mapping[str, Any]:
    """What the delivery says; nothing where none was kept."""
    if one.delivery_id is None or one.body is None:
        return {}
    told: Mapping[str, Any] = orjson.loads(
        inbox.opened_body(workplace.vault, systems.connection.id, one.delivery_id, one.body)
    )
    return told


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


def _sold_by(body: Mapping[str, Any]) -> list[Units]:
    return [
        Units(item.get("variant_id"), item.get("sku") or "", int(item.get("quantity") or 0))
        for item in body["line_items"]
    ]


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
