"""NetSuite's stock in Postgres: what a reading asks for, what it stores, and what becomes of one that fails."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from connector.errors import RateLimited, Unavailable
from connector.flows import catalog
from connector.flows.stock_poll import poll
from connector.store.stock import Difference
from tests import factories
from tests.stock_readings import (
    ITEM_ONE,
    ITEM_TWO,
    Json,
    adjust,
    age,
    asked,
    at_the_servers,
    compared,
    many,
    mirror,
    now,
    on_hand,
    opened,
    polled,
    reading,
    slow_down,
    systems,
    written,
)
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url, on_hand(5), on_hand(7, ITEM_TWO)) as made:
        yield made


def test_the_first_reading_takes_everything_and_the_next_one_call_for_what_changed(world: World) -> None:
    assert polled(world) == {"rows": 2, "changed": 2, "calls": 2}
    assert mirror(world) == {(ITEM_ONE, 2): 5, (ITEM_TWO, 2): 7}
    adjust(world, to=4)
    before = asked(world)
    assert polled(world) == {"rows": 1, "changed": 1, "calls": 1}
    assert asked(world) - before == 1
    assert mirror(world) == {(ITEM_ONE, 2): 4, (ITEM_TWO, 2): 7}


def test_a_thousand_changed_rows_are_one_call_and_one_more_is_two(world: World) -> None:
    world.account.set_stock(many(1001))
    polled(world)
    world.account.set_stock(
        [on_hand(2, 10_001 + index, changed=None) | {"changed": now(world)} for index in range(1000)]
    )
    before = asked(world)
    assert polled(world) == {"rows": 1000, "changed": 1000, "calls": 1}
    assert asked(world) - before == 1
    adjust(world, item=11_001, to=3)
    assert polled(world) == {"rows": 1001, "changed": 1, "calls": 2}


def test_an_idle_reading_asks_for_changes_and_for_the_clock(world: World) -> None:
    polled(world)
    assert polled(world) == {"rows": 0, "changed": 0, "calls": 2}


def test_what_the_overlap_reads_again_is_not_written_again(world: World) -> None:
    polled(world)
    adjust(world, to=4)
    polled(world)
    before = written(world)
    assert polled(world) == {"rows": 1, "changed": 0, "calls": 1}
    assert compared(world).difference == Difference(0, 0, 0)
    assert written(world) == before


def test_everything_is_read_in_full_pages_by_several_fetchers(world: World) -> None:
    world.account.set_stock(many(7998))
    first = polled(world)
    # Nothing was known of the items, so one fetcher went through: the clock and 8 pages of 8,000 rows.
    assert first == {"rows": 8000, "changed": 8000, "calls": 9}
    assert world.account.slots.most_busy == 1
    slow_down(world)
    assert compared(world).counts() == {"rows": 8000, "changed": 0, "calls": 9}
    assert 1 < world.account.slots.most_busy <= 4


def test_the_first_reading_is_cut_by_the_item_map(world: World) -> None:
    items = [{"id": str(number), "itemid": f"SKU-{number}", "itemtype": "InvtPart"} for number in range(10_001, 13_999)]
    world.account.add_items(items)
    world.account.set_stock(many(3998))
    catalog.refresh(catalog.ITEM_CATALOG, systems(world), world.engine)
    slow_down(world)
    assert polled(world) == {"rows": 4000, "changed": 4000, "calls": 5}
    assert world.account.slots.most_busy > 1


def test_a_big_change_is_read_by_several_fetchers_too(world: World) -> None:
    world.account.set_stock(many(7998))
    polled(world)
    world.account.set_stock(many(7998, 2, changed=now(world)))
    slow_down(world)
    assert polled(world)["changed"] == 7998
    assert (world.account.slots.most_busy > 1, set(mirror(world).values())) == (True, {2, 5, 7})


def test_rows_at_several_locations_are_paged_without_a_gap_or_a_double(database: Engine, redis_url: str) -> None:
    rows = [row | {"location": place} for row in many(1250) for place in ("2", "3")]
    with opened(database, redis_url, *rows, locations={"81": ["2"], "82": ["3"]}) as world:
        assert polled(world)["rows"] == 2500
        assert compared(world).counts() == {"rows": 2500, "changed": 0, "calls": 4}
        assert len(mirror(world)) == 2500


def test_only_the_locations_of_the_rules_are_read_and_another_one_means_everything(
    database: Engine, redis_url: str
) -> None:
    with opened(database, redis_url, on_hand(5), on_hand(3, location="3")) as world:
        polled(world)
        assert mirror(world) == {(ITEM_ONE, 2): 5}
        wider = replace(systems(world), rules=factories.rules(inventory={"locations": {"81": ["3", "2"]}}))
        assert poll(wider, world.runtime, lambda _: None)["changed"] == 1
        assert mirror(world) == {(ITEM_ONE, 2): 5, (ITEM_ONE, 3): 3}
        polled(world)
        assert mirror(world) == {(ITEM_ONE, 2): 5}


def test_without_locations_nothing_is_read(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, on_hand(5), locations={}) as world:
        assert polled(world) == {"rows": 0, "changed": 0, "calls": 0}
        assert asked(world) == 0


def test_what_netsuite_does_not_say_is_nothing_and_less_than_nothing_stays(database: Engine, redis_url: str) -> None:
    rows = (on_hand(0, changed=None), on_hand(-3, ITEM_TWO), on_hand(2.5, 814))
    with opened(database, redis_url, *rows) as world:
        polled(world)
        assert mirror(world) == {(ITEM_ONE, 2): 0, (ITEM_TWO, 2): -3, (814, 2): Decimal("2.5")}


def test_a_row_that_is_gone_is_taken_away_by_the_comparison_alone(world: World) -> None:
    polled(world)
    world.account.tables.delete("stocklevel", "item", ITEM_TWO)
    polled(world)
    assert (ITEM_TWO, 2) in mirror(world)
    assert compared(world).difference == Difference(0, 0, 1)
    assert mirror(world) == {(ITEM_ONE, 2): 5}


def test_the_comparison_finds_what_no_reading_of_changes_was_told(world: World) -> None:
    polled(world)
    world.account.set_stock([on_hand(9)])
    assert polled(world)["changed"] == 0
    assert compared(world).difference == Difference(0, 1, 0)
    assert mirror(world)[(ITEM_ONE, 2)] == 9


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status_before", "status": 500, "times": 30}, Unavailable),
        ({"kind": "commit_then_drop", "times": 30}, Unavailable),
        ({"kind": "status_before", "status": 429}, RateLimited),
    ],
)
def test_a_page_that_fails_in_the_middle_leaves_all_as_it_was(
    world: World, fault: Json, error: type[Exception]
) -> None:
    world.account.set_stock(many(2998))
    polled(world)
    before, was = reading(world), mirror(world)
    world.account.set_stock(many(2998, 2, changed=now(world)))
    world.account.tables.delete("stocklevel", "item", ITEM_TWO)
    for read in (polled, compared):
        world.account.faults.add(fault | {"path": "suiteql", "after": 2})
        with pytest.raises(error):
            read(world)
        after = reading(world)
        assert (mirror(world), after.watermark, after.complete_at) == (was, before.watermark, before.complete_at)
        assert (before.is_partial, after.is_partial) == (False, True)
        assert after.failure is not None
        assert "netsuite" in after.failure.lower()
        world.account.faults.clear()
    polled(world)
    assert (reading(world).is_partial, reading(world).failure, sum(mirror(world).values())) == (
        False,
        None,
        2998 * 2 + 12,
    )


def test_a_page_that_fails_once_is_asked_for_again(world: World) -> None:
    world.account.set_stock(many(2998))
    world.account.faults.add({"kind": "status_before", "status": 500, "path": "suiteql", "after": 2})
    world.account.faults.add({"kind": "commit_then_drop", "path": "suiteql", "after": 3})
    assert polled(world)["rows"] == len(mirror(world)) == 3000


def test_before_the_first_reading_the_mirror_is_partial(world: World) -> None:
    assert (reading(world).is_partial, reading(world).complete_at) == (True, None)
    polled(world)
    found = reading(world)
    assert (found.is_partial, found.source, found.locations) == (False, "inventoryitemlocations", ("2",))
    assert found.complete_at == found.full_at


def test_the_watermark_is_netsuites_clock_and_not_ours(world: World) -> None:
    at_the_servers(world, -24 * 30)
    polled(world)
    (told,) = systems(world).netsuite.suiteql("SELECT TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI') AS now_at FROM dual")
    assert str(reading(world).watermark)[:15] == told["now_at"][:15]
    adjust(world, to=4)
    assert polled(world)["changed"] == 1


def test_what_changed_after_netsuites_clock_was_put_back_is_read(world: World) -> None:
    polled(world)
    at_the_servers(world, -1)
    adjust(world, to=4)
    # One page by the old watermark, which finds nothing, the clock, and a page by the new one.
    assert polled(world) == {"rows": 1, "changed": 1, "calls": 3}
    adjust(world, to=3)
    assert polled(world) == {"rows": 1, "changed": 1, "calls": 1}


def test_a_clock_put_back_between_two_distant_readings_is_noticed(world: World) -> None:
    at_the_servers(world, 3)
    polled(world)
    age(world, "complete_at", 3)
    # Three hours went by, two of them on NetSuite's clock; this was changed in the hour that came twice.
    at_the_servers(world, 2.5)
    adjust(world, to=4)
    at_the_servers(world, 5)
    adjust(world, item=ITEM_TWO, to=1)
    assert polled(world)["changed"] == 2
    assert mirror(world) == {(ITEM_ONE, 2): 4, (ITEM_TWO, 2): 1}


def test_a_reading_leaves_alone_what_a_later_one_stored(world: World) -> None:
    polled(world)
    with world.engine.begin() as connection:
        connection.execute(text("update stock set available = 1, seen_at = now() + interval '1 hour'"))
    adjust(world, to=4)
    assert polled(world)["changed"] == 0
    assert compared(world).difference == Difference(0, 0, 0)
