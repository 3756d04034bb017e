"""What happens to an order after it was written: paid, edited, cancelled, shipped, refunded; and what each costs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from connector.flows import catalog
from connector.flows.verification import verify_batch
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from tests import factories
from tests.clock import later
from tests.payloads import payment, rest_line, rest_order
from tests.world import World, opened_world

ORDER = 5001
NEW_LINE = {"sku": "MUG-RED", "price": "5.00", "quantity": 1, "taxable": False}
Json = dict[str, Any]


def placed(world: World, *payments: Json, **changes: Any) -> Json:
    """An order of two mugs of each colour by a customer NetSuite knows; it stands in NetSuite, its lines' keys are sure."""
    lines = [rest_line(50010, quantity=2), rest_line(50011, sku="MUG-BLUE", price="10.00", quantity=2)]
    customer = {"id": 7012, "first_name": "Known", "last_name": "Buyer", "email": "known@example.com"}
    order = rest_order(ORDER, **({"total": "60.00", "line_items": lines, "customer": customer} | changes))
    world.work(world.sell(order, *payments))
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    settled(world)
    return order


def settled(world: World) -> None:
    """What beat does every minute: totals and keys are read."""
    verify_batch(world.runtime.open_systems(world.connection.id), world.runtime, now=later(timedelta(minutes=1)))
    world.runtime.redis.flushall()
    refreshed(world)
    world.account.calls.clear()


def refreshed(world: World) -> None:
    """What beat does every two minutes: what was billed is read."""
    systems = world.runtime.open_systems(world.connection.id)
    catalog.refresh(catalog.BILLING_CATALOG, systems, world.engine)


def happens(world: World, verb: str, **asked: Any) -> None:
    """Something happens in the shop, and a worker hears of it."""
    shop_act(world.shop, {"act": verb, "order_id": ORDER, **asked})
    world.work(world.announce(ORDER))


def accountant(world: World, verb: str, **asked: Any) -> None:
    """Somebody works in NetSuite."""
    account_act(world.account, {"act": verb, **asked})


def sales_order(world: World) -> Json:
    """The sales order as the account has it."""
    (found,) = world.transactions("SalesOrd")
    return dict(found)


def written(world: World) -> list[str]:
    """The writes and look-ups since the last settling, without their answers."""
    return [call.rpartition(" ")[0] for call in world.calls()]


def lines(world: World) -> list[tuple[str, str, bool]]:
    """Item, quantity and whether it is closed, of each line of the sales order."""
    return [(line["item"], line["quantity"], line["closed"]) for line in sales_order(world)["item_lines"]]


def test_a_later_capture_is_one_call(world: World) -> None:
    order = rest_order(ORDER, total="60.00", financial_status="authorized")
    placed(world, payment(order, kind="authorization"), financial_status="authorized")
    assert world.transactions("CustDep") == []
    happens(world, "capture", amount="25.00")
    assert written(world) == ["POST customerDeposit"]
    happens(world, "capture", amount="35.00")
    assert [item["total"] for item in world.transactions("CustDep")] == ["25", "35"]


def test_an_update_that_changes_nothing_costs_nothing(world: World) -> None:
    placed(world)
    happens(world, "update", changes={"phone": "+15555550123"})
    assert written(world) == []


def test_an_address_is_changed_by_one_call_and_nothing_else_is(world: World) -> None:
    order = placed(world)
    address = order["shipping_address"] | {"address1": "2 Other Street"}
    happens(world, "update", changes={"shipping_address": address})
    assert written(world) == ["PATCH salesOrder"]
    body = world.account.records[("salesOrder", sales_order(world)["id"])].body
    assert body["shippingAddress"]["addr1"] == "2 Other Street"
    assert len(lines(world)) == 2
    happens(world, "update", changes={})
    assert written(world) == ["PATCH salesOrder"]


def test_a_part_of_an_address_that_is_gone_is_emptied(world: World) -> None:
    order = rest_order()
    placed(world, shipping_address=order["shipping_address"] | {"address2": "Apt 9"})
    happens(world, "update", changes={"shipping_address": {"address2": ""}})
    body = world.account.records[("salesOrder", sales_order(world)["id"])].body
    assert not body["shippingAddress"].get("addr2")
    happens(world, "update", changes={})
    assert written(world) == ["PATCH salesOrder"]


