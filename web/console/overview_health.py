"""Which parts of the product and of both systems work, each with a word, a sentence and when it was last heard of."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.flows import canary, overview, sweep
from connector.flows.scheduled import BEAT
from connector.store import census, clock
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from web.console.overview_part import GOOD, STOP, WARN, Part, connection_path
from web.console.overview_webhooks import webhook_parts
from web.console.site import Visit

_SWEEPER_LATE = timedelta(seconds=120)
_BEAT_LATE = timedelta(seconds=90)
# A connection asks both sides who they are every hour.
_CHECK_LATE = timedelta(hours=3)


def parts(database: Connection, visit: Visit, *, is_redis_there: bool) -> tuple[Part, ...]:
    """Every part, what is outside first; what is late is told by the database's clock, as what was heard is."""
    now, beats = clock.read(database).at, census.every_heartbeat(database)
    released = census.canary_since(database)
    # Of what runs here only admins are told; what waits for it, everybody.
    system = "/system" if visit.who.role.covers(Role.ADMIN) else None
    waiting = system or "/orders?state=pending&state=working"
    sweeper, beat = beats.get(sweep.HEARTBEAT), beats.get(BEAT)
    return (
        *_systems(visit, now),
        *webhook_parts(database, visit),
        Part("Postgres", GOOD, "works", "this page was read from it", now, system),
        Part("Redis", GOOD, "works", "it answers", now, system)
        if is_redis_there
        else Part("Redis", STOP, "away", "work goes on, slower: workers find it in Postgres", None, system),
        _beating(
            Part("Workers", GOOD, "work", "start one, as the Procfile says; nothing is worked on without", sweeper, waiting),
            now, _SWEEPER_LATE,
        ),
        _canary(beats.get(canary.HEARTBEAT), released, now, waiting),
        _beating(Part("Beat", GOOD, "work", "workers do its work, half as often", beat, "/schedules"), now, _BEAT_LATE),
    )  # fmt: skip


def _systems(visit: Visit, now: datetime) -> Iterator[Part]:
    """Shopify and NetSuite, each by the worst of its connections."""
    for name in ("Shopify", "NetSuite"):
        found = [_system(name, stored, now) for stored in visit.stores]
        worst = sorted(found, key=lambda part: (STOP, WARN, GOOD).index(part.tone))
        yield worst[0] if worst else Part(name, WARN, "not connected", "no connection yet", None, "/connections")


def _system(name: str, stored: StoredConnection, now: datetime) -> Part:
    other = {"Shopify": "NetSuite", "NetSuite": "Shopify"}[name]
    because, at, path = overview.because(stored), stored.checked_at, connection_path(stored)
    if stored.halt_code is not None and not (other in str(stored.halt_reason) and name not in str(stored.halt_reason)):
        return Part(name, STOP, "halted", f"{stored.name}: {stored.halt_reason}", at, path)
    if not stored.enabled:
        return Part(name, WARN, "paused", f"{stored.name}: {because}", at, path)
    if at is None:
        return Part(name, WARN, "not checked", f"{stored.name} was not asked yet who it is", None, path)
    if now - at > _CHECK_LATE:
        return Part(name, WARN, "not heard", f"{stored.name} has not been checked for long", at, path)
    return Part(name, GOOD, "works", f"{stored.name} answered as the one that was approved", at, path)


def _beating(part: Part, now: datetime, late_after: timedelta) -> Part:
    """A part that says what is without it, as it is."""
    if part.heard_at is None:
        return replace(part, tone=WARN, word="not started")
    if now - part.heard_at > late_after:
        return replace(part, tone=STOP, word="silent")
    return replace(part, said="heard of")


def _canary(at: datetime | None, released: datetime | None, now: datetime, details: str) -> Part:
    """A record that goes the whole way every few minutes."""
    name, since = "The way through", at or released
    if since is None:
        return Part(name, WARN, "not tried", "begins when a worker runs", None, details)
    if now - since > canary.LATE_AFTER:
        return Part(name, STOP, "blocked", "the test record does not come through", since, details)
    return Part(name, GOOD, "open", "the test record came through", since, details)
