"""A worker that was stopped past its lease goes on: what another one wrote down meanwhile stays, and the order is compared."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from connector.flows.overtaken import doubts, sent_all_the_same
from connector.flows.planning import Effect
from connector.netsuite.writes import Change
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store import effects as store
from connector.store import records as records_store
from connector.store.effects import Intent, StoredEffect
from connector.store.held import ignore
from connector.store.records import Lease
from connector.store.tables import EffectKind, effects, records
from tests.integration.test_order_life import NEW_LINE, ORDER, placed, sales_order
from tests.payloads import rest_order
from tests.waiting import eventually
from tests.world import World


@contextmanager
def stopped(world: World, record_id: int, kind: str, method: str) -> Iterator[None]:
    """A worker sends a request and is stopped until the end of the block, when its lease has long ended."""
    world.account.faults.add({"kind": kind, "method": method, "path": "salesOrder", "seconds": 60.0})
    with ThreadPoolExecutor(1) as worker:
        late = worker.submit(world.work, record_id)
        eventually(lambda: world.account.faults.held == 1, within=30)
        with world.engine.begin() as connection:
            connection.execute(update(records).values(lease_until=func.now()))
        yield
        world.account.faults.release()
        late.result(timeout=30)


def test_an_old_change_that_arrives_last_is_put_right_by_one_more_pass(world: World) -> None:
    placed(world)
    record_id = noted(world, "leave it with Bob")
    with stopped(world, record_id, "hold_before", "PATCH"):
        noted(world, "leave it with Eve")
        world.work(record_id)
        assert "Eve" in memo(world)
    assert "Bob" in memo(world)
    assert world.record(ORDER).state == "pending"
    world.work(record_id)
    assert "Eve" in memo(world)
    assert world.record(ORDER).state == "in_sync"


@pytest.mark.parametrize("kind", ["hold_after", "hold_before"])
def test_an_old_answer_takes_nothing_back_that_is_known_by_now(world: World, kind: str) -> None:
    record_id = world.sell(rest_order(ORDER))
    with stopped(world, record_id, kind, "POST"):
        shop_act(world.shop, {"act": "edit", "order_id": ORDER, "changes": [{"add_line": NEW_LINE}]})
        world.work(world.announce(ORDER))
        total = sales_order(world)["total"]
        assert total == "25"
    world.work(world.announce(ORDER))
    assert (sales_order(world)["total"], len(world.transactions("SalesOrd"))) == (total, 1)
    assert world.record(ORDER).state == "in_sync"


def test_what_a_person_left_alone_meanwhile_stays_so(world: World) -> None:
    placed(world)
    record_id = noted(world, "leave it with Bob")
    with stopped(world, record_id, "hold_before", "PATCH"):
        world.work(record_id)
        with world.engine.begin() as connection:
            assert ignore(connection, [record_id], reason="the books are shut") == [record_id]
    assert world.record(ORDER).state == "ignored"


@pytest.mark.parametrize("remote_id", ["20001", None])
def test_what_a_change_without_a_lease_may_have_altered_is_not_known(world: World, remote_id: str | None) -> None:
    placed(world)
    change = Change("salesOrder", "20001", {"memo": "leave it with Bob"})
    sent = all_the_same(
        world, Effect(Intent(EffectKind.SALES_ORDER, standing(world).natural_key, "x"), change), remote_id
    )
    assert sent.state == "unknown"
    assert doubts(store.image_of(sent, world.runtime.vault)) == ["memo"]
    assert world.record(ORDER).state == "pending"
    world.work(world.record(ORDER).id)
    assert (standing(world).state, memo(world)) == ("confirmed", "Shopify #1001")


def test_a_change_that_another_worker_has_under_way_is_in_doubt_although_it_is_answered(world: World) -> None:
    placed(world)
    record_id = noted(world, "leave it with Eve")
    change = Change("salesOrder", "20001", {"memo": "leave it with Bob"})
    world.account.faults.add({"kind": "hold_after", "method": "PATCH", "path": "salesOrder", "seconds": 60.0})
    with ThreadPoolExecutor(1) as worker:
        under_way = worker.submit(world.work, record_id)
        eventually(lambda: world.account.faults.held == 1, within=30)
        all_the_same(world, Effect(Intent(EffectKind.SALES_ORDER, standing(world).natural_key, "x"), change), "20001")
        world.account.faults.release()
        under_way.result(timeout=30)
    assert (standing(world).state, world.record(ORDER).state) == ("unknown", "pending")


def all_the_same(world: World, effect: Effect, remote_id: str | None) -> StoredEffect:
    """What is written down of a request whose lease is gone; the effect as it stands then."""
    record = world.record(ORDER)
    gone = Lease(record.id, record.connection_id, records_store.ORDER, record.shopify_id, -1, 0, 0, None)
    with world.engine.begin() as connection:
        sent_all_the_same(connection, world.runtime.vault, gone, effect, remote_id=remote_id, now=datetime.now(UTC))
    return standing(world)


def standing(world: World) -> StoredEffect:
    """The effect of the sales order."""
    with world.engine.begin() as connection:
        row: Any = connection.execute(select(effects).where(effects.c.kind == "sales_order")).one()
    return store.from_row(row)


def noted(world: World, said: str) -> int:
    """Somebody writes a note on the order; its record, which is due for it."""
    shop_act(world.shop, {"act": "update", "order_id": ORDER, "changes": {"note": said}})
    return world.announce(ORDER)


def memo(world: World) -> str:
    return str(sales_order(world)["memo"])
