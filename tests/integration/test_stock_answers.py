"""What the shop answers a push: refusals, keys it knows, quantities that are not as we saw them, and nothing at all."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import Engine, text, update

from connector.errors import OutcomeUnknown, RateLimited
from connector.flows.stock_push import push
from connector.shopify.client import ShopifyClient
from connector.shopify.inventory import Quantity
from connector.store import pushes
from connector.store.mirror_tables import levels
from tests.hearing import heard
from tests.pushing import in_shop, moves, now_text, run, stocked
from tests.stocking import MAIN, minutes_pass, stock_rules
from tests.world import World, opened_world


@pytest.fixture
def shop(database: Engine, redis_url: str) -> Iterator[World]:
    """A world that pushes the warehouse's stock."""
    with opened_world(database, redis_url, rules=stock_rules()) as world:
        yield world


def test_one_refused_row_does_not_keep_the_others_back_and_is_named_once(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(250)]
    stocked(shop, dict.fromkeys(skus, 9), dict.fromkeys(skus, 8))
    shop.shop.inventory.delete_item({"id": 11 + 100})
    first = run(shop)
    assert (first["sent"], first["refused"], first["named"]) == (249, 1, 1)
    assert set(in_shop(shop).values()) == {9}
    moves(shop, "S001", 4)
    second = run(shop)
    assert (second["sent"], second["named"]) == (1, 0)


