"""The command line: what it prints, what it exits with, what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConfigError
from connector.flows.process import process
from connector.runtime import Runtime
from connector.store import connections, held
from tests import factories
from tests.payloads import payment, rest_order
from tests.world import World, key_pair, new_connection

FILE = """
name = "eu-store"
[shopify]
shop = "acme.myshopify.com"
webhook_secrets = ["new", "old"]
access_token = "shpat_planted"
[netsuite]
account = "1234567_SB1"
client_id = "client"
certificate_id = "cert"
private_key_file = "netsuite.pem"
[rules]
subsidiary = 1
"""


def connection_file(directory: Path, text: str = FILE) -> str:
    """A file and the key beside it; its path."""
    (directory / "netsuite.pem").write_text(key_pair()[0])
    (directory / "c.toml").write_text(text)
    return str(directory / "c.toml")


def test_a_connection_is_added_and_shown_with_its_webhook_url(run: Any, world: World, tmp_path: Path) -> None:
    added = json.loads(run("connection", "add", connection_file(tmp_path), "--json").stdout)
    assert added["webhook_url"].startswith("https://hooks.example.com/webhooks/shopify/")
    assert added["netsuite_api_url"] == "https://1234567-sb1.suitetalk.api.netsuite.com"
    assert added["shopify_api_url"] == "https://acme.myshopify.com"
    shown = run("connection", "show", "eu-store", "--json").stdout
    assert json.loads(shown) == added
    assert "shpat_planted" not in shown + run("connection", "show", "eu-store").stdout
    assert "PRIVATE KEY" not in shown
    assert [item["name"] for item in json.loads(run("connection", "list", "--json").stdout)] == ["us-store", "eu-store"]


def test_no_secret_is_stored_in_the_open(run: Any, world: World, tmp_path: Path) -> None:
    run("connection", "add", connection_file(tmp_path))
    with world.engine.begin() as connection:
        rows = str(connection.exec_driver_sql("select * from credentials").all())
        rows += str(connection.exec_driver_sql("select * from connections").all())
    assert "shpat_planted" not in rows
    assert "PRIVATE KEY" not in rows


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            'shop = "acme.myshopify.com"',
            'shop = "acme.example.com"',
            "shopify.shop: 'acme.example.com' is not a shop's own",
        ),
        ('account = "1234567_SB1"', 'account = "a b"', "netsuite.account: 'a b' is not a NetSuite account id"),
        ('webhook_secrets = ["new", "old"]', "webhook_secrets = []", "shopify.webhook_secrets"),
        ("subsidiary = 1", "subsidary = 1", "c.toml:13: rules.subsidary"),
        ("subsidiary = 1", 'time_zone = "Mars/Olympus"', "rules.time_zone"),
        ("subsidiary = 1", "[rules.tax]\nmode = 'guess'", "rules.tax.mode"),
        (
            'access_token = "shpat_planted"',
            'access_token = "shpat_planted"\nauth = "offline"',
            "c.toml:3: shopify.client_id: is missing",
        ),
        ('private_key_file = "netsuite.pem"', "", "c.toml:7: netsuite.private_key_file: is missing"),
        ('private_key_file = "netsuite.pem"', 'private_key = "nonsense"', "c.toml:11: netsuite.private_key: "),
        ("[shopify]", "[shopify", "c.toml"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_the_setting(
    run: Any, world: World, tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    result = run("connection", "add", connection_file(tmp_path, FILE.replace(before, after)))
    assert isinstance(result.exception, ConfigError)
    assert sentence in str(result.exception)
    assert "shpat_planted" not in str(result.exception)


def test_adding_again_changes_the_rules_and_keeps_the_webhook_url(run: Any, world: World, tmp_path: Path) -> None:
    first = json.loads(run("connection", "add", connection_file(tmp_path), "--json").stdout)
    changed = FILE.replace("subsidiary = 1", "subsidiary = 2")
    second = json.loads(run("connection", "add", connection_file(tmp_path, changed), "--json").stdout)
    assert second["webhook_url"] == first["webhook_url"]
    assert second["rules"]["subsidiary"] == "2"


def test_a_name_is_not_taken_over_by_another_shop(run: Any, world: World, tmp_path: Path) -> None:
    run("connection", "add", connection_file(tmp_path))
    other = FILE.replace("acme.myshopify.com", "other.myshopify.com")
    assert "choose another name" in str(run("connection", "add", connection_file(tmp_path, other)).exception)


def test_a_mended_rule_releases_what_was_held_for_it(run: Any, world: World, tmp_path: Path) -> None:
    order = rest_order()
    world.shop.put_order(order, [payment(order, gateway="paypal")])
    world.work(world.announce(5001))
    assert world.record(5001).reason_subject == "gateway:paypal"
    mended = factories.rules_json()
    mended["payments"]["methods"]["paypal"] = {"method": "8"}
    with world.engine.begin() as connection:
        new = new_connection(world.shop_url, world.account_url, rules=mended)
        connections.change(connection, world.connection, new, world.runtime.vault)
        assert held.release_unmapped(connection, world.connection.id) == 1
    fresh = Runtime(world.engine, world.runtime.redis, world.runtime.vault, world.runtime.counters)
    process(world.record(5001).id, fresh, worker="test")
    assert world.record(5001).state == "in_sync"


def test_the_dry_run_prints_what_is_sent_and_writes_nothing(run: Any, world: World) -> None:
    world.shop.put_order(rest_order(), [])
    world.announce(5001)
    planned = json.loads(run("orders", "plan", "5001", "--json").stdout)
    assert [effect["kind"] for effect in planned["effects"]] == ["customer", "sales_order"]
    assert planned["effects"][1]["body"]["externalId"] == "SHOPIFY-548380009-ORDER-5001"
    assert world.transactions() == []
    assert not [call for call in world.calls() if "suiteql" not in call]


def test_the_time_line_shows_deliveries_passes_and_effects(run: Any, world: World) -> None:
    world.work(world.sell(rest_order()))
    result = run("orders", "show", "#1001", "--json")
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert shown["order"]["state"] == "in_sync"
    whats = [entry["what"] for entry in shown["timeline"]]
    assert whats.count("effect confirmed") == 3
    assert any(call["path"] == "salesOrder" for entry in shown["timeline"] for call in entry.get("calls", []))
    assert "NetSuite POST" in run("orders", "show", "1001").stdout.replace("netsuite", "NetSuite")


def test_a_held_order_exits_with_one_and_says_why(run: Any, world: World) -> None:
    world.work(world.sell(rest_order(sku="UNKNOWN")))
    result = run("orders", "show", "#1001")
    assert result.exit_code == 1
    assert "'UNKNOWN'" in result.stdout


def test_sync_makes_one_more_pass(run: Any, world: World) -> None:
    world.work(world.sell(rest_order(sku="UNKNOWN")))
    world.account.add_items([{"id": "899", "itemid": "UNKNOWN"}])
    result = run("orders", "sync", "#1001")
    assert (result.exit_code, result.stdout.strip()) == (0, "#1001: in_sync")


def test_an_unknown_order_is_wrong_use(run: Any, world: World) -> None:
    assert isinstance(run("orders", "show", "#9").exception, ConfigError)


def test_without_a_database_the_command_says_what_to_set(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    result = run("events", "list", "--data", str(tmp_path))
    assert "DATABASE_URL is not set" in str(result.exception)


def test_events_are_listed_newest_first(run: Any, world: World) -> None:
    assert json.loads(run("events", "list", "--json").stdout) == []
