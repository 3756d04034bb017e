"""NetSuite's stock as a world reads it: rows of the account, readings, and what the mirror holds then."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, select, text

from connector.flows import catalog
from connector.flows.stock_poll import Found, poll, read_all
from connector.flows.systems import Systems
from connector.sandbox.netsuite.accountant import act
from connector.store import stock
from connector.store.mirror_tables import kit_members
from connector.store.mirror_tables import stock as stock_table
from connector.store.stock import Reading
from tests import factories
from tests.world import World, opened_world

Json = dict[str, Any]

LONG_AGO = "2026-01-05 08:00:00"
ITEM_ONE, ITEM_TWO = 812, 813
INVENTORY = {"locations": {"81": ["2"]}, "table": "inventoryitemlocations"}


@contextmanager
def opened(database: Engine, redis_url: str, *rows: Json, **inventory: Any) -> Iterator[World]:
    rules = factories.rules_json() | {"inventory": INVENTORY | inventory}
    places = [{"id": "2", "name": "Warehouse"}, {"id": "3", "name": "Shop"}]
    with opened_world(database, redis_url, rules=rules, account={"stock": list(rows), "locations": places}) as world:
        yield world


def on_hand(quantity: float, item: int = ITEM_ONE, location: str = "2", changed: str | None = LONG_AGO) -> Json:
    """A row of the account's stock."""
    return {"item": str(item), "location": location, "on_hand": quantity, "changed": changed}


def many(count: int, quantity: int = 1, *, first: int = 10_001, changed: str | None = LONG_AGO) -> list[Json]:
    """Rows of so many items, one after the other."""
    return [on_hand(quantity, item, changed=changed) for item in range(first, first + count)]


def systems(world: World) -> Systems:
    """Both systems of the world's connection."""
    return world.runtime.open_systems(world.connection.id)


def polled(world: World) -> Mapping[str, int]:
    """What a reading of changes counts."""
    return poll(systems(world), world.runtime, lambda _record_id: None)


def compared(world: World) -> Found:
    """What a reading of everything finds."""
    return read_all(systems(world), world.runtime)


def asked(world: World) -> int:
    """Queries that NetSuite's log has."""
    return world.calls().count("POST suiteql 200")


def mirror(world: World) -> dict[tuple[int, int], Any]:
    """What the mirror has, by item and location."""
    with world.engine.begin() as connection:
        columns = (stock_table.c.netsuite_item, stock_table.c.netsuite_location, stock_table.c.available)
        return {(item, location): available for item, location, available in connection.execute(select(*columns))}


def reading(world: World) -> Reading:
    """How far the readings are."""
    with world.engine.begin() as connection:
        return stock.reading(connection, world.connection.id)


def written(world: World) -> dict[int, str]:
    """Which transaction wrote each row last: a row that is written again has another."""
    with world.engine.begin() as connection:
        found = connection.execute(text("select netsuite_item, xmin::text from stock"))
        return {item: xmin for item, xmin in found}


def adjust(world: World, *, to: float, item: int = ITEM_ONE, location: str = "2") -> None:
    """Somebody counts an item in NetSuite."""
    act(world.account, {"act": "adjust_stock", "item": item, "location": location, "to": to})


def add_kit(world: World, quantity: int = 2) -> None:
    """The account gets a kit of two items."""
    members = [{"item": str(ITEM_ONE), "quantity": quantity}, {"item": str(ITEM_TWO), "quantity": 1}]
    world.account.add_items([{"id": "900", "itemid": "SET", "itemtype": "Kit", "members": members}])
    catalog.refresh(catalog.ITEM_CATALOG, systems(world), world.engine)


def kits(world: World) -> list[tuple[Any, ...]]:
    """Kits, their members and how many of each."""
    columns = (kit_members.c.netsuite_kit, kit_members.c.netsuite_item, kit_members.c.quantity)
    with world.engine.begin() as connection:
        return sorted((kit, item, quantity) for kit, item, quantity in connection.execute(select(*columns)))


def age(world: World, column: str, hours: float) -> None:
    """Makes a moment of the reading older."""
    with world.engine.begin() as connection:
        connection.execute(text(f"update stock_readings set {column} = {column} - make_interval(secs => :seconds)"),
                           {"seconds": hours * 3600})  # fmt: skip


def slow_down(world: World) -> None:
    """Lets every call take a moment, so that calls at once are seen at once."""
    world.account.change({"latency_ms": 20})


def at_the_servers(world: World, hours: float) -> None:
    """Puts NetSuite's clock ahead, or back."""
    world.account.change({"server_clock_offset_seconds": hours * 3600})


def now(world: World) -> str:
    """NetSuite's clock."""
    return world.account.tables.now()[1:]
