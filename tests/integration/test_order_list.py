"""Orders and deliveries are listed newest first, page by page, and orders are found by whatever a person has in hand."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.store import connections, event_list, order_list
from connector.store.event_list import EventFilter
from connector.store.tables import RecordState, events
from tests import factories
from tests.clock import now
from tests.hearing import heard
from tests.office import PLANTED, REDACT, Office, buys
from tests.payloads import payment, rest_order
from tests.scheduling import run_everywhere
from tests.world import World, approved, new_connection


def sold(world: World, number: int, **changes: Any) -> None:
    """An order is heard of and worked on."""
    order = rest_order(number, **changes)
    world.shop.put_order(order, [payment(order)])
    (record_id,) = heard(world, "orders/create", order).record_ids
    world.work(record_id)


def elsewhere(world: World) -> int:
    """A second connection, which has heard of order 5001 too; its id."""
    new = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(), name="eu-store")
    with world.engine.begin() as connection:
        stored = connections.add(connection, new, world.runtime.vault)
    approved(world.engine, stored)
    here, world.connection = world.connection, stored
    heard(world, "orders/create", rest_order(5001))
    world.connection = here
    return stored.id


def pages(run: Any, *arguments: str, limit: int) -> list[list[dict[str, Any]]]:
    """Every page of a list, each asked for by the last line of the one before."""
    found: list[list[dict[str, Any]]] = []
    before: tuple[str, ...] = ()
    while page := json.loads(run(*arguments, "--limit", str(limit), *before, "--json").stdout):
        found.append(page)
        before = ("--before", str(page[-1]["id"]))
    return found


def test_orders_are_listed_newest_first_over_connections_and_pages(world: World, run: Any) -> None:
    sold(world, 5001)
    elsewhere(world)
    sold(world, 5002, sku="NEW-SKU")
    sold(world, 5003)
    found = pages(run, "orders", "list", limit=3)
    assert [[one["shopify_id"] for one in page] for page in found] == [["5003", "5002", "5001"], ["5001"]]
    held = json.loads(run("orders", "list", "--state", "held", "--state", "parked", "--json").stdout)
    assert [one["shopify_id"] for one in held] == ["5002"]
    there = json.loads(run("orders", "list", "--connection", "eu-store", "--json").stdout)
    assert [one["state"] for one in there] == ["pending"]
    assert "eu-store" in run("orders", "list").stdout


def test_deliveries_that_came_at_one_moment_are_each_on_one_page(world: World, run: Any) -> None:
    for number in range(5001, 5006):
        sold(world, number)
    elsewhere(world)
    with world.engine.begin() as connection:
        connection.execute(update(events).values(received_at=now() - timedelta(days=1)))
    found = pages(run, "events", "list", limit=2)
    ids = [one["id"] for page in found for one in page]
    assert [len(page) for page in found] == [2, 2, 2]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 6


@pytest.mark.parametrize(
    ("wanted", "orders"),
    [
        (EventFilter(), ["5003", "5002", "5001"]),
        (EventFilter(topic="orders/create"), ["5003", "5002", "5001"]),
        (EventFilter(topic="orders/paid"), []),
        (EventFilter(state="held"), ["5002"]),
        (EventFilter(state="in_sync"), ["5003", "5001"]),
        (EventFilter(state="parked"), []),
        (EventFilter(reason="not_mapped"), ["5002"]),
        (EventFilter(sku="NEW-SKU"), ["5002"]),
        (EventFilter(sku="NEW-SKU", topic="orders/create", state="held"), ["5002"]),
        (EventFilter(sku="MUG-RED"), []),
        (EventFilter(order="1003"), ["5003"]),
        (EventFilter(order="5003"), ["5003"]),
        (EventFilter(order="#1003", state="held"), []),
    ],
)
def test_each_filter_finds_and_counts_the_same(world: World, wanted: EventFilter, orders: list[str]) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="NEW-SKU")
    sold(world, 5003)
    with world.engine.begin() as connection:
        found = event_list.found_events(connection, wanted, limit=50)
        assert [one.shopify_id for one in found] == orders
        assert event_list.count_events(connection, wanted) == len(orders)
        told = event_list.records_of(connection, wanted)
    assert sum(len(ids) for ids in told.values()) == len(orders)


def test_an_order_is_found_by_everything_it_is_known_by(world: World, run: Any) -> None:
    sold(world, 5001)
    sold(world, 5002, customer=None, email="Other@example.com")
    run_everywhere(world.runtime, "orders.poll", now=now())
    (sales_order,) = [one for one in world.transactions("SalesOrd") if one["external_id"].endswith("-5001")]
    (deposit,) = [one for one in world.transactions("CustDep") if one["sales_order"] == sales_order["id"]]
    terms = [
        "#1001",
        "1001",
        "5001",
        sales_order["id"],
        sales_order["tran_id"],
        sales_order["external_id"],
        deposit["id"],
    ]
    for term in [*terms, "ada@example.com", " ADA@Example.COM"]:
        found = json.loads(run("orders", "find", str(term), "--json").stdout)
        assert [one["shopify_id"] for one in found] == ["5001"], term
    # A guest, by the address of the order.
    assert json.loads(run("orders", "find", "other@example.com", "--json").stdout)[0]["shopify_id"] == "5002"


def test_what_is_known_by_nothing_of_it_is_not_found(world: World, run: Any) -> None:
    sold(world, 5001)
    for term in ("#1", "nobody@example.com", "99999999999999999999", "SHOPIFY-%", "1456"):
        assert run("orders", "find", term).exit_code == 1, term


def test_an_erased_buyer_is_not_found_by_their_address(office: Office, run: Any) -> None:
    buys(office)
    with office.engine.begin() as connection:
        known = office.world.runtime.open_unchecked(office.world.connection.id).email_hash(PLANTED["email"])
        hashes = {office.world.connection.id: known}
        assert len(order_list.found(connection, PLANTED["email"], email_hashes=hashes, limit=9)) == 1
    assert run("orders", "find", PLANTED["email"]).exit_code == 0
    office.ask("customers/redact", REDACT)
    assert run("orders", "find", PLANTED["email"]).exit_code == 1
    assert run("orders", "find", "#1001").exit_code == 0
    with office.engine.begin() as connection:
        assert order_list.listed(connection, states=[RecordState.IN_SYNC], limit=9) != []
