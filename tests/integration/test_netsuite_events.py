"""NetSuite's events: signed, timely, once each and from allowed addresses; the right jobs run soon, and nothing else does."""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from kombu import Connection as Broker  # type: ignore[attr-defined]  # kombu re-exports it lazily
from redis import Redis
from sqlalchemy import Engine, select

from connector.counters import Counters
from connector.flows.jobs import BY_NAME
from connector.flows.netsuite_events import JOBS_OF
from connector.runtime import redis_client
from connector.store import connections
from connector.store.credentials import NewCredential
from connector.store.engine import make_receiving_engine
from connector.store.mirror_tables import wanted_runs
from connector.store.tables import events, records
from connector.vault import Vault
from tests import factories
from tests.waiting import eventually
from tests.world import KEY, new_connection
from web.app import create_app
from web.health import Health
from web.netsuite_events import Events, events_blueprint
from web.receiver import Receiver
from web.wake import RUN_QUEUE, RUN_TASK, Wakes

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "netsuite" / "ml_connector_event.js"
INVOICE = b'{"type":"invoice","id":"4711"}'
SECRET = "hush-events"


def signed(body: bytes, secret: str = SECRET, *, ahead: float = 0, nonce: str | None = None) -> dict[str, str]:
    """The headers of an event that was signed by a clock that is some seconds ahead."""
    timestamp, nonce = str(int((time.time() + ahead) * 1000)), nonce or str(uuid.uuid4())
    text = f"{timestamp}.{nonce}.".encode() + body
    return {
        "Content-Type": "application/json",
        "X-Connector-Timestamp": timestamp,
        "X-Connector-Nonce": nonce,
        "X-Connector-Signature": digest(secret.encode(), text, sha256).hex(),
    }


