"""Stock in the shop, written and read through the client, against the sandbox over HTTP."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.errors import Conflict, Forbidden, InvalidAnswer, Rejected, Unavailable
from connector.shopify import bulk, inventory
from connector.shopify.client import ShopifyClient
from connector.shopify.inventory import Level, Quantity
from tests.world import World

MAIN = 655441491
URI = "gid://ml-connector/InventoryRun/1"


@pytest.fixture
def shop(world: World) -> ShopifyClient:
    """The client of the world's connection, with three mugs on the shelf."""
    world.shop.inventory.load(
        [
            {"id": 11, "sku": "MUG-RED", "levels": {MAIN: 10}},
            {"id": 12, "sku": "MUG-BLUE", "levels": {MAIN: 5}},
            {"id": 13, "sku": "mug-red", "levels": {MAIN: 1}},
        ]
    )
    return world.runtime.open_systems(world.connection.id).shopify


def available(world: World, item: int) -> int:
    """What the shop's own ledger says."""
    return next(int(row["available"]) for row in world.shop.inventory.ledger()["levels"] if row["item"] == item)


def said(shop: ShopifyClient, *rows: Quantity, **changes: Any) -> list[tuple[str | None, int | None]]:
    """Code and position of what is refused."""
    asked: dict[str, Any] = {"key": str(uuid.uuid4()), "reference": URI} | changes
    return [(refusal.code, refusal.position) for refusal in inventory.set_available(shop, rows, **asked)]


def test_quantities_are_set_where_they_are_as_they_were(world: World, shop: ShopifyClient) -> None:
    assert said(shop, Quantity(11, MAIN, 7, 10), Quantity(12, MAIN, 0, None)) == []
    assert (available(world, 11), available(world, 12)) == (7, 0)
    history = world.shop.inventory.ledger()["history"]
    assert [(row["by"], row["delta"], row["reference"]) for row in history] == [("app", -3, URI), ("app", -5, URI)]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (Quantity(12, MAIN, 3, 4), "CHANGE_FROM_QUANTITY_STALE"),
        (Quantity(99, MAIN, 3, None), "INVALID_INVENTORY_ITEM"),
        (Quantity(12, 77, 3, None), "INVALID_LOCATION"),
        (Quantity(12, MAIN, -1, None), "INVALID_QUANTITY_NEGATIVE"),
        (Quantity(12, MAIN, 1_000_000_001, None), "INVALID_QUANTITY_TOO_HIGH"),
        (Quantity(11, MAIN, 3, None), "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"),
        (Quantity(14, MAIN, 3, None), "NON_MUTABLE_INVENTORY_ITEM"),
    ],
)
def test_a_refused_row_is_named_and_nothing_is_written(
    world: World, shop: ShopifyClient, row: Quantity, code: str
) -> None:
    world.shop.inventory.load([{"id": 14, "sku": "GIFT", "tracked": False, "levels": {MAIN: 0}}])
    assert said(shop, Quantity(11, MAIN, 7, 10), row) == [(code, 1)]
    assert available(world, 11) == 10


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "because"}, "INVALID_REASON"),
        ({"reference": "run 1"}, "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_what_is_wrong_with_the_whole_call_has_no_position(
    shop: ShopifyClient, changes: dict[str, str], code: str
) -> None:
    assert said(shop, Quantity(11, MAIN, 7, 10), **changes) == [(code, None)]


def test_a_deleted_item_is_unknown(world: World, shop: ShopifyClient) -> None:
    world.shop.inventory.delete_item({"id": 12})
    assert said(shop, Quantity(12, MAIN, 3, None)) == [("INVALID_INVENTORY_ITEM", 0)]


def test_a_key_gives_its_first_result_again_and_fits_one_content_only(world: World, shop: ShopifyClient) -> None:
    assert said(shop, Quantity(11, MAIN, 7, 10), key="k") == []
    # Compared with what stands there it would be stale: it is not done again.
    assert said(shop, Quantity(11, MAIN, 7, 10), key="k") == []
    assert said(shop, Quantity(11, MAIN, 6, 10), key="k") == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None)]
    assert available(world, 11) == 7
    world.shop.inventory.now = lambda: datetime.now(UTC) + timedelta(hours=25)
    assert said(shop, Quantity(11, MAIN, 6, 7), key="k") == []


def test_a_key_that_is_in_use_is_told_so(world: World, shop: ShopifyClient) -> None:
    quantity = {"inventoryItemId": "gid://shopify/InventoryItem/11", "locationId": f"gid://shopify/Location/{MAIN}"}
    row = quantity | {"quantity": 7, "changeFromQuantity": 10}
    asked = {"name": "available", "reason": "correction", "referenceDocumentUri": URI, "quantities": [row]}
    with world.shop.keys.running("k", ["set", asked], datetime.now(UTC)):
        assert said(shop, Quantity(11, MAIN, 7, 10), key="k") == [("IDEMPOTENCY_CONCURRENT_REQUEST", None)]
    assert said(shop, Quantity(11, MAIN, 7, 10), key="k") == []


