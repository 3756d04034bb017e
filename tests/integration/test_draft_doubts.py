"""What is in doubt about a draft order is never settled by a guess: no draft, order or sales order comes twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select

from connector.flows.draft_orders_poll import poll
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.draft_writes import complete_draft
from connector.store.tables import effects, records
from tests.clock import now
from tests.integration.test_draft_orders import (
    MARK,
    again,
    approved,
    drafting,
    drafts,
    entered,
    news_worked,
    orders,
    polled,
    record,
)
from tests.payloads import rest_order
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with drafting(database, redis_url) as opened:
        yield opened


def on_its_way(world: World, kind: str) -> None:
    """A worker wrote this effect down as sent a moment ago, and nobody knows more."""
    with world.engine.begin() as connection:
        lost = {"state": "sent", "sent_at": now(), "remote_id": None, "image": None, "confirmed_at": None}
        connection.execute(effects.update().where(effects.c.kind == kind).values(lost))


def completing(world: World, order_id: str) -> None:
    """A worker sent the draft's completion a moment ago, and died."""
    with world.engine.begin() as connection:
        row = {"connection_id": world.connection.id, "record_id": record(world, order_id).id, "fence": 1}
        row |= {"kind": "completed_draft", "natural_key": f"SHOPIFY-548380009-COMPLETED-{order_id}", "state": "sent"}
        connection.execute(insert(effects).values(row | {"request_hash": "1", "sent_at": now()}))


def an_hour_later(world: World) -> None:
    """What was sent was sent an hour ago."""
    with world.engine.begin() as connection:
        connection.execute(effects.update().values(sent_at=effects.c.sent_at - timedelta(hours=1)))


def changed(world: World, order_id: str, **fields: object) -> None:
    """A person saves the sales order."""
    account_act(world.account, {"act": "edit", "record": order_id, "fields": fields})


def test_a_draft_that_may_still_be_on_its_way_is_not_made_again_by_a_pass_that_comes_early(world: World) -> None:
    order_id = entered(world)
    polled(world)
    on_its_way(world, "draft_order")
    under_way = dict(world.shop.drafts)
    world.shop.drafts.clear()
    changed(world, order_id, otherRefNum="PO-8")
    polled(world)
    assert (drafts(world), record(world, order_id).state) == ([], "pending")
    # Shopify answered: it is our own wish to look later, and no sign that it is away.
    with world.engine.begin() as connection:
        waits_on = select(records.c.waits_on).where(records.c.id == record(world, order_id).id)
        assert connection.execute(waits_on).scalar_one() is None
    world.shop.drafts.update(under_way)
    again(world)
    assert (len(drafts(world)), record(world, order_id).state) == (1, "in_sync")


def test_a_draft_that_never_reached_the_shop_is_made_once_it_cannot_come_any_more(world: World) -> None:
    order_id = entered(world)
    polled(world)
    on_its_way(world, "draft_order")
    world.shop.drafts.clear()
    an_hour_later(world)
    changed(world, order_id, otherRefNum="PO-8")
    polled(world)
    assert (len(drafts(world)), record(world, order_id).state) == (1, "in_sync")


def test_a_draft_that_may_just_become_an_order_is_not_deleted(world: World) -> None:
    order_id = entered(world)
    polled(world)
    completing(world, order_id)
    account_act(world.account, {"act": "close_order", "order": order_id})
    polled(world)
    assert (len(drafts(world)), record(world, order_id).state) == (1, "pending")
    complete_draft(world.shop, next(iter(world.shop.drafts)), {"paymentPending": True})
    news_worked(world)
    again(world)
    assert record(world, order_id).state == "in_sync"
    assert [item["id"] for item in world.transactions("SalesOrd")] == [order_id]


def test_a_draft_whose_completion_came_to_nothing_is_deleted_with_its_sales_order(world: World) -> None:
    order_id = entered(world)
    polled(world)
    completing(world, order_id)
    an_hour_later(world)
    account_act(world.account, {"act": "close_order", "order": order_id})
    polled(world)
    assert (drafts(world), orders(world), record(world, order_id).state) == ([], [], "in_sync")


