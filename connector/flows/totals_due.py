"""What the document of an order has to come to in NetSuite, as Shopify's order is now; kept to be compared with its total."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from connector.flows.plan import order_keys
from connector.flows.systems import Systems, Workplace
from connector.mapping.money import booked
from connector.mapping.remaining import remaining
from connector.mapping.rules import Rules
from connector.shopify.records import Order
from connector.store import effects, order_totals
from connector.store.effects import ADOPTED, ENTERED, StoredEffect
from connector.store.tables import EffectKind, EffectState


def keep_due(connection: Connection, order: Order, systems: Systems, workplace: Workplace) -> None:
    """Keeps it for what stands of the order; nothing where nothing does."""
    stored = effects.of_keys(connection, systems.connection.id, order_keys(order, systems.shop_id)).values()
    standing = [one for one in stored if one.remote_id is not None and one.state is not EffectState.WITHDRAWN]
    found = {one.id: due(order, one, effects.image_of(one, workplace.vault), systems.rules) for one in standing}
    order_totals.keep_due(connection, {number: total for number, total in found.items() if total is not None})


def due(order: Order, standing: StoredEffect, image: Mapping[str, Any] | None, rules: Rules) -> Decimal | None:
    """The total; None where it stays what it was: a closed line keeps its amount in NetSuite's total.

    What we wrote is less what it carries of refunds. What others wrote may stand as the order was sold or as it was left.
    """
    sold = booked(order.total, rules).amount
    carried = set((image or {}).get("refunds", ()))
    left = booked(remaining(order, [one for one in order.refunds if one.id in carried]).order.total, rules).amount
    if standing.request_hash in (ADOPTED, ENTERED):
        as_left = (left, booked(order.current_total, rules).amount)
        return standing.amount if standing.amount in as_left else sold
    if standing.kind is EffectKind.CASH_SALE:
        return sold
    return None if image is None or image.get("is_closed") else left
