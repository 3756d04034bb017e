"""/connections/<store>/setup: the way from a new connection to its first order, step by step, each with how it stands."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.flows import overview
from connector.flows.rule_lookup import must_be_resolved
from connector.store import held, last_deliveries, operator_actions, order_list, records
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from web.console.asking import Asked, Form
from web.console.mapping_state import MappingState, mapping_state
from web.console.order_plan import DryRun, tried
from web.console.refusals import NotFound
from web.console.screens import Console, Done
from web.console.site import Visit, environment

_NEWEST = 5


class AskedSetup(Asked):
    """`order`: the Shopify id of the order to be tried."""

    order: str | None = None


@dataclass(frozen=True, slots=True)
class FirstOrder:
    """One of the newest orders that we heard of."""

    shopify_id: str
    name: str | None
    state: str
    total: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class TriedOrder:
    """What would be written for one order now, with a mask for what says something of its buyer."""

    order: str
    run: DryRun


@dataclass(frozen=True, slots=True)
class SetupPage:
    """How far it is. `waiting`: what orders wait for in the rules; `state`: working, paused or halted."""

    store: str
    environment: str
    state: str
    checked_at: datetime | None
    webhook_url: str
    last_delivery_at: datetime | None
    mapping: MappingState
    waiting: tuple[str, ...]
    orders: tuple[FirstOrder, ...]
    tried: TriedOrder | None


def connection_setup_screen(console: Console) -> None:
    """Registers the screen and the look-up of its mapping."""

    @console.screen("connections_setup", "/connections/<store>/setup", AskedSetup, SetupPage, role=Role.OPERATOR)
    def read(visit: Visit, asked: AskedSetup, store: str) -> SetupPage:
        """What is left until orders go through."""
        stored = visit.store(store)
        with visit.engine.begin() as database:
            newest = order_list.listed(database, connection_id=stored.id, limit=_NEWEST)
            delivered = last_deliveries.newest(database, stored.id)
            mapping = mapping_state(database, stored)
            waiting = tuple(sorted(held.subjects(database, stored.id, prefix="")))
        return SetupPage(
            store, environment(stored), overview.state(stored), stored.checked_at,
            overview.webhook_url(stored, visit.site.address), delivered, mapping, waiting,
            tuple(FirstOrder(one.shopify_id, one.name, one.state, one.total, one.currency) for one in newest),
            _tried(visit, stored, asked.order) if asked.order else None,
        )  # fmt: skip

    @console.act("mapping_look_up", "/connections/<store>/setup/look-up", Form)
    def look_up(visit: Visit, _form: Form, store: str) -> Done:
        """Look up in NetSuite what the rules name, and keep it."""
        stored = visit.store(store)
        must_be_resolved(visit.site.runtime.open_unchecked(stored.id), visit.engine)
        with visit.engine.begin() as database:
            details = {"version": stored.rules_version}
            operator_actions.write_down(
                database, stored.id, actor=visit.who.name, action="rules looked up", details=details
            )
        return Done("What the rules name is known in NetSuite.", f"/connections/{store}/setup")


def _tried(visit: Visit, stored: StoredConnection, shopify_id: str) -> TriedOrder:
    with visit.engine.begin() as database:
        order = records.of_entity(database, stored.id, records.ORDER, shopify_id)
    if order is None:
        raise NotFound(f"no order {shopify_id} of {stored.name} is known")
    return TriedOrder(order.name or shopify_id, tried(visit, order, is_revealed=False))
