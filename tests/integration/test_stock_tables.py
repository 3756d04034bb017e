"""Which of NetSuite's tables stock is read from, and what kits are made of."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from connector.errors import Forbidden
from connector.flows import catalog
from connector.netsuite.stock_queries import TABLES
from tests.stock_readings import (
    ITEM_ONE,
    ITEM_TWO,
    add_kit,
    age,
    compared,
    kits,
    mirror,
    on_hand,
    opened,
    polled,
    reading,
    systems,
)
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url, on_hand(5), on_hand(7, ITEM_TWO)) as made:
        yield made


@pytest.mark.parametrize("table", TABLES)
def test_the_table_that_has_rows_is_chosen_once(database: Engine, redis_url: str, table: str) -> None:
    with opened(database, redis_url, on_hand(5), table="auto") as world:
        world.account.change({"stock_tables": [table]})
        # Both tables, the clock, and a page.
        assert polled(world) == {"rows": 1, "changed": 1, "calls": 4}
        assert (reading(world).source, mirror(world)) == (table, {(ITEM_ONE, 2): 5})
        assert polled(world)["calls"] == 2


def test_a_table_the_role_may_not_read_is_not_chosen_and_without_any_it_says_so(
    database: Engine, redis_url: str
) -> None:
    with opened(database, redis_url, on_hand(5), table="auto") as world:
        world.account.change({"denied_tables": [TABLES[0]]})
        polled(world)
        assert reading(world).source == TABLES[1]
        world.account.change({"denied_tables": list(TABLES)})
        with world.engine.begin() as connection:
            connection.execute(text("delete from stock"))
        with pytest.raises(Forbidden, match="neither inventoryitemlocations nor aggregateitemlocation"):
            polled(world)
        assert reading(world).is_partial


def test_a_table_the_rules_name_is_not_asked_about(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, on_hand(5), table="aggregateitemlocation") as world:
        assert polled(world)["calls"] == 2
        assert reading(world).source == "aggregateitemlocation"


def test_kits_are_known_by_their_members_and_read_again_after_an_hour(world: World) -> None:
    add_kit(world)
    assert polled(world)["calls"] == 3
    assert kits(world) == [(900, ITEM_ONE, 2), (900, ITEM_TWO, 1)]
    world.account.add_items(
        [{"id": "900", "itemid": "SET", "itemtype": "Kit", "members": [{"item": "812", "quantity": 4}]}]
    )
    assert polled(world)["calls"] == 2
    age(world, "kits_at", 1)
    age(world, "full_at", 2)
    assert polled(world)["calls"] == 3
    assert kits(world) == [(900, ITEM_ONE, 4)]


def test_the_comparison_reads_kits_too(world: World) -> None:
    add_kit(world)
    polled(world)
    add_kit(world, 3)
    assert compared(world).calls == 3
    assert kits(world)[0] == (900, ITEM_ONE, 3)


def test_a_kit_that_names_a_member_twice_needs_the_sum(world: World) -> None:
    members = [{"item": str(ITEM_ONE), "quantity": 2}, {"item": str(ITEM_ONE), "quantity": 1}]
    world.account.add_items([{"id": "900", "itemid": "SET", "itemtype": "Kit", "members": members}])
    catalog.refresh(catalog.ITEM_CATALOG, systems(world), world.engine)
    polled(world)
    assert kits(world) == [(900, ITEM_ONE, 3)]