def test_a_write_without_a_key_is_refused(shop: ShopifyClient) -> None:
    with pytest.raises(InvalidAnswer, match="@idempotent directive is required"):
        said(shop, Quantity(11, MAIN, 7, 10), key="")


def test_250_rows_cost_ten_points_and_251_are_too_many(world: World, shop: ShopifyClient) -> None:
    world.shop.inventory.load({"id": 1000 + n, "sku": f"S-{n}", "levels": {MAIN: 0}} for n in range(251))
    rows = [Quantity(1000 + n, MAIN, 4, 0) for n in range(251)]
    assert said(shop, *rows[:250]) == []
    assert shop._costs["InventorySet"] == 10
    with pytest.raises(InvalidAnswer, match="250"):
        said(shop, *rows)


def test_without_the_scope_nothing_is_written(world: World, shop: ShopifyClient) -> None:
    world.shop.config.scopes.remove("write_inventory")
    with pytest.raises(Forbidden, match="write_inventory"):
        said(shop, Quantity(11, MAIN, 7, 10))


def test_an_item_is_stocked_at_a_location(world: World, shop: ShopifyClient) -> None:
    world.shop.config.locations.append({"id": 77, "name": "Shop floor"})
    assert said(shop, Quantity(11, 77, 3, None)) == [("INVALID_LOCATION", 0)]
    assert inventory.activate(shop, 11, 77, 3, key="a") == ()
    assert inventory.activate(shop, 11, 77, 3, key="a") == ()
    assert [level.available for level in inventory.levels(shop, [11], 77)] == [3]
    (refusal,) = inventory.activate(shop, 11, 78, 3, key="b")
    assert (refusal.code, refusal.path) == (None, ("locationId",))


def test_levels_of_many_items_take_a_call_for_250_of_them(world: World, shop: ShopifyClient) -> None:
    world.shop.inventory.load({"id": 1000 + n, "sku": f"S-{n}", "levels": {MAIN: n}} for n in range(300))
    found = list(inventory.levels(shop, [*range(1000, 1300), 99], MAIN))
    assert [level.available for level in found] == list(range(300))
    assert world.shop.operations["InventoryItemsByIds"] == 2
    (elsewhere,) = inventory.levels(shop, [11], 77)
    assert (elsewhere.available, elsewhere.sku) == (None, "MUG-RED")


def read_levels(shop: ShopifyClient, pauses: list[float]) -> list[Level]:
    """The levels of a whole bulk operation."""
    done = bulk.finished(shop, bulk.start(shop, "BulkLevels"), pauses.append)
    return [inventory.level_line(line) for line in bulk.lines(shop, done) if "__parentId" in line]


def test_a_bulk_operation_is_awaited_and_its_lines_are_read(world: World, shop: ShopifyClient) -> None:
    world.shop.config.bulk_polls = 3
    pauses: list[float] = []
    assert [(level.item, level.available) for level in read_levels(shop, pauses)] == [(11, 10), (12, 5), (13, 1)]
    assert pauses == [1, 2, 4]
    assert [item["topic"] for item in world.shop.news] == ["bulk_operations/finish"]


def test_an_operation_that_finds_nothing_has_no_file(world: World) -> None:
    shop = world.runtime.open_systems(world.connection.id).shopify
    assert read_levels(shop, []) == []


def test_a_result_of_20000_rows_is_read_on_where_the_connection_broke(world: World, shop: ShopifyClient) -> None:
    world.shop.inventory.load({"id": 1000 + n, "sku": f"S-{n}", "levels": {MAIN: n}} for n in range(10_000))
    world.shop.config.bulk_cuts = [100_000, 250_001, 0, 0]
    found = read_levels(shop, [])
    assert len(found) == 10_003
    assert {level.item: level.available for level in found}[10_999] == 9_999


def test_a_file_that_breaks_off_again_and_again_is_not_there(world: World, shop: ShopifyClient) -> None:
    world.shop.config.bulk_cuts = [150, 0, 0, 0]
    with pytest.raises(Unavailable, match="broke off"):
        read_levels(shop, [])


def test_a_failed_operation_says_why_and_gives_nothing(world: World, shop: ShopifyClient) -> None:
    world.shop.config.bulk_failures = [{"error_code": "TIMEOUT", "lines": 2}, {"error_code": "ACCESS_DENIED"}]
    with pytest.raises(Unavailable, match="failed \\(TIMEOUT\\)"):
        read_levels(shop, [])
    with pytest.raises(Forbidden):
        read_levels(shop, [])


def test_a_sixth_operation_at_once_waits(shop: ShopifyClient) -> None:
    for _ in range(5):
        bulk.start(shop, "BulkVariants")
    with pytest.raises(Conflict):
        bulk.start(shop, "BulkVariants")


def test_what_cannot_run_in_bulk_is_refused(shop: ShopifyClient) -> None:
    with pytest.raises(Rejected, match="at least one connection"):
        bulk.start(shop, "ShopPing")
