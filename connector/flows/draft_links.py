"""An order of the shop that was entered in NetSuite is known again, whatever comes first, and never made there once more."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from connector.errors import Conflict, NeedsDecision
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.draft_orders import ATTRIBUTE
from connector.mapping.entered_images import entered_image
from connector.mapping.money import booked
from connector.mapping.remaining import remaining
from connector.netsuite.states import FIELDS, SalesOrderState
from connector.netsuite.writes import Change
from connector.shopify.draft_orders import draft_order
from connector.shopify.records import Order
from connector.store import effects, entered_effects, sales_orders, wanted
from connector.store.effects import ENTERED, Intent, StoredEffect
from connector.store.records import ORDER_STATUS, Lease
from connector.store.sales_orders import MirroredOrder
from connector.store.tables import EffectKind, EffectState

# An order can be told before its draft says so.
_FRESH = timedelta(minutes=10)
_AGAIN = 5.0

Items = Callable[[], Mapping[str, str]]


def link_entered(order: Order, systems: Systems, workplace: Workplace, lease: Lease, items: Items) -> None:
    """Links an order to the sales order it came from, and gives that our external id; nothing for any other order.

    The attribute alone says nothing: a buyer can set one. The draft we made must have become this very order.
    Raises Conflict while it is not known whether that draft was made or what became of it, NeedsDecision where it is gone.
    """
    key = external_ids.sales_order(systems.shop_id, order.id)
    stored = _stored(key, systems, workplace)
    if stored is None or stored.state is EffectState.PLANNED:
        draft = _draft_of(order, systems, workplace)
        if draft is None:
            return
        with workplace.engine.begin() as connection:
            intent, sales_order_id = Intent(EffectKind.SALES_ORDER, key, ENTERED), _sales_order(draft, systems)
            entered_effects.link(connection, lease.connection_id, lease.record_id, intent, sales_order_id)
            effects.mark_verified(connection, [draft.id])
        stored = _stored(key, systems, workplace)
    if stored is not None and stored.request_hash == ENTERED and stored.sealed is None:
        _keep_image(order, stored, systems, workplace, items())


def _draft_of(order: Order, systems: Systems, workplace: Workplace) -> StoredEffect | None:
    """The draft of ours that became this order, None where none did."""
    named = next((item.value for item in order.attributes if item.key == ATTRIBUTE), "")
    draft = _stored(external_ids.draft_order(systems.shop_id, named), systems, workplace) if named.isdigit() else None
    if draft is None or draft.verified_at is not None:
        # Of the second: its order is linked, and this is another one, such as a copy of it.
        return None
    if draft.remote_id is None:
        if draft.state is EffectState.PLANNED:
            # The shop refused it.
            return None
        raise Conflict(f"{order.name}: whether its draft order was made is being looked at", retry_after=_AGAIN)
    found = draft_order(systems.shopify, draft.remote_id)
    if found is None:
        raise NeedsDecision(
            f"{order.name} says it is NetSuite's sales order {named}, and the draft order that could tell was deleted in "
            f"Shopify: ignore the order if it is, else take the attribute {ATTRIBUTE} off it",
            subject="order:draft_deleted",
        )
    if found.order_id is None and datetime.now(UTC) - order.created_at < _FRESH:
        raise Conflict(f"{order.name}: its draft order {found.name} is being completed", retry_after=_AGAIN)
    return draft if found.order_id == order.id else None


def _sales_order(draft: StoredEffect, systems: Systems) -> str:
    return draft.natural_key.removeprefix(external_ids.draft_order(systems.shop_id, ""))


def _keep_image(
    order: Order, stored: StoredEffect, systems: Systems, workplace: Workplace, items: Mapping[str, str]
) -> None:
    """Reads the lines' keys, once, and says in NetSuite which order of the shop it is."""
    order_id = str(stored.remote_id)
    read = systems.netsuite.read("salesOrder", order_id, fields=(*FIELDS, "entity", "externalId", "tranId"))
    state, entity = SalesOrderState.from_json(read), str(read["entity"]["id"])
    left = remaining(order, order.refunds)
    image = entered_image(left, state, items, entity=entity, shop_id=systems.shop_id, rules=systems.rules)
    if not read.get("externalId"):
        systems.netsuite.write(Change("salesOrder", order_id, {"externalId": stored.natural_key}))
    kept = {**image.to_json(), "refunds": sorted(refund.id for refund in order.refunds)}
    with workplace.engine.begin() as connection:
        effects.confirm(connection, workplace.vault, stored, order_id, image=kept, now=datetime.now(UTC))
        entered_effects.keep_amount(connection, stored, state.total, booked(order.total, systems.rules).currency)
        # Both totals were compared before the draft was completed.
        effects.mark_verified(connection, [stored.id])
        # What was shipped and billed before it was linked is told now.
        mirrored = MirroredOrder(int(order_id), order.id, read.get("tranId"), str(read["status"]["id"]))
        sales_orders.learn(connection, systems.connection.id, [mirrored])
        wanted.want(connection, systems.connection.id, ORDER_STATUS, [order.id])


def _stored(key: str, systems: Systems, workplace: Workplace) -> StoredEffect | None:
    with workplace.engine.begin() as connection:
        return effects.of_keys(connection, systems.connection.id, [key]).get(key)
