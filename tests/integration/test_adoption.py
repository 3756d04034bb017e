"""Orders that another connector wrote to NetSuite are adopted as they stand, and never made there a second time."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from connector.flows.history import Span
from connector.flows.retention import forget
from connector.flows.stock_drift import read_shop
from connector.mapping.rules import Rules
from connector.sandbox.netsuite import records as account_records
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.netsuite.transforms import transform
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store import adoptions, connections, operator_actions
from connector.store.tables import effects
from tests import factories
from tests.clock import now
from tests.integration.test_history import imported, placed
from tests.integration.test_reconcile import began, places, proved
from tests.payloads import payment, rest_order
from tests.stocking import MAIN, stock_rules
from tests.world import World, another_runtime, opened_world

Json = dict[str, Any]
FIELD = "custbody_celigo_etail_order_id"
USD = {"id": "1"}
BUYER = {"id": "1456"}


def opened(database: Engine, redis_url: str, *, adoption: Json | None = None, **rules: Any) -> Any:
    """A world whose account has the field of another connector."""
    made = factories.rules_json(adoption={"field": FIELD} | (adoption or {}), **rules)
    return opened_world(database, redis_url, rules=made, account={"body_fields": [FIELD]})


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url) as made:
        yield made


def foreign(world: World, number: int, *, rate: float = 20.0, quantity: int = 1, **fields: Any) -> str:
    """The other connector's sales order of an order; its internal id."""
    line = {"item": {"id": "812"}, "quantity": quantity, "price": {"id": "-1"}, "rate": rate}
    body: Json = {
        "entity": BUYER, "currency": USD, "orderStatus": {"id": "B"}, FIELD: str(number), "item": {"items": [line]},
    }  # fmt: skip
    return str(account_act(world.account, {"act": "enter", "fields": body | fields})["id"])


def deposited(world: World, order_id: str, amount: float = 20.0) -> str:
    """The other connector's deposit of an order; its internal id."""
    body: Json = {
        "customer": BUYER, "currency": USD, "salesOrder": {"id": order_id}, "payment": amount,
        "paymentOption": {"id": "8"}, "account": {"id": "123"},
    }  # fmt: skip
    return account_records.create(world.account, "customerDeposit", body, validation="Error")


def standing(world: World, kind: str) -> list[str]:
    """Internal ids of what we know to stand, of a kind."""
    with world.engine.begin() as connection:
        query = select(effects.c.remote_id).where(effects.c.kind == kind, effects.c.state == "confirmed")
        return [str(number) for number in connection.execute(query.order_by(effects.c.id)).scalars()]


def shop_happens(world: World, verb: str, **asked: Any) -> None:
    """Something happens to the order in the shop."""
    shop_act(world.shop, {"act": verb, "order_id": 5001, "at": "2026-11-21T10:00:00-05:00", **asked})


def happens(world: World, verb: str, **asked: Any) -> None:
    """The same, and a worker looks at it."""
    shop_happens(world, verb, **asked)
    world.work(world.announce(5001))


def with_rules(world: World, rules: Json) -> None:
    """The operator sets other rules; every process reads them a few seconds later."""
    with world.engine.begin() as connection:
        made = Rules.from_json(rules).to_json()
        connections.change_rules(connection, world.connection, made, actor="test", note="test")
    world.runtime = another_runtime(world)


def given_back(world: World, cash_sale: str) -> str:
    """The other connector's cash refund over a whole cash sale; its internal id."""
    source = world.account.records[("cashSale", cash_sale)]
    body = {"account": {"id": "123"}}
    return transform(world.account, source, "cashRefund", body, validation="Error")


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


def test_a_new_order_is_looked_for_only_where_the_cut_over_says_so(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, adoption={"placed_before": "2026-11-20T15:30:00Z"}) as world:
        old = foreign(world, 5001)
        deposited(world, old)
        world.work(world.sell(rest_order(5001)))
        assert standing(world, "sales_order") == [old]
        later = "2026-11-20T16:00:00Z"
        foreign(world, 5002)
        world.work(world.sell(rest_order(5003, created_at=later, processed_at=later)))
        calls = len(world.calls())
        world.work(world.sell(rest_order(5004, created_at=later, processed_at=later)))
        assert len(world.calls()) - calls == 2


def test_orders_of_an_import_are_looked_for_together(world: World) -> None:
    for number in range(5001, 5021):
        placed(world, number)
        if number % 2:
            deposited(world, foreign(world, number))
    imported(world)
    asked = [call for call in world.calls() if "suiteql" in call]
    assert world.record(5020).state == "in_sync"
    assert len(world.transactions("SalesOrd")) == 20
    # A page of items, one of customers, and three questions for all twenty orders.
    assert len(asked) == 5


