"""The shop is told the NetSuite number of every order, once, for many orders at once."""

from typing import Any

import pytest
from sqlalchemy import Engine

from connector.errors import OutcomeUnknown, Rejected
from connector.flows.orders_poll import poll
from connector.sandbox.netsuite.accountant import act as account_act
from tests import factories
from tests.payloads import rest_order
from tests.world import World, opened_world

Json = dict[str, Any]
TAGGED = factories.rules_json(status={"tag": "NS-{number}"})


def sold(world: World, count: int) -> list[str]:
    """That many orders, written to NetSuite; their numbers there."""
    for number in range(5001, 5001 + count):
        customer = {"id": 7012, "first_name": "Known", "last_name": "Buyer", "email": "known@example.com"}
        world.work(world.sell(rest_order(number, customer=customer)))
    return [str(item["tran_id"]) for item in world.transactions("SalesOrd")]


def polled(world: World) -> Json:
    """One run; what it did."""
    world.shop.operations.clear()
    world.account.calls.clear()
    return dict(poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None))


def annotated(world: World) -> list[Json]:
    """What the shop was told of each order."""
    return [item["metafields"] for item in world.shop.ledger()["orders"]]


def tags(world: World) -> list[str]:
    """The tags of each order."""
    return [item["tags"] for item in world.shop.ledger()["orders"]]


def test_the_numbers_of_thirteen_orders_are_told_in_two_calls_and_one_question(world: World) -> None:
    numbers = sold(world, 13)
    assert polled(world)["written_back"] == 13
    assert (world.shop.operations["MetafieldsSet"], world.shop.operations.total()) == (2, 2)
    assert world.calls() == ["POST suiteql 200", "POST suiteql 200"], "the clock, and one page"
    ids = [str(item["id"]) for item in world.transactions("SalesOrd")]
    assert [list(item.values()) for item in annotated(world)] == [list(pair) for pair in zip(numbers, ids, strict=True)]
    assert polled(world) == {"read": 13, "due": 0, "written_back": 0}
    assert world.shop.operations.total() == 0
    assert world.calls() == ["POST suiteql 200"]


def test_a_changed_number_is_told_again(world: World) -> None:
    sold(world, 1)
    polled(world)
    order = world.transactions("SalesOrd")[0]
    account_act(world.account, {"act": "edit", "record": order["id"], "fields": {"tranId": "SO-NEW"}})
    assert polled(world)["written_back"] == 1
    assert "SO-NEW" in annotated(world)[0].values()


def test_by_rule_nothing_is_written(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=factories.rules_json(status={"write_back": "none"})) as world:
        sold(world, 1)
        assert polled(world)["written_back"] == 0
        assert annotated(world) == [{}]


def test_by_rule_the_number_is_a_tag_and_its_echo_costs_no_call(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TAGGED) as world:
        numbers = sold(world, 2)
        polled(world)
        assert tags(world) == [f"NS-{number}" for number in numbers]
        assert [item["topic"] for item in world.shop.news] == ["orders/updated"] * 2
        world.account.calls.clear()
        world.work(world.announce(5001))
        assert world.calls() == []
        assert polled(world)["written_back"] == 0


def test_a_lost_answer_is_made_good_by_the_next_run(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TAGGED) as world:
        (number,) = sold(world, 1)
        world.shop.change({"lose_answers": {"MetafieldsSet": 1}})
        with pytest.raises(OutcomeUnknown):
            polled(world)
        world.shop.change({"lose_answers": {"TagsAdd": 1}})
        with pytest.raises(OutcomeUnknown):
            polled(world)
        assert polled(world)["written_back"] == 1
        assert tags(world) == [f"NS-{number}"]
        assert len(world.shop.news) == 1


def test_an_order_that_was_deleted_does_not_keep_the_others_waiting(world: World) -> None:
    sold(world, 3)
    world.shop.remove_order(5002)
    assert polled(world)["written_back"] == 3
    assert [len(item) for item in annotated(world)] == [2, 2]
    assert polled(world)["written_back"] == 0


def test_an_order_known_to_be_deleted_is_not_tried(world: World) -> None:
    sold(world, 1)
    world.shop.remove_order(5001)
    world.work(world.announce(5001))
    assert polled(world)["written_back"] == 0
    assert world.shop.operations.total() == 0


def test_a_tag_that_is_too_long_is_named_when_the_others_were_told(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=factories.rules_json(status={"tag": "N" * 31 + "{number}"})) as world:
        sold(world, 1)
        account_act(
            world.account,
            {"act": "edit", "record": world.transactions("SalesOrd")[0]["id"], "fields": {"tranId": "S" * 10}},
        )
        with pytest.raises(Rejected, match=r"rules\.status\.tag"):
            polled(world)


def test_an_order_sold_for_cash_is_told_too(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=factories.rules_json(orders={"cash_sale_sources": ["pos"]})) as world:
        world.work(world.sell(rest_order(source_name="pos")))
        (sale,) = world.transactions("CashSale")
        polled(world)
        assert sale["tran_id"] in annotated(world)[0].values()
