"""Webhook subscriptions: compared, made and mended; one that vanished leaves exactly the interval in which it was gone."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text, update

from connector.cli.main import root
from connector.errors import ConfigError, WrongEnvironment
from connector.flows import subscriptions
from connector.flows.subscriptions import Difference, State
from connector.sandbox.shopify.execution import schema
from connector.shopify.subscriptions import NEEDED, Wanted
from connector.store import connections
from connector.store import subscriptions as store
from connector.store.connection_tables import subscriptions as table
from connector.store.subscriptions import Silence
from tests.clock import now
from tests.scheduling import run_everywhere
from tests.world import KEY, SESSION_SECRET, World

HOST = "https://hooks.example.com"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Any:
    """Runs a command in the environment of the world."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CONNECTOR_KEYS", f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}")
    monkeypatch.setenv("CONNECTOR_SESSION_SECRET", SESSION_SECRET)
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", HOST)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(root, list(arguments))

    return call


def uri(world: World, host: str = HOST) -> str:
    """The connection's webhook URL."""
    return f"{host}/webhooks/shopify/{world.connection.key}"


def sync(world: World, address: str | None = None) -> dict[str, Difference]:
    """Brings the shop in step; what became of each topic."""
    systems = world.runtime.open_unchecked(world.connection.id)
    return {done.wanted.topic: done for done in subscriptions.sync(systems, world.engine, address or uri(world))}


def standing(world: World) -> dict[str, dict[str, Any]]:
    """What stands in the shop, by the shop's own books."""
    return {item["topic"]: item for item in world.shop.subscriptions.every()}


def tamper(world: World, topic: str, **changes: Any) -> None:
    """Somebody changes a subscription in the shop."""
    world.shop.subscriptions.update(standing(world)[topic]["id"], changes)


def hourly(world: World) -> int:
    """The scheduled run, in a slot of its own."""
    world.runtime._opened.clear()
    return run_everywhere(world.runtime, "webhooks.check", now=now()).get("mended", 0)


def silences(world: World) -> list[Silence]:
    """The intervals that wait for somebody to catch up."""
    with world.engine.begin() as connection:
        return store.open_silences(connection, world.connection.id)


def last_seen(world: World, topic: str) -> datetime:
    """When a subscription was last there."""
    with world.engine.begin() as connection:
        return store.made(connection, world.connection.id)[topic].seen_at


def seen_before(world: World, topic: str, ago: timedelta) -> datetime:
    """Makes the last look at a subscription older; the moment."""
    moment = now() - ago
    with world.engine.begin() as connection:
        connection.execute(update(table).where(table.c.topic == topic).values(seen_at=moment))
    return moment


def operations(world: World) -> dict[str, int]:
    """How often each operation was asked of the shop."""
    found: dict[str, int] = world.shop.ledger()["operations"]
    return found


