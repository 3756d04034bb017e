"""A shop that has something on each screen: orders that wait and that do not, stock, a job, a draft, a proof, and so on."""

from datetime import timedelta

from sqlalchemy import update

from connector.runtime import Runtime
from connector.store import jobs
from connector.store.connection_tables import connections
from connector.store.connections import StoredConnection
from tests.beside import beside
from tests.browser.site import Site
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.stocking import mugs_differ
from tests.waiting import eventually
from tests.world import World


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
    """As `beside`; the job has come to its end: every order is where it was."""
    beside(runtime, stored)
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
