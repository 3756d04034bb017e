"""A page of stock says what the whole list says, and reads only what it shows."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, insert, text

from bench.plans import explained
from connector.flows.stock_drift import read_shop
from connector.store import stock_findings, stock_page, stock_rows
from connector.store.mirror_tables import kit_members, reservations
from connector.store.stock_findings import FindingKind
from tests.stocking import MAIN, WAREHOUSE, stock_rules, told_by_netsuite
from tests.world import World, opened_world

MANY = 20_000
SMALL = {"connections"}


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """The shop of these tests."""
    with opened_world(database, redis_url, rules=stock_rules()) as opened:
        opened.shop.config.bulk_polls = 0
        yield opened


def test_a_page_says_of_each_item_what_the_whole_list_says(world: World) -> None:
    """Mugs and lids make a set; two items share a SKU; of everything something is sold and not committed; some mugs and sets
    fell a moment ago, a part of which an order explains; units that another place ships count there.
    """
    skus = ("MUG", "LID", "SET", "DOUBLE", "DOUBLE", "GHOST")
    told_by_netsuite(world, {"MUG": 10, "LID": 5, "SET": 0, "DOUBLE": 3, "ALONE": 1})
    world.shop.inventory.load({"id": 11 + n, "sku": sku, "levels": {MAIN: n}} for n, sku in enumerate(skus))
    read_shop(world.runtime.open_systems(world.connection.id), world.runtime)
    with world.engine.begin() as connection:
        _make_a_set(connection, world.connection.id)
        record_id = _sell(connection, world.connection.id, {11: 1, 13: 2, 14: 1, 15: 1})
        _fall(connection, world.connection.id, record_id)
        whole = list(stock_rows.of_location(connection, world.connection.id, MAIN, [WAREHOUSE]))
        for wanted in (range(11, 17), [11], [12], [13], [15, 16]):
            page = stock_page.rows(connection, world.connection.id, MAIN, [WAREHOUSE], list(wanted))
            assert sorted(page, key=lambda row: row.item) == sorted(
                (row for row in whole if row.item in wanted), key=lambda row: row.item
            )
    assert {row.item: row.unseen for row in whole} == {11: 4, 12: 1, 13: 2, 14: 0, 15: 0, 16: 0}
    assert {row.item: row.waiting for row in whole} == {11: 5, 12: 2, 13: 3, 14: 2, 15: 2, 16: 0}


def _make_a_set(connection: Connection, connection_id: int) -> None:
    connection.execute(text("update items set item_type = 'Kit' where sku = 'SET'"))
    of_set = {"connection_id": connection_id, "netsuite_kit": 2002}
    members = [{"netsuite_item": 2000, "quantity": 2}, {"netsuite_item": 2001, "quantity": 1}]
    connection.execute(insert(kit_members), [of_set | member for member in members])


def _fall(connection: Connection, connection_id: int, record_id: int) -> None:
    of = {"id": connection_id, "record": record_id, "main": MAIN}
    for item, units in ((11, 3), (13, 1)):
        connection.execute(
            text(
                "insert into lowered_levels (connection_id, inventory_item, shopify_location, units, since, at) "
                "values (:id, :item, :main, :units, now() - interval '1 minute', now())"
            ),
            of | {"item": item, "units": units},
        )
    connection.execute(
        text(
            "insert into seen_sales (connection_id, record_id, inventory_item, quantity, sold_at) "
            "values (:id, :record, 11, 1, now())"
        ),
        of,
    )
    connection.execute(
        text(
            "insert into reservations (connection_id, record_id, inventory_item, quantity, shopify_location) "
            "values (:id, :record, 12, 7, :main + 1)"
        ),
        of,
    )


def _sell(connection: Connection, connection_id: int, units: dict[int, int]) -> int:
    """The record of the order that holds them."""
    record_id = connection.execute(
        text(
            "insert into records (connection_id, kind, shopify_id, name) values (:id, 'order', '1', '#1') returning id"
        ),
        {"id": connection_id},
    ).scalar_one()
    connection.execute(
        insert(reservations),
        [
            {"connection_id": connection_id, "record_id": record_id, "inventory_item": item, "quantity": quantity}
            for item, quantity in units.items()
        ],
    )
    return int(record_id)


def fill(connection: Connection, connection_id: int, count: int) -> None:
    """A shop of that many items, some of them in kits, one in fifty different."""
    for statement in _FILL:
        connection.execute(text(statement), {"id": connection_id, "count": count, "main": MAIN, "place": WAREHOUSE})


_FILL = (
    "insert into items (connection_id, netsuite_id, sku, item_type, inactive) "
    "select :id, n, 'SKU-' || lpad(n::text, 7, '0'), case when n % 10 = 0 then 'Kit' else 'InvtPart' end, false "
    "from generate_series(1, :count) n",
    "insert into kit_members (connection_id, netsuite_kit, netsuite_item, quantity) "
    "select :id, n, n + m, 1 from generate_series(10, :count, 10) n cross join generate_series(1, 3) m",
    "insert into stock (connection_id, netsuite_item, netsuite_location, available) "
    "select :id, n, :place, n % 40 from generate_series(1, :count) n",
    "insert into shop_items (connection_id, inventory_item, variant, sku, tracked) "
    "select :id, n, n, 'SKU-' || lpad(n::text, 7, '0'), true from generate_series(1, :count) n",
    "insert into levels (connection_id, inventory_item, shopify_location, available, seen_at) "
    "select :id, n, :main, n % 40 + (n % 50 = 7)::int, now() from generate_series(1, :count) n",
    "insert into records (connection_id, kind, shopify_id, name) select :id, 'order', n::text, '#' || n "
    "from generate_series(1, 2000) n",
    "insert into reservations (connection_id, record_id, inventory_item, quantity) "
    "select :id, id, id * 10 % :count + 1, 1 from records",
    "insert into stock_findings (connection_id, kind, sku, inventory_item, shopify_location) "
    "select :id, 'drift', sku, inventory_item, :main from shop_items where inventory_item % 50 = 7",
    "analyze items",
    "analyze kit_members",
    "analyze stock",
    "analyze shop_items",
    "analyze levels",
    "analyze reservations",
    "analyze stock_findings",
)


def test_no_page_reads_a_whole_table(world: World) -> None:
    connection_id = world.connection.id
    with world.engine.begin() as connection:
        fill(connection, connection_id, MANY)
    middle = (f"SKU-{MANY // 2:07}", MANY // 2)

    def ask(connection: Connection) -> None:
        listed = stock_page.listed(connection, connection_id, after=middle, limit=51)
        assert len(listed) == 51
        assert len(stock_page.listed(connection, connection_id, prefix=f"SKU-{MANY // 2:07}"[:-2], limit=51)) == 51
        stock_page.of_sku(connection, connection_id, middle[0])
        found = stock_findings.found_items(
            connection, connection_id, FindingKind.DRIFT, locations=[MAIN], after=middle, limit=51
        )
        assert len(found) == 51
        stock_page.of_numbers(connection, connection_id, [item for _, item in found])
        assert len(stock_page.rows(connection, connection_id, MAIN, [WAREHOUSE], [one.item for one in listed])) == 51

    for one in explained(world.engine, ask, analyze=True):
        plan = "\n".join(one.plan)
        assert one.scanned <= SMALL, plan
        assert one.in_vain <= 100, plan
