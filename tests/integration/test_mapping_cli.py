"""The rules on the command line: shown, changed, gone back from, and looked up in NetSuite before they count."""

import base64
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from connector.cli.main import root
from connector.errors import ConfigError
from connector.store import connections, effects, operator_actions, rule_versions
from tests import factories
from tests.payloads import payment, rest_order
from tests.recordings import opened_books, recorded, recorded_names, recording_rules, with_refunds
from tests.world import KEY, SESSION_SECRET, World, another_runtime, new_connection, opened_world

NAMED = """
[rules]
subsidiary = "Parent"
location = "warehouse"
time_zone = "America/New_York"

[rules.currencies]
USD = "USD"

[rules.payments.methods.shopify_payments]
method = "Card"
account = "Bank"
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Any:
    """Runs a command in the environment of the world."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CONNECTOR_KEYS", f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}")
    monkeypatch.setenv("CONNECTOR_SESSION_SECRET", SESSION_SECRET)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(root, list(arguments))

    return call


def rules_file(directory: Path, text: str, name: str = "rules.toml") -> str:
    (directory / name).write_text(text)
    return str(directory / name)


def suiteql_calls(world: World) -> int:
    return sum("suiteql" in call for call in world.calls())


def present(world: World) -> Any:
    """The connection as it is stored now."""
    with world.engine.begin() as connection:
        return connections.by_id(connection, world.connection.id)


def test_what_is_shown_can_be_set_and_changes_nothing(run: Any, world: World, tmp_path: Path) -> None:
    for flags in ([], ["--defaults"]):
        shown = run("mapping", "show", "us-store", *flags).stdout
        again = run("mapping", "set", "us-store", rules_file(tmp_path, shown))
        assert again.exit_code == 0, again.exception
        assert "nothing differs from version 1" in again.stdout
    assert tomllib.loads(shown)["rules"]["total"] == {"read_back": "batch"}
    assert present(world).rules_version == 1


def test_bare_keys_and_a_whole_connection_file_are_taken_too(run: Any, world: World, tmp_path: Path) -> None:
    shown = run("mapping", "show", "us-store").stdout
    bare = shown.replace("[rules]\n", "").replace("[rules.", "[")
    whole = 'name = "us-store"\n[shopify]\nshop = "x"\n' + shown
    for text in (bare, whole):
        assert "nothing differs" in run("mapping", "set", "us-store", rules_file(tmp_path, text)).stdout


def test_a_change_is_a_new_version_and_prints_what_differs(run: Any, world: World, tmp_path: Path) -> None:
    file = rules_file(tmp_path, run("mapping", "show", "us-store").stdout.replace('"911"', '"912"'))
    done = json.loads(run("mapping", "set", "us-store", file, "--json").stdout)
    assert done["version"] == 2
    assert done["changes"] == [{"rule": "tax.item", "before": "911", "now": "912"}]
    history = json.loads(run("mapping", "history", "us-store", "--json").stdout)
    assert [(item["version"], item["note"]) for item in history] == [
        (2, "mapping set rules.toml"),
        (1, "connection added"),
    ]
    assert history[0]["changes"] == done["changes"]
    with world.engine.begin() as connection:
        (act,) = operator_actions.of_connection(connection, world.connection.id)
    assert (act.action, act.details["version"], act.details["rules"]) == ("rules changed", 2, ["tax.item"])


def test_going_back_is_a_version_of_its_own(run: Any, world: World, tmp_path: Path) -> None:
    run("mapping", "set", "us-store", rules_file(tmp_path, "[rules]\nlocation = 2\n"))
    back = run("mapping", "set", "us-store", "--rollback", "1", "--json")
    assert json.loads(back.stdout)["version"] == 3
    assert present(world).rules == factories.rules().to_json()
    assert run("mapping", "show", "us-store", "--version", "2").stdout.count("=") == 1
    missing = run("mapping", "set", "us-store", "--rollback", "9")
    assert isinstance(missing.exception, ConfigError)
    assert "has no version 9" in str(missing.exception)


