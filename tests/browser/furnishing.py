"""A shop that has something on each screen: orders that wait and that do not, stock, a job, a draft, a proof, and so on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import update

from connector.flows.history import Span, begin
from connector.runtime import Runtime
from connector.sandbox.netsuite.account import Account
from connector.sandbox.netsuite.accountant import act as account_act
from connector.store import jobs, records
from connector.store.connection_tables import connections
from connector.store.connections import StoredConnection
from tests.beside import beside
from tests.browser.site import Site
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.stocking import mugs_differ
from tests.waiting import eventually
from tests.world import World

Json = dict[str, Any]

# How orders of another connector are known; new ones are not looked for.
ADOPTION = {"field": "otherRefNum", "value": "OLD-{number}"}


def furnish(site: Site) -> None:
    """Does so once for the site."""
    if site.is_furnished:
        return
    site.is_furnished = True
    _sell(site)
    mugs_differ(site.world)
    with site.world.engine.begin() as connection:
        connection.execute(update(connections).values(created_at=now() - timedelta(days=60)))
    beside_orders(site.world.runtime, site.world.connection)
    _come_to_rest(site.world)
    world = site.world
    foreign = Foreign(world.shop.put_order, partial(_entered, world.account), "1456", "1", "812", "MUG-RED")
    written_by_another(world.runtime, world.connection, foreign)


def _entered(account: Account, fields: Json) -> None:
    account_act(account, {"act": "enter", "fields": fields})


def beside_orders(runtime: Runtime, stored: StoredConnection) -> None:
    """As `beside`; the job has come to its end: every order is where it was."""
    beside(runtime, stored)
    eventually(lambda: not _runs_a_job(runtime), within=60)


@dataclass(frozen=True, slots=True)
class Foreign:
    """How an order of another connector comes to be. `sell`: places an order in the shop, with its payments, and tells nobody;
    `enter`: saves a sales order in NetSuite; the others are NetSuite's ids there, and the SKU of the item."""

    sell: Callable[[Json, list[Json]], object]
    enter: Callable[[Json], object]
    entity: str
    currency: str
    item: str
    sku: str


def written_by_another(runtime: Runtime, stored: StoredConnection, foreign: Foreign) -> None:
    """An order is held, because another connector wrote two documents of it, over different sums."""
    order = rest_order(5204, sku=foreign.sku, created_at="2026-05-01T10:00:00Z", updated_at="2026-05-01T10:00:00Z")
    foreign.sell(order, [payment(order)])
    for rate in (20.0, 19.0):
        line = {"item": {"id": foreign.item}, "quantity": 1, "price": {"id": "-1"}, "rate": rate}
        foreign.enter({
            "entity": {"id": foreign.entity}, "currency": {"id": foreign.currency}, "orderStatus": {"id": "B"},
            "otherRefNum": ADOPTION["value"].format(number=1204), "item": {"items": [line]},
        })  # fmt: skip
    span = Span(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC))
    begin(runtime.open_systems(stored.id), runtime, span, actor="ada", now=now(), tell=lambda _found, _new: None)
    eventually(lambda: _waits_for(runtime, order["id"]) == "order:adopt_candidates", within=60)


def _waits_for(runtime: Runtime, order_id: int) -> str | None:
    with runtime.engine.begin() as connection:
        found = records.by_shopify_id(connection, str(order_id))
    return found[0].reason_subject if found else None


def _runs_a_job(runtime: Runtime) -> bool:
    with runtime.engine.begin() as connection:
        return bool(jobs.running(connection))


def _sell(site: Site) -> None:
    """One order comes into step, one waits for its SKU and one for its gateway."""
    site.product.sell(rest_order(5201))
    site.product.sell(rest_order(5202, sku="NOBODY-KNOWS"))
    unknown = rest_order(5203)
    site.product.sell(unknown, payment(unknown, gateway="paypal"))
    _come_to_rest(site.world)


def _come_to_rest(world: World) -> None:
    wanted = {5201: "in_sync", 5202: "held", 5203: "held"}
    eventually(lambda: all(world.record(one).state == state for one, state in wanted.items()), within=30)
