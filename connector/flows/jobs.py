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
    stock_sync,
)
from connector.flows.scheduled import Job

JOBS: tuple[Job, ...] = (
    Job("items.refresh", "items_refresh", periodic.refresh_items),
    Job("customers.refresh", "customers_refresh", periodic.refresh_customers),
    Job("billing.refresh", "billing_refresh", periodic.refresh_billing),
    Job("orders.verify", "orders_verify", periodic.verify_totals),
    Job("connections.check", "connections_check", periodic.check_connections),
    Job("webhooks.check", "webhooks_check", periodic.check_webhooks),
    Job("orders.catch_up", "orders_catch_up", catch_up.catch_up),
    Job("orders.look_back", "orders_look_back", catch_up.look_back),
    Job("customers.catch_up", "customers_catch_up", catch_up.catch_up_customers),
    Job("orders.reconcile", "orders_reconcile", reconciling.reconcile),
    Job("inventory.poll", "inventory_poll", stock_sync.poll),
    Job("inventory.push", "inventory_push", stock_noting.noted(stock_sync.push)),
    Job("inventory.drift", "inventory_drift", stock_noting.noted(stock_sync.compare)),
    Job("fulfillments.poll", "fulfillments_poll", shipments_poll.poll),
    Job("orders.poll", "orders_poll", orders_poll.poll),
    Job("customers.poll", "customers_poll", customers_poll.poll),
    Job("draft_orders.poll", "draft_orders_poll", draft_orders_poll.poll),
    Job("events.forget", "events_forget", retention.forget),
)
BY_NAME: Mapping[str, Job] = {job.name: job for job in JOBS}


def the_job(name: str) -> Job:
    """The job of that name. Raises ConfigError."""
    if name not in BY_NAME:
        raise ConfigError(f"there is no schedule named {name}; there are {', '.join(BY_NAME)}")
    return BY_NAME[name]
