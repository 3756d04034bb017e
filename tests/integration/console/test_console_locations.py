"""A location of the shop that is not mapped: what is held for it, and how it is mapped in place."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows import scheduled
from connector.flows.jobs import the_job
from connector.flows.process import process
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store import connections
from tests import factories
from tests.clock import now
from tests.payloads import rest_order
from tests.stocking import stock_rules
from tests.visiting import Visitor, opened_console
from tests.world import World, another_runtime, opened_world

MAIN, SECOND = 655441491, 655441492
PLACES = [{"id": "2", "name": "Warehouse"}, {"id": "3", "name": "Second"}]
LOCATIONS = "/mapping/us-store/locations"
HELD = "shopify-location:Berlin"


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """A shop that ships from two locations, of which the rules name one, and none for all."""
    rules = factories.rules_json(location=None, locations={"Main": "2"}, fulfillments={"source": "shopify"})
    with opened_world(database, redis_url, rules=rules, account={"locations": PLACES}) as opened:
        opened.shop.config.locations = [{"id": MAIN, "name": "Main"}, {"id": SECOND, "name": "Berlin"}]
        yield opened


def ships(world: World, location: int) -> int:
    """An order whose goods leave a location; its record."""
    record = world.sell(rest_order(5001, quantity=2, total="40.00"))
    world.work(record)
    assert world.record(5001).state == "in_sync", world.record(5001).reason
    shop_act(world.shop, {"act": "fulfill", "order_id": 5001, "location_id": location})
    world.work(world.announce(5001))
    return record


def rules_of(world: World) -> dict[str, Any]:
    """What is in force."""
    with world.engine.begin() as connection:
        return dict(connections.by_id(connection, world.connection.id).rules)


def shipped_from(world: World) -> list[str]:
    """NetSuite's locations of what left."""
    return [line["location"] for shipment in world.transactions("ItemShip") for line in shipment["item_lines"]]


def test_goods_leave_the_location_that_the_rules_name_by_name(world: World) -> None:
    ships(world, MAIN)
    assert (world.record(5001).state, shipped_from(world)) == ("in_sync", ["2"])


def test_an_order_held_for_a_location_is_released_where_the_location_is_mapped(otto: Visitor, world: World) -> None:
    record = ships(world, SECOND)
    assert (world.record(5001).state, world.record(5001).reason_subject) == ("held", HELD)
    assert "the Shopify location Berlin (655441492)" in str(world.record(5001).reason)
    cause = "/problems/us-store/not_mapped"
    page = otto.json(f"{cause}?subject={HELD}&names=true")
    assert page["problem"]["title"] == "No NetSuite location for Shopify's Berlin"
    assert [(gap["wants"], gap["offered"]) for gap in page["gaps"]] == [("NetSuite location", ["Second", "Warehouse"])]
    seen = otto.reads(f"{cause}/map?subject={HELD}&value=Second")
    assert ("Second (3)" in seen, "1 record" in seen, "#1001" in seen) == (True, True, True)
    assert "1 record goes on" in otto.does(f"{cause}/map", subject=HELD, value="Second", because="opened in May")
    process(record, another_runtime(world), worker="another")
    assert (world.record(5001).state, shipped_from(world)) == ("in_sync", ["3"])
    assert rules_of(world)["locations"] == {"Main": "2", "Berlin": "Second"}


def test_the_mapping_page_has_the_location_in_its_table_and_shows_what_goes_on(otto: Visitor, world: World) -> None:
    ships(world, SECOND)
    (table,) = [one for one in otto.json("/mapping")["tables"] if one["name"] == "locations"]
    assert [(row["subject"], row["value"], row["can_be_mapped"]) for row in table["waiting"]] == [
        (HELD, "Berlin", True)
    ]
    seen = otto.json(f"/mapping/us-store/value?subject={HELD}&value=3")
    assert [(one["count"], one["first"]) for one in seen["preview"]["releasing"]] == [(1, ["#1001"])]
    form = {"subject": HELD, "value": "3", "version": "1", "because": "opened in May"}
    assert "Berlin is 3: opened in May: version 2; 1 record goes on." in otto.does("/mapping/us-store/value", **form)
    assert world.record(5001).state == "pending"