def test_a_memo_that_a_person_changed_is_not_touched(world: World) -> None:
    order = placed(world)
    accountant(world, "edit", record=sales_order(world)["id"], fields={"memo": "call before delivery"})
    address = order["shipping_address"] | {"city": "Shelbyville"}
    happens(world, "update", changes={"shipping_address": address})
    assert sales_order(world)["memo"] == "call before delivery"


def test_a_field_that_is_not_owned_is_written_once_only(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(orders={"owned_fields": ["lines"]})
    with opened_world(database, redis_url, rules=rules) as world:
        placed(world)
        happens(world, "update", changes={"note": "ring twice"})
        assert written(world) == []


def test_a_quantity_is_changed_on_its_own_line_after_one_look(world: World) -> None:
    placed(world)
    happens(world, "edit", changes=[{"set_quantity": {"line_id": 50010, "quantity": 3}}])
    assert lines(world) == [("812", "3", False), ("813", "2", False)]
    assert sales_order(world)["total"] == "80"
    assert written(world) == ["GET salesOrder", "PATCH salesOrder"]


def test_a_line_that_is_added_is_there_once_and_keys_are_read_first(world: World) -> None:
    placed(world)
    happens(world, "edit", changes=[{"add_line": NEW_LINE}])
    assert lines(world) == [("812", "2", False), ("813", "2", False), ("812", "1", False)]
    assert written(world) == ["GET salesOrder", "PATCH salesOrder"]
    assert sales_order(world)["total"] == "65"


def test_a_line_that_is_removed_is_gone(world: World) -> None:
    placed(world)
    happens(world, "edit", changes=[{"set_quantity": {"line_id": 50011, "quantity": 0}}])
    assert lines(world) == [("812", "2", False)]
    assert sales_order(world)["total"] == "40"
    assert world.record(ORDER).state == "in_sync"


def test_a_line_that_a_person_added_stays_when_another_is_removed(world: World) -> None:
    placed(world)
    order_id = sales_order(world)["id"]
    line = {"item": {"id": "912"}, "quantity": 1, "price": {"id": "-1"}, "rate": 1, "amount": 1}
    accountant(world, "edit", record=order_id, fields={"item": {"items": [line]}})
    happens(world, "edit", changes=[{"set_quantity": {"line_id": 50011, "quantity": 0}}])
    assert [item for item, _, _ in lines(world)] == ["812", "912"]


def test_a_lost_answer_to_a_change_does_not_make_it_twice(world: World) -> None:
    placed(world)
    world.account.faults.add({"kind": "commit_then_drop", "method": "PATCH", "path": "salesOrder"})
    happens(world, "edit", changes=[{"add_line": NEW_LINE}])
    assert world.record(ORDER).reason_code == "outcome_unknown"
    due_now(world)
    assert lines(world) == [("812", "2", False), ("813", "2", False), ("812", "1", False)]
    assert world.record(ORDER).state == "in_sync"


def due_now(world: World) -> None:
    """The record's next attempt is now."""
    world.work(world.announce(ORDER))


def test_an_edit_after_billing_is_held_with_what_to_do(world: World) -> None:
    placed(world)
    accountant(world, "bill", order=sales_order(world)["id"])
    refreshed(world)
    happens(world, "edit", changes=[{"set_quantity": {"line_id": 50010, "quantity": 3}}])
    record = world.record(ORDER)
    assert (record.state, record.reason_subject) == ("held", "order:changed_too_late")
    assert "credit memo" in (record.reason or "")
    assert lines(world) == [("812", "2", False), ("813", "2", False)]


def test_an_edit_of_what_was_shipped_by_hand_is_held(world: World) -> None:
    placed(world)
    accountant(world, "fulfill", order=sales_order(world)["id"])
    happens(world, "edit", changes=[{"set_quantity": {"line_id": 50010, "quantity": 1}}])
    assert world.record(ORDER).reason_subject == "order:changed_too_late"
    assert lines(world)[0] == ("812", "2", False)


def test_a_cancelled_order_is_closed_and_its_deposit_goes_back_in_two_calls(world: World) -> None:
    placed(world)
    happens(world, "cancel", reason="customer")
    assert [closed for _, _, closed in lines(world)] == [True, True]
    assert "cancelled (customer)" in sales_order(world)["memo"]
    assert sales_order(world)["status"] == "H"
    assert [item["total"] for item in world.transactions("CustRfnd")] == ["60"]
    assert written(world) == ["PATCH salesOrder", "POST customerRefund"]
    assert world.record(ORDER).state == "in_sync"
    happens(world, "update", changes={})
    assert len(written(world)) == 2


def test_an_order_cancelled_before_it_was_seen_is_not_written(world: World) -> None:
    order = rest_order(ORDER)
    world.shop.put_order(order, [payment(order)])
    shop_act(world.shop, {"act": "cancel", "order_id": ORDER, "reason": "fraud"})
    world.work(world.announce(ORDER))
    assert (world.record(ORDER).state, world.record(ORDER).reason_subject) == ("excluded", "orders.cancelled")
    assert world.transactions() == []


def test_only_the_open_rest_of_a_partly_shipped_order_is_closed(world: World) -> None:
    placed(world)
    accountant(world, "fulfill", order=sales_order(world)["id"], lines=[{"line": 1, "quantity": 2}])
    happens(world, "cancel", reason="inventory")
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    by_item = {line["item"]: line for line in sales_order(world)["item_lines"]}
    assert by_item["813"]["closed"]
    assert by_item["812"]["fulfilled"] == "2"


def test_a_refund_before_billing_comes_out_of_the_deposit_in_two_calls(world: World) -> None:
    placed(world)
    happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}])
    assert written(world) == ["PATCH salesOrder", "POST customerRefund"]
    assert lines(world) == [("812", "1", False), ("813", "2", False)]
    assert sales_order(world)["total"] == "40"
    (refund,) = world.transactions("CustRfnd")
    (deposit,) = world.transactions("CustDep")
    assert refund["takes"] == {deposit["id"]: "20"}