def test_a_lost_answer_is_asked_for_under_the_same_key(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    shop.shop.change({"lose_answers": {"InventorySet": 1}})
    assert run(shop)["sent"] == 1
    assert in_shop(shop) == {"A": 5}
    assert len([entry for entry in shop.shop.inventory.history if entry["delta"] == 2]) == 1


def test_a_push_that_died_between_the_write_and_our_record_is_found_equal_afterwards(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    run(shop)
    with shop.engine.begin() as connection:
        connection.execute(update(levels).values(available=3, published=None))
    moves(shop, "A", 6)
    assert run(shop)["stale"] == 0
    assert in_shop(shop) == {"A": 6}


class Wrapped:
    """A client that somebody stands before."""

    def __init__(self, client: ShopifyClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


class Deaf(Wrapped):
    """A client that loses every answer to quantities of one item."""

    def __init__(self, client: ShopifyClient, item: int) -> None:
        super().__init__(client)
        self._item = f"gid://shopify/InventoryItem/{item}"

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        payload = self.client.attempt(operation, variables)
        if any(row["inventoryItemId"] == self._item for row in variables.get("input", {}).get("quantities", ())):
            raise OutcomeUnknown("the answer was lost")
        return payload


def test_a_call_whose_answer_stays_lost_keeps_nothing_of_the_others(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(300)]
    stocked(shop, dict.fromkeys(skus, 9), dict.fromkeys(skus, 8))
    shop.shop.inventory.delete_item({"id": 11 + 100})
    systems = shop.runtime.open_systems(shop.connection.id)
    deaf = replace(systems, shopify=cast(ShopifyClient, Deaf(systems.shopify, 11 + 299)))
    with pytest.raises(OutcomeUnknown):
        push(deaf, shop.runtime, lambda _: None)
    with shop.engine.begin() as connection:
        named = list(connection.execute(text("select problem from levels where problem is not null")).scalars())
        published = connection.execute(text("select count(*) from levels where published = 9")).scalar_one()
    assert named == ["Shopify refuses 9 of S100: The specified inventory item could not be found."]
    assert published == 249


class Mumbling(Wrapped):
    """A client that does not say which row of a call is refused."""

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        payload = self.client.attempt(operation, variables)
        errors = [error | {"field": None} for error in payload["userErrors"]]
        return payload | {"userErrors": errors}


def test_a_refusal_that_names_no_row_is_found_by_halves(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(40)]
    stocked(shop, dict.fromkeys(skus, 9), dict.fromkeys(skus, 8))
    shop.shop.inventory.delete_item({"id": 11 + 17})
    systems = shop.runtime.open_systems(shop.connection.id)
    mumbling = replace(systems, shopify=cast(ShopifyClient, Mumbling(systems.shopify)))
    counts = push(mumbling, shop.runtime, lambda _: None)
    assert (counts["sent"], counts["refused"], counts["named"]) == (39, 1, 1)
    assert set(in_shop(shop).values()) == {9}


def test_a_storm_of_sales_costs_one_more_round_and_no_unit(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(400)]
    stocked(shop, dict.fromkeys(skus, 20), dict.fromkeys(skus, 8))
    for number in range(400):
        shop.shop.inventory.adjust({"item": 11 + number, "location": MAIN, "delta": -1})
    counts = run(shop)
    # Each of two calls tells which rows are stale, and none is left; then two calls set what is not perhaps sold.
    assert (counts["sent"], counts["stale"], counts["mutations"]) == (400, 0, 4)
    assert set(in_shop(shop).values()) == {19}
    keys = [entry["key"] for entry in shop.shop.inventory.history if entry["by"] == "app"]
    assert len(set(keys)) == 2


class Noting(Wrapped):
    """A client whose keys are written down, refused calls too, each with what was compared."""

    def __init__(self, client: ShopifyClient) -> None:
        super().__init__(client)
        self.keys: list[tuple[str, int]] = []

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        (row,) = variables["input"]["quantities"]
        self.keys.append((variables["key"], row["changeFromQuantity"]))
        return self.client.attempt(operation, variables)


def test_what_is_sent_anew_after_a_stale_quantity_has_another_key(shop: World) -> None:
    stocked(shop, {"A": 9}, {"A": 5})
    shop.shop.inventory.adjust({"item": 11, "location": MAIN, "delta": 1})
    systems = shop.runtime.open_systems(shop.connection.id)
    noting = Noting(systems.shopify)
    counts = push(replace(systems, shopify=cast(ShopifyClient, noting)), shop.runtime, lambda _: None)
    assert (counts["sent"], in_shop(shop)) == (1, {"A": 9})
    (stale, was), (anew, is_now) = noting.keys
    assert (was, is_now) == (5, 6)
    assert stale != anew


def test_what_a_late_push_set_is_not_written_over_a_newer_one(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    with shop.engine.begin() as connection:
        (late,) = pushes.take(connection, shop.connection.id, [Quantity(11, MAIN, 5, 3)])
        (newer,) = pushes.take(connection, shop.connection.id, [Quantity(11, MAIN, 7, 5)])
        assert pushes.published(connection, shop.connection.id, [newer]) == 1
        assert pushes.published(connection, shop.connection.id, [late]) == 0
        found = connection.execute(text("select available, published, sending from levels")).one()
    assert tuple(found) == (7, 7, None)


def test_our_own_echo_lowers_nothing(shop: World) -> None:
    """The shop tells of each quantity that we set; it is no change of somebody else."""
    stocked(shop, {"A": 5}, {"A": 8})
    run(shop)
    told = {"inventory_item_id": 11, "location_id": MAIN, "available": 5, "updated_at": now_text(shop)}
    heard(shop, "inventory_levels/update", told)
    moves(shop, "A", 9)
    assert run(shop)["held_back"] == 0
    assert in_shop(shop) == {"A": 9}


def test_a_key_whose_first_attempt_failed_is_not_used_again(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    shop.shop.keys.failing = 1
    assert run(shop)["sent"] == 1
    assert in_shop(shop) == {"A": 5}


def test_a_key_in_use_is_waited_for(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    shop.shop.keys.busy = 2
    counts = run(shop)
    assert (counts["sent"], counts["mutations"]) == (1, 3)
    assert in_shop(shop) == {"A": 5}
    (entry,) = shop.shop.inventory.history
    assert (entry["delta"], entry["reference"]) == (2, f"gid://ml-connector/InventoryRun/{entry['key']}")


def test_a_key_that_stays_in_use_leaves_its_levels_in_doubt_and_refuses_nothing(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    shop.shop.keys.busy = 100
    with pytest.raises(OutcomeUnknown, match="still at work"):
        run(shop)
    with shop.engine.begin() as connection:
        assert connection.execute(text("select seen_at, problem from levels")).one() == (None, None)
    shop.shop.keys.busy = 0
    # What was to be set may have been set, and sold from since.
    assert run(shop)["sent"] == 0
    minutes_pass(shop, 3)
    assert run(shop)["sent"] == 1
    assert in_shop(shop) == {"A": 5}


def test_two_pushes_at_once_leave_the_newest_figures(shop: World) -> None:
    skus = [f"S{number:03}" for number in range(300)]
    stocked(shop, dict.fromkeys(skus, 9), dict.fromkeys(skus, 8))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: run(shop), range(2)))
    run(shop)
    assert set(in_shop(shop).values()) == {9}
    assert run(shop)["mutations"] == 0


class FirstLost(Wrapped):
    """A client whose first call is carried out and not answered; the next is turned away."""

    calls = 0

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        if operation != "InventorySet":
            return self.client.attempt(operation, variables)
        self.calls += 1
        if self.calls == 1:
            self.client.attempt(operation, variables)
            raise OutcomeUnknown("the answer was lost")
        raise RateLimited("too many")


def test_what_may_have_been_set_stays_in_doubt_when_the_second_try_is_turned_away(shop: World) -> None:
    stocked(shop, {"A": 5}, {"A": 3})
    systems = shop.runtime.open_systems(shop.connection.id)
    with pytest.raises(RateLimited):
        push(replace(systems, shopify=cast(ShopifyClient, FirstLost(systems.shopify))), shop.runtime, lambda _: None)
    assert in_shop(shop) == {"A": 5}
    with shop.engine.begin() as connection:
        assert connection.execute(text("select seen_at from levels")).scalar_one() is None
