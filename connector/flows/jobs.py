"""Every job that is run for each connection, with its cadence. A new one is one line here."""

from collections.abc import Mapping

from connector.errors import ConfigError
from connector.flows import (
    catch_up,
    customers_poll,
    draft_orders_poll,
    orders_poll,
    periodic,
    reconciling,
    retention,
    shipments_poll,
    stock_noting,
    stock_push,
    stock_sync,
)
from connector.flows.scheduled import Job

JOBS: tuple[Job, ...] = (
    Job("items.refresh", 900, periodic.refresh_items),
    Job("customers.refresh", 240, periodic.refresh_customers),
    Job("billing.refresh", 120, periodic.refresh_billing),
    Job("orders.verify", 60, periodic.verify_totals),
    Job("connections.check", 3600, periodic.check_connections),
    Job("webhooks.check", 3600, periodic.check_webhooks),
    Job("orders.catch_up", 900, catch_up.catch_up),
    Job("orders.look_back", 86_400, catch_up.look_back),
    Job("orders.reconcile", "orders_reconcile", reconciling.reconcile),
    Job("inventory.poll", "inventory_poll", stock_sync.poll),
    Job("inventory.push", "inventory_push", stock_noting.noted(stock_push.push)),
    Job("inventory.drift", "inventory_drift", stock_noting.noted(stock_sync.compare)),
    Job("fulfillments.poll", "fulfillments_poll", shipments_poll.poll),
    Job("orders.poll", "orders_poll", orders_poll.poll),
    Job("customers.poll", "customers_poll", customers_poll.poll),
    Job("draft_orders.poll", "draft_orders_poll", draft_orders_poll.poll),
    Job("events.forget", 86_400, retention.forget),
)
BY_NAME: Mapping[str, Job] = {job.name: job for job in JOBS}


def the_job(name: str) -> Job:
    """The job of that name. Raises ConfigError."""
    if name not in BY_NAME:
        raise ConfigError(f"there is no schedule named {name}; there are {', '.join(BY_NAME)}")
    return BY_NAME[name]
