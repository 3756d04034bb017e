"""A world with stock on both sides: what NetSuite has of some items, and what the shop shows of them."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, text

from connector.flows import stock_noting
from connector.flows.stock_drift import read_shop
from connector.store import inbox, items
from connector.store import stock as stock_store
from connector.store.inbox import Delivery
from connector.store.items import Item
from connector.store.mirror_tables import stock
from tests import factories
from tests.world import World

MAIN = 655441491
WAREHOUSE = 2


def stock_rules(**changes: Any) -> dict[str, Any]:
    """Rules that sell the warehouse's stock at the shop's only location."""
    return factories.rules_json() | {"inventory": {"locations": {str(MAIN): [str(WAREHOUSE)]}} | changes}


def told_by_netsuite(world: World, units: Mapping[str, int]) -> None:
    """Stock in the account's warehouse, and the mirrors as readings of it leave them."""
    connection_id = world.connection.id
    with world.engine.begin() as connection:
        found = [Item(2000 + n, sku, "InvtPart", False) for n, sku in enumerate(units)]
        account = [{"item": i.netsuite_id, "location": WAREHOUSE, "on_hand": units[i.sku]} for i in found]
        world.account.set_stock(account)
        items.keep(connection, connection_id, found)
        connection.execute(
            insert(stock),
            [
                {
                    "connection_id": connection_id, "netsuite_item": item.netsuite_id, "netsuite_location": WAREHOUSE,
                    "available": units[item.sku], "changed_at": "2026-11-24 10:00:00",
                }
                for item in found
            ],
        )  # fmt: skip


def shown_by_the_shop(world: World, units: Mapping[str, int]) -> None:
    """The sandbox's shop has these items, numbered from 11."""
    world.shop.inventory.load(
        {"id": 11 + n, "sku": sku, "levels": {MAIN: quantity}} for n, (sku, quantity) in enumerate(units.items())
    )


def mugs_differ(world: World) -> None:
    """Of mugs the shop has too few, of lids enough, and a ghost that is no item of NetSuite; compared by a whole reading."""
    world.shop.config.bulk_polls = 0
    told_by_netsuite(world, {"MUG": 30, "LID": 7})
    shown_by_the_shop(world, {"MUG": 20, "LID": 5, "GHOST": 1})
    with world.engine.begin() as connection:
        stock_store.complete(
            connection, world.connection.id, source="inventoryitemlocations", locations=("2",),
            watermark="2026-11-24 10:00:00",
        )  # fmt: skip
    compared(world)


def compared(world: World) -> None:
    """The shop is read whole, and how its stock stands is noted."""
    systems = world.runtime.open_systems(world.connection.id)
    read_shop(systems, world.runtime)
    stock_noting.note(systems, world.runtime)


def minutes_pass(world: World, minutes: int) -> None:
    """What was noticed of lowered levels until now was noticed so long ago."""
    with world.engine.begin() as connection:
        connection.execute(text("update lowered_levels set at = at - make_interval(mins => :n)"), {"n": minutes})


def hear(world: World, topic: str, body: Mapping[str, Any]) -> None:
    """A webhook as the receiver keeps it."""
    content, delivery_id = json.dumps(body).encode(), str(uuid.uuid4())
    sealed = inbox.sealed_body(world.runtime.vault, world.connection.id, delivery_id, content)
    now = datetime.now(UTC)
    world.deliver(
        Delivery(world.connection.id, topic, delivery_id, None, now, {}, sealed, b"", None, None),
    )
