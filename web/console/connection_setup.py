"""/connections/<store>/setup: the way from a new connection to its first order, step by step, each with how it stands."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from connector.errors import ConnectorError
from connector.flows import overview
from connector.flows.orders import order_plan
from connector.store import held, last_deliveries, order_list
from connector.store.connections import StoredConnection
from connector.store.records import RecordView
from connector.store.roles import Role
from web.console.asking import Asked
from web.console.screens import Console
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
class Body:
    """One call that would be made. `body` is JSON."""

    kind: str
    external_id: str
    request: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be written for one order now. `problem`: why it would not be; `notes`: worth knowing."""

    order: str
    bodies: tuple[Body, ...]
    notes: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class SetupPage:
    """How far it is. `waiting`: what orders wait for in the rules; `state`: working, paused or halted."""

    store: str
    environment: str
    state: str
    checked_at: datetime | None
    webhook_url: str
    last_delivery_at: datetime | None
    rules_version: int
    waiting: tuple[str, ...]
    orders: tuple[FirstOrder, ...]
    tried: DryRun | None


def connection_setup_screen(console: Console) -> None:
    """Registers the screen."""

    @console.screen("connections_setup", "/connections/<store>/setup", AskedSetup, SetupPage, role=Role.OPERATOR)
    def read(visit: Visit, asked: AskedSetup, store: str) -> SetupPage:
        """What is left until orders go through."""
        stored = visit.store(store)
        with visit.engine.begin() as database:
            newest = order_list.listed(database, connection_id=stored.id, limit=_NEWEST)
            delivered = last_deliveries.newest(database, stored.id)
            waiting = tuple(sorted(held.subjects(database, stored.id, prefix="")))
        return SetupPage(
            store, environment(stored), overview.state(stored), stored.checked_at,
            overview.webhook_url(stored, visit.site.address), delivered, stored.rules_version, waiting,
            tuple(FirstOrder(one.shopify_id, one.name, one.state, one.total, one.currency) for one in newest),
            _tried(visit, stored, newest, asked.order) if asked.order else None,
        )  # fmt: skip


def _tried(visit: Visit, stored: StoredConnection, newest: list[RecordView], shopify_id: str) -> DryRun:
    name = next((one.name or one.shopify_id for one in newest if one.shopify_id == shopify_id), shopify_id)
    try:
        systems = visit.site.runtime.open_systems(stored.id)
        order = systems.shopify.order(shopify_id)
        if order is None:
            return DryRun(name, (), (), "it was deleted in Shopify")
        planned = order_plan(order, systems, visit.site.runtime)
    except ConnectorError as error:
        return DryRun(name, (), (), str(error))
    bodies = tuple(
        Body(
            effect.intent.kind.value, effect.intent.natural_key, f"{effect.write.method} {effect.write.path}",
            _json(effect.write.body),
        )
        for effect in planned.effects
    )  # fmt: skip
    question = planned.exclusion.reason if planned.exclusion else planned.open_question
    problem = None if question is None else str(question)
    return DryRun(order.name, bodies, planned.notes, problem)


def _json(body: Any) -> str:
    return "" if body is None else orjson.dumps(body, option=orjson.OPT_INDENT_2, default=str).decode()