def test_an_empty_shop_lacks_every_topic_and_a_check_makes_none(run: Any, world: World) -> None:
    result = run("shopify", "webhooks", "check", "us-store", "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["uri"] == uri(world)
    assert [(row["topic"], row["state"]) for row in said["topics"]] == [(one.topic, "missing") for one in NEEDED]
    assert "shopify.app.toml" in result.stderr
    assert standing(world) == {}


def test_sync_makes_them_all_and_then_the_check_is_content(run: Any, world: World) -> None:
    result = run("shopify", "webhooks", "sync", "us-store", "--json")
    assert result.exit_code == 0
    assert {row["state"] for row in json.loads(result.stdout)["topics"]} == {"ok"}
    found = standing(world)
    assert set(found) == {one.enum for one in NEEDED}
    for wanted in NEEDED:
        made = found[wanted.enum]
        assert (made["uri"], made["name"], made["format"]) == (uri(world), wanted.name, "JSON")
        assert tuple(made["includeFields"]) == wanted.include_fields
    checked = run("shopify", "webhooks", "check", "us-store")
    assert checked.exit_code == 0
    assert "missing" not in checked.stdout
    assert checked.stderr == ""


def test_a_second_sync_changes_nothing_in_the_shop(world: World) -> None:
    sync(world)
    before = operations(world)["WebhookCreate"]
    assert not any(done.is_mended for done in sync(world).values())
    assert operations(world)["WebhookCreate"] == before
    assert "WebhookUpdate" not in operations(world)


@pytest.mark.parametrize(
    ("changes", "state", "detail"),
    [
        ({"uri": "https://old.example.com/hook"}, "points elsewhere", "points to https://old.example.com/hook"),
        ({"includeFields": ["id"]}, "other fields", "includes id instead of all fields"),
        ({"format": "XML"}, "other fields", "comes as XML instead of JSON"),
        ({"filter": "total_price:>=10"}, "other fields", "is filtered by total_price:>=10"),
    ],
)
def test_what_differs_is_named_and_mended(
    run: Any, world: World, changes: dict[str, Any], state: str, detail: str
) -> None:
    sync(world)
    tamper(world, "ORDERS_CREATE", **changes)
    number = standing(world)["ORDERS_CREATE"]["id"]
    result = run("shopify", "webhooks", "check", "us-store", "--json")
    assert result.exit_code == 1
    row = json.loads(result.stdout)["topics"][0]
    assert row == {"topic": "orders/create", "state": state, "detail": detail}
    assert run("shopify", "webhooks", "sync", "us-store").exit_code == 0
    mended = standing(world)["ORDERS_CREATE"]
    assert (mended["id"], mended["uri"], mended["includeFields"]) == (number, uri(world), [])
    assert (mended["format"], mended["filter"] or None) == ("JSON", None)
    assert run("shopify", "webhooks", "check", "us-store").exit_code == 0


def test_fields_in_another_order_are_the_same_fields(world: World) -> None:
    sync(world)
    tamper(world, "INVENTORY_ITEMS_UPDATE", includeFields=["updated_at", "tracked", "sku", "id"])
    assert not any(done.is_mended for done in sync(world).values())


def test_a_subscription_nobody_needs_is_shown_and_is_no_fault(run: Any, world: World) -> None:
    sync(world)
    world.shop.subscriptions.create("ORDERS_PAID", {"uri": uri(world)}, world.shop.config.scopes)
    world.shop.subscriptions.create("ORDERS_PAID", {"uri": "https://other-app.example.com"}, world.shop.config.scopes)
    result = run("shopify", "webhooks", "check", "us-store", "--json")
    assert result.exit_code == 0
    extra = [row for row in json.loads(result.stdout)["topics"] if row["state"] == "not needed"]
    assert [row["topic"] for row in extra] == ["ORDERS_PAID"]
    assert uri(world) in extra[0]["detail"]


def test_another_connections_subscriptions_are_left_alone(world: World) -> None:
    wanted = NEEDED[0]
    theirs = f"{HOST}/webhooks/shopify/another-key"
    sub = {"uri": theirs, "name": wanted.name}
    world.shop.subscriptions.create(wanted.enum, sub, world.shop.config.scopes)
    assert sync(world)[wanted.topic].was is State.MISSING
    addresses = [item["uri"] for item in world.shop.subscriptions.every() if item["topic"] == wanted.enum]
    assert sorted(addresses) == sorted([theirs, uri(world)])


def test_a_missing_scope_is_named_and_the_other_topics_are_made(run: Any, world: World) -> None:
    world.shop.config.scopes.remove("read_fulfillments")
    result = run("shopify", "webhooks", "sync", "us-store", "--json")
    assert result.exit_code == 1
    refused = [row for row in json.loads(result.stdout)["topics"] if row["state"] != "ok"]
    assert [row["topic"] for row in refused] == ["fulfillments/create", "fulfillments/update"]
    assert all("grant the app the scope read_fulfillments, then sync again" in row["detail"] for row in refused)
    assert len(standing(world)) == len(NEEDED) - 2


def test_another_refusal_does_not_blame_a_scope(world: World) -> None:
    done = sync(world, f"http://shop.internal/webhooks/shopify/{world.connection.key}")
    assert {one.state for one in done.values()} == {State.REFUSED}
    assert "not supported" in done["orders/create"].detail
    assert "scope" not in done["orders/create"].detail


def test_a_real_shop_cannot_reach_an_address_without_https(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("update connections set shopify_api_url = 'https://demo-store.myshopify.com'"))
        connections.touch(connection, world.connection.id)
    with pytest.raises(ConfigError, match=r"https:// only, not to http://127\.0\.0\.1:8000/.*set CONNECTOR_PUBLIC_URL"):
        sync(world, "http://127.0.0.1:8000/webhooks/shopify/k")


def test_nothing_is_made_in_another_shop(world: World) -> None:
    world.shop.config.shop = "other-store.myshopify.com"
    with pytest.raises(WrongEnvironment, match=r"but other-store\.myshopify\.com answers"):
        sync(world)
    assert standing(world) == {}


def test_an_unknown_connection_is_wrong_use(run: Any, world: World) -> None:
    assert isinstance(run("shopify", "webhooks", "check", "nobody").exception, ConfigError)


def test_the_hourly_run_leaves_a_shop_alone_in_which_we_made_none(world: World) -> None:
    assert hourly(world) == 0
    assert standing(world) == {}
    assert "WebhookList" not in operations(world)


def test_a_vanished_subscription_is_made_again_and_the_silence_is_exact(world: World) -> None:
    sync(world)
    since = seen_before(world, "orders/updated", timedelta(minutes=50))
    world.shop.subscriptions.drop(["ORDERS_UPDATED"])
    before = now()
    assert hourly(world) == 1
    after = now()
    assert standing(world)["ORDERS_UPDATED"]["uri"] == uri(world)
    found = silences(world)
    assert [(one.topic, one.began_at) for one in found] == [("orders/updated", since)]
    assert before <= found[0].ended_at <= after
    # Nothing is noted twice, and the next interval begins where this one ended.
    assert hourly(world) == 0
    assert silences(world) == found
    assert last_seen(world, "orders/updated") >= found[0].ended_at


def test_a_subscription_that_stands_is_seen_anew_and_is_not_silent(world: World) -> None:
    sync(world)
    seen_before(world, "orders/create", timedelta(minutes=50))
    before = now()
    assert hourly(world) == 0
    assert before <= last_seen(world, "orders/create") <= now()
    assert silences(world) == []


def test_a_subscription_that_was_sent_elsewhere_was_silent_too(world: World) -> None:
    sync(world)
    since = seen_before(world, "orders/create", timedelta(minutes=30))
    tamper(world, "ORDERS_CREATE", uri="https://elsewhere.example.com")
    assert hourly(world) == 1
    assert [(one.topic, one.began_at) for one in silences(world)] == [("orders/create", since)]


def test_one_that_was_made_again_before_we_wrote_it_down_was_silent_too(world: World) -> None:
    sync(world)
    since = seen_before(world, "orders/create", timedelta(minutes=30))
    world.shop.subscriptions.drop(["ORDERS_CREATE"])
    again = {"uri": uri(world), "name": NEEDED[0].name}
    world.shop.subscriptions.create("ORDERS_CREATE", again, world.shop.config.scopes)
    assert hourly(world) == 0
    assert [(one.topic, one.began_at) for one in silences(world)] == [("orders/create", since)]
    hourly(world)
    assert len(silences(world)) == 1


def test_a_person_who_syncs_notes_the_silence_as_well(world: World) -> None:
    sync(world)
    since = seen_before(world, "refunds/create", timedelta(hours=5))
    world.shop.subscriptions.drop(["REFUNDS_CREATE"])
    sync(world)
    assert [(one.topic, one.began_at) for one in silences(world)] == [("refunds/create", since)]


def test_other_fields_are_mended_without_a_silence(world: World) -> None:
    sync(world)
    tamper(world, "PRODUCTS_UPDATE", includeFields=["id"])
    assert hourly(world) == 1
    assert silences(world) == []


def test_a_subscription_that_cannot_be_made_again_stays_silent_until_it_can(world: World) -> None:
    sync(world)
    since = seen_before(world, "fulfillments/create", timedelta(hours=1))
    world.shop.subscriptions.drop(["FULFILLMENTS_CREATE", "ORDERS_CREATE"])
    world.shop.config.scopes.remove("read_fulfillments")
    assert hourly(world) == 1
    assert [one.topic for one in silences(world)] == ["orders/create"]
    world.shop.config.scopes.append("read_fulfillments")
    assert hourly(world) == 1
    assert [(one.topic, one.began_at) for one in silences(world)][1:] == [("fulfillments/create", since)]


def test_a_topic_that_is_needed_from_now_on_is_made_without_a_silence(world: World) -> None:
    sync(world)
    world.shop.subscriptions.drop(["LOCATIONS_DELETE"])
    with world.engine.begin() as connection:
        connection.execute(table.delete().where(table.c.topic == "locations/delete"))
    assert hourly(world) == 1
    assert silences(world) == []


def test_the_hourly_run_keeps_the_address_of_the_last_sync(world: World) -> None:
    sync(world)
    moved = uri(world, "https://new.example.com")
    sync(world, moved)
    world.shop.subscriptions.drop(["ORDERS_CREATE"])
    hourly(world)
    assert {item["uri"] for item in standing(world).values()} == {moved}


def test_what_was_caught_up_with_is_open_no_more(world: World) -> None:
    sync(world)
    world.shop.subscriptions.drop(["ORDERS_CREATE", "ORDERS_UPDATED"])
    hourly(world)
    assert [one.topic for one in silences(world)] == ["orders/create", "orders/updated"]
    with world.engine.begin() as connection:
        connection.execute(text("update silences set caught_up_at = now() where topic = 'orders/create'"))
    assert [one.topic for one in silences(world)] == ["orders/updated"]


def test_every_needed_topic_is_one_of_shopifys() -> None:
    topics = schema().type_map["WebhookSubscriptionTopic"].values  # type: ignore[attr-defined]  # an enum type
    assert [wanted.topic for wanted in NEEDED if wanted.enum not in topics] == []
    assert all(len(wanted.name) <= 50 for wanted in NEEDED)
    assert Wanted("order_transactions/create", None).name == "ml-order-transactions-create"


def test_every_subscription_that_was_made_is_remembered(world: World) -> None:
    sync(world)
    with world.engine.begin() as connection:
        rows = connection.execute(select(table.c.topic)).scalars().all()
    assert sorted(rows) == sorted(wanted.topic for wanted in NEEDED)
