"""Which parts of the product and of both systems work, each with a word, a sentence and when it was last heard of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.flows import canary, overview, sweep
from connector.flows.scheduled import BEAT
from connector.store import census, event_list
from connector.store.connections import StoredConnection
from web.console.site import Visit

GOOD, WARN, STOP = "good", "warn", "stop"
_SWEEPER_LATE = timedelta(seconds=120)
_BEAT_LATE = timedelta(seconds=90)
# A connection asks both sides who they are every hour.
_CHECK_LATE = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `tone`: good, warn or stop; `word` says the same; `heard_at`: when it was last known to work.

    `details`: the path of the page that says more.
    """

    name: str
    tone: str
    word: str
    said: str
    heard_at: datetime | None
    details: str | None = None


def parts(database: Connection, visit: Visit, *, is_redis_there: bool) -> tuple[Part, ...]:
    """Every part, what is outside first."""
    beats = census.every_heartbeat(database)
    heard = event_list.last_received(database, visit.chosen(None))
    released = census.canary_since(database)
    return (
        *_systems(visit),
        _webhooks(visit, heard),
        Part("Postgres", GOOD, "works", "this page was read from it", visit.now),
        Part("Redis", GOOD, "works", "it answers", visit.now)
        if is_redis_there
        else Part("Redis", STOP, "away", "work goes on, slower: workers find it in Postgres", None),
        _beating(
            "Workers",
            beats.get(sweep.HEARTBEAT),
            visit.now,
            _SWEEPER_LATE,
            "start one, as the Procfile says; nothing is worked on without",
        ),
        _canary(beats.get(canary.HEARTBEAT), released, visit.now),
        _beating("Beat", beats.get(BEAT), visit.now, _BEAT_LATE, "workers do its work, half as often"),
    )


def _systems(visit: Visit) -> Iterator[Part]:
    """Shopify and NetSuite, each by the worst of its connections."""
    for name in ("Shopify", "NetSuite"):
        found = [_system(name, stored, visit.now) for stored in visit.stores]
        worst = sorted(found, key=lambda part: (STOP, WARN, GOOD).index(part.tone))
        yield worst[0] if worst else Part(name, WARN, "not connected", "no connection yet", None)


def _system(name: str, stored: StoredConnection, now: datetime) -> Part:
    other = {"Shopify": "NetSuite", "NetSuite": "Shopify"}[name]
    because, at = overview.because(stored), stored.checked_at
    if stored.halt_code is not None and not (other in str(stored.halt_reason) and name not in str(stored.halt_reason)):
        return Part(name, STOP, "halted", f"{stored.name}: {stored.halt_reason}", at)
    if not stored.enabled:
        return Part(name, WARN, "paused", f"{stored.name}: {because}", at)
    if at is None:
        return Part(name, WARN, "not checked", f"{stored.name} was not asked yet who it is", None)
    if now - at > _CHECK_LATE:
        return Part(name, WARN, "not heard", f"{stored.name} has not been checked for long", at)
    return Part(name, GOOD, "works", f"{stored.name} answered as the one that was approved", at)


def _webhooks(visit: Visit, heard: Mapping[int, datetime]) -> Part:
    silent = [stored.name for stored in visit.stores if stored.id not in heard]
    newest = max(heard.values(), default=None)
    if newest is None or silent:
        said = f"none has come for {', '.join(silent)}" if silent else "none has come"
        return Part("Webhooks", WARN, "silent", said, newest)
    return Part("Webhooks", GOOD, "come in", "the newest delivery", newest)


def _beating(name: str, at: datetime | None, now: datetime, late_after: timedelta, otherwise: str) -> Part:
    if at is None:
        return Part(name, WARN, "not started", otherwise, None)
    if now - at > late_after:
        return Part(name, STOP, "silent", otherwise, at)
    return Part(name, GOOD, "work", "heard of", at)


def _canary(at: datetime | None, released: datetime | None, now: datetime) -> Part:
    """A record that goes the whole way every few minutes."""
    since = at or released
    if since is None:
        return Part("The way through", WARN, "not tried", "begins when a worker runs", None)
    if now - since > canary.LATE_AFTER:
        return Part("The way through", STOP, "blocked", "the test record does not come through", since)
    return Part("The way through", GOOD, "open", "the test record came through", since)
