"""More items than NetSuite gives rows to one query: all are read, and what changes of them costs what changed."""

from sqlalchemy import Engine, text

from connector.flows import stock_sync
from tests.clock import now
from tests.pushing import run
from tests.stocking import MAIN, WAREHOUSE, stock_rules
from tests.world import World, opened_world

FIRST, COUNT, CHANGED = 100_001, 100_500, 1_000

# The map of both sides' items, and levels as the shop's own comparison leaves them: the units that `stocked` gives. The
# server counted the mirror of stock when it was empty.
_KNOWN = (
    "insert into items (connection_id, netsuite_id, sku, item_type, inactive) "
    "select :connection_id, n, 'S' || n, 'InvtPart', false from generate_series(:first, :last) n",
    "insert into shop_items (connection_id, inventory_item, variant, sku, tracked) "
    "select :connection_id, n, n + 1000000000, 'S' || n, true from generate_series(:first, :last) n",
    "insert into levels (connection_id, inventory_item, shopify_location, available, seen_at) "
    "select :connection_id, n, :main, 1 + n % 7, now() from generate_series(:first, :last) n",
    "analyze",
)


def stocked(world: World) -> None:
    """Both sides in step, one to seven units of each item. The shop has what will be changed."""
    changed = "2026-01-05 08:00:00"
    world.account.set_stock(
        [
            {"item": item, "location": WAREHOUSE, "on_hand": 1 + item % 7, "changed": changed}
            for item in range(FIRST, FIRST + COUNT)
        ]
    )
    world.shop.inventory.load(
        {"id": item, "sku": f"S{item}", "levels": {MAIN: 1 + item % 7}} for item in range(FIRST, FIRST + CHANGED)
    )
    values = {"connection_id": world.connection.id, "first": FIRST, "last": FIRST + COUNT - 1, "main": MAIN}
    with world.engine.begin() as connection:
        for statement in _KNOWN:
            connection.execute(text(statement), values)


def poll(world: World) -> dict[str, int]:
    return dict(stock_sync.poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None))


def test_more_rows_than_a_query_may_have_are_read_and_one_in_a_hundred_costs_one_page_and_four_mutations(
    database: Engine, redis_url: str
) -> None:
    with opened_world(database, redis_url, rules=stock_rules(table="inventoryitemlocations")) as world:
        stocked(world)
        read = poll(world)
        # The clock, and pages of a thousand.
        assert (read["rows"], read["calls"]) == (COUNT, 102)
        with world.engine.begin() as connection:
            wrong = text("select count(*) filter (where available = 1 + netsuite_item % 7), count(*) from stock")
            assert tuple(connection.execute(wrong).one()) == (COUNT, COUNT)
        moment = now().strftime("%Y-%m-%d %H:%M:%S")
        world.account.set_stock(
            [
                {"item": item, "location": WAREHOUSE, "on_hand": 9, "changed": moment}
                for item in range(FIRST, FIRST + CHANGED)
            ]
        )
        asked, answered = len(world.account.calls), world.shop.operations["InventorySet"]
        assert poll(world)["changed"] == CHANGED
        assert len(world.account.calls) - asked == 1
        counts = run(world)
        assert (counts["compared"], counts["sent"], counts["mutations"]) == (COUNT, CHANGED, 4)
        assert world.shop.operations["InventorySet"] - answered == 4
