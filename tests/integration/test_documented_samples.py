"""Shopify's own sample bodies (2026-04): their figures do not add up, so nothing of them may reach the books unseen."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.recordings import opened_books, recorded, recording_rules
from tests.world import World

Json = dict[str, Any]
FOLDER = "doc_samples_2026-04"
ORDERS = ("orders__create", "orders__updated", "orders__cancelled")


def sample(shared: Path, name: str) -> Json:
    """One sample body."""
    return recorded(shared, f"{FOLDER}/{name}.json")


def seen(world: World, order: Json, *transactions: Json) -> tuple[str, str | None]:
    """State and reason of a sample order after a pass."""
    world.shop.put_order(order, list(transactions))
    world.work(world.announce(order["id"]))
    record = world.record(order["id"])
    return record.state, record.reason


@pytest.fixture
def books(database: Engine, redis_url: str) -> Any:
    """Everything is mapped; the shop ships."""
    rules = recording_rules(fulfillments={"source": "shopify"}, orders={"include_test": True})
    with opened_books(database, redis_url, rules) as world:
        # The samples' SKUs.
        skus = ("SKU2006-001", "LENS-PROTECT-2YR", "CASE-LEATHER-PREM", "SKU2006-020", "SKU2006-035")
        world.account.add_items([{"id": str(3300 + n), "itemid": sku} for n, sku in enumerate(skus)])
        yield world


def as_sold(shared: Path, **changes: Any) -> Json:
    """The sample order as it was before it was cancelled."""
    order = sample(shared, "orders__create")
    return order | {"cancelled_at": None, "cancel_reason": None, "financial_status": "authorized"} | changes


def corrected(shared: Path, **changes: Any) -> Json:
    """With the total its lines come to: 89.99 + 19.99 + 24.99 + 159.99 + 119.99 = 414.95, shipping is free."""
    total = {"total_price": "414.95", "total_price_set": None}
    return as_sold(shared, **(total | changes))


@pytest.mark.parametrize("name", ORDERS)
def test_a_sample_order_was_cancelled_before_it_was_seen_and_stays_out(books: World, shared: Path, name: str) -> None:
    state, reason = seen(books, sample(shared, name))
    assert (state, "cancelled before it reached NetSuite" in (reason or "")) == ("excluded", True)
    assert books.transactions() == []


def test_a_sample_order_whose_figures_do_not_add_up_is_held_with_the_difference(books: World, shared: Path) -> None:
    state, reason = seen(books, as_sold(shared))
    # The lines come to 414.95, the sample's total is 404.95.
    assert (state, "difference -10.00" in (reason or "")) == ("held", True), reason
    assert books.transactions() == []


def test_the_sample_authorisation_is_no_money(books: World, shared: Path) -> None:
    assert seen(books, corrected(shared), sample(shared, "order_transactions__create"))[0] == "in_sync"
    (order,) = books.transactions("SalesOrd")
    assert (order["total"], len(order["item_lines"])) == ("414.95", 5)
    assert books.transactions("CustDep") == []


def test_the_sample_fulfilment_is_pending_and_ships_nothing_yet(books: World, shared: Path) -> None:
    shipment = sample(shared, "fulfillments__create")
    assert seen(books, corrected(shared, fulfillments=[shipment]))[0] == "in_sync"
    assert books.transactions("ItemShip") == []
    updated = sample(shared, "fulfillments__update") | {"status": "success"}
    assert seen(books, corrected(shared, fulfillments=[updated]))[0] == "in_sync"
    (shipped,) = books.transactions("ItemShip")
    # The sample ships each of the five lines once.
    assert [(line["item"], line["quantity"]) for line in shipped["item_lines"]] == [
        ("3300", "1"),
        ("3301", "1"),
        ("3302", "1"),
        ("3303", "1"),
        ("3304", "1"),
    ]


def test_the_sample_refund_gives_back_money_that_never_came_and_is_held_with_the_figures(
    books: World, shared: Path
) -> None:
    refund = sample(shared, "refunds__create")
    back = [item | {"currency": "USD"} for item in refund["transactions"]]
    order = corrected(shared, refunds=[refund | {"transactions": back}])
    state, reason = seen(books, order, sample(shared, "order_transactions__create"), *back)
    # 75.00 and 10.00 are said to have gone back; the order was only authorised.
    assert state == "held"
    assert "gave back" in (reason or "")
    assert books.transactions("CustRfnd") == []
