"""Webhooks of levels come late, twice and in any order: what was last in the shop counts, or the shop is asked."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine, text

from connector.flows.stock_news import learn_from_events
from connector.flows.stock_push import push
from connector.store import levels, shop_items
from connector.store import stock as store
from connector.store.levels import SeenLevel
from connector.store.shop_items import ShopItem
from tests.hearing import heard
from tests.stocking import MAIN, shown_by_the_shop, stock_rules, told_by_netsuite
from tests.world import World, opened_world

ITEM = 11
SECOND = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
WATERMARK = "2026-11-24 10:00:00"
BEFORE = SECOND - timedelta(minutes=1)


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """A world whose level was read a minute before."""
    with opened_world(database, redis_url, rules=stock_rules()) as world:
        read_at(world, 9, BEFORE)
        yield world


def read_at(world: World, available: int, at: datetime) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("delete from levels"))
        levels.keep(connection, world.connection.id, [SeenLevel(ITEM, MAIN, available, at)])


def tells(world: World, available: int, *, told: datetime = SECOND, after: float | None) -> None:
    """A webhook of the level; `after`: seconds until it was triggered."""
    triggered = None if after is None else told + timedelta(seconds=after)
    body = {"inventory_item_id": ITEM, "location_id": MAIN, "available": available, "updated_at": told.isoformat()}
    heard(world, "inventory_levels/update", body, triggered_at=triggered)


def learned(world: World) -> tuple[int | None, bool]:
    """What is known after everything was learned once more, and whether it is in doubt."""
    learn_from_events(world.runtime.open_systems(world.connection.id), world.runtime)
    with world.engine.begin() as connection:
        row = connection.execute(text("select available, seen_at from levels")).one()
    return row.available, row.seen_at is None


@pytest.mark.parametrize("order", list(permutations([(8, 0.1), (7, 0.5), (9, 0.7)])))
def test_the_last_of_one_second_counts_in_whatever_order_they_come(
    shop: World, order: Sequence[tuple[int, float]]
) -> None:
    for available, after in order:
        tells(shop, available, after=after)
        learned(shop)
    assert learned(shop) == (9, False)


def test_a_webhook_of_the_second_of_our_write_that_was_triggered_before_it_changes_nothing(shop: World) -> None:
    read_at(shop, 12, SECOND + timedelta(seconds=0.5))
    tells(shop, 9, after=0.4)
    assert learned(shop) == (12, False)
    tells(shop, 11, after=0.6)
    assert learned(shop) == (11, False)
    assert learned(shop) == (11, False)


def test_two_quantities_of_one_moment_put_the_level_in_doubt(shop: World) -> None:
    tells(shop, 8, after=90)
    tells(shop, 7, after=95)
    assert learned(shop)[1]
    read_at(shop, 7, SECOND + timedelta(seconds=2))
    assert learned(shop) == (7, False)


def test_an_event_does_not_settle_what_a_lost_answer_left_in_doubt(shop: World) -> None:
    with shop.engine.begin() as connection:
        connection.execute(text("update levels set seen_at = null"))
    tells(shop, 8, after=0.5)
    assert learned(shop) == (9, True)


def test_the_push_asks_the_shop_about_a_level_in_doubt(shop: World) -> None:
    shown_by_the_shop(shop, {"A": 7})
    tells(shop, 8, after=90)
    tells(shop, 7, after=95)
    told_by_netsuite(shop, {"A": 7})
    with shop.engine.begin() as connection:
        store.complete(
            connection, shop.connection.id, source="inventoryitemlocations", locations=("2",), watermark=WATERMARK
        )
        shop_items.keep_all(connection, shop.connection.id, [ShopItem(ITEM, "A", tracked=True)], since=BEFORE)
    push(shop.runtime.open_systems(shop.connection.id), shop.runtime, lambda _: None)
    assert learned(shop) == (7, False)