def test_an_amount_only_refund_lowers_what_is_to_be_billed(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(refunds={"adjustment_item": "912"})
    with opened_world(database, redis_url, rules=rules) as world:
        placed(world)
        happens(world, "refund", amount="7.50")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert sales_order(world)["total"] == "52.5"
        assert [item["total"] for item in world.transactions("CustRfnd")] == ["7.5"]


def test_an_amount_only_refund_without_its_item_is_held_by_the_rules_name(world: World) -> None:
    placed(world)
    happens(world, "refund", amount="7.50")
    assert world.record(ORDER).reason_subject == "rule:refunds.adjustment_item"
    assert world.transactions("CustRfnd") == []


def test_a_refund_of_an_invoiced_order_is_a_credit_memo_and_a_refund_in_two_calls(world: World) -> None:
    placed(world)
    happens(world, "fulfill")
    accountant(world, "fulfill", order=sales_order(world)["id"])
    accountant(world, "bill", order=sales_order(world)["id"])
    refreshed(world)
    world.account.calls.clear()
    happens(
        world, "refund", lines=[{"line_id": 50011, "quantity": 1, "restock_type": "return", "location_id": 655441491}]
    )
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert written(world) == ["POST creditMemo", "POST customerRefund"]
    (memo,) = world.transactions("CustCred")
    (refund,) = world.transactions("CustRfnd")
    assert (memo["total"], refund["total"]) == ("10", "10")
    assert refund["takes"] == {memo["id"]: "10"}
    assert sales_order(world)["total"] == "60"


def test_a_deposit_that_was_applied_meanwhile_leads_to_a_credit_memo(world: World) -> None:
    placed(world)
    happens(world, "fulfill")
    # Billed by the accountant a moment ago: the mirror does not know it yet.
    accountant(world, "fulfill", order=sales_order(world)["id"])
    accountant(world, "bill", order=sales_order(world)["id"])
    happens(world, "refund", lines=[{"line_id": 50011, "quantity": 1, "restock_type": "no_restock"}])
    record = world.record(ORDER)
    assert record.reason_subject == "rule:refunds.no_restock_item"
    assert world.transactions("CustRfnd") == []


def test_money_that_went_back_before_billing_does_not_go_back_again_in_cash(world: World) -> None:
    placed(world)
    happens(world, "fulfill")
    accountant(world, "fulfill", order=sales_order(world)["id"])
    line = {"line_id": 50011, "quantity": 1, "restock_type": "return", "location_id": 655441491}
    happens(world, "refund", lines=[line])
    assert [item["total"] for item in world.transactions("CustRfnd")] == ["10"]
    accountant(world, "bill", order=sales_order(world)["id"], **{"as": "cashSale"})
    refreshed(world)
    happens(world, "update", changes={"note": "thanks"})
    assert [item["total"] for item in world.transactions("CustRfnd")] == ["10"]
    assert world.transactions("CashRfnd") == []


def test_a_pending_refund_waits_for_its_money(world: World) -> None:
    placed(world)
    happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}], pending=True)
    assert world.transactions("CustRfnd") == []
    assert world.record(ORDER).state == "in_sync"
    assert "waits until Shopify has paid it out" in (world.record(ORDER).reason or "")
    happens(world, "settle_refund")
    assert [item["total"] for item in world.transactions("CustRfnd")] == ["20"]
    assert sales_order(world)["total"] == "40"


