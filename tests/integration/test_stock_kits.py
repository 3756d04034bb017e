"""A kit reaches the shop with as many as its scarcest member makes, and what is sold of it is taken from its members."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, text, update

from connector.flows.stock_drift import read_shop
from connector.flows.stock_push import push
from connector.store import stock as store
from connector.store.mirror_tables import kit_members, stock
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.stocking import MAIN, stock_rules, told_by_netsuite
from tests.world import World, opened_world

MUG, LID, SET = 2000, 2001, 2002


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """Ten mugs and five lids; a set is two mugs and a lid. The shop shows nothing of it yet."""
    with opened_world(database, redis_url, rules=stock_rules()) as world:
        told_by_netsuite(world, {"MUG-RED": 10, "LID": 5, "SET": 0})
        world.shop.inventory.load(
            {"id": 11 + n, "sku": sku, "variant_id": 5000 + n, "levels": {MAIN: 1}}
            for n, sku in enumerate(("MUG-RED", "LID", "SET"))
        )
        members = [{"netsuite_item": MUG, "quantity": 2}, {"netsuite_item": LID, "quantity": 1}]
        of_set = {"connection_id": world.connection.id, "netsuite_kit": SET}
        with world.engine.begin() as connection:
            connection.execute(text("update items set item_type = 'Kit' where sku = 'SET'"))
            connection.execute(insert(kit_members), [of_set | member for member in members])
            store.complete(
                connection,
                world.connection.id,
                source="inventoryitemlocations",
                locations=("2",),
                watermark="2026-11-24 10:00:00",
            )
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
        yield world


def shown(world: World) -> dict[str, int]:
    """What the shop shows after a push."""
    push(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)
    return {item.sku: item.levels[MAIN].available for item in world.shop.inventory.standing() if item.sku}


def has(world: World, item: int, units: int) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(stock).where(stock.c.netsuite_item == item).values(available=units))


def sells(world: World, number: int, variant: int, sku: str, units: int) -> None:
    order = rest_order(number, sku=sku, quantity=units)
    order["line_items"][0]["variant_id"] = variant
    world.shop.put_order(order, [payment(order)])
    heard(world, "orders/create", order)


def test_a_kit_is_shown_as_its_scarcest_member_allows(shop: World) -> None:
    assert shown(shop) == {"MUG-RED": 10, "LID": 5, "SET": 5}
    has(shop, MUG, 7)
    assert shown(shop) == {"MUG-RED": 7, "LID": 5, "SET": 3}
    has(shop, LID, 0)
    assert shown(shop) == {"MUG-RED": 7, "LID": 0, "SET": 0}


def test_what_is_sold_of_a_kit_is_taken_from_its_members(shop: World) -> None:
    shown(shop)
    sells(shop, 5001, 5002, "SET", 2)
    assert shown(shop) == {"MUG-RED": 6, "LID": 3, "SET": 3}


def test_what_is_sold_of_a_member_is_taken_from_the_kit(shop: World) -> None:
    shown(shop)
    sells(shop, 5001, 5000, "MUG-RED", 5)
    assert shown(shop) == {"MUG-RED": 5, "LID": 5, "SET": 2}
