"""How another connector's orders are looked for, by a pass, a preview and a person, and what is kept of a look."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows.history import Span
from connector.flows.retention import forget
from connector.sandbox.netsuite.accountant import act as account_act
from connector.store import adoptions, operator_actions
from tests import factories
from tests.adopting import (
    deposited,
    foreign,
    opened,
    shop_happens,
    standing,
)
from tests.clock import now
from tests.integration.test_history import imported, placed
from tests.integration.test_reconcile import began, places, proved
from tests.payloads import payment, rest_order
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url) as made:
        yield made


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
    assert found["netsuite_writes"] == len(found["samples"]["#1004"]["requests"])
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
