"""A pass and a push that note the units of one order at the same time: one after the other, and each thing once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, Table, func, select, text

from connector.flows.holding import NOWHERE
from connector.flows.reserving import remember_sold, reserve
from connector.flows.stock_drift import read_shop
from connector.store import records, reservations, unseen
from connector.store.mirror_tables import reservations as kept_back
from connector.store.mirror_tables import seen_sales
from connector.store.records import Lease
from connector.store.reservations import Unread
from connector.store.unseen import Units
from tests.clock import now
from tests.payloads import rest_order
from tests.stocking import shown_by_the_shop, stock_rules
from tests.waiting import eventually
from tests.world import World, opened_world


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """A shop that sells mugs from the warehouse."""
    with opened_world(database, redis_url, rules=stock_rules()) as opened:
        shown_by_the_shop(opened, {"MUG-RED": 20})
        yield opened


def test_a_push_and_a_pass_over_one_order_wait_for_each_other(world: World) -> None:
    lease = claimed(world)
    systems = world.runtime.open_systems(world.connection.id)
    order = systems.shopify.order(lease.shopify_id)
    assert order is not None
    know_the_items(world)
    remember_sold(order, systems, world.runtime, lease)
    reserve(order, systems, world.runtime, lease, NOWHERE)
    before = counted(world)
    assert min(before) > 0

    def passes() -> None:
        remember_sold(order, systems, world.runtime, lease)
        reserve(order, systems, world.runtime, lease, NOWHERE)

    one = Unread(lease.record_id, lease.shopify_id, None, lease.fence, None, False, None)
    units = [Units(None, "MUG-RED", 1)]
    with ThreadPoolExecutor(1) as pool, world.engine.begin() as pushing:
        assert reservations.is_unread_still(pushing, one)
        passing = pool.submit(passes)
        eventually(lambda: is_waiting(world))
        reservations.keep(pushing, world.connection.id, lease.record_id, units)
        unseen.see(pushing, world.connection.id, lease.record_id, units, sold_at=now())
        pushing.commit()
        passing.result(timeout=20)
    assert counted(world) == before


def test_what_belongs_to_a_record_is_written_while_a_pass_holds_it(world: World) -> None:
    lease = claimed(world)
    know_the_items(world)
    with world.engine.begin() as working, world.engine.begin() as noting:
        assert records.holds(working, lease)
        noting.execute(text("set local lock_timeout = '300ms'"))
        unseen.see(noting, world.connection.id, lease.record_id, [Units(None, "MUG-RED", 1)], sold_at=now())
    assert counted(world)[0] == 1


def claimed(world: World) -> Lease:
    record_id = world.sell(rest_order(5001, created_at=now().isoformat()))
    with world.engine.begin() as connection:
        lease = records.claim(connection, record_id, owner="test", now=now())
    assert lease is not None
    return lease


def know_the_items(world: World) -> None:
    """As a reading of the shop leaves them."""
    world.shop.config.bulk_polls = 0
    read_shop(world.runtime.open_systems(world.connection.id), world.runtime)


def counted(world: World) -> tuple[int, int]:
    """Rows of sales that were seen, and of units that are kept back."""
    with world.engine.begin() as connection:
        return rows(connection, seen_sales), rows(connection, kept_back)


def rows(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def is_waiting(world: World) -> bool:
    """True when somebody waits for a lock."""
    waiting = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    with world.engine.begin() as connection:
        return bool(connection.execute(waiting).scalar_one())
