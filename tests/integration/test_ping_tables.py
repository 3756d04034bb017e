"""Ping and the tables that what goes to Shopify is read from: looked at where a rule wants them, each with its permission."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows.ping.report import Probe, Status
from tests import factories
from tests.pings import change, pinged, probe, unwritten_world
from tests.stocking import stock_rules
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """A connection that lacks nothing, and to which nothing is written."""
    with unwritten_world(database, redis_url) as opened:
        yield opened


def looked(world: World, rules: dict[str, Any], *, tables: Sequence[str] = (), columns: Sequence[str] = ()) -> Probe:
    """What ping says of the tables with these rules, where the role does not see some."""
    world.account.change({"denied_tables": list(tables), "denied_columns": list(columns)})
    change(world, rules=factories.rules_json() | rules)
    return probe(pinged(world), "NetSuite", "tables")


@pytest.mark.parametrize(
    ("table", "permission"),
    [
        ("transactionshipment", "Item Fulfillment (TRAN_ITEMSHIP)"),
        ("trackingnumbermap", "Item Fulfillment (TRAN_ITEMSHIP)"),
        ("trackingnumber", "Item Fulfillment (TRAN_ITEMSHIP)"),
        ("deletedrecord", "Deleted Records (ADMI_DELETEDRECORD), under Setup > Users/Roles > Manage Roles > Permissions > Setup"),
    ],
)  # fmt: skip
def test_where_netsuite_ships_each_table_of_parcels_names_its_permission(
    world: World, table: str, permission: str
) -> None:
    found = looked(world, {}, tables=[table])
    assert found.status is Status.FAILED
    assert len(found.sentences) == 1
    assert f"the role does not see the table {table}: add the permission {permission}" in found.sentences[0]


def test_where_the_shop_ships_they_are_not_looked_at(world: World) -> None:
    found = looked(world, {"fulfillments": {"source": "shopify"}}, tables=["trackingnumbermap", "deletedrecord"])
    assert found.status is Status.OK


def test_a_hidden_column_of_shipments_is_named(world: World) -> None:
    found = looked(world, {}, columns=["transactionline.kitmemberof"])
    assert "does not see transactionline.kitmemberof" in found.sentences[0]
    assert "Item Fulfillment" in found.sentences[0]


@pytest.mark.parametrize("hidden", ["inventoryitemlocations", "aggregateitemlocation"])
def test_one_of_the_two_tables_of_stock_is_enough(world: World, hidden: str) -> None:
    assert looked(world, stock_rules(), tables=[hidden]).status is Status.OK


def test_without_either_table_of_stock_both_are_named(world: World) -> None:
    found = looked(world, stock_rules(), tables=["inventoryitemlocations", "aggregateitemlocation", "itemmember"])
    assert [sentence.split(" (")[0].split(":")[0] for sentence in found.sentences] == [
        "the role does not see the table itemmember",
        "the role does not see the table inventoryitemlocations",
        "the role does not see the table aggregateitemlocation",
    ]
    assert all("Items (LIST_ITEM)" in sentence for sentence in found.sentences)


def test_the_table_of_stock_that_a_rule_names_is_needed(world: World) -> None:
    found = looked(
        world, stock_rules(table="aggregateitemlocation"), columns=["aggregateitemlocation.quantityavailable"]
    )
    assert "does not see aggregateitemlocation.quantityavailable" in found.sentences[0]
    assert found.status is Status.FAILED


def test_stock_is_not_looked_at_where_none_is_pushed(world: World) -> None:
    assert (
        looked(world, {}, tables=["inventoryitemlocations", "aggregateitemlocation", "itemmember"]).status is Status.OK
    )


def test_what_an_account_does_not_have_of_customers_is_a_warning_with_the_rule(world: World) -> None:
    found = looked(world, {}, columns=["customer.taxable"])
    assert found.status is Status.WARNING
    assert "does not see customer.taxable" in found.sentences[0]
    assert "or take what it holds out of rules.customer.netsuite_fields" in found.sentences[0]


def test_a_mark_for_the_shop_that_is_not_there_is_named_with_its_rule(world: World) -> None:
    found = looked(world, {"draft_orders": {"field": "custbody_nobody_made"}})
    assert found.status is Status.FAILED
    assert "does not see transaction.custbody_nobody_made" in found.sentences[0]
    assert "Custom Body Fields (ADMI_CUSTBODYFIELD)" in found.sentences[0]
    assert "or correct rules.draft_orders.field" in found.sentences[0]