def test_a_location_for_all_stands_for_those_that_are_not_mapped(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(location="3", locations={str(MAIN): "2"}, fulfillments={"source": "shopify"})
    with opened_world(database, redis_url, rules=rules, account={"locations": PLACES}) as world:
        ships(world, SECOND)
        assert (world.record(5001).state, shipped_from(world)) == ("in_sync", ["3"])


def test_every_location_of_the_shop_stands_beside_netsuites(otto: Visitor, vera: Visitor, world: World) -> None:
    rows = otto.json(LOCATIONS)["rows"]
    assert [(row["name"], row["key"], row["booked_at"], row["is_booked"], row["sells_from"]) for row in rows] == [
        ("Berlin", "Berlin", None, False, None), ("Main", "Main", "2", True, None),
    ]  # fmt: skip
    page = otto.reads(LOCATIONS)
    assert "Berlin 655441492 not mapped Map it : goods of Berlin no stock is pushed Map it : stock of Berlin" in page
    assert vera.get(LOCATIONS).status_code == 403
    world.shop.change({"fail_next": {"status": 403, "times": 1}})
    assert "Shopify could not be asked" in otto.reads(LOCATIONS)


def test_a_location_that_no_stock_is_pushed_to_is_given_netsuites_stock_by_an_admin(ada: Visitor, world: World) -> None:
    form = {"table": "stock", "key": "Berlin", "value": "Second, Warehouse", "version": "1", "because": "it sells too"}
    assert "Berlin is Second, Warehouse" in ada.does("/mapping/us-store/value", **form)
    assert rules_of(world)["inventory"]["locations"] == {"Berlin": ["Second", "Warehouse"]}
    berlin = next(row for row in ada.json(LOCATIONS)["rows"] if row["name"] == "Berlin")
    assert berlin["sells_from"] == "Second (3), Warehouse (2)"


def test_a_name_in_the_rules_that_is_no_location_of_the_shop_is_named_anew_in_place(
    database: Engine, redis_url: str
) -> None:
    rules = stock_rules(locations={"Mian": ["2"], str(SECOND): ["3"]})
    with opened_world(database, redis_url, rules=rules, account={"locations": PLACES}) as world:
        world.shop.config.locations = [{"id": MAIN, "name": "Main"}, {"id": SECOND, "name": "Berlin"}]
        world.work(world.sell(rest_order(5001)))
        assert world.record(5001).reason_subject == "stock-location:Mian"
        assert "inventory.locations" in pushed_reason(world)
        with opened_console(world) as otto:
            assert "Map the locations" in otto.reads("/inventory")
            it_is_named_anew(otto, world)


def pushed_reason(world: World) -> str:
    """Why a push did not come to its end."""
    ran = scheduled.run_by_hand(
        world.runtime, the_job("inventory.push"), world.connection, lambda _: None, actor="test", now=now()
    )
    return str(ran.reason)


def it_is_named_anew(otto: Visitor, world: World) -> None:
    """The order goes on once the location is one of the shop's."""
    assert "Say which it is : Mian" in otto.reads(LOCATIONS)
    cause = "/problems/us-store/not_mapped"
    page = otto.json(f"{cause}?subject=stock-location:Mian&names=true")
    assert [(gap["wants"], gap["offered"]) for gap in page["gaps"]] == [("Shopify location", ["Main", "Berlin"])]
    asked = f"{cause}/map?subject=stock-location:Mian&value"
    assert "the shop has no location named 'Maine'" in otto.reads(f"{asked}=Maine")
    assert "Map and release 1" in otto.reads(f"{asked}=Main")
    form = {"subject": "stock-location:Mian", "value": "Main", "because": "misspelt"}
    assert "1 record goes on" in otto.does(f"{cause}/map", **form)
    assert rules_of(world)["inventory"]["locations"] == {"Main": ["2"], str(SECOND): ["3"]}
    assert "Mian" not in otto.reads(LOCATIONS)
