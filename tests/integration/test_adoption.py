"""Orders that another connector wrote to NetSuite are adopted as they stand, and never made there a second time."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from connector.flows.stock_drift import read_shop
from connector.sandbox.netsuite.accountant import act as account_act
from tests import factories
from tests.adopting import FIELD, deposited, foreign, given_back, happens, opened, shop_happens, standing, with_rules
from tests.integration.test_history import imported, placed
from tests.payloads import rest_order
from tests.stocking import MAIN, stock_rules
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url) as made:
        yield made


def test_an_order_of_another_connector_is_adopted_with_its_deposit_and_nothing_is_written(world: World) -> None:
    placed(world, 5001)
    order_id = foreign(world, 5001)
    deposit_id = deposited(world, order_id)
    before = world.transactions()
    assert imported(world).by_state == {"in_sync": 1}
    assert world.transactions() == before
    assert (standing(world, "sales_order"), standing(world, "customer_deposit")) == ([order_id], [deposit_id])
    assert not [call for call in world.calls() if call.startswith(("POST /services/rest/record", "PATCH"))]


def test_an_import_that_is_begun_again_and_another_pass_write_nothing(world: World) -> None:
    placed(world, 5001)
    deposited(world, foreign(world, 5001))
    imported(world)
    before = world.transactions()
    assert imported(world).total == 0
    world.work(world.announce(5001))
    assert world.record(5001).state == "in_sync"
    assert world.transactions() == before


def test_a_different_total_is_held_with_both_sums_and_nothing_is_written(world: World) -> None:
    placed(world, 5001)
    order_id = foreign(world, 5001, rate=19.99)
    before = world.transactions()
    assert imported(world).by_state == {"held": 1}
    record = world.record(5001)
    assert record.reason_subject == "order:adopt_total"
    assert "comes to 19.99, Shopify's order to 20.00 USD" in str(record.reason)
    assert (world.transactions(), standing(world, "sales_order")) == (before, [])
    line = {"item": {"items": [{"line": 1, "rate": 20.0}]}}
    account_act(world.account, {"act": "edit", "type": "salesOrder", "record": order_id, "fields": line})
    deposited(world, order_id)
    world.work(world.announce(5001))
    assert (world.record(5001).state, standing(world, "sales_order")) == ("in_sync", [order_id])


def test_an_order_that_is_held_for_what_stands_there_keeps_its_units(database: Engine, redis_url: str) -> None:
    rules = {
        "inventory": stock_rules()["inventory"],
        "adoption": {"field": FIELD, "placed_before": "2027-01-01T00:00:00Z"},
    }
    with opened(database, redis_url, **rules) as world:
        world.shop.inventory.load([{"id": 11, "sku": "MUG-RED", "variant_id": 9001, "levels": {MAIN: 10}}])
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
        foreign(world, 5001, rate=19.99)
        world.work(world.sell(rest_order(5001)))
        assert world.record(5001).reason_subject == "order:adopt_total"
        with world.engine.begin() as connection:
            assert connection.execute(text("select inventory_item, quantity from reservations")).all() == [(11, 1)]


def test_two_documents_of_one_order_are_held_with_both_named(world: World) -> None:
    placed(world, 5001)
    first, second = foreign(world, 5001), foreign(world, 5001)
    assert imported(world).by_state == {"held": 1}
    record = world.record(5001)
    assert record.reason_subject == "order:adopt_candidates"
    assert f"internal id {first}" in str(record.reason)
    assert f"internal id {second}" in str(record.reason)
    assert len(world.transactions("SalesOrd")) == 2


def test_money_that_netsuite_lacks_is_held_or_written_as_the_rule_says(world: World) -> None:
    placed(world, 5001)
    foreign(world, 5001)
    assert imported(world).by_state == {"held": 1}
    record = world.record(5001)
    assert record.reason_subject == "order:adopt_incomplete"
    assert "NetSuite lacks the customer deposit over 20.00 USD" in str(record.reason)
    assert world.transactions("CustDep") == []
    rules = factories.rules_json(adoption={"field": FIELD, "missing": "write"})
    with_rules(world, rules)
    world.work(world.announce(5001))
    assert world.record(5001).state == "in_sync"
    assert [item["total"] for item in world.transactions("CustDep")] == ["20"]
    assert len(world.transactions("SalesOrd")) == 1


def test_a_deposit_over_another_sum_is_named(world: World) -> None:
    placed(world, 5001)
    deposited(world, foreign(world, 5001), 25.0)
    imported(world)
    reason = str(world.record(5001).reason)
    assert "NetSuite lacks the customer deposit over 20.00 USD" in reason
    assert "over 25, Shopify has not" in reason


def test_an_adopted_order_is_refunded_out_of_the_adopted_deposit(world: World) -> None:
    placed(world, 5001, quantity=2)
    deposit_id = deposited(world, foreign(world, 5001, quantity=2), 40.0)
    imported(world)
    happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}])
    assert world.record(5001).state == "in_sync", world.record(5001).reason
    (refund,) = world.transactions("CustRfnd")
    assert refund["takes"] == {deposit_id: "20"}
    assert [item["total"] for item in world.transactions("SalesOrd")] == ["20"]


def test_an_adopted_order_that_is_cancelled_is_closed(world: World) -> None:
    placed(world, 5001)
    deposited(world, foreign(world, 5001))
    imported(world)
    happens(world, "cancel", restock=True)
    assert world.record(5001).state == "in_sync", world.record(5001).reason
    (order,) = world.transactions("SalesOrd")
    assert order["status"] == "H"
    assert len(world.transactions("CustRfnd")) == 1


def test_an_adopted_order_that_the_shop_ships_is_shipped_there_once(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, fulfillments={"source": "shopify"}) as world:
        placed(world, 5001)
        order_id = foreign(world, 5001)
        deposited(world, order_id)
        imported(world)
        happens(world, "fulfill")
        assert world.record(5001).state == "in_sync", world.record(5001).reason
        (shipment,) = world.transactions("ItemShip")
        assert shipment["created_from"] == order_id


def test_what_the_other_connector_shipped_billed_and_gave_back_is_adopted_too(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, fulfillments={"source": "shopify"}) as world:
        placed(world, 5001)
        order_id = foreign(world, 5001)
        ship = account_act(world.account, {"act": "fulfill", "order": order_id})["id"]
        bill = account_act(world.account, {"act": "bill", "order": order_id, "as": "cashSale"})["id"]
        shop_happens(world, "fulfill")
        shop_happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "return"}])
        back = given_back(world, str(bill))
        before = world.transactions()
        assert imported(world).by_state == {"in_sync": 1}, world.record(5001).reason
        assert world.transactions() == before
        assert standing(world, "item_fulfillment") == [str(ship)]
        assert standing(world, "customer_deposit") == [str(bill)]
        assert standing(world, "cash_refund") == [back]
