"""A sales order that was entered in NetSuite goes on like any other: shipped, billed and closed, the shop is told."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from connector.flows import orders_poll, shipments_poll
from connector.sandbox.netsuite.accountant import act as account_act
from connector.store.tables import records
from tests.integration.test_draft_orders import aged, approved, drafting, entered, news_worked, orders, polled
from tests.world import World

Json = dict[str, Any]


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    wanted: Json = {"financial_status": ["PAID", "PENDING"]}
    status: Json = {"closed": "cancel", "write_back": "none"}
    with drafting(database, redis_url, orders=wanted, status=status) as opened:
        told(opened)
        yield opened


def told(world: World) -> None:
    """Both runs that find what the shop must be told, and the passes they ask for."""
    systems = world.runtime.open_systems(world.connection.id)
    for poll in (orders_poll.poll, shipments_poll.poll):
        poll(systems, world.runtime, lambda _: None)
    with world.engine.begin() as connection:
        due = update(records).where(records.c.kind == "order_status", records.c.state == "pending")
        connection.execute(due.values(next_attempt_at=text("now()")))
        query = select(records.c.id).where(records.c.kind == "order_status", records.c.state == "pending")
        found = list(connection.execute(query).scalars())
    for record_id in found:
        world.work(record_id)


def linked(world: World) -> str:
    """An approved sales order that became an order of the shop, and is known as it; its id."""
    order_id = entered(world)
    approved(world, order_id)
    polled(world)
    news_worked(world)
    assert world.record(orders(world)[0]["id"]).state == "in_sync", world.record(orders(world)[0]["id"]).reason
    return order_id


def test_its_shipment_is_told(world: World) -> None:
    order_id = linked(world)
    account_act(world.account, {"act": "fulfill", "order": order_id, "tracking": ["1Z1"]})
    told(world)
    (order,) = orders(world)
    assert [item["tracking_numbers"] for item in order["fulfillments"]] == [["1Z1"]]


def test_it_is_marked_as_paid_once_its_invoice_is(world: World) -> None:
    order_id = linked(world)
    invoice = str(account_act(world.account, {"act": "bill", "order": order_id})["id"])
    account_act(world.account, {"act": "pay", "invoice": invoice})
    told(world)
    (order,) = orders(world)
    assert (order["financial_status"], len(world.transactions("SalesOrd"))) == ("paid", 1)
    news_worked(world)
    assert world.transactions("CustDep") == []


def test_it_is_cancelled_in_the_shop_when_it_is_closed(world: World) -> None:
    order_id = linked(world)
    account_act(world.account, {"act": "close_order", "order": order_id})
    told(world)
    (order,) = orders(world)
    assert order["cancelled_at"] is not None


def test_what_was_shipped_and_billed_before_it_was_linked_is_told_afterwards(world: World) -> None:
    order_id = entered(world)
    approved(world, order_id)
    account_act(world.account, {"act": "fulfill", "order": order_id, "tracking": ["1Z1"]})
    invoice = str(account_act(world.account, {"act": "bill", "order": order_id})["id"])
    account_act(world.account, {"act": "pay", "invoice": invoice})
    told(world)
    aged(world)
    polled(world)
    news_worked(world)
    told(world)
    (order,) = orders(world)
    assert [item["tracking_numbers"] for item in order["fulfillments"]] == [["1Z1"]]
    assert order["financial_status"] == "paid"


def test_the_shipment_of_one_with_an_external_id_of_its_own_is_told(world: World) -> None:
    order_id = entered(world, externalId="EDI-77")
    approved(world, order_id)
    polled(world)
    news_worked(world)
    account_act(world.account, {"act": "fulfill", "order": order_id, "tracking": ["1Z1"]})
    told(world)
    (order,) = orders(world)
    assert [item["tracking_numbers"] for item in order["fulfillments"]] == [["1Z1"]]
