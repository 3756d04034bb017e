"""What the push survives: death between the shop's write and our record, quantities that never hold still, no NetSuite."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from connector.errors import Conflict, ConnectorError, NeedsDecision
from connector.flows import catalog, stock_noting, stock_sync
from connector.flows.jobs import BY_NAME
from connector.flows.scheduled import run as run_job
from connector.flows.stock_drift import read_shop
from connector.flows.stock_push import push
from connector.sandbox.netsuite.accountant import act
from connector.store import stock_findings
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.stocking import MAIN, WAREHOUSE, minutes_pass, stock_rules
from tests.waiting import eventually
from tests.world import KEY, SESSION_SECRET, World, opened_world

ITEM, NETSUITE_ITEM, VARIANT = 11, 812, 5000


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """A world with ten mugs on both sides, in step."""
    stock = [{"item": str(NETSUITE_ITEM), "location": str(WAREHOUSE), "on_hand": 10, "changed": "2026-01-05 08:00:00"}]
    rules = stock_rules(table="inventoryitemlocations")
    with opened_world(database, redis_url, rules=rules, account={"stock": stock}) as world:
        world.shop.inventory.load([{"id": ITEM, "sku": "MUG-RED", "variant_id": VARIANT, "levels": {MAIN: 10}}])
        catalog.refresh(catalog.ITEM_CATALOG, world.runtime.open_systems(world.connection.id), world.engine)
        poll(world)
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
        yield world


def poll(world: World) -> None:
    stock_sync.poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)


def run(world: World) -> Mapping[str, int]:
    """One push."""
    return push(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)


def in_shop(world: World) -> int:
    return world.shop.inventory.items[ITEM].levels[MAIN].available


def known(world: World) -> int:
    """What we think the shop has."""
    with world.engine.begin() as connection:
        return int(connection.execute(text("select available from levels")).scalar_one())


def arrive(world: World, units: int) -> None:
    act(world.account, {"act": "adjust_stock", "item": NETSUITE_ITEM, "location": WAREHOUSE, "by": units})


def buy(world: World, number: int, units: int) -> None:
    """A buyer takes units, and no webhook tells of it."""
    moment = now().isoformat()
    order = rest_order(number, quantity=units, created_at=moment, updated_at=moment)
    order["line_items"][0]["variant_id"] = VARIANT
    world.shop.put_order(order, [payment(order)])


def before_each_write(world: World, happen: Callable[[], object]) -> None:
    """Lets something happen whenever the shop is asked to set quantities: it looks at its clock first."""
    clock = world.shop.inventory.now

    def looked_at() -> datetime:
        world.shop.inventory.now = clock
        happen()
        world.shop.inventory.now = looked_at
        return clock()

    world.shop.inventory.now = looked_at


_PUSH = """
import os
from sqlalchemy import text
from connector.config import Settings
from connector.flows.stock_push import push
from connector.runtime import build
runtime = build(Settings.from_env(os.environ))
with runtime.engine.begin() as connection:
    connection_id = connection.execute(text("select id from connections")).scalar_one()
