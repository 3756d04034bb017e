"""What NetSuite ships reaches the buyer: a fulfilment with its numbers, once, and nothing of it comes back to NetSuite."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from connector.flows.process import Outcome
from connector.flows.shipments_poll import poll
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store import shipments
from connector.store.tables import effects, records
from tests import factories
from tests.payloads import rest_line, rest_order
from tests.world import World, opened_world

Json = dict[str, Any]
ORDER = 5001
RED, BLUE = 50010, 50011
MAIN, SECOND = 655441491, 655441492
KNOWN = {"id": 7012, "first_name": "Known", "last_name": "Buyer", "email": "known@example.com"}


def rules(**fulfillments: Any) -> Json:
    """Rules by which NetSuite ships, from either of two locations."""
    return factories.rules_json(locations={str(MAIN): "2", "Second": "3"}, fulfillments=fulfillments)


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url) as made:
        yield made


def opened(database: Engine, redis_url: str, **fulfillments: Any) -> Any:
    """The world with two locations on both sides."""
    account = {
        "locations": [{"id": "2", "name": "Warehouse"}, {"id": "3", "name": "Second"}],
        "ship_items": [{"id": "41", "name": "Standard"}, {"id": "42", "name": "ups"}],
    }
    return opened_world(database, redis_url, rules=rules(**fulfillments), account=account)


def sold(world: World, number: int = ORDER, **changes: Any) -> str:
    """An order of three red mugs and two blue ones; the internal id of its sales order."""
    lines = [rest_line(number * 10, quantity=3), rest_line(number * 10 + 1, sku="MUG-BLUE", price="10.00", quantity=2)]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    world.shop.config.locations = [{"id": MAIN, "name": "Main"}, {"id": SECOND, "name": "Second"}]
    wanted = {"total": "80.00", "line_items": lines, "customer": KNOWN, "created_at": now} | changes
    world.work(world.sell(rest_order(number, **wanted)))
    asked(world)
    return str(world.transactions("SalesOrd")[-1]["id"])


def asked(world: World) -> Json:
    """One run of the poll; what it did."""
    world.account.calls.clear()
    world.shop.operations.clear()
    return dict(poll(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None))


def shipped(world: World, order: str, *lines: tuple[int, int], **changes: Any) -> str:
    """The warehouse ships lines (key, quantity) of an order, or all of it; the shipment's id."""
    wish: Json = {"act": "fulfill", "order": order} | changes
    if lines:
        wish["lines"] = [{"line": key, "quantity": quantity} for key, quantity in lines]
    return str(account_act(world.account, wish)["id"])


def told(world: World, number: int = ORDER) -> Outcome | None:
    """A poll, and one pass over what is to be told of an order."""
    asked(world)
    return passed(world, number)


def passed(world: World, number: int = ORDER) -> Outcome | None:
    """One pass, however it stands and whatever it was told to wait for."""
    due = {"state": "pending", "next_attempt_at": text("now()")}
    with world.engine.begin() as connection:
        connection.execute(update(records).where(records.c.kind == "order_status").values(due))
        found = connection.execute(
            select(records.c.id).where(records.c.kind == "order_status", records.c.shopify_id == str(number))
        ).scalar_one()
    return world.work(found)


def aged(world: World) -> None:
    """Two minutes pass since all that was sent."""
    with world.engine.begin() as connection:
        connection.execute(update(effects).values(sent_at=datetime.now(UTC) - timedelta(minutes=2)))


def state(world: World, number: int = ORDER) -> tuple[str, str]:
    """How what is to be told of an order stands, and why."""
    with world.engine.begin() as connection:
        row = connection.execute(
            select(records.c.state, records.c.reason).where(
                records.c.kind == "order_status", records.c.shopify_id == str(number)
            )
        ).one()
    return row.state, row.reason or ""


