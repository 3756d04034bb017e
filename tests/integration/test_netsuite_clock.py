"""NetSuite's clock goes back an hour in November; nothing that changes in that hour is missed, in however quiet a shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from connector.sandbox.netsuite.accountant import act as account_act
from connector.store.progress_tables import cursors
from connector.store.tables import records
from tests import factories
from tests.integration import test_customers_told as customers
from tests.integration import test_draft_orders as entered_orders
from tests.integration import test_order_status as orders
from tests.integration import test_shipments as parcels
from tests.integration.test_customers import created, grace, in_netsuite
from tests.world import World, opened_world

_CLOCK = "%Y-%m-%d %H:%M:%S"


def quiet_for(world: World, quiet: timedelta) -> None:
    """Time goes by in which nothing changes."""
    told = datetime.strptime(world.account.tables.now()[1:], _CLOCK) - quiet  # noqa: DTZ007  the account's own clock
    with world.engine.begin() as connection:
        of_readings = cursors.c.watermark.like("20__-__-__ __:__:__")
        values = {"watermark": told.strftime(_CLOCK), "told_at": cursors.c.told_at - quiet}
        connection.execute(update(cursors).where(of_readings).values(values))


def put_back(world: World) -> None:
    """Half an hour goes by in which nothing changes, then NetSuite's clock is put back."""
    quiet_for(world, timedelta(minutes=30))
    for table in ("transaction", "customer"):
        world.account.tables.run(
            f"""update "{table}" set lastmodifieddate = char(1) || strftime('{_CLOCK}',
                substr(lastmodifieddate, 2), '-4 hours')"""
        )
    world.account.change({"server_clock_offset_seconds": -3600})


@contextmanager
def told(database: Engine, redis_url: str, **status: Any) -> Iterator[World]:
    with opened_world(database, redis_url, rules=orders.rules(**status)) as world:
        yield world


def test_a_shipment_of_that_hour_is_told(database: Engine, redis_url: str) -> None:
    with parcels.opened(database, redis_url) as world:
        order = parcels.sold(world)
        put_back(world)
        parcels.shipped(world, order)
        parcels.told(world)
        assert len(parcels.parcels(world)) == 1


def test_a_shipment_that_was_deleted_in_that_hour_is_cancelled(database: Engine, redis_url: str) -> None:
    with parcels.opened(database, redis_url) as world:
        order = parcels.sold(world)
        shipment = parcels.shipped(world, order)
        parcels.told(world)
        put_back(world)
        account_act(world.account, {"act": "delete", "record": shipment})
        parcels.told(world)
        assert parcels.parcels(world) == []


def test_an_order_that_was_closed_in_that_hour_is_told(database: Engine, redis_url: str) -> None:
    with told(database, redis_url, closed="hold") as world:
        order = orders.placed(world)
        put_back(world)
        account_act(world.account, {"act": "close_order", "order": order})
        orders.polled(world)
        assert orders.status(world).reason_subject == "rule:status.closed"


def test_a_customer_that_was_made_exempt_in_that_hour_is_told(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=factories.rules_json()) as world:
        created(world, grace())
        customers.polled(world)
        put_back(world)
        customers.in_account(world, in_netsuite(world)["id"], taxable=False)
        assert customers.polled(world)["told"] == 1


def test_a_sales_order_that_was_marked_in_that_hour_becomes_a_draft(database: Engine, redis_url: str) -> None:
    with entered_orders.drafting(database, redis_url) as world:
        entered_orders.entered(world)
        entered_orders.polled(world)
        put_back(world)
        second = entered_orders.entered(world)
        entered_orders.polled(world)
        assert entered_orders.record(world, second).state == "in_sync"


def test_an_idle_reading_asks_for_the_clock_only_once_its_watermark_is_old(database: Engine, redis_url: str) -> None:
    with parcels.opened(database, redis_url) as world:
        parcels.asked(world)
        parcels.asked(world)
        assert len(world.calls()) == 2
        quiet_for(world, timedelta(minutes=21))
        parcels.asked(world)
        assert len(world.calls()) == 4
        parcels.asked(world)
        assert len(world.calls()) == 2
        with world.engine.begin() as connection:
            assert connection.execute(select(records.c.id)).all() == []