def test_a_pass_that_died_before_it_was_written_down_adopts_the_same_again(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, adoption={"mark": True}) as world:
        placed(world, 5001)
        order_id = foreign(world, 5001)
        deposited(world, order_id)
        key = f"SHOPIFY-{factories.SHOP_ID}-ORDER-5001"
        fields = {"externalId": key}
        # The mark was written, and the worker was killed before it kept anything.
        account_act(world.account, {"act": "edit", "type": "salesOrder", "record": order_id, "fields": fields})
        assert imported(world).by_state == {"in_sync": 1}
        assert standing(world, "sales_order") == [order_id]
        assert [item["external_id"] for item in world.transactions("SalesOrd")] == [key]


def test_an_adopted_order_gets_our_external_id_where_the_rule_says_so(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, adoption={"mark": True}) as world:
        placed(world, 5001)
        deposited(world, foreign(world, 5001))
        imported(world)
        (order,) = world.transactions("SalesOrd")
        assert order["external_id"] == f"SHOPIFY-{factories.SHOP_ID}-ORDER-5001"
        assert len(world.transactions()) == 2


def test_orders_are_found_by_their_number_in_the_po_field(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, adoption={"field": "otherRefNum", "value": "SHOP-{number}"}) as world:
        placed(world, 5001)
        order_id = foreign(world, 0, otherRefNum="SHOP-1001")
        deposited(world, order_id)
        assert imported(world).by_state == {"in_sync": 1}
        assert standing(world, "sales_order") == [order_id]


def test_what_was_looked_for_is_forgotten_once_the_order_stands(world: World) -> None:
    for number in (5001, 5002):
        placed(world, number)
    foreign(world, 5002, rate=19.0)
    imported(world)
    systems = world.runtime.open_systems(world.connection.id)
    assert forget(systems, world.runtime, lambda _: None)["looks"] == 1
    with world.engine.begin() as connection:
        left = [adoptions.of_order(connection, world.connection.id, str(number)) for number in (5001, 5002)]
    assert (left[0], left[1] is not None) == (None, True)


def test_a_person_says_which_document_it_is_and_its_total_stays(world: World, run: Any) -> None:
    placed(world, 5001)
    deposited(world, foreign(world, 5001, rate=19.0))
    chosen = foreign(world, 5001, rate=19.5)
    deposit_id = deposited(world, chosen)
    imported(world)
    assert world.record(5001).reason_subject == "order:adopt_candidates"
    before = world.transactions()
    told = run("orders", "adopt", "#1001", "--document", chosen, "--reason", "the discount was given by hand")
    assert "in_sync" in told.stdout
    assert world.transactions() == before
    assert (standing(world, "sales_order"), standing(world, "customer_deposit")) == ([chosen], [deposit_id])
    with world.engine.begin() as connection:
        action = operator_actions.of_connection(connection, world.connection.id)[-1]
    assert (action.action, action.details["reason"]) == ("order adopted", "the discount was given by hand")


def test_a_dry_run_counts_what_is_adopted_and_names_what_differs(world: World, run: Any) -> None:
    for number in range(5001, 5005):
        placed(world, number)
    foreign(world, 5001)
    foreign(world, 5002, rate=19.0)
    foreign(world, 5003)
    foreign(world, 5003)
    found = json.loads(run("history", "import", "--since", "2026-05-01", "--dry-run", "--json").stdout)
    assert (found["new"], found["adopted"], list(found["samples"])) == (4, 1, ["#1004"])
    assert found["netsuite_writes"] == found["samples"]["#1004"]
    assert "is 19, Shopify's 20.00" in found["doubtful"]["#1002"]
    assert list(found["doubtful"]) == ["#1002", "#1003"]
    assert world.transactions("CustDep") == []


def test_a_dry_run_takes_a_partly_refunded_order_as_its_pass_will(world: World, run: Any) -> None:
    placed(world, 5001, quantity=2)
    shop_happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}])
    foreign(world, 5001)
    found = json.loads(run("history", "import", "--since", "2026-05-01", "--dry-run", "--json").stdout)
    assert (found["adopted"], found["doubtful"]) == (1, {})


def test_the_proof_knows_adopted_orders_and_their_money(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url) as opened_here:
        world = began(opened_here)
        for number in (5001, 5002):
            moment = (now() - timedelta(hours=30)).isoformat()
            order = rest_order(number, created_at=moment, processed_at=moment, updated_at=moment)
            world.shop.put_order(order, [payment(order)])
        deposited(world, foreign(world, 5001))
        order_id = foreign(world, 5002)
        account_act(world.account, {"act": "bill", "order": order_id, "as": "cashSale"})
        imported(world, Span(now() - timedelta(days=3), now()))
        found = proved(world)
        assert set(places(found).values()) == {"written"}
        assert [one for one in found.differences if not one.cause.is_explained] == []