def parcels(world: World, number: int = ORDER, status: str = "success") -> list[tuple[dict[int, int], list[str]]]:
    """The fulfilments that stand in the shop: units by line, and tracking numbers."""
    order = next(item for item in world.shop.ledger()["orders"] if item["id"] == number)
    return [
        ({line["line_item_id"]: line["quantity"] for line in item["lines"]}, item["tracking_numbers"])
        for item in order["fulfillments"]
        if item["status"] == status
    ]


def fulfillments(world: World) -> list[Json]:
    """The fulfilments as the shop keeps them."""
    found = world.shop.order(ORDER)
    assert found is not None
    return list(found[0].get("fulfillments") or [])


def assigned(world: World, *orders: Json) -> None:
    """The shop routes the order like this."""
    shop_act(world.shop, {"act": "assign", "order_id": ORDER, "orders": list(orders)})


def of(location: int, *lines: tuple[int, int], **changes: Any) -> Json:
    """A fulfilment order of lines (line, quantity)."""
    return {"location_id": location, "lines": [{"line_id": key, "quantity": units} for key, units in lines]} | changes


def test_a_shipment_becomes_a_fulfilment_with_its_carrier_and_the_buyer_is_told(world: World) -> None:
    order = sold(world)
    shipped(world, order, tracking=["1Z1", "1Z2"], method="42")
    told(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["1Z1", "1Z2"])]
    assert fulfillments(world)[0]["tracking_company"] == "UPS", "as Shopify spells it"
    assert world.shop.notified == [ORDER]
    assert state(world)[0] == "in_sync"


def test_by_rule_the_buyer_is_not_written_to(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, notify_customer=False) as world:
        order = sold(world)
        shipment = shipped(world, order)
        told(world)
        account_act(world.account, {"act": "track", "record": shipment, "tracking": ["1Z1"]})
        told(world)
        assert (parcels(world), world.shop.notified) == ([({RED: 3, BLUE: 2}, ["1Z1"])], [])


def test_parts_are_told_one_after_the_other_and_only_once(world: World) -> None:
    order = sold(world)
    shipped(world, order, (1, 2), tracking=["A"])
    told(world)
    shipped(world, order, (1, 1), (2, 2), tracking=["B"])
    told(world)
    assert parcels(world) == [({RED: 2}, ["A"]), ({RED: 1, BLUE: 2}, ["B"])]
    told(world)
    assert passed(world) is not None
    assert len(parcels(world)) == 2


def test_several_shipments_cost_one_page(world: World) -> None:
    orders = [sold(world, number) for number in range(ORDER, ORDER + 6)]
    for order in orders:
        shipped(world, order, (1, 1), tracking=["A"])
        shipped(world, order, (1, 2), tracking=["B"])
    assert asked(world) == {"read": 12, "deleted": 0, "due": 6}
    assert world.calls() == ["POST suiteql 200"] * 3, "lines, tracking numbers, deletions"
    assert world.shop.operations.total() == 0
    assert asked(world)["due"] == 6, "they wait"
    assert len(world.calls()) == 3


def test_where_the_shop_ships_nothing_is_asked(database: Engine, redis_url: str) -> None:
    with opened(database, redis_url, source="shopify") as world:
        order = sold(world)
        shipped(world, order)
        assert asked(world) == {"read": 0, "deleted": 0, "due": 0}
        assert world.calls() == []


def test_what_is_only_picked_or_packed_is_not_told(world: World) -> None:
    order = sold(world)
    number = shipped(world, order, status="A")
    assert asked(world)["due"] == 0
    account_act(world.account, {"act": "edit", "record": number, "fields": {"shipStatus": {"id": "C"}}})
    told(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, [])]


def test_tracking_that_comes_later_is_told_once(world: World) -> None:
    order = sold(world)
    number = shipped(world, order)
    told(world)
    account_act(world.account, {"act": "track", "record": number, "tracking": ["LATE"]})
    told(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["LATE"])]
    assert world.shop.operations["FulfillmentTrackingUpdate"] == 1
    passed(world)
    assert world.shop.operations["FulfillmentTrackingUpdate"] == 1


