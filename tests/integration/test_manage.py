"""Connections managed from the command line: seen, paused, approved, removed; what metrics and log say of them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import update

from connector import logs
from connector.errors import ConfigError, WrongEnvironment
from connector.flows.periodic import refresh_credentials
from connector.sandbox.shopify.webhooks import signature
from connector.store import connections, credentials
from connector.store.connection_tables import credentials as credentials_table
from connector.store.credentials import NETSUITE, SHOPIFY, NewCredential
from tests import factories
from tests.clock import later, now
from tests.managing import acts, stored, token
from tests.payloads import rest_order
from tests.world import CLIENT, WEBHOOK_SECRET, World, expiring_token, new_connection, with_login
from web.app import create_app
from web.health import Health
from web.receiver import Receiver
from web.wake import Wakes


def test_the_list_says_whether_each_works_and_what_ends_next(run: Any, world: World) -> None:
    ends_at = later(timedelta(days=20))
    with world.engine.begin() as connection:
        connection.execute(
            update(credentials_table).where(credentials_table.c.side == NETSUITE).values(certificate_ends_at=ends_at)
        )
    shown = run("connection", "list").stdout
    assert "us-store" in shown
    assert "working" in shown
    assert f"certificate {ends_at:%Y-%m-%d}" in shown
    world.shop.config.access_token = "shpat_other"
    world.work(world.sell(rest_order()))
    assert "halted: unauthorized" in run("connection", "list").stdout
    (listed,) = json.loads(run("connection", "list", "--json").stdout)
    assert (listed["state"], listed["next_end"]["what"]) == ("halted", "certificate")
    assert "connection rotate us-store access-token" in listed["because"]
    run("connection", "pause", "us-store", "--because", "stock-taking")
    assert "paused: stock-taking" in run("connection", "list").stdout


def test_show_tells_the_halt_the_ends_the_pair_and_who_shares_the_account(run: Any, world: World) -> None:
    with_login(world, shopify=NewCredential("offline", CLIENT, expiring_token(world)))
    with world.engine.begin() as connection:
        other = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(), name="b")
        connections.add(connection, other, world.runtime.vault)
        connection.execute(
            update(credentials_table)
            .where(credentials_table.c.side == NETSUITE)
            .values(certificate_ends_at=later(timedelta(days=10)))
        )
    world.shop.config.client_secret = "changed"
    world.shop.oauth.revoke_all()
    world.work(world.sell(rest_order()))
    shown = json.loads(run("connection", "show", "us-store", "--json").stdout)
    assert shown["state"] == "halted"
    assert shown["halt"]["code"] == "unauthorized"
    assert "invalid_client" in shown["halt"]["reason"]
    assert shown["halt"]["next_probe_at"] > shown["halt"]["since"]
    assert shown["shares_account_with"] == ["b"]
    assert shown["approved"]["shop_id"] == 548380009
    sides = {life["side"]: life for life in shown["credentials"]}
    assert (sides[SHOPIFY]["auth"], sides[NETSUITE]["auth"]) == ("offline", "oauth2")
    assert sides[SHOPIFY]["refresh_ends_at"] > sides[SHOPIFY]["token_ends_at"]
    assert [ending["what"] for ending in shown["endings"]] == ["certificate"]
    assert "connection rotate us-store netsuite-certificate" in shown["endings"][0]["advice"]
    text_form = run("connection", "show", "us-store").stdout
    for words in (
        "halted: Shopify gave no token",
        "tried again",
        "shared with b",
        "urgent:",
        "/webhooks/shopify/",
        "offline, token until",
    ):
        assert words in text_form, words
    everything = text_form + json.dumps(shown)
    for secret in (CLIENT["client_secret"], WEBHOOK_SECRET, token(world), "PRIVATE KEY", "shprt_"):
        assert secret not in everything


def test_a_paused_connection_says_why_and_goes_on_when_resumed(run: Any, world: World) -> None:
    record_id = world.sell(rest_order())
    assert (
        run("connection", "pause", "us-store", "--because", "stock-taking").stdout == "us-store: paused: stock-taking\n"
    )
    assert world.work(record_id) is None
    assert json.loads(run("connection", "resume", "us-store", "--json").stdout) == {
        "name": "us-store",
        "state": "working",
        "because": None,
    }
    world.work(record_id)
    assert world.record(5001).state == "in_sync"
    assert run("connection", "resume", "us-store").exit_code == 0
    assert acts(world) == ["paused", "resumed"]


@pytest.mark.parametrize("verb", [("pause",), ("resume",), ("show",), ("approve",), ("remove", "--yes")])
def test_a_name_that_is_none_is_wrong_use(run: Any, world: World, verb: tuple[str, ...]) -> None:
    error = run("connection", verb[0], "nobody", *verb[1:]).exception
    assert isinstance(error, ConfigError)
    assert "there is no connection named nobody" in str(error)


def test_a_connection_is_removed_only_when_its_name_is_typed(run: Any, world: World) -> None:
    assert run("connection", "remove", "us-store", typed="us-stor\n").exit_code == 1
    assert stored(world).enabled
    world.work(world.sell(rest_order()))
    assert run("connection", "remove", "us-store", typed="us-store\n").exit_code == 0
    with world.engine.begin() as connection:
        assert credentials.lives(connection, world.connection.id) == []
        assert connections.every(connection) == ()
    assert world.record(5001).state == "in_sync"
    assert acts(world) == ["removed"]
    assert isinstance(run("connection", "resume", f"us-store (removed {world.connection.id})").exception, ConfigError)


def test_the_webhook_url_of_a_removed_connection_answers_404_and_its_name_is_free(
    run: Any, world: World, redis_url: str, tmp_path: Path
) -> None:
    wakes = Wakes(redis_url)
    receiver = Receiver(world.engine, world.runtime.vault, wakes, world.runtime.counters)
    app = create_app(receiver, Health(world.engine, world.runtime.redis, world.runtime.counters))

    def post() -> int:
        headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "w", "Content-Type": "application/json"}
        headers["X-Shopify-Hmac-Sha256"] = signature(WEBHOOK_SECRET, b'{"id":1}')
        path = f"/webhooks/shopify/{world.connection.key}"
        return app.test_client().post(path, data=b'{"id":1}', headers=headers).status_code

    assert post() == 200
    run("connection", "remove", "us-store", "--yes")
    receiver._known.clear()
    assert post() == 404
    wakes.close()
    with world.engine.begin() as connection:
        new = new_connection(world.shop_url, world.account_url, rules=factories.rules_json())
        assert connections.add(connection, new, world.runtime.vault).id != world.connection.id


def test_an_approved_pair_lifts_the_halt_and_its_orders_go_on(run: Any, world: World) -> None:
    world.shop.config.plan = "Plus"
    with world.engine.begin() as connection:
        connections.touch(connection, world.connection.id)
    record_id = world.sell(rest_order())
    world.work(record_id)
    assert world.record(5001).reason_code == "wrong_environment"
    refused = run("connection", "approve", "us-store", typed="n\n")
    assert refused.exit_code == 1
    assert "demo-store.myshopify.com (id 548380009), production" in refused.stderr
    assert "approved until now: shop_is_production = False" in refused.stderr
    assert stored(world).halt_code == "wrong_environment"
    approved = run("connection", "approve", "us-store", typed="y\n")
    assert approved.stdout == "us-store: working\n"
    assert acts(world) == ["pair approved"]
    world.work(record_id)
    assert world.record(5001).state == "in_sync"


def test_a_shop_that_is_not_the_configured_one_cannot_be_approved(run: Any, world: World) -> None:
    world.shop.config.shop = "other-store.myshopify.com"
    assert isinstance(run("connection", "approve", "us-store", "--yes").exception, WrongEnvironment)
    assert acts(world) == []


def test_metrics_tell_what_ends_and_what_is_halted_without_opening_a_seal(world: World) -> None:
    world.work(world.sell(rest_order()))
    with world.engine.begin() as connection:
        values = {"certificate_ends_at": later(timedelta(days=10)), "sealed": b"cannot be opened"}
        connection.execute(update(credentials_table).where(credentials_table.c.side == NETSUITE).values(**values))
    world.shop.config.access_token = "shpat_other"
    world.work(world.sell(rest_order(5002)))
    registry = CollectorRegistry()
    registry.register(Health(world.engine, world.runtime.redis, world.runtime.counters))
    lines = generate_latest(registry).decode().splitlines()
    assert 'ml_connector_connection_halted{connection="us-store",reason="unauthorized"} 1.0' in lines
    ends = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if "credential_ends_seconds{" in line
    }
    certificate = ends['ml_connector_credential_ends_seconds{connection="us-store",side="netsuite",what="certificate"}']
    assert 863_000 < certificate <= 864_000
    assert 'ml_connector_credential_ends_seconds{connection="us-store",side="netsuite",what="token"}' in ends
    assert len(ends) == 2


def test_what_ends_soon_is_in_the_log_once_a_day(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    noon = now().replace(hour=12, minute=0)
    with world.engine.begin() as connection:
        values = {"certificate_ends_at": noon + timedelta(days=10, minutes=5)}
        connection.execute(update(credentials_table).where(credentials_table.c.side == NETSUITE).values(**values))

    def warned(after: timedelta) -> list[dict[str, Any]]:
        capsys.readouterr()
        refresh_credentials(world.runtime, lambda _: None, now=noon + after)
        said = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "credential_ends" in line]
        return [{key: line[key] for key in ("connection_id", "side", "what", "days")} for line in said]

    first = {"connection_id": world.connection.id, "side": "netsuite", "what": "certificate", "days": 10}
    assert warned(timedelta()) == [first]
    assert warned(timedelta(days=1)) == [first | {"days": 9}]
    assert warned(timedelta(days=1, minutes=2)) == []
