"""A worker that was stopped past its lease goes on, and what it sent long ago arrives behind what another one wrote."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, update

from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store.held import ignore
from connector.store.tables import records
from tests.integration.test_order_life import ORDER, placed, sales_order
from tests.waiting import eventually
from tests.world import World


def test_an_old_change_that_arrives_last_is_put_right_by_one_more_pass(world: World) -> None:
    placed(world)
    record_id = noted(world, "leave it with Bob")
    world.account.faults.add({"kind": "hold_before", "method": "PATCH", "path": "salesOrder", "seconds": 60.0})
    with ThreadPoolExecutor(1) as stopped:
        late = stopped.submit(world.work, record_id)
        eventually(lambda: world.account.faults.held == 1, within=30)
        with world.engine.begin() as connection:
            connection.execute(update(records).values(lease_until=func.now()))
        noted(world, "leave it with Eve")
        world.work(record_id)
        assert "Eve" in memo(world)
        world.account.faults.release()
        late.result(timeout=30)
    assert "Bob" in memo(world)
    assert world.record(ORDER).state == "pending"
    world.work(record_id)
    assert "Eve" in memo(world)
    assert world.record(ORDER).state == "in_sync"


def test_what_a_person_left_alone_meanwhile_stays_so(world: World) -> None:
    placed(world)
    record_id = noted(world, "leave it with Bob")
    world.account.faults.add({"kind": "hold_before", "method": "PATCH", "path": "salesOrder", "seconds": 60.0})
    with ThreadPoolExecutor(1) as stopped:
        late = stopped.submit(world.work, record_id)
        eventually(lambda: world.account.faults.held == 1, within=30)
        with world.engine.begin() as connection:
            connection.execute(update(records).values(lease_until=func.now()))
        world.work(record_id)
        with world.engine.begin() as connection:
            assert ignore(connection, [record_id], reason="the books are shut") == [record_id]
        world.account.faults.release()
        late.result(timeout=30)
    assert world.record(ORDER).state == "ignored"


def noted(world: World, said: str) -> int:
    """Somebody writes a note on the order; its record, which is due for it."""
    shop_act(world.shop, {"act": "update", "order_id": ORDER, "changes": {"note": said}})
    return world.announce(ORDER)


def memo(world: World) -> str:
    return str(sales_order(world)["memo"])