def test_a_draft_that_was_deleted_after_it_became_an_order_is_never_made_again(world: World) -> None:
    order_id = entered(world, externalId="EDI-77")
    polled(world)
    approved(world, order_id)
    polled(world)
    world.shop.drafts.clear()
    for is_marked in (False, True):
        changed(world, order_id, **{MARK: is_marked})
        polled(world)
    assert (drafts(world), len(orders(world))) == ([], 1)
    assert record(world, order_id).state == "in_sync", record(world, order_id).reason


def test_a_draft_that_vanished_while_it_became_an_order_is_asked_about(world: World) -> None:
    order_id = entered(world)
    polled(world)
    completing(world, order_id)
    an_hour_later(world)
    world.shop.drafts.clear()
    account_act(world.account, {"act": "close_order", "order": order_id})
    polled(world)
    assert record(world, order_id).reason_subject == "draft_order:deleted_in_shopify"


def test_however_many_drafts_are_open_each_is_looked_after(world: World) -> None:
    order_id = entered(world)
    polled(world)
    own = record(world, order_id).id
    row = {"connection_id": world.connection.id, "record_id": own, "fence": 1, "kind": "draft_order"}
    row |= {"state": "confirmed", "remote_id": "1", "request_hash": "1"}
    others = [row | {"natural_key": f"SHOPIFY-548380009-DRAFT-{number}"} for number in range(900_000, 901_001)]
    with world.engine.begin() as connection:
        connection.execute(insert(effects).values(others))
    account_act(world.account, {"act": "close_order", "order": order_id})
    due: list[int] = []
    counts = poll(world.runtime.open_systems(world.connection.id), world.runtime, due.append)
    assert (own in due, counts) == (True, {"read": 1, "asked": 1002})


def test_an_order_of_a_draft_that_was_taken_back_is_asked_about_and_not_written_again(world: World) -> None:
    order_id = entered(world)
    polled(world)
    changed(world, order_id, **{MARK: False})
    polled(world)
    said = [{"name": "netsuite_sales_order", "value": order_id}]
    world.work(world.sell(rest_order(note_attributes=said)))
    assert world.record(5001).reason_subject == "order:draft_deleted"
    assert [item["id"] for item in world.transactions("SalesOrd")] == [order_id]


def test_an_order_that_names_a_draft_the_shop_refused_does_not_wait_for_it(world: World) -> None:
    world.shop.config.currency = "EUR"
    order_id = entered(world)
    polled(world)
    assert record(world, order_id).state == "held"
    world.shop.config.currency = "USD"
    said = [{"name": "netsuite_sales_order", "value": order_id}]
    world.work(world.sell(rest_order(note_attributes=said, created_at=now().isoformat())))
    assert world.record(5001).state == "in_sync", world.record(5001).reason


def test_an_order_that_was_written_before_it_was_known_as_the_sales_orders_is_asked_about(
    database: Engine, redis_url: str
) -> None:
    with drafting(database, redis_url, payments={"methods": {"manual": {"method": "8"}}}) as world:
        order_id = entered(world)
        polled(world)
        complete_draft(world.shop, next(iter(world.shop.drafts)), {})
        for order, transactions in world.shop.orders():
            world.shop.put_order(order | {"note_attributes": []}, transactions)
        news_worked(world)
        changed(world, order_id, otherRefNum="PO-8")
        polled(world)
        held = record(world, order_id)
        assert (held.state, held.reason_subject) == ("held", "draft_order:written_twice")
        assert len(world.transactions("SalesOrd")) == 2


def test_the_order_that_a_draft_became_is_woken_at_once(world: World) -> None:
    order_id = entered(world)
    polled(world)
    approved(world, order_id)
    with world.engine.begin() as connection:
        due = connection.execute(select(records.c.id).where(records.c.kind == "draft_order")).scalar_one()
        connection.execute(records.update().values(state="pending", next_attempt_at=now()))
    outcome = world.work(due)
    assert outcome is not None
    (order,) = orders(world)
    assert outcome.wakes == (world.record(order["id"]).id,)