def test_a_refund_of_stock_only_moves_no_money(world: World) -> None:
    order = rest_order(ORDER, total="60.00", financial_status="authorized")
    placed(world, payment(order, kind="authorization"), financial_status="authorized")
    happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}], amount="0.00")
    assert world.transactions("CustRfnd") == []
    assert lines(world)[0] == ("812", "1", False)


def two_payments() -> tuple[Json, Json]:
    """15.00 by gift card and 45.00 by card."""
    order = rest_order(ORDER, total="60.00")
    card = payment(order, number=82, amount="45.00")
    return payment(order, number=81, gateway="gift_card", amount="15.00"), card


def test_a_refund_goes_back_the_way_the_money_came(database: Engine, redis_url: str) -> None:
    methods = {"shopify_payments": {"method": "8", "account": "123"}, "gift_card": {"method": "9", "account": "123"}}
    rules = factories.rules_json(payments={"methods": methods})
    with opened_world(database, redis_url, rules=rules) as world:
        placed(world, *two_payments())
        happens(world, "cancel")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        deposits = {item["id"]: item["total"] for item in world.transactions("CustDep")}
        taken = [item["takes"] for item in world.transactions("CustRfnd")]
        assert sorted(deposits.items()) == sorted(pair for takes in taken for pair in takes.items())


def test_a_refund_without_an_account_is_held_by_its_gateway(world: World) -> None:
    placed(world, *two_payments())
    happens(world, "cancel")
    assert world.record(ORDER).reason_subject == "gateway:gift_card"


def test_an_exchange_is_held_with_its_figures(world: World) -> None:
    placed(world)
    happens(world, "fulfill")
    happens(
        world, "return", lines=[{"line_id": 50010, "quantity": 1}],
        exchange=[{"sku": "MUG-BLUE", "quantity": 1, "price": "10.00"}],
    )  # fmt: skip
    record = world.record(ORDER)
    assert (record.state, record.reason_subject) == ("held", "order:exchange"), record.reason
    assert "1 × MUG-BLUE" in (record.reason or "")


SHOP_SHIPS = factories.rules_json(fulfillments={"source": "shopify"})


def test_a_fulfilment_is_one_call_and_leaves_the_other_lines_open(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world)
        tracking = {"company": "UPS", "numbers": ["1Z999"]}
        happens(world, "fulfill", lines=[{"line_id": 50011, "quantity": 1}], tracking=tracking)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert written(world) == ["POST salesOrder/!transform/itemFulfillment"]
        by_item = {line["item"]: line["fulfilled"] for line in sales_order(world)["item_lines"]}
        assert by_item == {"812": "0", "813": "1"}
        (shipped,) = world.transactions("ItemShip")
        assert shipped["tracking"] == ["1Z999"]
        assert shipped["external_id"].startswith("SHOPIFY-548380009-FUL-")


def test_later_tracking_and_a_cancelled_fulfilment_follow(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world)
        happens(world, "fulfill")
        order = world.shop.order(ORDER)
        assert order is not None
        shipment = order[0]["fulfillments"][0]["id"]
        happens(world, "update_tracking", fulfillment_id=shipment, tracking={"company": "UPS", "numbers": ["1Z1"]})
        assert world.transactions("ItemShip")[0]["tracking"] == ["1Z1"]
        happens(world, "cancel_fulfillment", fulfillment_id=shipment)
        assert world.transactions("ItemShip") == []
        assert sales_order(world)["status"] == "B"


