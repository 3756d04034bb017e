"""Sales orders entered in NetSuite become orders of the shop by way of drafts, once each, whatever answer is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from connector.flows.draft_orders_poll import poll
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.sandbox.shopify.draft_writes import complete_draft
from connector.store.mirror_tables import shop_items
from connector.store.tables import effects as effects_table
from connector.store.tables import records as records_table
from tests import factories
from tests.clock import now
from tests.integration.test_customers import told
from tests.payloads import rest_order
from tests.world import World, opened_world

Json = dict[str, Any]
MARK = "custbody_send_to_shop"
VARIANTS = [
    {"id": 9001, "sku": "MUG-RED", "title": "Red mug", "price": "25.00"},
    {"id": 9002, "sku": "MUG-BLUE", "title": "Blue mug", "price": "25.00"},
    {"id": 9003, "sku": "MUG-RED-XL", "title": "Big red mug", "price": "35.00"},
]


@contextmanager
def drafting(database: Engine, redis_url: str, *, account: Json | None = None, **rules: Any) -> Iterator[World]:
    """A world in which marked sales orders go to the shop."""
    made = factories.rules_json(**({"draft_orders": {"field": MARK}} | rules))
    config = {"body_fields": [MARK]} | (account or {})
    with opened_world(database, redis_url, rules=made, account=config) as world:
        world.shop.config.variants = list(VARIANTS)
        yield world


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with drafting(database, redis_url) as opened:
        yield opened


def line(item: str = "812", quantity: float = 2, rate: float = 20.0, **more: Any) -> Json:
    """A line at its own price."""
    return {"item": {"id": item}, "quantity": quantity, "price": {"id": "-1"}, "rate": rate} | more


def entered(world: World, *lines: Json, **fields: Any) -> str:
    """A person enters a marked sales order over two red mugs for 40.00; its id."""
    body: Json = {
        "entity": {"id": "1456"}, "currency": {"id": "1"}, "orderStatus": {"id": "A"}, MARK: True,
        "item": {"items": list(lines) or [line()]},
    }  # fmt: skip
    return str(account_act(world.account, {"act": "enter", "fields": body | fields})["id"])


def approved(world: World, order_id: str) -> None:
    """A person approves it."""
    account_act(world.account, {"act": "approve", "order": order_id})


def polled(world: World) -> dict[str, int]:
    """One run of the poll, and the passes it asked for."""
    due: list[int] = []
    counts = dict(poll(world.runtime.open_systems(world.connection.id), world.runtime, due.append))
    for record_id in due:
        world.work(record_id)
    return counts


def again(world: World, kind: str = "draft_order") -> None:
    """A worker looks once more at every record of a kind that waits, whenever that was to be."""
    with world.engine.begin() as connection:
        connection.execute(records_table.update().values(next_attempt_at=now()))
        query = select(records_table.c.id).where(records_table.c.kind == kind, records_table.c.state == "pending")
        due = list(connection.execute(query).scalars())
    for record_id in due:
        world.work(record_id)


def aged(world: World) -> None:
    """A quarter of an hour goes by in the account."""
    world.account.tables.run("""update "transaction" set lastmodifieddate = char(1) || strftime('%Y-%m-%d %H:%M:%S',
                     substr(lastmodifieddate, 2), '-15 minutes')""")


def record(world: World, order_id: str) -> Any:
    """The record of the draft of a sales order."""
    with world.engine.begin() as connection:
        query = select(records_table).where(
            records_table.c.kind == "draft_order", records_table.c.shopify_id == order_id
        )
        return connection.execute(query).one()


def drafts(world: World) -> list[Json]:
    """The drafts of the shop."""
    return list(world.shop.drafts.values())


def orders(world: World) -> list[Json]:
    """The orders of the shop, by its own ledger."""
    found: list[Json] = world.shop.ledger()["orders"]
    return found


def news_worked(world: World) -> None:
    """The webhooks of orders arrive, and workers look at them."""
    waiting, world.shop.news = world.shop.news, []
    for order_id in dict.fromkeys(item["order_id"] for item in waiting if item["order_id"]):
        world.work(world.announce(order_id))


def test_a_marked_order_becomes_a_draft_with_variants_prices_address_and_its_number(world: World) -> None:
    address = {
        "addressee": "Acme Ltd", "attention": "Ada Example", "addr1": "1 Example Street", "city": "Springfield",
        "state": "IL", "zip": "62701", "country": {"id": "US"}, "addrPhone": "+15555550100",
    }  # fmt: skip
    order_id = entered(
        world, line(), line("901", 1, 5.5, description="Engraving"), shipMethod={"id": "41"}, shippingCost=7.5,
        shippingAddress=address, email="ada@example.com", otherRefNum="PO-7",
    )  # fmt: skip
    assert polled(world) == {"read": 1, "asked": 1}
    (draft,) = drafts(world)
    order = draft["order"]
    shown = [(item["sku"], item["variant_id"], item["quantity"], item["price"]) for item in order["line_items"]]
    assert shown == [("MUG-RED", 9001, 2, "20.00"), ("Custom", None, 1, "5.50")]
    assert (order["total_price"], order["shipping_lines"][0]["title"]) == ("53.00", "Standard")
    assert (order["tags"], order["po_number"], order["email"]) == (f"netsuite-{order_id}", "PO-7", "ada@example.com")
    assert order["shipping_address"]["company"] == "Acme Ltd"
    assert order["shipping_address"]["last_name"] == "Example"
    assert {item["name"]: item["value"] for item in order["note_attributes"]}["netsuite_sales_order"] == order_id
    assert (record(world, order_id).state, record(world, order_id).total) == ("in_sync", 53)
    assert orders(world) == []


def test_an_order_that_is_not_marked_or_came_from_the_shop_is_left_alone(world: World) -> None:
    entered(world, **{MARK: False})
    entered(world, externalId="SHOPIFY-548380009-ORDER-77")
    assert polled(world) == {"read": 0, "asked": 0}
    assert drafts(world) == []


def test_without_the_rule_nothing_is_asked(database: Engine, redis_url: str) -> None:
    with drafting(database, redis_url, draft_orders={}) as world:
        entered(world)
        world.account.calls.clear()
        assert polled(world) == {"read": 0, "asked": 0}
        assert world.calls() == []


def test_an_open_draft_follows_its_sales_order(world: World) -> None:
    order_id = entered(world)
    polled(world)
    change = {"item": {"items": [{"line": 1, "quantity": 3}]}}
    account_act(world.account, {"act": "edit", "record": order_id, "fields": change})
    polled(world)
    (draft,) = drafts(world)
    assert draft["order"]["total_price"] == "60.00"
    assert world.shop.operations["DraftOrderUpdate"] == 1
    polled(world)
    assert world.shop.operations["DraftOrderUpdate"] == 1


def test_an_approved_order_is_completed_as_payment_pending_and_linked(world: World) -> None:
    order_id = entered(world)
    polled(world)
    approved(world, order_id)
    polled(world)
    (order,) = orders(world)
    assert (order["financial_status"], order["total_price"], order["transactions"]) == ("pending", "40.00", [])
    news_worked(world)
    assert world.record(order["id"]).state == "in_sync", world.record(order["id"]).reason
    (sales_order,) = world.transactions("SalesOrd")
    assert (sales_order["id"], sales_order["external_id"]) == (order_id, f"SHOPIFY-548380009-ORDER-{order['id']}")
    assert len(world.account.ledger()["customers"]) == 2


@pytest.mark.parametrize("act", ["close_order", "cancel_order", "unmark", "delete"])
def test_an_order_that_is_given_up_takes_its_draft_away(world: World, act: str) -> None:
    order_id = entered(world)
    polled(world)
    wish: Json = {"act": act, "order": order_id, "record": order_id}
    if act == "unmark":
        wish |= {"act": "edit", "fields": {MARK: False}}
    account_act(world.account, wish)
    polled(world)
    assert drafts(world) == []
    assert polled(world)["asked"] == 0
    assert orders(world) == []


def test_an_order_that_is_marked_once_more_gets_a_draft_once_more(world: World) -> None:
    order_id = entered(world)
    polled(world)
    for is_marked in (False, True):
        account_act(world.account, {"act": "edit", "record": order_id, "fields": {MARK: is_marked}})
        polled(world)
    assert len(drafts(world)) == 1
    approved(world, order_id)
    polled(world)
    assert len(orders(world)) == 1


def test_an_idle_poll_is_one_call_and_none_to_the_shop(world: World) -> None:
    entered(world)
    polled(world)
    aged(world)
    polled(world)
    world.account.calls.clear()
    asked = dict(world.shop.operations)
    polled(world)
    assert [call.rpartition(" ")[0] for call in world.calls()] == ["POST suiteql"]
    assert dict(world.shop.operations) == asked


def test_a_new_draft_costs_one_call_to_netsuite_and_two_to_the_shop(world: World) -> None:
    polled(world)
    entered(world)
    world.account.calls.clear()
    asked = dict(world.shop.operations)
    polled(world)
    called = [call.rpartition(" ")[0].partition("/")[0] for call in world.calls()]
    assert called == ["POST suiteql", "GET salesOrder", "POST suiteql"]
    made = {name: count - asked.get(name, 0) for name, count in world.shop.operations.items()}
    assert {name: count for name, count in made.items() if count} == {"VariantsBySku": 1, "DraftOrderCreate": 1}


@pytest.mark.parametrize(
    "operation", ["DraftOrderCreate", "DraftOrderUpdate", "DraftOrderComplete", "DraftOrderDelete"]
)
def test_a_lost_answer_makes_nothing_twice(world: World, operation: str) -> None:
    world.shop.change({"lose_answers": {operation: 1}})
    order_id = entered(world)
    polled(world)
    again(world)
    account_act(
        world.account, {"act": "edit", "record": order_id, "fields": {"item": {"items": [{"line": 1, "quantity": 3}]}}}
    )
    polled(world)
    again(world)
    if operation == "DraftOrderDelete":
        account_act(world.account, {"act": "close_order", "order": order_id})
        polled(world)
        again(world)
        assert drafts(world) == []
        return
    approved(world, order_id)
    polled(world)
    again(world)
    news_worked(world)
    assert len(drafts(world)) == 1
    assert [order["total_price"] for order in orders(world)] == ["60.00"]
    assert record(world, order_id).state == "in_sync"
    assert [item["id"] for item in world.transactions("SalesOrd")] == [order_id]


def test_a_failure_of_the_shop_itself_is_looked_into_before_another_draft_is_made(world: World) -> None:
    with world.engine.begin() as connection:
        known = {"inventory_item": 1, "variant": 9001, "sku": "MUG-RED", "tracked": True}
        connection.execute(insert(shop_items).values(connection_id=world.connection.id, **known))
    world.shop.change({"fail_next": {"status": 502}})
    order_id = entered(world)
    polled(world)
    assert (record(world, order_id).state, record(world, order_id).reason_code) == ("pending", "outcome_unknown")
    with world.engine.begin() as connection:
        connection.execute(effects_table.update().values(sent_at=effects_table.c.sent_at - timedelta(hours=1)))
    again(world)
    assert [draft["order"]["line_items"][0]["variant_id"] for draft in drafts(world)] == [9001]
    assert world.shop.operations["DraftOrdersTagged"] == 1
    assert world.shop.operations["VariantsBySku"] == 0


def test_a_worker_that_died_before_it_could_write_the_draft_down_left_one_that_is_adopted(world: World) -> None:
    order_id = entered(world)
    polled(world)
    with world.engine.begin() as connection:
        of_drafts = effects_table.c.kind == "draft_order"
        lost = {"state": "sent", "remote_id": None, "image": None, "confirmed_at": None}
        connection.execute(effects_table.update().where(of_drafts).values(lost))
    approved(world, order_id)
    polled(world)
    assert world.shop.operations["DraftOrdersTagged"] == 1
    assert (len(drafts(world)), len(orders(world))) == (1, 1)


def test_the_webhook_of_the_order_can_come_before_the_answer(world: World) -> None:
    order_id = entered(world)
    polled(world)
    approved(world, order_id)
    world.shop.change({"lose_answers": {"DraftOrderComplete": 1}})
    polled(world)
    assert record(world, order_id).state == "pending"
    news_worked(world)
    (order,) = orders(world)
    assert world.record(order["id"]).state == "in_sync", world.record(order["id"]).reason
    assert [item["id"] for item in world.transactions("SalesOrd")] == [order_id]
    again(world)
    assert record(world, order_id).state == "in_sync"
    assert len(world.transactions("SalesOrd")) == 1


def test_a_draft_that_a_person_completes_as_paid_is_linked_and_its_money_booked(
    database: Engine, redis_url: str
) -> None:
    with drafting(database, redis_url, payments={"methods": {"manual": {"method": "8"}}}) as world:
        order_id = entered(world)
        polled(world)
        complete_draft(world.shop, next(iter(world.shop.drafts)), {})
        news_worked(world)
        (order,) = orders(world)
        assert (order["financial_status"], world.record(order["id"]).state) == ("paid", "in_sync")
        (sales_order,), (deposit,) = world.transactions("SalesOrd"), world.transactions("CustDep")
        assert (sales_order["id"], deposit["total"], deposit["entity"]) == (order_id, "40", sales_order["entity"])


def test_an_order_that_only_says_so_is_an_order_like_any_other(world: World) -> None:
    order_id = entered(world)
    polled(world)
    said = [{"name": "netsuite_sales_order", "value": order_id}]
    world.work(world.sell(rest_order(note_attributes=said, created_at="2026-11-20T10:00:00-05:00")))
    assert world.record(5001).state == "in_sync"
    assert len(world.transactions("SalesOrd")) == 2


def test_an_order_that_says_so_while_its_draft_is_open_waits_when_it_is_new(world: World) -> None:
    order_id = entered(world)
    polled(world)
    said = [{"name": "netsuite_sales_order", "value": order_id}]
    world.work(world.sell(rest_order(note_attributes=said, created_at=now().isoformat())))
    assert (world.record(5001).state, world.record(5001).reason_code) == ("pending", "conflict")
    assert len(world.transactions("SalesOrd")) == 1


def test_a_sales_order_without_tax_makes_a_draft_without_tax(world: World) -> None:
    world.shop.config.draft_tax = "0.1"
    entered(world, orderStatus={"id": "B"})
    polled(world)
    assert [order["total_price"] for order in orders(world)] == ["40.00"]


def test_a_total_that_differs_is_held_with_both_figures(database: Engine, redis_url: str) -> None:
    with drafting(database, redis_url, account={"tax_rate": "0.1"}) as world:
        world.shop.config.draft_tax = "0.07"
        order_id = entered(world)
        polled(world)
        assert "comes to 42.80 USD" in record(world, order_id).reason
        approved(world, order_id)
        polled(world)
        held = record(world, order_id)
        assert (held.state, held.reason_code) == ("held", "total_mismatch")
        assert "comes to 42.80 USD" in held.reason
        assert "to 44 USD" in held.reason.replace("44.0 ", "44 ").replace("44.00", "44")
        assert orders(world) == []
        world.shop.config.draft_tax = "0.1"
        account_act(world.account, {"act": "edit", "record": order_id, "fields": {"otherRefNum": "PO-8"}})
        polled(world)
        assert [order["total_price"] for order in orders(world)] == ["44.00"]
        news_worked(world)
        assert len(world.transactions("SalesOrd")) == 1


def test_a_draft_that_the_shop_is_still_at_work_on_is_completed_later(world: World) -> None:
    world.shop.config.drafts_ready = False
    order_id = entered(world, orderStatus={"id": "B"})
    polled(world)
    assert record(world, order_id).state == "pending"
    world.shop.config.drafts_ready = True
    again(world)
    assert len(orders(world)) == 1


def test_a_draft_that_a_person_deleted_is_not_made_again(world: World) -> None:
    order_id = entered(world)
    polled(world)
    world.shop.drafts.clear()
    approved(world, order_id)
    polled(world)
    held = record(world, order_id)
    assert (held.state, held.reason_subject) == ("held", "draft_order:deleted_in_shopify")
    assert drafts(world) == []


def test_the_linked_customer_of_the_shop_is_the_buyer(world: World) -> None:
    world.shop.customers.put({"id": 7020, "first_name": "Grace", "email": "known@example.com", "last_name": "H"})
    told(world, "customers/create", {"id": 7020})
    entered(world)
    polled(world)
    (draft,) = drafts(world)
    assert draft["order"]["customer"]["id"] == 7020


def lowered(world: World, order: Json, quantity: int) -> None:
    """A person lowers the first line of an order of the shop, and a worker looks at it."""
    (shown,) = [item for item, _ in world.shop.orders() if item["id"] == order["id"]]
    change = {"set_quantity": {"line_id": shown["line_items"][0]["id"], "quantity": quantity}}
    shop_act(world.shop, {"act": "edit", "order_id": order["id"], "changes": [change]})
    world.work(world.announce(order["id"]))


def test_an_edit_in_the_shop_changes_the_line_that_was_entered_in_netsuite(world: World) -> None:
    order_id = entered(world, line(), line("813", 1, 10.0), orderStatus={"id": "B"})
    polled(world)
    news_worked(world)
    (order,) = orders(world)
    world.account.calls.clear()
    lowered(world, order, 1)
    assert world.record(order["id"]).state == "in_sync", world.record(order["id"]).reason
    (sales_order,) = world.transactions("SalesOrd")
    shown = [(item["item"], item["quantity"]) for item in sales_order["item_lines"]]
    assert (sales_order["id"], sales_order["total"], shown) == (order_id, "30", [("812", "1"), ("813", "1")])
    written = [call for call in world.calls() if "suiteql" not in call]
    assert [call.rpartition(" ")[0] for call in written] == ["GET salesOrder", "PATCH salesOrder"]


def test_later_passes_over_a_linked_order_ask_netsuite_nothing(world: World) -> None:
    entered(world, orderStatus={"id": "B"})
    polled(world)
    news_worked(world)
    (order,) = orders(world)
    world.account.calls.clear()
    asked = dict(world.shop.operations)
    world.work(world.announce(order["id"]))
    assert world.calls() == []
    made = {name: count - asked.get(name, 0) for name, count in world.shop.operations.items()}
    assert {name: count for name, count in made.items() if count} == {"OrderById": 1}


def test_a_discount_that_stands_otherwise_in_netsuite_keeps_an_edit_for_a_person(world: World) -> None:
    discount = line("910", 1, -5.0, description="Discount CODE5")
    order_id = entered(world, line(), line("813", 1, 10.0), discount, orderStatus={"id": "B"})
    polled(world)
    (order,) = orders(world)
    assert order["total_price"] == "45.00"
    news_worked(world)
    assert world.record(order["id"]).state == "in_sync", world.record(order["id"]).reason
    lowered(world, order, 1)
    held = world.record(order["id"])
    assert (held.state, held.reason_subject) == ("held", "order:entered_in_netsuite")
    (sales_order,) = world.transactions("SalesOrd")
    assert (sales_order["id"], sales_order["total"]) == (order_id, "45")
