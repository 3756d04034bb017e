"""What NetSuite shipped is told or asked about, and never dropped: strange goods, orders in doubt, deleted bills."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store.tables import effects, records
from tests.integration import test_order_status as orders
from tests.integration.test_shipments import (
    BLUE,
    ORDER,
    RED,
    aged,
    asked,
    opened,
    parcels,
    passed,
    shipped,
    sold,
    state,
    told,
)
from tests.world import World, opened_world


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url) as made:
        yield made


def substituted(world: World, shipment: str) -> None:
    """The warehouse ships an item that the order does not have."""
    world.account.tables.run(f"update transactionline set item = '912' where \"transaction\" = '{shipment}'")


def in_doubt(world: World) -> None:
    """A worker sent the sales order, and died before it heard the answer."""
    lost = {"state": "sent", "remote_id": None, "confirmed_at": None, "verified_at": None}
    with world.engine.begin() as connection:
        connection.execute(effects.update().where(effects.c.kind == "sales_order").values(lost))


def subject(world: World) -> Any:
    """What is asked about the order's status."""
    with world.engine.begin() as connection:
        query = select(records.c.reason_subject).where(records.c.kind == "order_status")
        return connection.execute(query).scalar_one()


def test_a_shipment_of_strange_goods_alone_is_asked_about_until_the_order_is_shipped(world: World) -> None:
    shipment = shipped(world, sold(world), tracking=["A"])
    substituted(world, shipment)
    told(world)
    assert (state(world)[0], subject(world), parcels(world)) == ("held", "parcel:strange_goods", [])
    shop_act(world.shop, {"act": "fulfill", "order_id": ORDER})
    passed(world)
    assert state(world)[0] == "in_sync"
    assert "has items that the order in Shopify does not: 912" in state(world)[1]


def test_strange_goods_beside_known_ones_are_a_note(world: World) -> None:
    order = sold(world)
    shipment = shipped(world, order, tracking=["A"])
    world.account.tables.run(
        f"update transactionline set item = '912' where \"transaction\" = '{shipment}' and item = '813'"
    )
    told(world)
    assert (state(world)[0], parcels(world)) == ("in_sync", [({RED: 3}, ["A"])])


def test_what_was_shipped_of_an_order_in_doubt_is_told_once_the_order_is_known(world: World) -> None:
    order = sold(world)
    in_doubt(world)
    shipped(world, order, tracking=["A"])
    told(world)
    assert (state(world)[0], subject(world), parcels(world)) == ("held", "order:in_doubt", [])
    world.work(world.announce(ORDER))
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert asked(world)["due"] == 1
    passed(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["A"])]


def test_a_worker_that_died_before_its_call_leaves_a_parcel_that_is_told_later_and_once(world: World) -> None:
    shipped(world, sold(world), tracking=["A"])
    world.shop.change({"fail_operations": {"FulfillmentCreate": 1}})
    told(world)
    with world.engine.begin() as connection:
        connection.execute(effects.update().where(effects.c.kind == "shop_fulfillment").values(state="sent"))
    passed(world)
    assert (parcels(world), state(world)[0]) == ([], "pending")
    aged(world)
    passed(world)
    passed(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["A"])]


@pytest.mark.parametrize("source", ["netsuite", "shopify"])
def test_a_bill_that_was_deleted_does_not_keep_the_order_from_being_marked_as_paid(
    database: Engine, redis_url: str, source: str
) -> None:
    made = orders.rules(mark_paid=True) | {"fulfillments": {"source": source}}
    with opened_world(database, redis_url, rules=made) as world:
        order = orders.placed(world)
        wrong = orders.billed(world, order, paid=False)
        orders.polled(world)
        account_act(world.account, {"act": "delete", "record": wrong})
        if source == "netsuite":
            asked(world)
        orders.billed(world, order)
        orders.polled(world)
        assert orders.shown(world)["financial_status"] == "paid"
