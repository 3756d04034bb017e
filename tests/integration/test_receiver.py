"""The receiver keeps every signed delivery once, byte for byte, and refuses everything else without keeping it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import Engine, func, select

from connector.counters import Counters
from connector.runtime import redis_client
from connector.sandbox.shopify.webhooks import signature
from connector.store import connections
from connector.store.credentials import NewCredential
from connector.store.engine import make_engine
from connector.store.inbox import opened_body
from connector.store.tables import events, records
from connector.vault import Vault
from tests import factories
from tests.waiting import eventually
from tests.world import KEY, WEBHOOK_SECRET, new_connection
from web.app import create_app
from web.health import Health
from web.receiver import Receiver
from web.wake import QUEUE, Wakes

ORDER = b'{"id":5001,"note":"na\xc3\xafve caf\xc3\xa9","total_price":"10.00"}'


@dataclass(slots=True)
class Web:
    """The app with its database."""

    client: FlaskClient
    engine: Engine
    redis: Redis
    vault: Vault
    key: str

    def post(self, body: bytes = ORDER, *, key: str | None = None, secret: str = WEBHOOK_SECRET, **headers: str) -> int:
        """Posts a signed delivery; the status."""
        sent = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Webhook-Id": "w-1",
            "X-Shopify-Hmac-Sha256": signature(secret, body),
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.post(f"/webhooks/shopify/{key or self.key}", data=body, headers=sent)
        assert b"Traceback" not in response.data
        return response.status_code

    def count(self, table: Any) -> int:
        """Rows in a table."""
        with self.engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def web(database: Engine, redis_url: str) -> Iterator[Web]:
    vault, redis = Vault((KEY,)), redis_client(redis_url, socket_timeout=0.5)
    new = new_connection("http://127.0.0.1:1", "http://127.0.0.1:1", rules=factories.rules_json())
    with database.begin() as connection:
        stored = connections.add(connection, new, vault)
    wakes, counters = Wakes(redis_url), Counters(redis)
    app = create_app(Receiver(database, vault, wakes, counters), Health(database, redis, counters))
    yield Web(app.test_client(), database, redis, vault, stored.key)
    wakes.close()
    counters.close()
    redis.close()


def test_a_signed_delivery_is_kept_and_wakes_a_worker(web: Web) -> None:
    assert web.post() == 200
    assert (web.count(events), web.count(records)) == (1, 1)
    waiting = eventually(lambda: web.redis.lrange(QUEUE, 0, -1))
    assert json.loads(waiting[0])["headers"]["task"] == "orders.sync"


def test_the_body_is_kept_byte_for_byte_and_sealed(web: Web) -> None:
    web.post()
    with web.engine.begin() as connection:
        row = connection.execute(select(events)).one()
    assert ORDER not in row.body
    assert b"na\xc3\xafve" not in row.body
    assert opened_body(web.vault, row.connection_id, "w-1", row.body) == ORDER
    assert row.headers["X-Shopify-Topic"] == "orders/create"


def test_the_same_delivery_is_kept_once(web: Web) -> None:
    assert [web.post(), web.post()] == [200, 200]
    assert web.count(events) == 1
    with web.engine.begin() as connection:
        assert connection.execute(select(records.c.wanted_version)).scalar_one() == 1


def test_another_delivery_of_the_same_order_asks_for_another_look(web: Web) -> None:
    web.post()
    web.post(X_Shopify_Webhook_Id="w-2", X_Shopify_Topic="orders/updated")
    assert (web.count(events), web.count(records)) == (2, 1)


def test_a_delivery_without_an_id_is_known_by_its_content(web: Web) -> None:
    assert [web.post(X_Shopify_Webhook_Id=""), web.post(X_Shopify_Webhook_Id="")] == [200, 200]
    assert web.count(events) == 1


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        pytest.param(ORDER, {"secret": "wrong"}, 401, id="wrong secret"),
        pytest.param(ORDER, {"X_Shopify_Hmac_Sha256": ""}, 401, id="no signature"),
        pytest.param(ORDER, {"X_Shopify_Hmac_Sha256": "not base64!"}, 401, id="not base64"),
        pytest.param(ORDER, {"key": "nobody"}, 404, id="unknown connection"),
        pytest.param(b"[" * (5 * 1024 * 1024 + 1), {}, 413, id="too large"),
        pytest.param(ORDER, {"Content_Encoding": "gzip"}, 415, id="compressed"),
        pytest.param(ORDER, {"Content_Type": "text/xml"}, 415, id="not JSON by its type"),
        pytest.param(b"{", {}, 400, id="not JSON inside"),
        pytest.param(b"[]", {}, 400, id="not an object"),
        pytest.param(b"[" * 200_000, {}, 400, id="too deep"),
        pytest.param(b'{"id": "\xff"}', {}, 400, id="not UTF-8"),
        pytest.param(b"", {}, 400, id="empty"),
    ],
)
def test_a_refused_delivery_leaves_nothing(web: Web, body: bytes, changes: dict[str, str], status: int) -> None:
    assert web.post(body, **changes) == status
    assert (web.count(events), web.count(records)) == (0, 0)


def test_a_delivery_changed_on_its_way_is_refused(web: Web) -> None:
    assert web.post(ORDER + b" ", X_Shopify_Hmac_Sha256=signature(WEBHOOK_SECRET, ORDER)) == 401


def test_five_mebibytes_are_taken(web: Web) -> None:
    body = b'{"id":1,"note":"' + b"x" * (5 * 1024 * 1024 - 18) + b'"}'
    assert len(body) == 5 * 1024 * 1024
    assert web.post(body) == 200


@pytest.mark.parametrize("identifier", ["9" * 5000, "-5", '"5001"', "5.5", "true", "null"])
def test_an_id_that_is_none_is_kept_as_an_event_only(web: Web, identifier: str) -> None:
    assert web.post(b'{"id":' + identifier.encode() + b"}") in (200, 400)
    assert web.count(records) == 0


def test_a_zero_byte_in_a_header_does_not_break_the_receiver(web: Web) -> None:
    assert web.post(b'{"id":1,"note":"\\u0000"}') == 200


def test_both_secrets_are_good_during_a_rotation(web: Web) -> None:
    with web.engine.begin() as connection:
        new = new_connection("http://127.0.0.1:1", "http://127.0.0.1:1", rules=factories.rules_json(), name="second")
        both = NewCredential("static", {"webhook_secrets": ["hush-new", "hush-old"]})
        stored = connections.add(connection, replace(new, shopify=both), web.vault)
    assert web.post(key=stored.key, secret="hush-old") == 200
    assert web.post(key=stored.key, secret="hush-new") == 200


def test_without_the_database_shopify_is_told_to_come_again(database: Engine, redis_url: str) -> None:
    away = make_engine("postgresql://nobody@127.0.0.1:1/none")
    redis = redis_client(redis_url)
    wakes, counters = Wakes(redis_url), Counters(redis)
    app = create_app(Receiver(away, Vault((KEY,)), wakes, counters), Health(away, redis, counters))
    response = app.test_client().post("/webhooks/shopify/k", data=b"{}", content_type="application/json")
    assert response.status_code == 503
    assert response.data == b""
    wakes.close()
    counters.close()
    redis.close()


def test_a_database_that_goes_away_after_the_first_delivery_is_a_503_too(web: Web, database: Engine) -> None:
    assert web.post() == 200
    with database.begin() as connection:
        connection.exec_driver_sql("alter table events rename to elsewhere")
    assert web.post(X_Shopify_Webhook_Id="w-2") == 503


def test_metrics_count_by_topic_and_outcome_and_name_no_order(web: Web) -> None:
    web.post()
    web.post()
    web.post(secret="wrong")
    web.post(X_Shopify_Topic="made/up", X_Shopify_Webhook_Id="w-3")
    text = web.client.get("/metrics").get_data(as_text=True)
    assert 'ml_connector_webhooks_total{outcome="accepted",topic="orders/create"} 1.0' in text
    assert 'ml_connector_webhooks_total{outcome="duplicate",topic="orders/create"} 1.0' in text
    assert 'ml_connector_webhooks_total{outcome="bad_signature",topic=""} 1.0' in text
    assert 'topic="other"' in text
    assert "made/up" not in text
    assert 'ml_connector_records{state="pending"} 1.0' in text
    assert "5001" not in text


def test_readiness_names_what_is_missing(web: Web) -> None:
    assert web.client.get("/healthz").status_code == 200
    response = web.client.get("/readyz")
    assert response.status_code == 503
    assert response.json == {"database": "ok", "broker": "ok", "sweeper": "no worker has started yet", "canary": "ok"}


# Vectors computed from the rule in Shopify's documentation, the first with the secret as shown, bytes as sent.
@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("hush-new", "EuDjhW35vbqsW/UUCwoDqdUYoiFY+d1iX6QBQ/M9HwM="),
        ("hush-old", "mf7at5fEYjhugAgvtzcQjbhZbBqyWqH13LEn2aQIdz4="),
    ],
)
def test_signatures_are_over_the_raw_bytes(secret: str, expected: str) -> None:
    body = '{"id":820982911946154508,"note":"naïve café","total_price":"10.00"}'.encode()
    assert len(body) == 69
    assert signature(secret, body) == expected