@dataclass(slots=True)
class Site:
    """The app with its database, and where its events go."""

    client: FlaskClient
    engine: Engine
    redis: Redis
    path: str

    def post(self, body: bytes = INVOICE, headers: Mapping[str, str] | None = None, **environ: str) -> int:
        """Posts an event, signed well unless headers say otherwise; the status."""
        sent = dict(headers) if headers is not None else signed(body)
        return self.client.post(self.path, data=body, headers=sent, environ_overrides=environ).status_code

    def wanted(self) -> list[tuple[str, str]]:
        """The runs that are wanted, and by whom."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(wanted_runs.c.name, wanted_runs.c.asked_by).order_by(wanted_runs.c.name))
            return [(row.name, row.asked_by) for row in rows]

    def kept(self) -> list[Any]:
        """What is in the audit log."""
        with self.engine.begin() as connection:
            return list(connection.execute(select(events).order_by(events.c.id)))


def opened_site(
    database_url: str, redis_url: str, *, settings: Mapping[str, Any], trusted_proxies: int = 0
) -> Iterator[Site]:
    """A site whose connection has these settings of events."""
    engine, vault = make_receiving_engine(database_url), Vault((KEY,))
    redis = redis_client(redis_url, socket_timeout=0.5)
    new = new_connection("http://127.0.0.1:1", "http://127.0.0.1:1", rules=factories.rules_json())
    new = replace(new, netsuite=NewCredential("oauth2", {**new.netsuite.secrets, **settings}))
    with engine.begin() as connection:
        stored = connections.add(connection, new, vault)
    wakes, counters = Wakes(redis_url), Counters(redis)
    taker = Events(engine, vault, wakes, counters, trusted_proxies=trusted_proxies)
    app = create_app(Receiver(engine, vault, wakes, counters), Health(engine, redis, counters), events_blueprint(taker))
    yield Site(app.test_client(), engine, redis, f"/webhooks/netsuite/{stored.key}")
    wakes.close()
    counters.close()
    redis.close()
    engine.dispose()


@pytest.fixture
def site(database_url: str, redis_url: str) -> Iterator[Site]:
    yield from opened_site(database_url, redis_url, settings={"event_secrets": [SECRET, "hush-old"]})


@pytest.fixture
def guarded(database_url: str, redis_url: str) -> Iterator[Site]:
    settings = {"event_secrets": [SECRET], "event_addresses": ["203.0.113.0/24", "2001:db8::/32"]}
    yield from opened_site(database_url, redis_url, settings=settings, trusted_proxies=1)


@pytest.fixture
def direct(database_url: str, redis_url: str) -> Iterator[Site]:
    settings = {"event_secrets": [SECRET], "event_addresses": ["203.0.113.0/24"]}
    yield from opened_site(database_url, redis_url, settings=settings)


def test_an_event_is_kept_and_makes_the_jobs_that_read_it_run_soon(site: Site) -> None:
    assert site.post() == 200
    assert site.wanted() == [("orders.poll", "NetSuite event: invoice")]
    assert [(row.source, row.topic) for row in site.kept()] == [("netsuite", "netsuite/invoice")]
    with site.engine.begin() as connection:
        assert connection.execute(select(records)).all() == []


def test_a_burst_of_events_asks_once_and_wakes_once_in_celerys_own_words(site: Site, redis_url: str) -> None:
    assert [site.post() for _ in range(20)] == [200] * 20
    assert len(site.kept()) == 20
    assert len(site.wanted()) == 1
    assert eventually(lambda: site.redis.llen(RUN_QUEUE)) == 1
    with Broker(redis_url) as broker:  # type: ignore[no-untyped-call]  # kombu is untyped
        message = broker.SimpleQueue(RUN_QUEUE).get(timeout=5)
        assert message.payload[0][1:] == ["orders.poll"]
        assert message.headers["task"] == RUN_TASK
        message.ack()


def test_without_redis_the_wish_stands_in_postgres(database_url: str, redis_url: str) -> None:
    for site in opened_site(database_url, "redis://127.0.0.1:1/0", settings={"event_secrets": [SECRET]}):
        assert site.post() == 200
        assert [name for name, _ in site.wanted()] == ["orders.poll"]


def test_the_older_secret_is_accepted_until_it_is_forgotten(site: Site) -> None:
    assert site.post(headers=signed(INVOICE, "hush-old")) == 200
    assert site.post(headers=signed(INVOICE, "hush-oldest")) == 401


@pytest.mark.parametrize("missing", ["X-Connector-Timestamp", "X-Connector-Nonce", "X-Connector-Signature"])
def test_each_header_is_needed(site: Site, missing: str) -> None:
    assert site.post(headers={k: v for k, v in signed(INVOICE).items() if k != missing}) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Connector-Timestamp": str(int(time.time() * 1000) + 1)},
        {"X-Connector-Nonce": "another-nonce-of-good-length"},
        {"X-Connector-Signature": "0" * 64},
        {"X-Connector-Signature": "é" * 64},
        {"X-Connector-Timestamp": "٣" * 13},
    ],
)
def test_time_nonce_and_signature_hold_each_other(site: Site, changed: dict[str, str]) -> None:
    assert site.post(headers=signed(INVOICE) | changed) == 401
    assert site.kept() == []


def test_the_body_is_held_by_the_signature(site: Site) -> None:
    assert site.post(b'{"type":"invoice","id":"4712"}', headers=signed(INVOICE)) == 401


@pytest.mark.parametrize(("ahead", "status"), [(-290, 200), (290, 200), (-310, 401), (310, 401)])
def test_the_clocks_may_differ_by_five_minutes(site: Site, ahead: float, status: int) -> None:
    assert site.post(headers=signed(INVOICE, ahead=ahead)) == status


def test_a_repeated_nonce_is_answered_and_sets_nothing_off(site: Site) -> None:
    headers = signed(INVOICE)
    assert site.post(headers=headers) == 200
    with site.engine.begin() as connection:
        connection.execute(wanted_runs.delete())
    assert site.post(headers=headers) == 200
    assert (len(site.kept()), site.wanted()) == (1, [])


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"invoice"}',
        b'{"type":"invoice","id":"4711","memo":"for Ada"}',
        b'{"type":"invoice","type":"customer","id":"1"}',
        b'{"type":"Invoice","id":"4711"}',
        b'{"type":"invoice","id":"47 11"}',
        b'{"type":"invoice","id":true}',
        b'{"type":"invoice","id":1.5}',
        b'["type","id"]',
        b"not json",
        b"\xff\xfe",
        b"[" * 50_000,
    ],
)
def test_anything_but_a_type_and_an_id_is_refused(site: Site, body: bytes) -> None:
    assert site.post(body) == 400
    assert site.kept() == []


def test_a_type_nobody_knows_is_kept_and_runs_nothing(site: Site) -> None:
    assert site.post(b'{"type":"customrecord_wish","id":7}') == 200
    assert [row.topic for row in site.kept()] == ["netsuite/customrecord_wish"]
    assert site.wanted() == []


def test_bodies_that_are_too_large_or_not_plain_json_are_refused(site: Site) -> None:
    large = b" " * (64 * 1024) + INVOICE
    assert site.post(large) == 413
    assert site.post(headers=signed(INVOICE) | {"Content-Type": "text/plain"}) == 415
    assert site.post(headers=signed(INVOICE) | {"Content-Encoding": "gzip"}) == 415


def test_the_url_answers_404_for_an_unknown_connection(site: Site) -> None:
    site.path = "/webhooks/netsuite/nobody"
    assert site.post() == 404


@pytest.mark.parametrize("settings", [{}, {"event_secrets": []}])
def test_the_url_answers_404_for_a_connection_without_a_secret(
    database_url: str, redis_url: str, settings: dict[str, Any]
) -> None:
    for site in opened_site(database_url, redis_url, settings=settings):
        assert site.post(headers=signed(INVOICE, "")) == 404


def test_a_database_that_is_away_is_answered_503(site: Site, database_url: str) -> None:
    assert site.post() == 200
    with site.engine.begin() as connection:
        connection.exec_driver_sql("alter table events rename to events_away")
    assert site.post() == 503


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("203.0.113.9", 200),
        ("198.51.100.1", 403),
        # The sender wrote the first one; the trusted proxy wrote the last.
        ("203.0.113.9, 198.51.100.1", 403),
        ("198.51.100.1, 203.0.113.9", 200),
        ("2001:db8::7", 200),
        ("::ffff:203.0.113.9", 200),
        ("203.0.113.9, nonsense", 403),
        (None, 403),
    ],
)
def test_behind_a_trusted_proxy_the_address_it_wrote_counts(guarded: Site, forwarded: str | None, status: int) -> None:
    headers = signed(INVOICE) | ({"X-Forwarded-For": forwarded} if forwarded else {})
    assert guarded.post(headers=headers, REMOTE_ADDR="10.0.0.5") == status


def test_without_a_trusted_proxy_a_forwarded_address_is_nobodys(direct: Site) -> None:
    forged = signed(INVOICE) | {"X-Forwarded-For": "203.0.113.9"}
    assert direct.post(headers=forged, REMOTE_ADDR="198.51.100.1") == 403
    assert direct.post(REMOTE_ADDR="203.0.113.9") == 200


def test_what_an_event_sets_off_are_schedules() -> None:
    assert {name for names in JOBS_OF.values() for name in names} <= set(BY_NAME)


def told(network: str = "ok", *, what: str = "create") -> dict[str, Any]:
    """What the shipped script sends and logs when a record is saved."""
    node = shutil.which("node")
    if node is None:
        if "CI" in os.environ:
            pytest.fail("CI must run the shipped script: install node")
        pytest.skip("the shipped script was NOT run: there is no node on this machine")
    harness = ROOT / "tests" / "netsuite_script.js"
    argv = [node, str(harness), str(SCRIPT), SECRET, "https://hooks.example.com/webhooks/netsuite/key", what, network]
    found: dict[str, Any] = json.loads(subprocess.run(argv, capture_output=True, check=True, timeout=30).stdout)
    return found


@pytest.mark.parametrize("what", ["create", "delete"])
def test_the_shipped_script_signs_what_the_receiver_accepts(site: Site, what: str) -> None:
    (sent,) = told(what=what)["sent"]
    assert site.post(sent["body"].encode(), headers=sent["headers"]) == 200
    assert [row.topic for row in site.kept()] == ["netsuite/itemfulfillment"]


@pytest.mark.parametrize(
    ("network", "title"), [("away", "ml-connector was not told"), ("refused", "ml-connector refused an event")]
)
def test_the_shipped_script_logs_what_fails_and_lets_the_record_be_saved(network: str, title: str) -> None:
    (entry,) = told(network)["logged"]
    assert entry["title"] == title
    assert "itemfulfillment 4711" in entry["details"]