push(runtime.open_systems(connection_id), runtime, lambda _: None)
"""


def process_of_a_push(world: World, redis_url: str) -> subprocess.Popen[bytes]:
    keys = f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}"
    url = world.engine.url.render_as_string(hide_password=False).replace("+psycopg2", "")
    secrets = {"CONNECTOR_KEYS": keys, "CONNECTOR_SESSION_SECRET": SESSION_SECRET}
    env = dict(os.environ) | {"DATABASE_URL": url, "REDIS_URL": redis_url, "PORT": "1"} | secrets
    return subprocess.Popen([sys.executable, "-c", _PUSH], env=env, stdout=subprocess.DEVNULL)


def test_a_push_killed_between_the_shops_write_and_our_record_leads_to_no_wrong_level(
    shop: World, redis_url: str
) -> None:
    arrive(shop, 5)
    poll(shop)
    dying: list[subprocess.Popen[bytes]] = []
    before_each_write(shop, lambda: dying[0].send_signal(signal.SIGKILL))
    dying.append(process_of_a_push(shop, redis_url))
    assert dying[0].wait(timeout=60) == -signal.SIGKILL
    assert eventually(lambda: in_shop(shop) == 15)
    assert known(shop) == 10
    shop.shop.inventory.now = now
    buy(shop, 5001, 2)
    arrive(shop, 1)
    poll(shop)
    run(shop)
    assert in_shop(shop) == 14
    run(shop)
    assert [entry["delta"] for entry in shop.shop.inventory.history] == [5, -2, 1]


def test_a_quantity_that_never_holds_still_waits_for_the_next_run(shop: World) -> None:
    arrive(shop, 5)
    poll(shop)
    before_each_write(shop, lambda: shop.shop.inventory.adjust({"item": ITEM, "location": MAIN, "delta": -1}))
    assert run(shop)["stale"] == 1
    assert shop.shop.operations["InventorySet"] == 4
    shop.shop.inventory.now = now
    minutes_pass(shop, 3)
    assert run(shop)["stale"] == 0
    # The last one was only noticed now.
    assert in_shop(shop) == 14
    minutes_pass(shop, 3)
    run(shop)
    assert in_shop(shop) == 15


def test_while_netsuite_is_away_the_shop_sells_what_it_has_and_nothing_is_given_back(shop: World) -> None:
    buy(shop, 5001, 3)
    shop.account.faults.add({"kind": "status_before", "path": "suiteql", "times": 1000})
    with pytest.raises(ConnectorError):
        poll(shop)
    with pytest.raises(NeedsDecision):
        run(shop)
    buy(shop, 5002, 2)
    shop.account.faults.clear()
    arrive(shop, 1)
    poll(shop)
    run(shop)
    assert in_shop(shop) == 6


def test_orders_of_an_hour_without_webhooks_are_kept_back(shop: World) -> None:
    for number in range(5001, 5004):
        buy(shop, number, 2)
    arrive(shop, 4)
    poll(shop)
    assert run(shop)["stale"] == 0
    assert in_shop(shop) == 8


def test_a_level_in_doubt_that_is_found_as_it_was_is_pushed_again(shop: World) -> None:
    arrive(shop, 5)
    poll(shop)
    shop.shop.change({"lose_answers": {"InventorySet": 3}})
    with pytest.raises(ConnectorError):
        run(shop)
    shop.shop.inventory.adjust({"item": ITEM, "location": MAIN, "delta": -5})
    run(shop)
    assert in_shop(shop) == 10
    minutes_pass(shop, 3)
    run(shop)
    assert in_shop(shop) == 15


def sync(world: World) -> Mapping[str, int]:
    systems = world.runtime.open_systems(world.connection.id)
    return stock_sync.sync(systems, world.runtime, lambda _: None, is_forced=False, actor="command line", now=now())


def test_a_sync_by_hand_and_a_push_of_the_schedule_never_run_at_once(shop: World) -> None:
    arrive(shop, 5)
    refused: list[str] = []

    def meanwhile() -> None:
        assert run_job(shop.runtime, BY_NAME["inventory.push"], shop.connection.id, lambda _: None, now=now()) is None
        with pytest.raises(Conflict) as raised:
            sync(shop)
        refused.append(str(raised.value))

    before_each_write(shop, meanwhile)
    assert sync(shop)["sent"] == 1
    shop.shop.inventory.now = now
    assert refused
    assert all("inventory.push of" in sentence for sentence in refused)
    arrive(shop, 1)
    assert sync(shop)["sent"] == 1
    assert in_shop(shop) == 16


def test_a_sync_that_must_wait_for_a_person_says_so_and_leaves_the_way_free(shop: World) -> None:
    shop.account.faults.add({"kind": "status_before", "path": "suiteql", "times": 1000})
    with pytest.raises(ConnectorError):
        sync(shop)
    shop.account.faults.clear()
    arrive(shop, 5)
    assert sync(shop)["sent"] == 1


def test_a_sync_by_hand_tells_the_inventory_page_how_the_stock_stands_now(shop: World) -> None:
    arrive(shop, 5)
    poll(shop)
    stock_noting.note(shop.runtime.open_systems(shop.connection.id), shop.runtime)
    with shop.engine.begin() as connection:
        before = stock_findings.comparison(connection, shop.connection.id)
    assert sync(shop)["sent"] == 1
    with shop.engine.begin() as connection:
        after = stock_findings.comparison(connection, shop.connection.id)
    assert before is not None
    assert after is not None
    assert (before.counts.different, after.counts.different) == (1, 0)