def test_a_deleted_shipment_is_cancelled_and_shipping_again_makes_another(world: World) -> None:
    order = sold(world)
    number = shipped(world, order, tracking=["A"])
    told(world)
    account_act(world.account, {"act": "delete", "record": number})
    assert asked(world)["deleted"] == 1
    passed(world)
    passed(world)
    assert parcels(world) == []
    assert len(parcels(world, status="cancelled")) == 1
    shipped(world, order, tracking=["B"])
    told(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["B"])]


def test_an_unshipped_shipment_is_cancelled_and_shipped_again_it_is_told_again(world: World) -> None:
    order = sold(world)
    number = shipped(world, order)
    told(world)
    account_act(world.account, {"act": "edit", "record": number, "fields": {"shipStatus": {"id": "B"}}})
    told(world)
    passed(world)
    assert parcels(world) == []
    account_act(world.account, {"act": "edit", "record": number, "fields": {"shipStatus": {"id": "C"}}})
    told(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, [])]


def test_two_locations_get_a_fulfilment_each_and_the_one_that_shipped_comes_first(world: World) -> None:
    order = sold(world)
    assigned(world, of(MAIN, (RED, 2), (BLUE, 2)), of(SECOND, (RED, 1)))
    shipped(world, order, (1, 1), location="3")
    told(world)
    assert [item["location_id"] for item in fulfillments(world)] == [SECOND]
    shipped(world, order, (1, 2), (2, 1), location="3", tracking=["A"])
    told(world)
    assert [item["location_id"] for item in fulfillments(world)] == [SECOND, MAIN]
    assigned(world, of(SECOND, (BLUE, 1)))
    shipped(world, order, tracking=["B"])
    told(world)
    assert parcels(world) == [({RED: 1}, []), ({RED: 2, BLUE: 1}, ["A"]), ({BLUE: 1}, ["B"])]


def test_one_shipment_from_two_fulfilment_orders_at_two_locations_is_two_calls(world: World) -> None:
    order = sold(world)
    assigned(world, of(MAIN, (RED, 2), (BLUE, 2)), of(SECOND, (RED, 1)))
    shipped(world, order, tracking=["A"])
    told(world)
    assert parcels(world) == [({RED: 2, BLUE: 2}, ["A"]), ({RED: 1}, ["A"])]
    passed(world)
    assert len(parcels(world)) == 2


def test_a_lost_answer_is_looked_for_and_nothing_is_doubled(world: World) -> None:
    order = sold(world)
    shipped(world, order, (1, 1), tracking=["A"])
    shipped(world, order, (1, 1), tracking=["B"])
    world.shop.change({"lose_answers": {"FulfillmentCreate": 1}})
    told(world)
    assert state(world)[0] == "pending"
    passed(world)
    passed(world)
    assert parcels(world) == [({RED: 1}, ["A"]), ({RED: 1}, ["B"])]
    assert state(world)[0] == "in_sync"


def test_what_was_not_carried_out_is_sent_again_once_it_cannot_be_at_work_any_more(world: World) -> None:
    order = sold(world)
    shipped(world, order, tracking=["A"])
    world.shop.change({"fail_operations": {"FulfillmentCreate": 1}})
    told(world)
    passed(world)
    assert parcels(world) == []
    aged(world)
    passed(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["A"])]


