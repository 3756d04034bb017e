"""NetSuite's items and customers that changed since a day are read once more, and a run that was killed goes on."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connector.flows.history_netsuite import read_again
from connector.store import operator_actions
from connector.store.tables import records
from tests.clock import now
from tests.integration.test_customers import created, grace, in_netsuite
from tests.integration.test_customers_told import in_account
from tests.world import World, account_config, opened_world

ITEMS = 2_100
LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    more = [{"id": str(5000 + n), "itemid": f"SKU-{n}", "itemtype": "InvtPart"} for n in range(ITEMS)]
    with opened_world(database, redis_url, account={"items": account_config()["items"] + more}) as made:
        yield made


def known(world: World, table: str) -> int:
    with world.engine.begin() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def asked(world: World) -> int:
    return sum("suiteql" in call for call in world.calls())


def test_a_dry_run_counts_what_changed_and_keeps_nothing(world: World, run: Any) -> None:
    found = json.loads(
        run("history", "import", "--side", "netsuite", "--since", "2020-01-01", "--dry-run", "--json").stdout
    )
    total = ITEMS + len(account_config()["items"])
    assert found["found"] == {"items": total, "customers": 2}
    assert found["netsuite_reads"] == 4
    assert (known(world, "items"), known(world, "customers")) == (0, 0)
    tomorrow = f"{now() + timedelta(days=2):%Y-%m-%d}"
    later = run("history", "import", "--side", "netsuite", "--since", tomorrow, "--dry-run", "--json")
    assert json.loads(later.stdout)["found"] == {"items": 0, "customers": 0}


def test_what_changed_since_a_day_is_read_and_written_down(world: World, run: Any) -> None:
    told = run("history", "import", "--side", "netsuite", "--since", "2020-01-01")
    total = ITEMS + len(account_config()["items"])
    assert f"{total} items and 2 customers read" in told.stdout
    assert f"1000 of {total} items, " in told.stderr
    assert "/s, 0:00:0" in told.stderr
    assert (known(world, "items"), known(world, "customers")) == (total, 2)
    with world.engine.begin() as connection:
        action = operator_actions.of_connection(connection, world.connection.id)[-1]
    assert (action.action, action.details) == ("netsuite import", {"since": "2020-01-01"})


def test_a_run_that_was_killed_goes_on_behind_its_last_page_and_the_next_begins_anew(world: World) -> None:
    systems = world.runtime.open_systems(world.connection.id)

    def die(_name: str, read: int, _total: int) -> None:
        if read == 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_again(systems, world.runtime, LONG_AGO, actor="test", tell=die)
    total = ITEMS + len(account_config()["items"])
    counts = read_again(systems, world.runtime, LONG_AGO, actor="test", tell=lambda *_: None)
    assert (counts["items"], known(world, "items")) == (total - 2000, total)
    before = asked(world)
    again = read_again(systems, world.runtime, LONG_AGO, actor="test", tell=lambda *_: None)
    assert again["items"] == total
    # Three pages of items, one of customers, and both counted.
    assert asked(world) - before == 6


def test_the_shop_is_told_of_a_linked_customer_that_changed(world: World) -> None:
    created(world, grace())
    systems = world.runtime.open_systems(world.connection.id)
    read_again(systems, world.runtime, LONG_AGO, actor="test", tell=lambda *_: None)
    in_account(world, in_netsuite(world)["id"], taxable=False)
    assert read_again(systems, world.runtime, LONG_AGO, actor="test", tell=lambda *_: None)["told"] == 1
    with world.engine.begin() as connection:
        kinds = connection.execute(records.select()).all()
    assert "customer_status" in {row.kind for row in kinds}


def test_what_only_orders_have_is_refused(run: Any) -> None:
    refused = run("history", "import", "--side", "netsuite", "--order", "#1001")
    assert refused.exit_code == 1
    assert "--side netsuite takes --since" in str(refused.exception)
