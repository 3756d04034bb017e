"""What the shop changes beside lines, and where goods leave from and come back to."""

from typing import Any

from sqlalchemy import Engine

from tests import factories
from tests.integration.test_order_life import ORDER, accountant, happens, placed, sales_order, written
from tests.world import World, opened_world

Json = dict[str, Any]
CHARGE = {"id": 91, "title": "Standard", "code": "Standard", "price": "5.00", "tax_lines": []}
LOCATION = 655441491
BACK = {"line_id": 50010, "quantity": 1, "restock_type": "return", "location_id": LOCATION}


def body_of(world: World) -> Json:
    """The sales order as it was sent, with all that was changed since."""
    return dict(world.account.records[("salesOrder", sales_order(world)["id"])].body)


def test_a_shipping_line_that_is_removed_is_taken_off_by_one_call(world: World) -> None:
    placed(world, total_price="65.00", total="65.00", shipping_lines=[CHARGE])
    assert sales_order(world)["total"] == "65"
    happens(world, "edit", changes=[{"remove_shipping": {}}])
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert (written(world), sales_order(world)["total"]) == (["PATCH salesOrder"], "60")


def test_tags_and_the_note_follow_by_one_call_each(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(orders={"tags_field": "custbody_tags"})
    with opened_world(database, redis_url, rules=rules) as world:
        placed(world)
        happens(world, "update", changes={"tags": "vip, gift"})
        assert "vip" in body_of(world)["custbody_tags"]
        happens(world, "update", changes={"note": "ring twice"})
        assert "ring twice" in sales_order(world)["memo"]
        assert written(world) == ["PATCH salesOrder", "PATCH salesOrder"]


def test_by_rule_goods_come_back_by_a_return_authorisation_and_its_receipt(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(refunds={"returns": "return_authorization"})
    with opened_world(database, redis_url, rules=rules) as world:
        placed(world)
        accountant(world, "fulfill", order=sales_order(world)["id"])
        happens(world, "fulfill")
        happens(world, "refund", lines=[BACK])
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        made = ["POST customerRefund", "POST returnAuthorization", "POST returnAuthorization/!transform/itemReceipt"]
        assert written(world) == made
        (authorised,), (received,) = world.transactions("RtnAuth"), world.transactions("ItemRcpt")
        assert [(line["item"], line["quantity"]) for line in authorised["item_lines"]] == [("812", "1")]
        assert received["created_from"] == authorised["id"]


def test_what_is_shipped_leaves_from_the_location_that_is_mapped(database: Engine, redis_url: str) -> None:
    places = [{"id": "2", "name": "Warehouse"}, {"id": "3", "name": "Store"}]
    rules = factories.rules_json(fulfillments={"source": "shopify"}, locations={str(LOCATION): "3"})
    with opened_world(database, redis_url, rules=rules, account={"locations": places}) as world:
        placed(world)
        happens(world, "fulfill", lines=[{"line_id": 50010, "quantity": 1}], location_id=LOCATION)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        (shipped,) = world.transactions("ItemShip")
        assert [line["location"] for line in shipped["item_lines"]] == ["3"]
