"""An order is changed while NetSuite is asked for its total: what is told is not of what stands by then, and is not judged."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from connector.flows.verification import verify_batch
from connector.store.records import LEASE
from connector.store.tables import effects
from tests.clock import later
from tests.integration.test_order_life import NEW_LINE, ORDER, happens, sales_order
from tests.payloads import rest_order
from tests.waiting import eventually
from tests.world import World


@pytest.mark.parametrize("kind", ["hold_before", "hold_after"])
def test_a_total_is_only_held_against_what_it_is_of(world: World, kind: str) -> None:
    world.work(world.sell(rest_order(ORDER)))
    systems = world.runtime.open_systems(world.connection.id)
    world.account.faults.add({"kind": kind, "method": "POST", "path": "suiteql", "seconds": 60.0})
    with ThreadPoolExecutor(1) as beat:
        asked = beat.submit(verify_batch, systems, world.runtime, now=later(LEASE))
        eventually(lambda: world.account.faults.held == 1, within=30)
        happens(world, "edit", changes=[{"add_line": NEW_LINE}])
        assert sales_order(world)["total"] == "25"
        world.account.faults.release()
        asked.result(timeout=30)
    assert (world.record(ORDER).state, is_verified(world)) == ("in_sync", False)
    assert verify_batch(systems, world.runtime, now=later(LEASE)) == 1
    assert (world.record(ORDER).state, is_verified(world)) == ("in_sync", True)


def is_verified(world: World) -> bool:
    """Whether the sales order's total is known to be right."""
    with world.engine.begin() as connection:
        verified = select(effects.c.verified_at).where(effects.c.kind == "sales_order")
        return connection.execute(verified).scalar_one() is not None
