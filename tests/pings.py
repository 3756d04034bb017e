"""Pings for tests: a connection that lacks nothing, one ping of it, and that neither side was written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from connector.flows import subscriptions
from connector.flows.ping.report import Probe, Report, Status
from connector.flows.ping.run import ping
from connector.store import connections
from tests import factories
from tests.clock import now
from tests.world import World, another_runtime, new_connection, opened_world

_MUTATIONS = ("WebhookCreate", "WebhookUpdate")


@contextmanager
def unwritten_world(database: Engine, redis_url: str) -> Iterator[World]:
    """A connection that lacks nothing; afterwards neither ledger may hold a write."""
    with opened_world(database, redis_url) as opened:
        opened.account.config.administrator = True
        subscriptions.sync(opened.runtime.open_unchecked(opened.connection.id), opened.engine, url(opened))
        made = [opened.shop.operations[name] for name in _MUTATIONS]
        yield opened
        assert [opened.shop.operations[name] for name in _MUTATIONS] == made
        assert opened.account.ledger()["calls"]["writes"] == 0
        assert opened.transactions() == []


def url(world: World) -> str:
    """Where the connection's webhooks should go."""
    return f"https://hooks.example.com/webhooks/shopify/{world.connection.key}"


def pinged(world: World) -> Report:
    """One ping by a process that knows nothing yet."""
    return ping(another_runtime(world), world.connection.id, webhook_url=url(world), now=now())


def probe(report: Report, side: str, name: str) -> Probe:
    """One probe of a report."""
    return next(found for found in report.probes if (found.side, found.name) == (side, name))


def wrong(report: Report) -> list[str]:
    """The probes that are not well."""
    return [f"{found.side} {found.name}" for found in report.probes if found.status is not Status.OK]


def change(world: World, **changes: Any) -> None:
    """Adds the connection's file again, changed; who answers stays approved."""
    new = new_connection(world.shop_url, world.account_url, rules=changes.pop("rules", factories.rules_json()))
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
        connections.change(connection, stored, replace(new, **changes), world.runtime.vault)