def test_what_two_locations_ship_of_one_order_are_two_fulfilments_each_from_its_own(
    database: Engine, redis_url: str
) -> None:
    rules = factories.rules_json(locations={"655441491": "2", "655441492": "3"}, fulfillments={"source": "shopify"})
    account = {"locations": [{"id": "2", "name": "Warehouse"}, {"id": "3", "name": "Second"}]}
    with opened_world(database, redis_url, rules=rules, account=account) as world:
        placed(world)
        happens(world, "fulfill", lines=[{"line_id": 50010, "quantity": 1}], location_id=655441491)
        happens(world, "fulfill", location_id=655441492)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        sent = [
            {(line["item"], line["quantity"], line["location"]) for line in shipment["item_lines"]}
            for shipment in world.transactions("ItemShip")
        ]
        assert sent == [{("812", "1", "2")}, {("812", "1", "3"), ("813", "2", "3")}]


def test_where_netsuite_ships_the_shops_fulfilments_are_not_written(world: World) -> None:
    placed(world)
    happens(world, "fulfill")
    assert world.transactions("ItemShip") == []
    assert written(world) == []


def test_an_order_that_is_paid_and_handed_over_is_a_cash_sale_and_its_refund_a_cash_refund(
    database: Engine, redis_url: str
) -> None:
    rules = factories.rules_json(orders={"cash_sale_sources": ["pos"]})
    with opened_world(database, redis_url, rules=rules) as world:
        world.work(world.sell(rest_order(ORDER, source_name="pos")))
        assert [item["type"] for item in world.transactions()] == ["CashSale"]
        happens(world, "fulfill")
        happens(
            world,
            "refund",
            lines=[{"line_id": 50010, "quantity": 1, "restock_type": "return", "location_id": 655441491}],
        )
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert [(item["type"], item["total"]) for item in world.transactions()] == [
            ("CashSale", "20"),
            ("CashRfnd", "20"),
        ]


def test_money_in_less_money_out_is_shopifys_net_payment(world: World) -> None:
    placed(world)
    happens(world, "refund", lines=[{"line_id": 50010, "quantity": 1, "restock_type": "cancel"}])
    happens(world, "edit", changes=[{"set_quantity": {"line_id": 50011, "quantity": 3}}])
    happens(world, "cancel")
    (shop,) = world.shop.ledger()["orders"]
    money = world.account.ledger()["money"]
    net = Decimal(money["deposits"]["USD"]) - Decimal(money["refunds"]["USD"])
    assert net == Decimal(shop["net"])


def test_shipping_given_back_after_the_order_was_closed_leaves_its_total(world: World) -> None:
    charge = {"id": 91, "title": "Standard", "code": "Standard", "price": "5.00", "tax_lines": []}
    placed(world, total_price="65.00", total="65.00", shipping_lines=[charge])
    happens(world, "fulfill", lines=[{"line_id": 50010, "quantity": 2}])
    happens(world, "cancel", refund="none")
    happens(world, "refund", shipping="full", amount="5.00")
    settled(world)
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert sales_order(world)["total"] == "65"
    assert [item["total"] for item in world.transactions("CustRfnd")] == ["5"]


def test_what_is_only_billed_is_left_out_of_a_fulfilment(database: Engine, redis_url: str) -> None:
    custom = rest_line(50012, sku="", price="5.00") | {"sku": None, "variant_id": None, "product_exists": False}
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world, total="25.00", total_price="25.00", line_items=[rest_line(50010), custom])
        happens(world, "fulfill", lines=[{"line_id": 50012, "quantity": 1}])
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert world.transactions("ItemShip") == []
        happens(world, "fulfill")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert len(world.transactions("ItemShip")) == 1


def test_a_fulfilment_of_goods_and_a_charge_ships_the_goods(database: Engine, redis_url: str) -> None:
    custom = rest_line(50012, sku="", price="5.00") | {"sku": None, "variant_id": None, "product_exists": False}
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world, total="25.00", total_price="25.00", line_items=[custom, rest_line(50010)])
        happens(world, "fulfill")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        (shipped,) = world.transactions("ItemShip")
        assert [line["item"] for line in shipped["item_lines"]] == ["812"]


