"""/: the parts by store, and the first steps with the pages on which they are done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from connector.flows import alert_rules
from connector.flows.alert_rules import AlertKind
from connector.flows.webhook_test import TOPIC
from connector.store import connections, refused_webhooks
from connector.store.connection_tables import connections as connections_table
from connector.store.connections import StoredConnection
from connector.store.tables import events
from tests import factories
from tests.hearing import heard
from tests.visiting import Visitor
from tests.world import World, approved, new_connection
from web.console.rendering import sentence


def delivered(world: World, stored: StoredConnection, *, ago: timedelta, **changes: Any) -> None:
    """A delivery that came so long ago."""
    at = datetime.now(UTC) - ago
    values = {
        "connection_id": stored.id, "source": "webhook", "topic": "orders/create", "delivery_id": at.isoformat(),
        "headers": {}, "body": b"", "body_sha256": b"", "received_at": at,
    }  # fmt: skip
    with world.engine.begin() as connection:
        connection.execute(insert(events).values(values | changes))


@pytest.fixture
def other(world: World) -> StoredConnection:
    """A second store that was never asked who it is."""
    new = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(), name="eu store")
    new = replace(new, shop="eu-store.myshopify.com")
    with world.engine.begin() as connection:
        return connections.add(connection, new, world.runtime.vault)


def parts(visitor: Visitor) -> dict[str, Any]:
    return {part["name"]: part for part in visitor.json("/overview")["parts"]}


def steps(visitor: Visitor) -> dict[str, Any]:
    return {step["title"]: step for step in visitor.json("/overview")["steps"]}


def test_a_shop_that_fell_silent_is_seen(otto: Visitor, world: World) -> None:
    delivered(world, world.connection, ago=timedelta(days=21))
    part = parts(otto)["Webhooks"]
    assert (part["tone"], part["word"]) == ("warn", "silent")
    assert "for 21 d" in part["said"]
    assert "us-store for 21 d" in otto.reads("/")
    delivered(world, world.connection, ago=timedelta(hours=23))
    assert parts(otto)["Webhooks"]["word"] == "come in"


def test_silence_is_judged_as_its_alert_is(otto: Visitor, world: World) -> None:
    def set_rule(*, hours: int, enabled: bool = True) -> None:
        with world.engine.begin() as connection:
            alert_rules.set_rule(
                connection, world.connection.id, AlertKind.WEBHOOK_SILENCE, enabled=enabled, threshold=hours  # type: ignore[arg-type]  # whole hours
            )  # fmt: skip

    delivered(world, world.connection, ago=timedelta(hours=30))
    words = []
    for settings in ({"hours": 24}, {"hours": 48}, {"hours": 24, "enabled": False}):
        set_rule(**settings)  # type: ignore[arg-type]  # as it says
        words.append(parts(otto)["Webhooks"]["word"])
    assert words == ["silent", "come in", "come in"]


def test_one_store_does_not_hide_another(otto: Visitor, world: World, other: StoredConnection) -> None:
    heard(world, "orders/create", {"id": 5001, "name": "#1001"})
    delivered(world, other, ago=timedelta(days=3))
    found = parts(otto)
    assert found["Webhooks of us-store"]["word"] == "come in"
    assert found["Webhooks of eu store"]["word"] == "silent"


@pytest.mark.parametrize(
    "changes",
    [{"source": "netsuite", "topic": "netsuite/item"}, {"topic": TOPIC}, {"source": "poll", "topic": "poll/x"}],
)
def test_only_the_shops_own_word_counts(otto: Visitor, world: World, changes: dict[str, str]) -> None:
    delivered(world, world.connection, ago=timedelta(seconds=1), **changes)
    assert parts(otto)["Webhooks"]["word"] == "silent"
    assert not steps(otto)["Webhooks"]["is_done"]
    delivered(world, world.connection, ago=timedelta(days=2))
    assert parts(otto)["Webhooks"]["heard_at"] < (datetime.now(UTC) - timedelta(days=1)).isoformat()


def test_each_part_leads_to_the_page_that_says_more(otto: Visitor, ada: Visitor, other: StoredConnection) -> None:
    for visitor in (otto, ada):
        page = visitor.get("/").text
        led = {name: part["details"] for name, part in parts(visitor).items() if part["details"]}
        for path in led.values():
            assert f'href="{path.replace("&", "&amp;")}"' in page
            assert visitor.get(path).status_code == 200
    assert set(led) == set(parts(ada))
    assert led["Webhooks of eu store"] == "/connections/eu%20store"
    assert led["NetSuite"] == "/connections/eu%20store"
    assert "/system" not in [part["details"] for part in parts(otto).values()]


def test_a_step_is_done_once_it_is_for_every_store(otto: Visitor, world: World, other: StoredConnection) -> None:
    found = steps(otto)
    assert not found["NetSuite"]["is_done"]
    assert found["Shopify"]["how"].startswith("demo-store.myshopify.com answered; eu-store.myshopify.com did not yet")
    approved(world.engine, other)
    with world.engine.begin() as connection:
        connection.execute(update(connections_table).values(checked_at=datetime.now(UTC)))
    heard(world, "products/update", {"id": 1})
    found = steps(otto)
    assert (found["NetSuite"]["is_done"], found["Webhooks"]["is_done"]) == (True, False)
    assert found["Webhooks"]["how"].startswith("eu store: ")
    delivered(world, other, ago=timedelta(seconds=1))
    assert steps(otto)["Webhooks"]["is_done"]


def test_the_steps_lead_to_the_pages_on_which_they_are_done(
    otto: Visitor, vera: Visitor, world: World, other: StoredConnection
) -> None:
    ways = {title: [way["path"] for way in step["ways"]] for title, step in steps(otto).items()}
    assert ways == {
        "NetSuite": ["/connections/eu%20store/ping"],
        "Shopify": ["/connections/eu%20store/ping"],
        "Webhooks": ["/connections/eu%20store/webhooks", "/connections/us-store/webhooks"],
        "Mapping": ["/connections/eu%20store/ping", "/connections/us-store/ping"],
        "First order": ["/connections/eu%20store/setup", "/connections/us-store/setup"],
    }
    page = otto.get("/").text
    assert all(f'href="{path}"' in page for several in ways.values() for path in several)
    assert otto.get("/connections/us-store/webhooks").status_code == 200
    assert not any(step["ways"] for step in steps(vera).values())


def test_whoever_may_add_a_connection_is_led_there(ada: Visitor, otto: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connections.remove(connection, world.connection)
    assert steps(ada)["NetSuite"]["ways"] == [{"word": "Add a connection", "path": "/connections/new"}]
    assert 'href="/connections/new"' in ada.get("/").text
    assert steps(otto)["NetSuite"]["ways"] == []


def test_a_step_names_a_command_that_there_is_and_keeps_names_as_they_are(otto: Visitor) -> None:
    page = otto.get("/").text
    assert "<code>ml-connector shopify webhooks sync NAME</code>" in page
    assert "1234567_SB1 answered" in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not_mapped", "Not mapped"),
        ("field custbody_x of 1234567_SB1 is missing", "Field custbody_x of 1234567_SB1 is missing"),
        ("NetSuite", "NetSuite"),
        (None, ""),
    ],
)
def test_codes_become_words_and_sentences_keep_theirs(text: str | None, expected: str) -> None:
    assert sentence(text) == expected


def refuse(world: World, stored: StoredConnection | None, outcome: str, count: int) -> None:
    with world.engine.begin() as connection:
        refused_webhooks.add(connection, {(stored.id if stored else None, outcome): count})


def test_refused_webhooks_are_seen(otto: Visitor, stranger: Visitor, world: World, other: StoredConnection) -> None:
    heard(world, "orders/create", {"id": 5001, "name": "#1001"})
    refuse(world, world.connection, "bad_signature", 1234)
    refuse(world, None, "unknown_connection", 7)
    found = parts(otto)
    good, silent = found["Webhooks of us-store"], found["Webhooks of eu store"]
    assert (good["tone"], good["said"]) == ("warn", "1,234 refused in the last hour, wrong signature")
    assert silent["said"].endswith("; 7 refused in the last hour, an address that is no connection's")
    assert "1,234 refused in the last hour" in otto.reads("/")
    assert otto.json("/events")["refused"] == [
        {"store": "us-store", "why": "wrong signature", "count": 1234},
        {"store": None, "why": "an address that is no connection's", "count": 7},
    ]
    assert otto.json("/events?store=eu%20store")["refused"] == []
    assert "1,234 to the address of us-store: wrong signature" in otto.reads("/events")
    assert stranger.json("/events")["refused"] == []
    assert "Refused in the last hour" not in stranger.reads("/events")
