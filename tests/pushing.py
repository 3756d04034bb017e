"""Stock on both sides of a world, and one push of it."""

from collections.abc import Mapping

from sqlalchemy import text, update

from connector.flows.stock_drift import read_shop
from connector.flows.stock_push import push
from connector.store import stock as store
from connector.store.mirror_tables import stock
from tests.stocking import MAIN, told_by_netsuite
from tests.world import World


def stocked(world: World, netsuite: Mapping[str, int], shop: Mapping[str, int], *, is_known: bool = True) -> None:
    """Both sides with their stock, and the mirrors of it as readings leave them."""
    told_by_netsuite(world, netsuite)
    world.shop.inventory.load(
        {"id": 11 + n, "sku": sku, "variant_id": 5000 + n, "levels": {MAIN: units}}
        for n, (sku, units) in enumerate(shop.items())
    )
    with world.engine.begin() as connection:
        store.complete(
            connection,
            world.connection.id,
            source="inventoryitemlocations",
            locations=("2",),
            watermark="2026-11-24 10:00:00",
        )
    if is_known:
        read_shop(world.runtime.open_systems(world.connection.id), world.runtime)


def run(world: World) -> dict[str, int]:
    """One push."""
    return dict(push(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None))


def in_shop(world: World) -> dict[str, int]:
    """What the shop itself says is available."""
    return {item.sku: item.levels[MAIN].available for item in world.shop.inventory.standing() if item.sku}


def moves(world: World, sku: str, units: int) -> None:
    """NetSuite has another quantity now, and a reading said so."""
    with world.engine.begin() as connection:
        item = connection.execute(text("select netsuite_id from items where sku = :sku"), {"sku": sku}).scalar_one()
        connection.execute(update(stock).where(stock.c.netsuite_item == item).values(available=units))


def now_text(world: World) -> str:
    return world.shop.inventory.now().isoformat()