SOLD_FOR_CASH = factories.rules_json(orders={"cash_sale_sources": ["pos"]})


def test_an_order_that_is_not_paid_is_no_cash_sale(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SOLD_FOR_CASH) as world:
        order = rest_order(ORDER, total="60.00", source_name="pos", financial_status="partially_paid")
        placed(world, payment(order, amount="15.00"), source_name="pos", financial_status="partially_paid")
        assert [(item["type"], item["total"]) for item in world.transactions()] == [
            ("SalesOrd", "60"),
            ("CustDep", "15"),
        ]


def test_a_cash_sale_that_was_added_to_is_held(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SOLD_FOR_CASH) as world:
        placed(world, source_name="pos")
        happens(world, "edit", changes=[{"add_line": NEW_LINE}])
        happens(world, "pay")
        record = world.record(ORDER)
        assert (record.state, record.reason_subject) == ("held", "order:changed_too_late")
        assert [(item["type"], item["total"]) for item in world.transactions()] == [("CashSale", "60")]


def lost(world: World, path: str) -> None:
    """The account carries out the next request to this path, and its answer is lost."""
    world.account.faults.add({"kind": "commit_then_drop", "method": "POST", "path": path})


def test_an_order_that_was_changed_while_its_answer_was_lost_is_changed_there(world: World) -> None:
    lost(world, "salesOrder")
    record_id = world.sell(rest_order(ORDER, quantity=2))
    world.work(record_id)
    happens(world, "edit", changes=[{"add_line": NEW_LINE}])
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert (sales_order(world)["total"], lines(world)) == ("45", [("812", "2", False), ("812", "1", False)])


def test_an_order_that_was_cancelled_while_its_answer_was_lost_is_closed_there(world: World) -> None:
    lost(world, "salesOrder")
    world.work(world.sell(rest_order(ORDER)))
    happens(world, "cancel", reason="customer")
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert sales_order(world)["status"] == "H"


def test_a_shipment_that_was_cancelled_while_its_answer_was_lost_is_taken_away(
    database: Engine, redis_url: str
) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world)
        lost(world, "itemFulfillment")
        happens(world, "fulfill")
        order = world.shop.order(ORDER)
        assert order is not None
        happens(world, "cancel_fulfillment", fulfillment_id=order[0]["fulfillments"][0]["id"])
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert world.transactions("ItemShip") == []


def quietly(world: World, verb: str, **asked: Any) -> None:
    """Something happens in the shop, and nobody hears of it."""
    shop_act(world.shop, {"act": verb, "order_id": ORDER, **asked})


def test_what_was_added_and_shipped_at_once_is_added_and_then_shipped(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world)
        quietly(world, "edit", changes=[{"add_line": NEW_LINE}])
        happens(world, "fulfill")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert sorted(line["fulfilled"] for line in sales_order(world)["item_lines"]) == ["1", "2", "2"]


def test_a_shipment_is_taken_back_before_its_line_is_lowered(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world)
        happens(world, "fulfill")
        order = world.shop.order(ORDER)
        assert order is not None
        quietly(world, "cancel_fulfillment", fulfillment_id=order[0]["fulfillments"][0]["id"])
        happens(world, "edit", changes=[{"set_quantity": {"line_id": 50010, "quantity": 1}}])
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert lines(world) == [("812", "1", False), ("813", "2", False)]


def test_what_was_shipped_is_shipped_before_the_rest_is_closed(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world)
        quietly(world, "fulfill", lines=[{"line_id": 50011, "quantity": 1}])
        happens(world, "cancel")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert len(world.transactions("ItemShip")) == 1
        assert all(closed for _, _, closed in lines(world))


def test_an_order_of_which_nothing_is_left_when_it_is_first_seen_is_closed_at_once(world: World) -> None:
    world.sell(rest_order(ORDER))
    happens(world, "edit", changes=[{"remove_line": {"line_id": ORDER * 10}}])
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    assert sales_order(world)["status"] == "H"
    world.account.calls.clear()
    happens(world, "update", changes={})
    assert written(world) == []


