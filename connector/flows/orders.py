"""Shopify order → NetSuite: reads the order as it is now, finds what is known, plans, applies."""

import threading
from collections import defaultdict
from datetime import UTC, datetime

from sqlalchemy import Engine

from connector.errors import NotMapped
from connector.flows import catalog
from connector.flows.apply import Work, apply, remember
from connector.flows.plan import Known, Plan, natural_keys, plan
from connector.flows.result import Result
from connector.flows.systems import Systems
from connector.flows.verification import verify_at_once
from connector.limits import Lane
from connector.mapping.lines import skus
from connector.mapping.money import booked
from connector.mapping.selection import Exclusion, exclusion
from connector.shopify.records import Order
from connector.store import customers, effects, items, records
from connector.store.items import Item
from connector.store.records import Lease
from connector.store.tables import EffectState

# Before a new customer is created the mirror of NetSuite's customers must be at most this old; beat keeps it so.
_CUSTOMERS_FRESH_SECONDS = 300
_refreshing: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)


def sync_order(systems: Systems, engine: Engine, lease: Lease) -> Result:
    """Brings NetSuite to the order as it is now. Raises the errors of connector.errors."""
    order = systems.shopify.order(lease.shopify_id)
    if order is None:
        return Result(Exclusion("orders.deleted", "the order was deleted in Shopify"))
    total = booked(order.total, systems.rules)
    with engine.begin() as connection:
        records.describe(connection, lease, name=order.name, total=total.amount, currency=total.currency)
    planned = order_plan(order, systems, engine)
    if planned.exclusion is not None:
        return Result(exclusion=planned.exclusion)
    work = Work(engine, systems.netsuite, lease)
    if planned.link is not None:
        remember(*planned.link, work)
    for effect in planned.effects:
        remote_id = apply(effect, work)
        verify_at_once(effect, remote_id, systems, engine)
    return Result(open_question=planned.open_question)


def order_plan(order: Order, systems: Systems, engine: Engine) -> Plan:
    """What this order still needs; reads NetSuite where the mirrors do not know, writes nothing there."""
    keys = natural_keys(order, systems.shop_id)
    with engine.begin() as connection:
        stored = effects.of_keys(connection, systems.connection.id, keys)
    confirmed = {
        key: effect.remote_id
        for key, effect in stored.items()
        if effect.state is EffectState.CONFIRMED and effect.remote_id is not None
    }
    is_written = keys[0] in confirmed
    left_out = None if is_written else exclusion(order, systems.rules)
    if left_out is not None:
        return Plan(exclusion=left_out)
    known = Known(
        confirmed=confirmed,
        items={} if is_written else _items(order, systems, engine),
        customers_by_email=_candidates(order, systems, engine, is_known=keys[-1] in confirmed),
    )
    return plan(order, shop_id=systems.shop_id, known=known, rules=systems.rules)


def _items(order: Order, systems: Systems, engine: Engine) -> dict[str, str]:
    """Item ids by SKU. Raises NotMapped for an inactive item or a SKU that two items share."""
    wanted = sorted(skus(order, systems.rules))
    _refresh_once(catalog.ITEM_CATALOG, systems, engine, seconds=None)
    found = _known_items(wanted, systems, engine)
    missing = [sku for sku in wanted if not any(not item.inactive for item in found.get(sku, ()))]
    if missing:
        catalog.look_up_skus(systems, engine, missing)
        found |= _known_items(missing, systems, engine)
    return {sku: _only(order, sku, candidates) for sku, candidates in found.items()}


def _known_items(wanted: list[str], systems: Systems, engine: Engine) -> dict[str, list[Item]]:
    with engine.begin() as connection:
        return items.by_sku(connection, systems.connection.id, wanted)


def _only(order: Order, sku: str, candidates: list[Item]) -> str:
    active = [item for item in candidates if not item.inactive]
    if len(active) == 1:
        return str(active[0].netsuite_id)
    ids = ", ".join(str(item.netsuite_id) for item in candidates)
    problem = f"is shared by the items {ids}" if active else f"is the inactive item {ids}"
    raise NotMapped(f"{order.name}: the SKU {sku!r} {problem} in NetSuite", subject=f"sku:{sku}")


def _candidates(order: Order, systems: Systems, engine: Engine, *, is_known: bool) -> list[str]:
    """NetSuite customers with the buyer's e-mail, from the mirror; refreshed before we would create one."""
    buyer = order.customer
    if buyer is None or is_known or not buyer.email or not systems.rules.customer.match_email:
        return []
    found = _mirrored(buyer.email, systems, engine)
    if not found and _refresh_once(catalog.CUSTOMER_CATALOG, systems, engine, seconds=_CUSTOMERS_FRESH_SECONDS):
        found = _mirrored(buyer.email, systems, engine)
    return [str(netsuite_id) for netsuite_id in found]


def _mirrored(email: str, systems: Systems, engine: Engine) -> list[int]:
    with engine.begin() as connection:
        hashed = systems.email_hash(email)
        return customers.by_email(connection, systems.connection.id, hashed, systems.rules.subsidiary)


def _refresh_once(wanted: catalog.Catalog, systems: Systems, engine: Engine, *, seconds: float | None) -> bool:
    """True after a mirror was refreshed, by us or by the thread we waited for, because it was unread or too old."""
    if not catalog.is_stale(wanted, systems, engine, seconds=seconds, now=_now()):
        return False
    with _refreshing[systems.connection.id]:
        if catalog.is_stale(wanted, systems, engine, seconds=seconds, now=_now()):
            catalog.refresh(wanted, systems, engine, lane=Lane.ORDERS)
    return True


def _now() -> datetime:
    return datetime.now(UTC)
