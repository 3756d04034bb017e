"""An order of the sandbox shop comes to stand in the sandbox account: once, to the cent, in few calls."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from connector.flows.schedule import DELAYS
from connector.flows.verification import verify_batch
from connector.store import records
from connector.store.records import LEASE
from connector.store.tables import effects as effects_table
from connector.store.tables import records as records_table
from tests import factories
from tests.clock import later, now
from tests.payloads import payment, rest_line, rest_order
from tests.scheduling import run_everywhere
from tests.world import World, opened_world


def known_customer(number: int = 5001, **changes: Any) -> dict[str, Any]:
    """An order by a customer who stands in NetSuite already."""
    customer = {"id": 7013, "first_name": "Kay", "last_name": "Known", "email": "Known@example.com"}
    return rest_order(number, customer=customer, **changes)


def warm(world: World) -> None:
    """Reads the item map, the customers and the shop's id once, so that a test counts an order's own calls."""
    world.work(world.sell(known_customer(4901)))
    world.work(world.sell(rest_order(4902, customer={"id": 1, "last_name": "Warm", "email": "warm@example.com"})))
    world.account.calls.clear()


def test_a_paid_order_stands_in_netsuite_with_customer_and_deposit(world: World) -> None:
    world.work(world.sell(rest_order(price="19.99", quantity=3)))
    assert world.record(5001).state == "in_sync"
    order, deposit = world.transactions()
    assert (order["type"], order["total"], order["currency"]) == ("SalesOrd", "59.97", "USD")
    assert (deposit["type"], deposit["total"], deposit["sales_order"]) == ("CustDep", "59.97", order["id"])
    customer = next(item for item in world.account.ledger()["customers"] if item["email"] == "ada@example.com")
    assert customer["external_id"] == "SHOPIFY-548380009-CUST-7012"


def test_a_known_customer_costs_two_calls(world: World) -> None:
    warm(world)
    world.work(world.sell(known_customer()))
    assert world.calls() == ["POST salesOrder 204", "POST customerDeposit 204"]


def test_a_new_customer_costs_three_calls(world: World) -> None:
    warm(world)
    world.work(world.sell(rest_order()))
    assert world.calls() == ["POST customer 204", "POST salesOrder 204", "POST customerDeposit 204"]


def test_a_replay_of_an_unchanged_order_writes_nothing(world: World) -> None:
    record_id = world.sell(rest_order())
    world.work(record_id)
    world.account.calls.clear()
    world.work(world.announce(5001))
    assert world.calls() == []
    assert world.record(5001).state == "in_sync"


def test_an_existing_customer_is_matched_by_email_and_not_doubled(world: World) -> None:
    world.work(world.sell(known_customer()))
    assert len(world.account.ledger()["customers"]) == 2
    assert world.transactions("SalesOrd")[0]["entity"] == "1456"


def test_two_customers_with_one_email_hold_the_order_with_both(world: World) -> None:
    world.account.add_customers([{"id": "1457", "email": "known@example.com", "subsidiary": "1"}])
    world.work(world.sell(known_customer()))
    record = world.record(5001)
    assert (record.state, record.reason_code) == ("held", "needs_decision")
    assert "1456, 1457" in str(record.reason)
    assert world.transactions() == []


def test_an_order_without_a_customer_goes_to_the_default_one(world: World) -> None:
    world.work(world.sell(rest_order(customer=None, email="")))
    assert world.transactions("SalesOrd")[0]["entity"] == "1400"


def test_an_unknown_sku_is_looked_up_once_then_held_and_released_when_it_appears(world: World) -> None:
    warm(world)
    world.work(world.sell(known_customer(sku="NEW-1")))
    assert world.calls() == ["POST suiteql 200"]
    record = world.record(5001)
    assert (record.state, record.reason_subject) == ("held", "sku:NEW-1")
    world.account.add_items([{"id": "899", "itemid": "NEW-1"}])
    woken: list[int] = []
    run_everywhere(world.runtime, "items.refresh", woken.append, now=now())
    assert woken == [record.id]
    world.work(record.id)
    assert world.record(5001).state == "in_sync"
    assert len(world.transactions("SalesOrd")) == 3


def test_an_inactive_item_holds_the_order_by_name(world: World) -> None:
    world.account.add_items([{"id": "898", "itemid": "OLD-1", "isinactive": "T"}])
    world.work(world.sell(rest_order(sku="OLD-1")))
    assert "inactive item 898" in str(world.record(5001).reason)


def test_a_total_of_zero_makes_no_deposit(world: World) -> None:
    order = rest_order(
        total="0.00",
        discount_applications=[{"type": "discount_code", "code": "FREE"}],
        line_items=[rest_line(1) | {"discount_allocations": [{"amount": "20.00", "discount_application_index": 0}]}],
    )
    world.shop.put_order(order, [])
    world.work(world.announce(5001))
    assert [(item["type"], item["total"]) for item in world.transactions()] == [("SalesOrd", "0")]


def test_a_test_order_is_excluded_by_its_rule(world: World) -> None:
    world.work(world.sell(rest_order(test=True)))
    record = world.record(5001)
    assert (record.state, record.reason_subject) == ("excluded", "orders.include_test")
    assert world.account.calls == []


def test_an_order_that_is_paid_later_is_written_then(world: World) -> None:
    order = rest_order(financial_status="pending")
    world.shop.put_order(order, [])
    world.work(world.announce(5001))
    assert world.record(5001).state == "excluded"
    world.work(world.sell(order | {"financial_status": "paid"}))
    assert world.record(5001).state == "in_sync"
    assert len(world.transactions()) == 2


def test_a_second_payment_adds_only_its_deposit(world: World) -> None:
    order = rest_order(financial_status="partially_paid")
    first = payment(order, number=1, amount="5.00")
    world.work(world.sell(order, first))
    world.account.calls.clear()
    world.work(world.sell(order, first, payment(order, number=2, amount="15.00")))
    assert world.calls() == ["POST customerDeposit 204"]
    assert [item["total"] for item in world.transactions("CustDep")] == ["5", "15"]


def test_an_order_of_120_lines_is_read_page_by_page(world: World) -> None:
    lines = [rest_line(number, price="1.01") for number in range(1, 121)]
    world.work(world.sell(rest_order(total="121.20", line_items=lines)))
    assert world.transactions("SalesOrd")[0]["lines"] == 120
    assert world.shop.operations["OrderLines"] == 1


def test_a_cancelled_order_that_was_never_written_stays_out(world: World) -> None:
    world.work(world.sell(rest_order(cancelled_at="2026-11-20T11:00:00-05:00")))
    assert world.record(5001).reason_subject == "orders.cancelled"
    assert world.transactions() == []


def test_a_refunded_order_is_written_whole_and_held_for_the_refund(world: World) -> None:
    order = rest_order(financial_status="partially_refunded")
    refund = payment(order, number=9, kind="refund", amount="5.00")
    world.work(world.sell(order, payment(order), refund))
    assert [item["total"] for item in world.transactions()] == ["20", "20"]
    record = world.record(5001)
    assert (record.state, record.reason_subject) == ("held", "order:refund_without_record")
    assert "5.00 USD" in str(record.reason)


@pytest.mark.parametrize("path", ["customer", "salesOrder", "customerDeposit"])
def test_a_write_whose_answer_was_lost_is_found_and_not_repeated(world: World, path: str) -> None:
    world.account.faults.add({"kind": "commit_then_drop", "method": "POST", "path": path})
    record_id = world.sell(rest_order())
    outcome = world.work(record_id)
    assert outcome is not None
    assert outcome.again_in is not None
    assert world.record(5001).reason_code == "outcome_unknown"
    world.account.calls.clear()
    force_due(world, record_id)
    world.work(record_id)
    assert world.calls()[0] == f"GET {path}/eid 200"
    assert world.record(5001).state == "in_sync"
    assert len(world.transactions("SalesOrd")) == 1
    assert len(world.transactions("CustDep")) == 1


@pytest.mark.parametrize("path", ["customer", "salesOrder", "customerDeposit"])
@pytest.mark.parametrize("is_unique", [True, False])
def test_a_write_that_never_arrived_is_looked_for_and_made_once(world: World, path: str, is_unique: bool) -> None:
    world.account.change({"external_id_unique": is_unique})
    world.account.faults.add({"kind": "drop_before", "method": "POST", "path": path})
    record_id = world.sell(rest_order())
    world.work(record_id)
    assert world.record(5001).reason_code == "outcome_unknown"
    world.account.calls.clear()
    force_due(world, record_id)
    world.work(record_id)
    looked, sent = world.calls()[:2]
    assert looked in (f"GET {path}/eid 404", f"GET {path}/eid 400")
    assert sent == f"POST {path} 204"
    assert world.record(5001).state == "in_sync"
    assert (len(world.transactions("SalesOrd")), len(world.transactions("CustDep"))) == (1, 1)


def test_the_look_up_alone_prevents_a_double_where_external_ids_are_not_unique(world: World) -> None:
    world.account.change({"external_id_unique": False})
    world.account.faults.add({"kind": "commit_then_drop", "method": "POST", "path": "salesOrder"})
    record_id = world.sell(rest_order())
    world.work(record_id)
    force_due(world, record_id)
    world.work(record_id)
    assert len(world.transactions("SalesOrd")) == 1


def test_a_record_that_appears_after_our_look_is_adopted(world: World) -> None:
    world.account.faults.add({"kind": "late_commit", "method": "POST", "path": "salesOrder", "seconds": 0.5})
    record_id = world.sell(rest_order())
    world.work(record_id)
    for _ in range(3):
        force_due(world, record_id)
        world.work(record_id)
    assert len(world.transactions("SalesOrd")) == 1
    assert world.record(5001).state == "in_sync"


def test_a_refusal_before_anything_was_written_is_tried_again(world: World) -> None:
    world.account.faults.add({"kind": "status_before", "method": "POST", "path": "salesOrder", "status": 503})
    record_id = world.sell(rest_order())
    world.work(record_id)
    force_due(world, record_id)
    world.work(record_id)
    assert len(world.transactions("SalesOrd")) == 1
    assert world.record(5001).state == "in_sync"


def test_a_429_waits_without_counting_as_an_attempt(world: World) -> None:
    warm(world)
    world.account.faults.add({"kind": "status_before", "method": "POST", "path": "salesOrder", "status": 429})
    record_id = world.sell(known_customer())
    world.work(record_id)
    record = world.record(5001)
    assert (record.state, record.reason_code, record.attempts) == ("pending", "rate_limited", 0)
    force_due(world, record_id)
    world.work(record_id)
    assert world.record(5001).state == "in_sync"


def test_a_429_after_an_outage_waits_no_longer_than_any_other(world: World) -> None:
    warm(world)
    world.account.faults.add({"kind": "status_before", "method": "POST", "path": "salesOrder", "status": 429})
    record_id = world.sell(known_customer())
    with world.engine.begin() as connection:
        connection.execute(update(records_table).where(records_table.c.id == record_id).values(attempts=5))
    outcome = world.work(record_id)
    assert outcome is not None
    assert (world.record(5001).reason_code, world.record(5001).attempts) == ("rate_limited", 5)
    assert (outcome.again_in or 0) < DELAYS[1]


def test_a_revoked_token_is_replaced_once_and_the_call_repeated(world: World) -> None:
    warm(world)
    world.account.tokens.revoke_all()
    world.work(world.sell(known_customer()))
    assert world.calls() == ["POST salesOrder 401", "POST salesOrder 204", "POST customerDeposit 204"]


def test_what_netsuite_refuses_is_held_with_its_own_words(world: World) -> None:
    world.account.change({"locations": []})
    world.work(world.sell(rest_order()))
    record = world.record(5001)
    assert (record.state, record.reason_code) == ("held", "rejected")
    assert "Invalid Field Value 2 for the following field: location" in str(record.reason)


def test_two_workers_at_once_make_one_order(world: World) -> None:
    record_id = world.sell(rest_order())
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        world.work(record_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [call for call in world.calls() if "suiteql" not in call] == [
        "POST customer 204",
        "POST salesOrder 204",
        "POST customerDeposit 204",
    ]


def test_a_leased_record_is_not_leased_again(world: World) -> None:
    record_id = world.sell(rest_order())
    with world.engine.begin() as connection:
        assert records.claim(connection, record_id, owner="first", now=now()) is not None
        assert records.claim(connection, record_id, owner="second", now=now()) is None


def test_two_first_orders_of_one_customer_make_one_customer(world: World) -> None:
    ids = [world.sell(rest_order(number)) for number in (5001, 5002)]
    threads = [threading.Thread(target=world.work, args=(record_id,)) for record_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for record_id in ids:
        force_due(world, record_id)
        world.work(record_id)
    assert [world.record(number).state for number in (5001, 5002)] == ["in_sync", "in_sync"]
    emails = [item["email"] for item in world.account.ledger()["customers"]]
    assert emails.count("ada@example.com") == 1


def test_totals_are_read_back_many_at_a_time(world: World) -> None:
    for number in range(5001, 5004):
        world.work(world.sell(known_customer(number)))
    world.account.calls.clear()
    systems = world.runtime.open_systems(world.connection.id)
    assert verify_batch(systems, world.runtime, now=later(LEASE)) == 3
    # One for all totals, one for the keys of all lines.
    assert world.calls() == ["POST suiteql 200", "POST suiteql 200"]
    assert verify_batch(systems, world.runtime, now=later(LEASE)) == 0


def test_a_total_that_netsuite_changed_holds_the_order(world: World) -> None:
    world.work(world.sell(known_customer()))
    found = world.account.records[("salesOrder", world.transactions("SalesOrd")[0]["id"])]
    found.body["total"] = 21.0
    world.account.keep(found)
    verify_batch(world.runtime.open_systems(world.connection.id), world.runtime, now=later(LEASE))
    record = world.record(5001)
    assert (record.state, record.reason_code) == ("held", "total_mismatch")
    assert "is 21" in str(record.reason)
    assert "20.00 USD" in str(record.reason)


def test_a_total_that_differs_is_asked_about_ever_more_seldom_and_goes_on_once_it_is_right(world: World) -> None:
    world.work(world.sell(known_customer()))
    found = world.account.records[("salesOrder", world.transactions("SalesOrd")[0]["id"])]
    found.body["total"] = 21.0
    world.account.keep(found)
    systems = world.runtime.open_systems(world.connection.id)
    begun = later(LEASE)
    asked = [
        minute
        for minute in range(0, 60 * 24 * 4, 5)
        if verify_batch(systems, world.runtime, now=begun + timedelta(minutes=minute))
    ]
    assert asked == [0, 5, 15, 35, 75, 155, 315, 635, 1275, 2555, 3995, 5435]
    found.body["total"] = 20.0
    world.account.keep(found)
    verify_batch(systems, world.runtime, now=begun + timedelta(days=5))
    assert world.record(5001).state == "pending"
    world.work(world.record(5001).id)
    assert world.record(5001).state == "in_sync"


def test_where_netsuite_computes_tax_its_total_is_read_and_rounded_off(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(tax={"mode": "netsuite_computes", "exempt_code": "-7"})
    with opened_world(database, redis_url, rules=rules, account={"tax_rate": "0.1003"}) as world:
        order = rest_order(total="22.00", total_tax="2.00")
        order["line_items"][0]["tax_lines"] = [{"title": "Tax", "rate": 0.1, "price": "2.00"}]
        world.work(world.sell(order))
        assert world.transactions("SalesOrd")[0]["total"] == "22"
        assert world.record(5001).state == "in_sync"


def test_where_netsuite_computes_too_much_the_order_is_held(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(tax={"mode": "netsuite_computes"})
    with opened_world(database, redis_url, rules=rules, account={"tax_rate": "0.2"}) as world:
        order = rest_order(total="22.00", total_tax="2.00")
        order["line_items"][0]["tax_lines"] = [{"title": "Tax", "rate": 0.1, "price": "2.00"}]
        world.work(world.sell(order))
        record = world.record(5001)
        assert (record.state, record.reason_code) == ("held", "total_mismatch")
        assert "difference -2" in str(record.reason)
        assert world.transactions("CustDep") == []


def test_every_effect_ends_confirmed(world: World) -> None:
    world.work(world.sell(rest_order()))
    with world.engine.begin() as connection:
        states = connection.execute(effects_table.select()).all()
    assert {row.state for row in states} == {"confirmed"}
    assert all(row.remote_id for row in states)


def force_due(world: World, record_id: int) -> None:
    """Lets the wait pass."""
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "update records set next_attempt_at = now(), lease_until = null where id = %s", (record_id,)
        )