def test_shipping_alone_can_be_given_back_of_a_cash_sale(database: Engine, redis_url: str) -> None:
    charge = {"id": 91, "title": "Standard", "code": "Standard", "price": "5.00", "tax_lines": []}
    rules = SOLD_FOR_CASH | {"refunds": {"adjustment_item": "912"}}
    with opened_world(database, redis_url, rules=rules) as world:
        placed(world, total_price="65.00", total="65.00", shipping_lines=[charge], source_name="pos")
        happens(world, "refund", shipping="full")
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        assert [item["total"] for item in world.transactions("CashRfnd")] == ["5"]


def test_goods_that_cost_nothing_come_back_with_a_cash_refund(database: Engine, redis_url: str) -> None:
    free = rest_line(50012, price="0.00")
    with opened_world(database, redis_url, rules=SOLD_FOR_CASH) as world:
        placed(world, total="20.00", total_price="20.00", line_items=[rest_line(50010), free], source_name="pos")
        happens(world, "fulfill")
        back = [
            {"line_id": number, "quantity": 1, "restock_type": "return", "location_id": 655441491}
            for number in (50010, 50012)
        ]
        happens(world, "refund", lines=back)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        (refund,) = world.transactions("CashRfnd")
        assert [line["amount"] for line in refund["item_lines"]] == ["20", "0"]


def test_a_change_that_was_taken_back_while_its_answer_was_lost_is_taken_back_there(world: World) -> None:
    order = placed(world)
    world.account.faults.add({"kind": "commit_then_drop", "method": "PATCH", "path": "salesOrder"})
    happens(world, "update", changes={"shipping_address": {"city": "Shelbyville"}})
    happens(world, "update", changes={"shipping_address": {"city": order["shipping_address"]["city"]}})
    body = world.account.records[("salesOrder", sales_order(world)["id"])].body
    assert body["shippingAddress"]["city"] == "Springfield"


def test_a_change_whose_answer_was_lost_is_looked_for_once(world: World) -> None:
    placed(world)
    world.account.faults.add({"kind": "commit_then_drop", "method": "PATCH", "path": "salesOrder"})
    happens(world, "edit", changes=[{"add_line": NEW_LINE}])
    due_now(world)
    world.account.calls.clear()
    due_now(world)
    assert written(world) == []


TAXED_BY_NETSUITE = factories.rules_json(tax={"mode": "netsuite_computes"}, rounding={"item": "912", "max": "0.05"})


def test_a_total_that_differs_holds_the_order_whatever_news_come(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TAXED_BY_NETSUITE, account={"tax_rate": "0.2"}) as world:
        world.work(world.sell(rest_order(ORDER)))
        for news in ("+15555550123", "+15555550124"):
            happens(world, "update", changes={"phone": news})
            assert (world.record(ORDER).state, world.record(ORDER).reason_code) == ("held", "total_mismatch")
            settled(world)
            assert (world.record(ORDER).state, world.record(ORDER).reason_code) == ("held", "total_mismatch")
        assert "#1001" in (world.record(ORDER).reason or "")


def test_an_order_whose_total_a_person_put_right_is_in_sync_again(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TAXED_BY_NETSUITE, account={"tax_rate": "0.2"}) as world:
        world.work(world.sell(rest_order(ORDER)))
        line = {"line": 1, "isTaxable": False}
        accountant(world, "edit", record=sales_order(world)["id"], fields={"item": {"items": [line]}})
        due_now(world)
        assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
        world.account.calls.clear()
        due_now(world)
        assert written(world) == []


def test_a_total_that_netsuite_computed_is_read_after_a_lost_answer_too(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=TAXED_BY_NETSUITE, account={"tax_rate": "0.2"}) as world:
        lost(world, "salesOrder")
        world.work(world.sell(rest_order(ORDER)))
        due_now(world)
        assert (world.record(ORDER).state, world.record(ORDER).reason_code) == ("held", "total_mismatch")


def test_goods_of_a_paid_invoice_that_come_back_without_money_are_an_open_credit(world: World) -> None:
    placed(world)
    accountant(world, "bill", order=sales_order(world)["id"])
    refreshed(world)
    happens(world, "cancel", refund="none")
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    (memo,) = world.transactions("CustCred")
    assert (memo["total"], memo["unapplied"]) == ("60", "60")