@pytest.mark.parametrize("operation", ["FulfillmentTrackingUpdate", "FulfillmentCancel"])
@pytest.mark.parametrize("fault", ["lose_answers", "fail_operations"])
def test_a_lost_change_is_made_good(world: World, operation: str, fault: str) -> None:
    order = sold(world)
    number = shipped(world, order, tracking=["A"])
    told(world)
    is_cancelled = operation == "FulfillmentCancel"
    late = {"act": "delete", "record": number} if is_cancelled else {"act": "track", "record": number}
    account_act(world.account, late | ({} if is_cancelled else {"tracking": ["B"]}))
    world.shop.change({fault: {operation: 1}})
    told(world)
    passed(world)
    aged(world)
    passed(world)
    passed(world)
    numbers = ["A", "B"]
    assert parcels(world) == ([] if is_cancelled else [({RED: 3, BLUE: 2}, numbers)])
    assert state(world)[0] == "in_sync"


def test_an_order_that_is_not_routed_yet_waits(world: World) -> None:
    order = sold(world)
    world.shop.config.routes_orders = False
    shipped(world, order)
    told(world)
    assert (state(world)[0], "not routed" in state(world)[1]) == ("pending", True)
    world.shop.config.routes_orders = True
    passed(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, [])]


def test_fulfilment_orders_that_never_come_are_asked_about(world: World) -> None:
    order = sold(world, created_at="2026-11-20T10:00:00-05:00")
    world.shop.config.scopes.remove("write_merchant_managed_fulfillment_orders")
    shipped(world, order)
    told(world)
    assert (state(world)[0], "write_merchant_managed_fulfillment_orders" in state(world)[1]) == ("held", True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"status": "ON_HOLD", "holds": [{"id": 1, "reason": "OTHER", "notes": "fraud check"}]}, "fraud check"),
        ({"status": "SCHEDULED", "fulfill_at": "2027-01-02T00:00:00Z"}, "scheduled for 2027-01-02"),
        ({"service": "3pl", "request_status": "SUBMITTED"}, "another fulfilment service (submitted)"),
        ({"service": "3pl", "request_status": "REJECTED"}, "another fulfilment service (rejected)"),
    ],
)
def test_what_shopify_does_not_let_go_waits_and_the_rest_is_told(world: World, changes: Json, sentence: str) -> None:
    order = sold(world)
    assigned(world, of(MAIN, (RED, 3)), of(SECOND, (BLUE, 2), **changes))
    shipped(world, order, tracking=["A"])
    told(world)
    assert parcels(world) == [({RED: 3}, ["A"])]
    assert (state(world)[0], sentence in state(world)[1]) == ("held", True), state(world)[1]
    assigned(world, of(SECOND, (BLUE, 2)))
    with world.engine.begin() as connection:
        connection.execute(update(records).values(changed_at=datetime.now(UTC) - timedelta(hours=2)))
    assert asked(world)["due"] == 1, "it is looked at again after an hour"
    passed(world)
    assert parcels(world) == [({RED: 3}, ["A"]), ({BLUE: 2}, ["A"])]


def test_what_another_service_accepted_is_told_for_it(world: World) -> None:
    order = sold(world)
    assigned(world, of(MAIN, (RED, 3)), of(SECOND, (BLUE, 2), service="3pl", request_status="ACCEPTED"))
    shipped(world, order, tracking=["A"])
    told(world)
    assert parcels(world) == [({RED: 3}, ["A"]), ({BLUE: 2}, ["A"])]
    assert state(world)[0] == "in_sync"


def test_the_same_goods_fulfilled_by_hand_are_taken_for_ours_and_get_their_number(world: World) -> None:
    order = sold(world)
    shop_act(world.shop, {"act": "fulfill", "order_id": ORDER})
    shipped(world, order, tracking=["A"])
    told(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["A"])]
    assert world.shop.operations["FulfillmentCreate"] == 0


def test_other_goods_fulfilled_by_hand_hold_the_order_with_figures(world: World) -> None:
    order = sold(world)
    lines = [{"line_id": RED, "quantity": 2}]
    shop_act(world.shop, {"act": "fulfill", "order_id": ORDER, "lines": lines})
    shipped(world, order)
    told(world)
    assert state(world)[0] == "held"
    assert "3 of item 812, 1 open" in state(world)[1]
    assert parcels(world) == [({RED: 2}, [])]


