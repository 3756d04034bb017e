"""`orders show --why`: what stands in NetSuite, explained by the order and by the version of the rules that wrote it."""

import json
from pathlib import Path
from typing import Any

from tests.integration.test_mapping_cli import another_process, rules_file, run
from tests.payloads import rest_order
from tests.world import World

__all__ = ["run"]


def fields_of(shown: Any, kind: str) -> dict[str, dict[str, Any]]:
    """The explained fields of one record."""
    (record,) = [item for item in shown["why"] if item["kind"] == kind]
    return {item["field"]: item for item in record["fields"]}


def test_every_written_field_names_its_source_and_rule(run: Any, world: World) -> None:
    world.work(world.sell(rest_order()))
    shown = json.loads(run("orders", "show", "#1001", "--json").stdout)
    assert [item["kind"] for item in shown["why"]] == ["customer", "sales_order", "customer_deposit"]
    assert {item["rules_version"] for item in shown["why"]} == {1}
    day = fields_of(shown, "sales_order")["tranDate"]
    assert (day["value"], day["stands"]) == ("2026-11-20", None)
    assert day["source"] == "order.processedAt 2026-11-20T15:00:00Z"
    assert day["rule"] == "rules.time_zone = America/New_York"
    assert fields_of(shown, "customer_deposit")["account"]["rule"].endswith("shopify_payments.account = 123")
    # NetSuite numbers what it makes; the item is the one the mirror has.
    assert fields_of(shown, "sales_order")["item.items[0].item"]["value"] == "812"
    every = [item for record in shown["why"] for item in record["fields"]]
    assert all(item["stands"] is None for item in every)
    table = run("orders", "show", "#1001", "--why").stdout
    assert "rules.time_zone = America/New_York" in table
    assert "rules.time_zone" not in run("orders", "show", "#1001").stdout


def test_a_record_is_explained_by_the_rules_that_wrote_it(run: Any, world: World, tmp_path: Path) -> None:
    world.work(world.sell(rest_order()))
    changed = run("mapping", "show", "us-store").stdout.replace('"America/New_York"', '"Pacific/Auckland"')
    run("mapping", "set", "us-store", rules_file(tmp_path, changed))
    day = fields_of(json.loads(run("orders", "show", "#1001", "--json").stdout), "sales_order")["tranDate"]
    assert day["rule"] == "rules.time_zone = America/New_York"
    world = another_process(world)
    world.work(world.sell(rest_order(5002)))
    shown = json.loads(run("orders", "show", "#1002", "--json").stdout)
    assert fields_of(shown, "sales_order")["tranDate"]["rule"] == "rules.time_zone = Pacific/Auckland"


def test_what_stands_otherwise_than_the_order_is_now_is_told(run: Any, world: World) -> None:
    order = rest_order(note="first")
    world.work(world.sell(order))
    world.shop.put_order({**order, "note": "second", "updated_at": "2026-11-21T10:00:00Z"}, [])
    memo = fields_of(json.loads(run("orders", "show", "#1001", "--json").stdout), "sales_order")["memo"]
    assert (memo["stands"], memo["value"]) == ("Shopify #1001: first", "Shopify #1001: second")


def test_a_customer_that_stood_there_already_is_said_to(run: Any, world: World) -> None:
    order = rest_order(email="known@example.com")
    order["customer"]["email"] = "known@example.com"
    world.work(world.sell(order))
    shown = json.loads(run("orders", "show", "#1001", "--json").stdout)
    (record,) = [item for item in shown["why"] if item["kind"] == "customer"]
    assert record["fields"] == []
    assert "found by e-mail" in record["note"]


def test_without_shopify_the_time_line_is_shown_all_the_same(run: Any, world: World) -> None:
    world.work(world.sell(rest_order()))
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update connections set shopify_api_url = 'http://127.0.0.1:9', revision = 99")
    shown = json.loads(run("orders", "show", "#1001", "--json").stdout)
    assert shown["timeline"]
    assert (shown["why"], bool(shown["why_not"])) == ([], True)
