"""In whatever order the news of an order arrives, doubled or late, its record ends in the same state."""

import hashlib
import uuid
from itertools import permutations

import pytest

from connector.store import records
from connector.store.inbox import Delivery
from connector.store.tables import RecordState
from tests.clock import now
from tests.payloads import rest_order
from tests.world import World

TOPICS = ("orders/create", "orders/updated", "orders/paid", "orders/cancelled")


def announce(world: World, topic: str, *, delivery_id: str | None = None) -> tuple[int, ...]:
    """A delivery about order 5001 comes in; the records that are dirty now."""
    accepted = world.deliver(
        Delivery(
            connection_id=world.connection.id,
            topic=topic,
            delivery_id=delivery_id or str(uuid.uuid4()),
            event_id=None,
            triggered_at=None,
            headers={},
            body=b"",
            body_sha256=hashlib.sha256(b"").digest(),
            record_kind=records.ORDER,
            shopify_id="5001",
        )
    )
    return accepted.record_ids


@pytest.mark.parametrize("arrival", list(permutations(TOPICS)), ids=lambda topics: "-".join(t[7:9] for t in topics))
def test_all_24_arrival_orders_of_a_cancelled_order_end_in_the_same_state(
    world: World, arrival: tuple[str, ...]
) -> None:
    world.shop.put_order(rest_order(cancelled_at="2026-11-20T12:00:00-05:00"), [])
    for topic in arrival:
        for record_id in announce(world, topic):
            world.work(record_id)
    record = world.record(5001)
    assert (record.state, record.reason_subject) == ("excluded", "orders.cancelled")
    assert world.transactions() == []


@pytest.mark.parametrize("arrival", list(permutations(TOPICS[:3])), ids=lambda topics: "-".join(t[7:9] for t in topics))
def test_every_arrival_order_of_a_paid_order_makes_it_once(world: World, arrival: tuple[str, ...]) -> None:
    world.sell(rest_order())
    for topic in arrival:
        for record_id in announce(world, topic):
            world.work(record_id)
    assert world.record(5001).state == "in_sync"
    assert [item["type"] for item in world.transactions()] == ["SalesOrd", "CustDep"]


def test_a_doubled_delivery_marks_nothing_dirty(world: World) -> None:
    world.shop.put_order(rest_order(), [])
    assert announce(world, "orders/create", delivery_id="one") != ()
    assert announce(world, "orders/create", delivery_id="one") == ()


def test_news_that_comes_while_a_worker_is_at_it_asks_for_one_more_pass(world: World) -> None:
    record_id = world.sell(rest_order())
    with world.engine.begin() as connection:
        lease = records.claim(connection, record_id, owner="test", now=now())
    assert lease is not None
    announce(world, "orders/updated")
    announce(world, "orders/paid")
    with world.engine.begin() as connection:
        assert records.settle(connection, lease, records.Standing(RecordState.IN_SYNC), now=now()) is True
    assert world.record(5001).state == "pending"
    world.work(record_id)
    assert world.record(5001).state == "in_sync"


def test_a_cancellation_after_the_order_was_written_closes_it_and_moves_no_money_by_itself(world: World) -> None:
    world.work(world.sell(rest_order()))
    world.work(world.sell(rest_order(cancelled_at="2026-11-20T12:00:00-05:00")))
    assert world.record(5001).state == "in_sync"
    assert [(item["type"], item["status"]) for item in world.transactions("SalesOrd")] == [("SalesOrd", "H")]
    assert world.transactions("CustRfnd") == []