def test_a_fulfilment_cancelled_in_the_shop_is_asked_about_and_its_successor_is_taken(world: World) -> None:
    order = sold(world)
    number = shipped(world, order)
    told(world)
    shop_act(world.shop, {"act": "cancel_fulfillment", "order_id": ORDER})
    account_act(world.account, {"act": "track", "record": number, "tracking": ["A"]})
    told(world)
    assert (state(world)[0], "cancelled in Shopify" in state(world)[1]) == ("held", True)
    shop_act(world.shop, {"act": "fulfill", "order_id": ORDER})
    passed(world)
    assert parcels(world) == [({RED: 3, BLUE: 2}, ["A"])]


def test_the_webhooks_of_our_own_fulfilment_write_nothing_to_netsuite(world: World) -> None:
    order = sold(world)
    shipped(world, order, tracking=["A"])
    told(world)
    topics = {item["topic"] for item in world.shop.news}
    assert topics == {"fulfillments/create", "orders/fulfilled", "orders/updated"}
    world.account.calls.clear()
    world.work(world.announce(ORDER))
    assert not [call for call in world.calls() if "suiteql" not in call and not call.startswith("GET")]
    assert len(world.transactions("ItemShip")) == 1
    assert asked(world)["due"] == 0


def test_a_lost_answer_of_one_location_does_not_double_it_or_forget_the_other(world: World) -> None:
    order = sold(world)
    assigned(world, of(MAIN, (RED, 2), (BLUE, 2)), of(SECOND, (RED, 1)))
    shipped(world, order, tracking=["A"])
    world.shop.change({"lose_answers": {"FulfillmentCreate": 1}})
    told(world)
    passed(world)
    assert parcels(world) == [({RED: 2, BLUE: 2}, ["A"]), ({RED: 1}, ["A"])]
    assert state(world)[0] == "in_sync"


def test_a_deleted_customer_of_the_same_number_cancels_no_parcel(world: World) -> None:
    order = sold(world)
    number = shipped(world, order)
    told(world)
    world.account.tables.put(
        "deletedrecord",
        {"type": "customer", "recordid": int(number), "name": "x", "deleteddate": world.account.tables.now()},
    )
    assert asked(world)["deleted"] == 0
    assert world.calls() == ["POST suiteql 200"] * 4, "lines, numbers, deletions, and whether that one is there"


def test_shipments_over_two_pages_are_whole(world: World) -> None:
    order = sold(world)
    asked(world)
    numbers = range(900_001, 900_501)
    header = {"type": "ItemShip", "status": "C", "status_cf": "ItemShip:C", "voided": "F"}
    for number in numbers:
        row = {"id": number, "tranid": f"IF{number}", "lastmodifieddate": world.account.tables.now()} | header
        world.account.tables.put("transaction", row)
        lines = [{"id": 0, "mainline": "T", "createdfrom": int(order), "item": None}]
        lines += [{"id": key, "mainline": "F", "createdfrom": None, "item": 812} for key in (1, 2, 3)]
        common = {"transaction": number, "taxline": "F", "iscogs": "F", "quantity": "-1"}
        world.account.tables.put_all("transactionline", [common | line for line in lines])
    assert asked(world) == {"read": 500, "deleted": 0, "due": 1}
    assert world.calls() == ["POST suiteql 200"] * 5, "two pages of lines with their numbers, and the deletions"
    with world.engine.begin() as connection:
        kept = shipments.of_order(connection, world.connection.id, int(order))
    assert {len(item.lines) for item in kept} == {3}
    assert len(kept) == 500


def test_what_the_buyer_is_told_stands_with_the_order(world: World, run: Any) -> None:
    order = sold(world)
    shipped(world, order, tracking=["A"])
    told(world)
    shown = run("orders", "show", "#1001").output
    assert "shop_fulfillment SHOPIFY-548380009-PARCEL-" in shown
