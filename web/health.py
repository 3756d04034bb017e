"""GET /healthz (this process), /readyz (what it needs), /metrics (Prometheus; counts are made when they are asked for)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis, RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.budgets import budgets
from connector.counters import Counters
from connector.flows import canary
from connector.store import census, clock, schema
from connector.store.census import Census

SWEEPER_SILENT_AFTER = timedelta(seconds=120)


class Health:
    """Asks the parts how they are; every question has a short time limit."""

    def __init__(self, engine: Engine, redis: Redis, counters: Counters) -> None:
        self._engine = engine
        self._redis = redis
        self._counters = counters

    def checks(self) -> dict[str, str]:
        """`ok` or what is wrong, by part."""
        return {
            "database": _said(self._database),
            "broker": _said(self._broker),
            "sweeper": _said(self._sweeper),
            "canary": _said(self._canary),
        }

    def collect(self) -> Iterator[Metric]:
        """The metrics of all processes; those kept in Redis are missing while it is away."""
        with self._engine.begin() as connection:
            counted = census.census(connection, now=clock.read(connection).at)
        records = GaugeMetricFamily("ml_connector_records", "Records by state.", labels=["state"])
        for state, count in counted.records.items():
            records.add_metric([state], count)
        yield records
        yield GaugeMetricFamily(
            "ml_connector_oldest_pending_seconds", "Age of the oldest undone record.", counted.oldest_pending_seconds
        )
        silent = GaugeMetricFamily("ml_connector_silent_seconds", "Since a part was heard of.", labels=["part"])
        for part, seconds in counted.silent.items():
            silent.add_metric([part], seconds)
        yield silent
        made = GaugeMetricFamily(
            "ml_connector_effects",
            "Effects that have not come to their end, by kind and state.",
            labels=["kind", "state"],
        )
        for (kind, state), count in counted.effects.items():
            made.add_metric([kind, state], count)
        yield made
        yield from _of_connections(counted)
        yield from self._from_redis(counted.accounts)

    def _from_redis(self, accounts: tuple[str, ...]) -> Iterator[Metric]:
        try:
            totals = self._counters.totals()
        except RedisError:
            return
        known = budgets(self._redis, shops=(), accounts=accounts, now=datetime.now(UTC).timestamp())
        webhooks = CounterMetricFamily("ml_connector_webhooks", "Webhooks by outcome.", labels=["topic", "outcome"])
        calls = CounterMetricFamily("ml_connector_netsuite_calls", "NetSuite calls.", labels=["path", "status"])
        refused = 0
        for name, labels, count in _samples(totals):
            if name == "webhooks":
                webhooks.add_metric([labels["topic"], labels["outcome"]], count)
            elif name == "netsuite_calls":
                calls.add_metric([labels["path"], labels["status"]], count)
                refused += count if labels["status"] == "429" else 0
        yield webhooks
        yield calls
        yield CounterMetricFamily("ml_connector_netsuite_refused", "NetSuite calls answered 429.", refused)
        slots = GaugeMetricFamily("ml_connector_netsuite_slots_in_use", "Concurrent calls.", labels=["account"])
        for account, used in (known.slots if known else {}).items():
            slots.add_metric([account], used)
        yield slots

    def _database(self) -> str:
        return "ok" if schema.is_current(self._engine) else "migrations are missing; run `ml-connector migrate`"

    def _broker(self) -> str:
        self._redis.ping()
        return "ok"

    def _sweeper(self) -> str:
        with self._engine.begin() as connection:
            now, heard = clock.read(connection).at, census.heartbeat(connection, "sweeper")
        if heard is None:
            return "no worker has started yet"
        return _since(heard, now, SWEEPER_SILENT_AFTER)

    def _canary(self) -> str:
        """Late when records are not worked on although a sweeper sweeps. Without a connection there is none."""
        with self._engine.begin() as connection:
            now, heard = clock.read(connection).at, census.heartbeat(connection, canary.HEARTBEAT)
            released = census.canary_since(connection)
        if released is None:
            return "ok"
        return _since(heard or released, now, canary.LATE_AFTER)


def health_blueprint(health: Health) -> Blueprint:
    """The three routes."""
    blueprint = Blueprint("health", __name__)
    registry = CollectorRegistry()
    registry.register(health)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(ok=True)

    @blueprint.get("/readyz")
    def readyz() -> Response:
        checks = health.checks()
        response = jsonify(checks)
        response.status_code = 200 if set(checks.values()) == {"ok"} else 503
        return response

    @blueprint.get("/metrics")
    def metrics() -> Response:
        try:
            text = generate_latest(registry)
        except SQLAlchemyError:
            return Response("the database cannot be reached\n", 503, content_type="text/plain")
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _of_connections(counted: Census) -> Iterator[Metric]:
    ends = GaugeMetricFamily(
        "ml_connector_credential_ends_seconds", "Seconds until it ends.", labels=["connection", "side", "what"]
    )
    for end in counted.credentials:
        ends.add_metric([end.connection, end.side, end.what], end.seconds)
    yield ends
    halted = GaugeMetricFamily(
        "ml_connector_connection_halted", "1 for a connection that waits for a probe.", labels=["connection", "reason"]
    )
    for name, reason in counted.halted.items():
        halted.add_metric([name, reason], 1)
    yield halted


def _since(heard: datetime, now: datetime, late_after: timedelta) -> str:
    """`heard` and `now` are both told by the database: this machine's clock may be wrong."""
    silent = now - heard
    return "ok" if silent < late_after else f"silent for {int(silent.total_seconds())} s"


def _said(check: Callable[[], str]) -> str:
    try:
        return check()
    except (SQLAlchemyError, RedisError) as error:
        return f"not reached ({type(error).__name__})"


def _samples(totals: dict[str, int]) -> Iterator[tuple[str, dict[str, str], int]]:
    """Name, labels and count of each series."""
    for series, count in totals.items():
        for family in text_string_to_metric_families(f"{series} {count}\n"):
            for sample in family.samples:
                yield sample.name, sample.labels, count