def test_names_become_ids_and_stay_as_they_were_written(run: Any, world: World, tmp_path: Path) -> None:
    done = run("mapping", "set", "us-store", rules_file(tmp_path, NAMED))
    assert done.exit_code == 0, done.exception
    shown = run("mapping", "show", "us-store").stdout
    assert 'location = "warehouse"  # 2' in shown
    assert 'account = "Bank"  # 123' in shown
    rules = world.runtime.open_unchecked(world.connection.id).rules
    assert (rules.subsidiary, rules.location, rules.currencies) == ("1", "2", {"USD": "1"})
    assert rules.payments.methods["shopify_payments"].method == "8"


def test_a_body_is_written_with_the_id_of_a_name(run: Any, world: World, tmp_path: Path) -> None:
    run("mapping", "set", "us-store", rules_file(tmp_path, NAMED))
    world = another_process(world)
    world.work(world.sell(rest_order()))
    assert world.record(5001).state == "in_sync", world.record(5001).reason
    (order,) = [record for record in world.account.records.values() if record.type == "salesOrder"]
    assert order.body["location"]["id"] == "2"
    with world.engine.begin() as connection:
        made = effects.of_record(connection, world.record(5001).id)
    assert {effect.rules_version for effect in made} == {2}


def test_wrong_values_are_refused_with_line_and_candidates_and_change_nothing(
    run: Any, database: Engine, redis_url: str, tmp_path: Path
) -> None:
    account = {
        "locations": [
            {"id": "2", "name": "Main Warehouse"},
            {"id": "3", "name": "East : Shelf"},
            {"id": "4", "name": "West : Shelf"},
            {"id": "5", "name": "Closed", "isinactive": "T"},
        ]
    }
    text = """[rules]
location = "Main Warehous"
[rules.locations]
81 = "Shelf"
82 = "Closed"
83 = 99
[rules.tax]
item = "Nothing"
"""
    with opened_world(database, redis_url, account=account) as world:
        refused = run("mapping", "set", "us-store", rules_file(tmp_path, text))
        assert present(world).rules_version == 1
    said = str(refused.exception).replace(str(tmp_path), "").splitlines()
    assert said == [
        "/rules.toml:2: rules.location: NetSuite has no location named 'Main Warehous'; there is 'Main Warehouse'",
        "/rules.toml:4: rules.locations.81: NetSuite has 2 entries of the list location named 'Shelf': "
        "say which by id: 3 (East : Shelf), 4 (West : Shelf)",
        "/rules.toml:5: rules.locations.82: the location 5 (Closed) is inactive in NetSuite",
        "/rules.toml:6: rules.locations.83: NetSuite has no location with the id 99",
        "/rules.toml:8: rules.tax.item: NetSuite has no item named 'Nothing'",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[rules]\nlocaton = 2\n", ":2: rules.locaton: "),
        ("[rules]\nlocaton = 2\n", "is not a rule; location is meant?"),
        ("[tax]\nmode = 'vat'\n", ":2: tax.mode: Input should be"),
        ("time_zone = 'Mars/Olympus'", ":1: time_zone: Mars/Olympus is not a time zone"),
        ("a = ", "is not TOML"),
        ("[orders]\nowned_fields = ['total']", "total cannot be owned"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_line(
    run: Any, world: World, tmp_path: Path, text: str, sentence: str
) -> None:
    refused = run("mapping", "set", "us-store", rules_file(tmp_path, text))
    assert isinstance(refused.exception, ConfigError)
    assert sentence in str(refused.exception)


def test_only_what_is_new_is_looked_up(run: Any, world: World, tmp_path: Path) -> None:
    run("mapping", "set", "us-store", rules_file(tmp_path, NAMED))
    before = suiteql_calls(world)
    run("mapping", "set", "us-store", rules_file(tmp_path, NAMED.replace("America/New_York", "UTC")))
    assert suiteql_calls(world) == before
    run("mapping", "set", "us-store", rules_file(tmp_path, NAMED.replace('"Card"', "9")))
    assert suiteql_calls(world) == before + 1


def test_a_list_the_role_may_not_read_is_no_fault_of_an_id(
    run: Any, database: Engine, redis_url: str, tmp_path: Path
) -> None:
    with opened_world(database, redis_url, account={"denied_tables": ["location"]}):
        by_id = run("mapping", "set", "us-store", rules_file(tmp_path, "location = 7"))
        by_name = run("mapping", "set", "us-store", rules_file(tmp_path, "location = 'Warehouse'"))
    assert by_id.exit_code == 0, by_id.exception
    assert ":1: location: the list location cannot be read, so write the internal id" in str(by_name.exception)


def test_what_waited_for_a_rule_goes_on_and_nothing_else(run: Any, world: World, tmp_path: Path) -> None:
    waiting, other = world.sell(rest_order(5001)), world.sell(rest_order(5002))
    with world.engine.begin() as connection:
        for record_id, code in ((waiting, "not_mapped"), (other, "rejected")):
            connection.exec_driver_sql(
                f"update records set state = 'held', reason_code = '{code}' where id = {record_id}"
            )
    done = json.loads(run("mapping", "set", "us-store", rules_file(tmp_path, NAMED), "--json").stdout)
    assert done["released"] == 1
    assert (world.record(5001).state, world.record(5002).state) == ("pending", "held")


def test_a_name_in_a_new_connection_is_looked_up_at_its_first_check(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(location="Warehouse")
    with opened_world(database, redis_url, rules=rules) as world:
        world.work(world.sell(rest_order()))
        assert world.record(5001).state == "in_sync", world.record(5001).reason
        (order,) = [record for record in world.account.records.values() if record.type == "salesOrder"]
        assert order.body["location"]["id"] == "2"
        assert suiteql_calls(another_process(world)) == suiteql_calls(world)


def test_an_order_is_held_with_the_rule_while_its_name_is_unknown(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(location="Not built yet")
    with opened_world(database, redis_url, rules=rules) as world:
        world.work(world.sell(rest_order()))
        held = world.record(5001)
        assert (held.state, held.reason_subject) == ("held", "rule:location")
        assert "rules.location: NetSuite has no location named 'Not built yet'" in str(held.reason)
        assert world.transactions() == []
        world.account.tables.put("location", {"id": 2, "name": "Not built yet", "isinactive": "F"})
        world.work(world.sell(rest_order(5002)))
        assert world.record(5002).state == "in_sync", world.record(5002).reason
        assert world.record(5001).state == "pending"


def test_the_file_of_a_connection_added_again_is_a_version_only_where_rules_differ(world: World) -> None:
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
        same = new_connection(world.shop_url, world.account_url, rules=factories.rules_json())
        stored = connections.change(connection, stored, same, world.runtime.vault)
        assert stored.rules_version == 1
        other = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(location="3"))
        stored = connections.change(connection, stored, other, world.runtime.vault)
        kept = rule_versions.of_connection(connection, stored.id)
    assert stored.rules_version == 2
    assert [(item.version, item.rules["location"]) for item in kept] == [(2, "3"), (1, "2")]


def test_of_two_who_change_the_rules_at_once_the_second_is_told(world: World) -> None:
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
        connections.change_rules(connection, stored, {"location": "3"}, actor="one", note="")
        with pytest.raises(ConfigError, match="changed by somebody else"):
            connections.change_rules(connection, stored, {"location": "4"}, actor="two", note="")


def changes_of(found: Any, order: str) -> dict[str, list[tuple[str, Any, Any]]]:
    """The changed fields of one order's records, by kind."""
    (one,) = [item for item in found["orders"] if item["order"] == order]
    return {
        record["kind"]: [(c["field"], c["before"], c["now"]) for c in record["changes"]] for record in one["records"]
    }


def test_a_draft_is_tried_on_examples_and_real_orders_and_nothing_is_written(
    run: Any, world: World, tmp_path: Path
) -> None:
    world.sell(rest_order(total="22.00", total_tax="2.00"))
    draft = run("mapping", "show", "us-store").stdout.replace('item = "911"', 'item = "Rounding"')
    before = len(world.account.calls)
    done = run("mapping", "test", "us-store", rules_file(tmp_path, draft), "--last", "5", "--json")
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)
    assert changes_of(found, "#1001") == {"sales_order": [("item.items[1].item", "911", "912")]}
    assert changes_of(found, "zero_decimal") == {"sales_order": [("item.items[1].item", "911", "912")]}
    assert changes_of(found, "simple") == {}
    assert (found["changed"], found["worse"]) == (4, 0)
    # Ids and names were looked up, and that is all NetSuite was asked.
    assert {call.path for call in world.account.calls[before:]} - {"token"} == {"suiteql"}
    assert present(world).rules_version == 1
    assert "item.items[1].item  911 → 912" in run("mapping", "test", "us-store", str(tmp_path / "rules.toml")).stdout


def test_a_draft_that_would_hold_an_order_is_found_out(run: Any, world: World, tmp_path: Path) -> None:
    draft = run("mapping", "show", "us-store").stdout.replace('gift_card = "902"', "")
    done = run("mapping", "test", "us-store", rules_file(tmp_path, draft), "--json")
    assert done.exit_code == 1
    (one,) = [item for item in json.loads(done.stdout)["orders"] if item["order"] == "gift_card_sold"]
    assert one["before"] == "written"
    assert "set rules.items.gift_card" in one["now"]
    assert "1 would not be written" in run("mapping", "test", "us-store", str(tmp_path / "rules.toml")).stdout


def test_a_draft_is_tried_on_every_recorded_order(
    run: Any, database: Engine, redis_url: str, shared: Path, tmp_path: Path
) -> None:
    with opened_books(database, redis_url, recording_rules()) as world:
        orders = [recorded(shared, name) for name in sorted(recorded_names(shared, "order_*.json"))]
        for order in orders:
            world.sell(order, *with_refunds(order))
        draft = run("mapping", "show", "us-store").stdout.replace('"America/New_York"', '"Pacific/Auckland"')
        done = run("mapping", "test", "us-store", rules_file(tmp_path, draft), "--last", "20", "--json")
    found = json.loads(done.stdout)
    real = [item for item in found["orders"] if not item["example"]]
    assert len(real) == len(orders)
    for item in real:
        for record in item["records"]:
            assert {change["field"] for change in record["changes"]} == {"tranDate"}
    assert sum(bool(item["records"]) for item in real) >= 1


def another_process(world: World) -> World:
    """The same world, worked on by a process that starts now."""
    return replace(world, runtime=another_runtime(world), connection=present(world))


def test_a_mapping_lets_exactly_those_go_on_that_wait_for_it(run: Any, world: World, tmp_path: Path) -> None:
    for number, gateway in ((5001, "paypal"), (5002, "cash")):
        order = rest_order(number)
        world.shop.put_order(order, [payment(order, gateway=gateway)])
        world.work(world.announce(number))
    shown = run("mapping", "show", "us-store").stdout
    mapped = shown + '\n[rules.payments.methods.paypal]\nmethod = "8"\n'
    done = run("mapping", "set", "us-store", rules_file(tmp_path, mapped))
    assert done.exit_code == 0, done.exception
    assert "version 2; 1 held orders are tried again\n" in done.stderr
    assert {number: world.record(number).state for number in (5001, 5002)} == {5001: "pending", 5002: "held"}


def test_a_rule_that_may_concern_anybody_lets_all_go_on_and_says_so(run: Any, world: World, tmp_path: Path) -> None:
    order = rest_order()
    world.shop.put_order(order, [payment(order, gateway="paypal")])
    world.work(world.announce(5001))
    shown = run("mapping", "show", "us-store", "--defaults").stdout
    file = rules_file(tmp_path, shown.replace("include_test = false", "include_test = true"))
    done = json.loads(run("mapping", "set", "us-store", file, "--json").stdout)
    assert (done["released"], done["unjudged"]) == (1, ["orders.include_test"])
    back = run("mapping", "set", "us-store", "--rollback", "1")
    assert "0 held orders are tried again: all that lack a mapping, because orders.include_test can" in back.stderr
