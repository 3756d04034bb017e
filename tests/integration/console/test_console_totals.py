"""/orders: totals that are not the same on both sides are marked, found and exported by one truth, whatever became of them."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connector.flows.verification import verify_batch
from connector.store import inbox
from tests.adopting import deposited, foreign, happens, opened, shop_happens
from tests.hearing import delivery, heard
from tests.integration.test_history import imported, placed
from tests.payloads import payment, rest_order
from tests.visiting import Visitor, opened_console
from tests.world import World


def sold(world: World, number: int, **changes: Any) -> None:
    """An order is heard of and worked on."""
    order = rest_order(number, **changes)
    world.shop.put_order(order, [payment(order)])
    world.work(heard(world, "orders/create", order).record_ids[0])


def changed_there(world: World, total: float) -> None:
    """Somebody changes the newest sales order in NetSuite; its total is read back a minute later."""
    written = world.account.records[("salesOrder", world.transactions("SalesOrd")[-1]["id"])]
    written.body["total"] = total
    world.account.keep(written)
    systems = world.runtime.open_systems(world.connection.id)
    verify_batch(systems, world.runtime, now=datetime.now(UTC) + timedelta(minutes=1))


def differing(visitor: Visitor, query: str = "") -> list[str]:
    """The names that the filter finds; what the rows and the file of all orders mark is the same."""
    found = [row["name"] for row in visitor.json(f"/orders?differs=true{query}")["orders"]["rows"]]
    if not query:
        marked = [row["name"] for row in visitor.json("/orders")["orders"]["rows"] if row["differs"]]
        file = csv.DictReader(io.StringIO(visitor.get("/orders.csv").text))
        filtered = csv.DictReader(io.StringIO(visitor.get("/orders.csv?differs=true").text))
        assert marked == [row["order"] for row in file if row["totals_differ"] == "True"] == found
        assert [row["order"] for row in filtered] == found
    return found


def test_an_order_that_is_left_alone_still_differs(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    sold(world, 5002)
    assert differing(otto) == []
    changed_there(world, 21.5)
    assert differing(otto) == ["#1002"]
    otto.does("/orders/1002/ignore", because="the accountant knows")
    assert world.record(5002).reason_code == "ignored"
    assert differing(otto) == ["#1002"]
    assert "differs" in otto.reads("/orders?differs=true")


def test_the_filter_goes_together_with_every_other_one(otto: Visitor, world: World) -> None:
    sold(world, 5001, sku="GHOST")
    sold(world, 5002)
    changed_there(world, 21.5)
    assert differing(otto, "&reason=total_mismatch") == ["#1002"]
    assert differing(otto, "&reason=not_mapped") == []
    assert differing(otto, "&subject=sku:GHOST") == []
    assert differing(otto, "&state=in_sync") == []
    assert differing(otto, "&state=held&store=us-store") == ["#1002"]
    assert otto.json("/orders?q=1002&differs=true")["opens"] == "/orders/1002"
    assert otto.json("/orders?q=1001&differs=true")["orders"]["rows"] == []


def test_news_of_the_filter_count_only_what_differs(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    sold(world, 5002)
    changed_there(world, 21.5)
    assert "1 new – show" in otto.get("/orders/news?differs=true&than=0").text


def test_a_total_that_became_right_differs_no_more(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    changed_there(world, 21.5)
    assert differing(otto) == ["#1001"]
    with world.engine.begin() as connection:
        connection.execute(text("update effects set look_at = now() - interval '1 hour'"))
    changed_there(world, 20.0)
    assert differing(otto) == []


def test_what_was_given_back_before_it_was_billed_is_no_difference(database: Engine, redis_url: str) -> None:
    with adopting(database, redis_url) as (world, otto):
        sold(world, 5001, quantity=2)
        happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}])
        assert differing(otto) == []
        (row,) = otto.json("/orders")["orders"]["rows"]
        assert (row["shopify_total"], row["due"], row["netsuite_total"]) == ("40.00", "20.00", "20.00")
        assert "20.00 USD after refunds" in otto.reads("/orders")


def test_what_shopify_changed_and_netsuite_may_not_differs(database: Engine, redis_url: str) -> None:
    with adopting(database, redis_url) as (world, otto):
        sold(world, 5001)
        world.account.records[("salesOrder", world.transactions("SalesOrd")[0]["id"])].body["status"] = {"id": "G"}
        happens(world, "edit", changes=[{"set_quantity": {"line_id": 50010, "quantity": 2}}])
        (row,) = otto.json("/orders")["orders"]["rows"]
        assert (row["state"], row["shopify_total"], row["netsuite_total"]) == ("held", "40.00", "20.00")
        assert differing(otto) == ["#1001"]


def test_what_cannot_be_written_for_want_of_a_mapping_differs(database: Engine, redis_url: str) -> None:
    with adopting(database, redis_url) as (world, otto):
        sold(world, 5001)
        happens(world, "edit", changes=[{"add_line": {"sku": "GHOST", "quantity": 1, "price": "7.00"}}])
        assert world.record(5001).reason_subject == "sku:GHOST"
        assert differing(otto) == ["#1001"]


def test_a_document_that_was_adopted_as_it_is_keeps_its_difference_and_the_mark(
    database: Engine, redis_url: str
) -> None:
    with adopting(database, redis_url) as (world, otto):
        placed(world, 5001)
        other = foreign(world, 5001, rate=19.0)
        foreign(world, 5001)
        deposited(world, other)
        imported(world)
        otto.does("/orders/1001/adopt", document=other, because="the discount was given there")
        world.work(otto.woken.records[0])
        assert world.record(5001).state == "in_sync", world.record(5001).reason
        (row,) = otto.json("/orders")["orders"]["rows"]
        assert (Decimal(row["shopify_total"]), Decimal(row["netsuite_total"])) == (Decimal(20), Decimal(19))
        assert differing(otto) == ["#1001"]
        world.work(world.announce(5001))
        assert differing(otto) == ["#1001"]


@pytest.mark.parametrize("units", [1, 2])
def test_a_document_that_is_adopted_as_the_order_was_sold_or_left_differs_in_nothing(
    database: Engine, redis_url: str, units: int
) -> None:
    with adopting(database, redis_url, adoption={"missing": "write"}) as (world, otto):
        placed(world, 5001, quantity=2)
        shop_happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}])
        deposited(world, foreign(world, 5001, quantity=units), 40.0)
        imported(world)
        (row,) = otto.json("/orders")["orders"]["rows"]
        assert (row["state"], Decimal(row["netsuite_total"])) == ("in_sync", Decimal(20 * units))
        assert differing(otto) == []


def test_a_webhook_about_an_order_that_differs_changes_no_index(world: World) -> None:
    sold(world, 5001)
    changed_there(world, 21.5)
    heard(world, "orders/updated", rest_order(5001))
    with world.engine.begin() as connection:
        before = hot(connection)
        inbox.accept(connection, [delivery(world, "orders/updated", rest_order(5001))])
        assert hot(connection) == before + 1


def hot(connection: Any) -> int:
    """Rows of records that this transaction has updated in place."""
    return int(connection.execute(text("select pg_stat_get_xact_tuples_hot_updated('records'::regclass)")).scalar_one())


@contextmanager
def adopting(database: Engine, redis_url: str, **rules: Any) -> Iterator[tuple[World, Visitor]]:
    """An account with the field of another connector, and an operator at the console over it."""
    with opened(database, redis_url, **rules) as world, opened_console(world) as otto:
        yield world, otto
