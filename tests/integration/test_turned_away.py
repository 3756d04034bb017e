"""What the receiver refuses is counted by ten minutes, connection and why: a few rows, however many somebody sends."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select, text

from connector.counters import Counters
from connector.runtime import redis_client
from connector.store import connections, refused_webhooks
from connector.store.console_tables import refused_webhooks as table
from connector.store.engine import make_engine
from connector.store.refused_webhooks import Refusals
from connector.vault import Vault
from tests import factories
from tests.integration.test_receiver import ORDER, Web
from tests.waiting import eventually
from tests.world import KEY, new_connection
from web.app import create_app
from web.health import Health
from web.receiver import Receiver
from web.turned_away import TurnedAway
from web.wake import Wakes


@pytest.fixture
def turned_away(database: Engine) -> Iterator[TurnedAway]:
    made = TurnedAway(database, every=3600)
    yield made
    made.close()


@pytest.fixture
def web(database: Engine, redis_url: str, turned_away: TurnedAway) -> Iterator[Web]:
    vault, redis = Vault((KEY,)), redis_client(redis_url, socket_timeout=0.5)
    new = new_connection("http://127.0.0.1:1", "http://127.0.0.1:1", rules=factories.rules_json())
    with database.begin() as connection:
        stored = connections.add(connection, new, vault)
    wakes, counters = Wakes(redis_url), Counters(redis)
    app = create_app(Receiver(database, vault, wakes, counters, turned_away), Health(database, redis, counters))
    yield Web(app.test_client(), database, redis, vault, stored.key)
    wakes.close()
    counters.close()
    redis.close()


def of_last_hour(engine: Engine) -> list[Refusals]:
    with engine.begin() as connection:
        ids = [row.id for row in connection.execute(text("select id from connections"))]
        return refused_webhooks.of_last_hour(connection, ids, with_unknown=True)


def test_refused_webhooks_are_counted_by_connection_and_why(web: Web, turned_away: TurnedAway) -> None:
    assert web.post() == 200
    for _ in range(3):
        assert web.post(secret="wrong") == 401
    assert web.post(b"{") == 400
    for number in range(5):
        assert web.post(key=f"nobody-{number}") == 404
    assert web.count(table) == 0
    turned_away.flush()
    assert web.post(secret="wrong") == 401
    turned_away.flush()
    with web.engine.begin() as connection:
        (stored,) = connections.every(connection)
    assert of_last_hour(web.engine) == [
        Refusals(stored.id, "bad_signature", 4),
        Refusals(stored.id, "not_json", 1),
        Refusals(None, "unknown_connection", 5),
    ]
    assert web.count(table) == 3


def test_a_flood_makes_no_more_rows_than_there_are_reasons(database: Engine) -> None:
    with database.begin() as connection:
        for _ in range(3):
            refused_webhooks.add(connection, {(None, "unknown_connection"): 2_000_000_000})
        assert connection.execute(select(func.count(), func.sum(table.c.count))).one() == (1, 6_000_000_000)


def test_what_is_old_is_not_told_and_then_forgotten(database: Engine) -> None:
    with database.begin() as connection:
        for age in ("61 minutes", "3 days"):
            refused_webhooks.add(connection, {(None, "too_large"): 1})
            connection.execute(text(f"update refused_webhooks set slot = slot - interval '{age}'"))
    assert of_last_hour(database) == []
    with database.begin() as connection:
        refused_webhooks.add(connection, {(None, "too_large"): 1})
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1


def test_counts_wait_while_the_database_is_away(database: Engine) -> None:
    away = make_engine("postgresql://nobody@127.0.0.1:1/none")
    counted = TurnedAway(away, every=3600)
    counted.add(None, "too_large")
    counted.flush()
    counted._engine = database
    counted.close()
    assert of_last_hour(database) == [Refusals(None, "too_large", 1)]


def test_counts_reach_the_database_by_themselves(database: Engine) -> None:
    counted = TurnedAway(database, every=0.01)
    counted.add(None, "too_large")
    eventually(lambda: of_last_hour(database))
    counted.close()


def test_another_ones_refusals_are_not_seen(web: Web, turned_away: TurnedAway) -> None:
    new = new_connection("http://127.0.0.1:1", "http://127.0.0.1:1", rules=factories.rules_json(), name="other")
    with web.engine.begin() as connection:
        other = connections.add(connection, replace(new, shop="other.myshopify.com"), web.vault)
    web.post(ORDER, secret="wrong")
    turned_away.flush()
    with web.engine.begin() as connection:
        assert refused_webhooks.of_last_hour(connection, [other.id]) == []
