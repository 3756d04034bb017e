"""The tasks. Arguments are ids; each task opens what it needs and calls one function."""

import socket
from datetime import UTC, datetime
from typing import Any

from celery import Task

from connector.flows.periodic import (
    check_connections,
    check_webhooks,
    refresh_billing,
    refresh_credentials,
    refresh_customers,
    refresh_items,
    verify_totals,
)
from connector.flows.process import process as process_record
from workers.app import app, process, wake

# Longer waits stand in Postgres: Redis would run a long countdown twice.
LONGEST_COUNTDOWN = 60.0


@app.task(bind=True, name="orders.sync", max_retries=None)
def sync_order(self: Task, record_id: int) -> str:
    """One pass over one order; a short wait is a retry of this task, a long one the record's next attempt."""
    outcome = process_record(record_id, process.runtime(), worker=_worker(self))
    if outcome is None:
        return "nothing to do"
    if outcome.again_in is not None and outcome.again_in <= LONGEST_COUNTDOWN:
        raise self.retry(countdown=outcome.again_in)
    return outcome.state


@app.task(name="items.refresh")
def items_refresh() -> int:
    """Reads items that changed in NetSuite and releases the orders that waited for them."""
    return refresh_items(process.runtime(), wake, now=datetime.now(UTC))


@app.task(name="customers.refresh")
def customers_refresh() -> int:
    """Reads customers that changed in NetSuite."""
    return refresh_customers(process.runtime(), now=datetime.now(UTC))


@app.task(name="billing.refresh")
def billing_refresh() -> int:
    """Reads what was invoiced or sold for cash in NetSuite."""
    return refresh_billing(process.runtime(), now=datetime.now(UTC))


@app.task(name="orders.verify")
def orders_verify() -> int:
    """Compares the totals of new sales orders with NetSuite's own."""
    return verify_totals(process.runtime(), now=datetime.now(UTC))


@app.task(name="credentials.refresh")
def credentials_refresh() -> int:
    """Renews tokens that end soon, and looks whether halted connections can go on."""
    return refresh_credentials(process.runtime(), wake, now=datetime.now(UTC))


@app.task(name="connections.check")
def connections_check() -> int:
    """Asks shops and accounts whether they are still the approved ones."""
    return check_connections(process.runtime(), wake, now=datetime.now(UTC))


@app.task(name="webhooks.check")
def webhooks_check() -> int:
    """Makes vanished webhook subscriptions again."""
    return check_webhooks(process.runtime(), now=datetime.now(UTC))


@app.task(name="canary.own")
def canary_own(its_id: str) -> bool:
    """This process heard Redis; True when the message was its own."""
    return process.canary.came(its_id)


def _worker(task: Any) -> str:
    return f"{task.request.hostname or socket.gethostname()}/{task.request.id}"
