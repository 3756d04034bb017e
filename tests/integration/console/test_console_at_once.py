"""Two people add the same thing at the same moment: one of them has it, and the other is told so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Engine, text
from werkzeug.test import TestResponse

from connector.store import alert_channels, connections, rule_drafts
from connector.store.alert_channels import ChannelKind
from tests import factories
from tests.integration.console.test_console_connection_new import NEW, form
from tests.visiting import Visitor
from tests.waiting import eventually
from tests.world import World, new_connection


def is_waiting(engine: Engine) -> bool:
    """True while somebody waits for a row that another transaction holds."""
    with engine.begin() as connection:
        query = text(
            "select count(*) from pg_locks l join pg_stat_activity a using (pid) where not l.granted "
            "and a.datname = current_database()"
        )
        return bool(connection.execute(query).scalar_one())


def answered_last(
    visitor: Visitor, world: World, other: Callable[[Connection], object], path: str, body: dict[str, Any]
) -> TestResponse:
    """What a post is answered whose like another transaction had begun before it, and ended after it."""
    with ThreadPoolExecutor(1) as pool, world.engine.connect() as connection:
        other(connection)
        asked = pool.submit(visitor.calls, path, body)
        eventually(lambda: is_waiting(world.engine))
        connection.commit()
        return asked.result()


def channel(world: World) -> Callable[[Connection], object]:
    """The other one adds a channel of the name."""
    vault, number, target = world.runtime.vault, world.connection.id, {"to": "a@example.com"}
    return lambda connection: alert_channels.add(connection, vault, number, "team", ChannelKind.EMAIL, target)


def store(world: World) -> Callable[[Connection], object]:
    """The other one adds a connection of the name."""
    made = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(), name="eu-store")
    return lambda connection: connections.add(connection, made, world.runtime.vault)


def draft(world: World) -> Callable[[Connection], object]:
    """The other one begins a draft."""
    number = world.connection.id
    return lambda connection: rule_drafts.keep(connection, number, "theirs", base_version=1, actor="otto")


def test_a_channel_that_two_add_at_once_is_added_once(ada: Visitor, world: World) -> None:
    body = {"name": "team", "kind": "email", "target": "b@example.com"}
    answer = answered_last(ada, world, channel(world), "/alerts/us-store/channels", body)
    assert (answer.status_code, answer.get_json()["title"]) == (409, "It has changed meanwhile")
    (found,) = ada.json("/alerts")["stores"][0]["channels"]
    assert found["name"] == "team"


def test_a_connection_that_two_add_at_once_is_added_once(ada: Visitor, world: World) -> None:
    answer = answered_last(ada, world, store(world), NEW, form(world))
    assert (answer.status_code, answer.get_json()["title"]) == (409, "It has changed meanwhile")
    assert [row["name"] for row in ada.json("/connections")["rows"]].count("eu-store") == 1


def test_a_draft_that_two_begin_at_once_is_the_first_ones(otto: Visitor, world: World) -> None:
    body = {"proposal": "[rules]\n", "version": 1}
    answer = answered_last(otto, world, draft(world), "/mapping/us-store/draft/proposed", body)
    assert (answer.status_code, "has a draft by otto" in answer.get_json()["detail"]) == (400, True)
    with world.engine.begin() as connection:
        kept = rule_drafts.of(connection, world.connection.id)
    assert kept is not None
    assert kept.text == "theirs"
