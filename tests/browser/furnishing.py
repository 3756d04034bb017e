"""A shop that has something on each screen: orders that wait and that do not, stock, a job, a draft, a proof, and so on."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from connector.flows import api_access, replay
from connector.flows.acting import Who
from connector.flows.reconciling import reconcile
from connector.flows.rule_changes import version_of
from connector.flows.rules_file import rules_as_toml
from connector.runtime import Runtime
from connector.store import alert_channels, jobs, rule_drafts
from connector.store.alert_channels import ChannelKind
from connector.store.api_tokens import NewToken
from connector.store.connection_tables import connections
from connector.store.connections import StoredConnection
from connector.store.event_list import EventFilter
from connector.store.roles import Role
from tests.browser.site import Site
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.stocking import mugs_differ
from tests.waiting import eventually
from tests.world import World

_BY = Who("command line", Role.ADMIN)


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


def beside_orders(runtime: Runtime, stored: StoredConnection) -> None:
    """What no order brings: a draft of other rules, somebody who is told of alerts, a token of the API, a proof, a job.

    The job has come to its end: every order is where it was.
    """
    version = version_of(runtime, stored, None)
    orders = {"orders": {**version.rules.get("orders", {}), "note": "none"}}
    text = rules_as_toml(stored.name, replace(version, rules={**version.rules, **orders}), with_defaults=False)
    with runtime.engine.begin() as connection:
        rule_drafts.keep(connection, stored.id, text, base_version=version.version, actor="ada")
        target = {"to": "warehouse@example.com"}
        alert_channels.add(connection, runtime.vault, stored.id, "warehouse team", ChannelKind.EMAIL, target)
    api_access.make(runtime.engine, NewToken("reports", role=Role.VIEWER), by=_BY, now=now())
    reconcile(runtime.open_systems(stored.id), runtime, lambda _: None)
    replay.start(
        runtime, EventFilter(connection_id=stored.id, topic="orders/create"), because="prices were wrong", actor="ada"
    )
    eventually(lambda: not _runs_a_job(runtime), within=60)


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
