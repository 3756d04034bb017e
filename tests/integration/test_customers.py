"""Customers of the shop in NetSuite: made or found, kept up to date in what Shopify owns, never taken from a person."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.flows.subscriptions import State, sync
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.shopify.webhooks import notice
from connector.store.inbox import Delivery, sealed_body
from connector.store.tables import records as records_table
from tests import factories
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.recordings import recorded
from tests.scheduling import run_everywhere
from tests.world import World, opened_world

Json = dict[str, Any]
GRACE, ADA = 7020, 7012
KEY = "SHOPIFY-548380009-CUST-"


def grace(**changes: Any) -> Json:
    """A customer with one address, who never ordered."""
    address = {
        "id": 31, "first_name": "Grace", "last_name": "Hopper", "name": "Grace Hopper", "address1": "1 Example Street",
        "city": "Springfield", "province_code": "IL", "zip": "62701", "country_code": "US", "phone": "+15555550111",
    }  # fmt: skip
    made = {
        "id": GRACE, "first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com", "phone": "+15555550110",
        "created_at": "2026-11-20T10:00:00-05:00", "updated_at": "2026-11-20T10:00:00-05:00",
        "addresses": [address], "default_address": address,
    }  # fmt: skip
    return made | changes


def told(world: World, topic: str, body: Mapping[str, Any]) -> None:
    """A webhook arrives, and a worker looks at what it names."""
    content = json.dumps(body).encode()
    count = len(world.shop.deliveries) + int(now().timestamp() * 1_000_000)
    found = notice({"X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": str(count)}, content)
    sealed = sealed_body(world.runtime.vault, world.connection.id, found.delivery_id, content)
    delivery = Delivery(
        world.connection.id, topic, found.delivery_id, None, None, {}, sealed, b"", found.kind, found.shopify_id
    )
    for record_id in world.deliver(delivery).record_ids:
        world.work(record_id)


def created(world: World, customer: Json) -> None:
    """A customer is made in the shop."""
    world.shop.customers.put(customer)
    told(world, "customers/create", customer)


def updated(world: World, customer_id: int = GRACE, **changes: Any) -> None:
    """A customer is changed in the shop."""
    for news in shop_act(world.shop, {"act": "update_customer", "customer_id": customer_id, "changes": changes}):
        told(world, news["topic"], news["body"])


def merged(world: World, kept: int, removed: int) -> None:
    """Two customers become one in the shop."""
    for news in shop_act(world.shop, {"act": "merge_customers", "kept": kept, "removed": removed}):
        told(world, news["topic"], news["body"])


def standing(world: World, shopify_id: str | int = GRACE) -> tuple[str, str | None, str | None]:
    """State, subject and reason of a customer's record, or a merge's."""
    with world.engine.begin() as connection:
        query = select(records_table).where(
            records_table.c.shopify_id == str(shopify_id), records_table.c.kind != "order"
        )
        row = connection.execute(query).one()
    return row.state, row.reason_subject, row.reason


def again(world: World, shopify_id: str | int = GRACE) -> None:
    """A worker looks at the record again, if it is due."""
    with world.engine.begin() as connection:
        query = select(records_table.c.id).where(
            records_table.c.shopify_id == str(shopify_id), records_table.c.kind != "order"
        )
        record_id = connection.execute(query).scalar_one()
    world.work(record_id)


def in_netsuite(world: World, shopify_id: int = GRACE) -> Json:
    """The customer we made, as the account has it."""
    found = [item for item in world.account.ledger()["customers"] if item["external_id"] == f"{KEY}{shopify_id}"]
    (one,) = found
    return dict(one)


def book(world: World, netsuite_id: str) -> list[str]:
    """First lines of a customer's addresses."""
    body = world.account.records[("customer", netsuite_id)].body
    return [line["addressBookAddress"]["addr1"] for line in body.get("addressBook", {}).get("items", [])]


def calls(world: World) -> list[str]:
    """Writes and look-ups without their answers, the mirror's queries left out."""
    return [call.rpartition(" ")[0] for call in world.calls() if "suiteql" not in call]


def test_a_new_customer_is_made_with_name_address_and_phone_by_one_call(world: World) -> None:
    created(world, grace())
    assert standing(world)[0] == "in_sync"
    made = in_netsuite(world)
    assert (made["first_name"], made["last_name"], made["email"]) == ("Grace", "Hopper", "grace@example.com")
    assert (made["phone"], made["subsidiary"], made["is_person"]) == ("+15555550110", "1", True)
    assert book(world, made["id"]) == ["1 Example Street"]
    assert calls(world) == ["POST customer"]


def test_a_change_is_sent_as_that_field_only_and_nothing_else_costs_a_call(world: World) -> None:
    created(world, grace())
    world.account.calls.clear()
    updated(world, email="rear.admiral@example.com")
    assert calls(world) == ["PATCH customer"]
    assert in_netsuite(world)["email"] == "rear.admiral@example.com"
    world.account.calls.clear()
    updated(world, note="likes compilers")
    assert calls(world) == []


def test_an_order_of_a_customer_who_was_made_before_makes_no_second_one(world: World) -> None:
    created(world, grace())
    customer = {name: grace()[name] for name in ("id", "first_name", "last_name", "email", "phone")}
    world.work(world.sell(rest_order(customer=customer)))
    assert world.transactions("SalesOrd")[0]["entity"] == in_netsuite(world)["id"]
    assert len(world.account.ledger()["customers"]) == 3


def test_a_customer_with_a_known_email_is_linked_and_left_as_netsuite_has_him(world: World) -> None:
    created(world, grace(email="Known@Example.com"))
    assert standing(world)[0] == "in_sync"
    assert calls(world) == []
    updated(world, phone="+15555550199")
    assert calls(world) == ["PATCH customer"]
    found = next(item for item in world.account.ledger()["customers"] if item["id"] == "1456")
    # The name is NetSuite's own still; only what changed in Shopify since came over.
    assert (found["last_name"], found["phone"]) == ("Customer", "+15555550199")


def test_a_buyer_who_was_found_by_email_keeps_his_name_in_netsuite_when_his_phone_changes(world: World) -> None:
    customer = {"id": ADA, "first_name": "Known", "last_name": "Buyer", "email": "known@example.com"}
    world.work(world.sell(rest_order(customer=customer)))
    updated(world, ADA, phone="+15555550199")
    found = next(item for item in world.account.ledger()["customers"] if item["id"] == "1456")
    assert (found["last_name"], found["phone"]) == ("Customer", "+15555550199")


def test_an_email_in_another_subsidiary_is_somebody_else(world: World) -> None:
    world.account.change({"subsidiaries": [{"id": "1", "name": "Parent"}, {"id": "2", "name": "Other"}]})
    world.account.add_customers([{"id": "1500", "email": "grace@example.com", "subsidiary": "2"}])
    created(world, grace())
    assert in_netsuite(world)["id"] != "1500"


def test_several_customers_with_the_email_are_held_with_both_and_released_when_one_is_left(world: World) -> None:
    same = [{"id": number, "email": "grace@example.com", "subsidiary": "1"} for number in ("1500", "1501")]
    world.account.add_customers(same)
    created(world, grace())
    state, subject, reason = standing(world)
    assert (state, subject) == ("held", f"customer:{GRACE}")
    assert "1500, 1501" in (reason or "")
    account_act(world.account, {"act": "merge_customers", "from": "1501", "to": "1500"})
    run_everywhere(world.runtime, "customers.refresh", now=now())
    again(world)
    assert standing(world)[0] == "in_sync", standing(world)
    assert len(world.account.ledger()["customers"]) == 3


def test_one_of_two_made_inactive_solves_it(world: World) -> None:
    same = [{"id": number, "email": "grace@example.com", "subsidiary": "1"} for number in ("1500", "1501")]
    world.account.add_customers(same)
    created(world, grace())
    account_act(world.account, {"act": "deactivate_customer", "customer": "1501"})
    run_everywhere(world.runtime, "customers.refresh", now=now())
    assert standing(world)[0] == "pending"
    again(world)
    assert standing(world)[0] == "in_sync"
    assert len(world.account.ledger()["customers"]) == 4


def owning(engine: Engine, redis_url: str, **customer: Any) -> Any:
    """A world with other rules for customers."""
    return opened_world(engine, redis_url, rules=factories.rules_json(customer={"default": "1400"} | customer))


def test_a_field_that_is_not_owned_is_a_persons(database: Engine, redis_url: str) -> None:
    with owning(database, redis_url, owned_fields=["email"]) as world:
        created(world, grace())
        world.account.calls.clear()
        updated(world, last_name="Murray", phone="+15555550199", addresses=[], default_address=None)
        assert calls(world) == []
        assert in_netsuite(world)["last_name"] == "Hopper"


def test_a_field_a_person_changed_stays_when_another_changes(world: World) -> None:
    created(world, grace())
    number = in_netsuite(world)["id"]
    account_act(
        world.account, {"act": "edit", "type": "customer", "record": number, "fields": {"phone": "+15550001111"}}
    )
    updated(world, first_name="Amazing Grace")
    made = in_netsuite(world)
    assert (made["first_name"], made["phone"]) == ("Amazing Grace", "+15550001111")


def test_a_field_that_shopify_emptied_is_left(world: World) -> None:
    created(world, grace())
    world.account.calls.clear()
    address = grace()["default_address"] | {"phone": None}
    updated(world, phone=None, first_name="", addresses=[address], default_address=address)
    assert calls(world) == []
    made = in_netsuite(world)
    assert (made["phone"], made["first_name"]) == ("+15555550110", "Grace")


def moved(**changes: Any) -> Json:
    """Another default address."""
    address = grace()["default_address"] | {"id": 32, "address1": "2 Other Street"} | changes
    return {"addresses": [grace()["default_address"], address], "default_address": address}


def test_a_new_address_is_added_once_and_the_first_one_stays(world: World) -> None:
    created(world, grace())
    world.account.calls.clear()
    updated(world, **moved())
    assert book(world, in_netsuite(world)["id"]) == ["1 Example Street", "2 Other Street"]
    assert calls(world) == ["GET customer", "PATCH customer"]
    updated(world, **moved(address1="2  OTHER street", id=33))
    assert calls(world) == ["GET customer", "PATCH customer"]
    assert len(book(world, in_netsuite(world)["id"])) == 2


def test_an_address_a_person_typed_in_is_not_added_again(world: World) -> None:
    created(world, grace())
    number = in_netsuite(world)["id"]
    typed = {"addr1": "2 OTHER STREET", "city": "Springfield", "state": "IL", "zip": "62701", "country": {"id": "US"}}
    fields = {"addressBook": {"items": [{"addressBookAddress": typed}]}}
    account_act(world.account, {"act": "edit", "type": "customer", "record": number, "fields": fields})
    world.account.calls.clear()
    updated(world, **moved())
    assert len(book(world, number)) == 2
    assert calls(world) == ["GET customer"]
    updated(world, note="once more")
    assert calls(world) == ["GET customer"]


def test_a_phone_number_netsuite_would_refuse_is_never_sent(world: World) -> None:
    created(world, grace(phone="911"))
    assert standing(world)[0] == "in_sync"
    assert in_netsuite(world)["phone"] is None


def test_a_state_netsuite_does_not_know_is_left_out_with_a_note(world: World) -> None:
    address = grace()["default_address"] | {"province_code": "XX"}
    created(world, grace(addresses=[address], default_address=address))
    assert standing(world)[0] == "in_sync"
    assert "refused the field state" in (standing(world)[2] or "")
    assert book(world, in_netsuite(world)["id"]) == ["1 Example Street"]
    world.account.calls.clear()
    updated(world, note="once more")
    assert calls(world) == []


def test_an_order_to_a_state_netsuite_does_not_know_is_written_without_it(world: World) -> None:
    address = rest_order()["shipping_address"] | {"province_code": "XX"}
    world.work(world.sell(rest_order(shipping_address=address)))
    record = world.record(5001)
    assert record.state == "in_sync", record.reason
    assert "refused the field state" in (record.reason or "")
    (order,) = world.transactions("SalesOrd")
    sent = world.account.records[("salesOrder", order["id"])].body["shippingAddress"]
    assert ("state" in sent, sent["city"]) == (False, "Springfield")


def company_world(world: World) -> None:
    """A company with one buyer, Grace."""
    location = {"id": 62, "name": "Head office", "external_id": None}
    contact = {"id": 63, "customer_id": GRACE, "is_main": True}
    world.shop.config.companies = [
        {"id": 61, "name": "Acme Ltd", "external_id": None, "locations": [location], "contacts": [contact]}
    ]


def business_order(**changes: Any) -> Json:
    """Grace buys for Acme, on terms."""
    customer = {name: grace()[name] for name in ("id", "first_name", "last_name", "email", "phone")}
    terms = {
        "id": 1, "payment_terms_name": "Net 30", "payment_terms_type": "net", "due_in_days": 30,
        "payment_schedules": [{"id": 2, "due_at": "2026-12-20T10:00:00-05:00"}],
    }  # fmt: skip
    made: Json = {"company": {"id": 61, "location_id": 62}, "payment_terms": terms, "financial_status": "pending"}
    return rest_order(customer=customer, **(made | changes))


def test_who_buys_for_a_company_is_its_contact_and_kept_up_to_date(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(orders={"terms": {"Net 30": "5"}})
    with opened_world(database, redis_url, rules=rules) as world:
        company_world(world)
        created(world, grace())
        assert standing(world)[:2] == ("excluded", "customer.companies")
        world.shop.put_order(business_order(), [])
        world.work(world.announce(5001))
        assert world.record(5001).state == "in_sync", world.record(5001).reason
        company = next(item for item in world.account.ledger()["customers"] if item["company_name"] == "Acme Ltd")
        assert (company["external_id"], company["is_person"]) == ("SHOPIFY-548380009-COMPANY-61", False)
        (contact,) = world.account.ledger()["contacts"]
        assert (contact["company"], contact["email"]) == (company["id"], "grace@example.com")
        assert world.transactions("SalesOrd")[0]["entity"] == company["id"]
        assert world.transactions("CustDep") == []
        world.account.calls.clear()
        updated(world, last_name="Murray")
        assert calls(world) == ["PATCH contact"]
        assert world.account.ledger()["contacts"][0]["last_name"] == "Murray"


def test_by_rule_customers_are_made_with_their_first_order_only(database: Engine, redis_url: str) -> None:
    with owning(database, redis_url, create="with_order") as world:
        created(world, grace())
        assert standing(world)[:2] == ("excluded", "customer.create")
        assert len(world.account.ledger()["customers"]) == 2


def buyer(number: int, email: str) -> Json:
    """Somebody on an order."""
    return {"id": number, "first_name": "Ada", "last_name": f"Number {number}", "email": email}


def test_the_customer_that_is_left_takes_over_the_link_of_the_other(world: World) -> None:
    world.work(world.sell(rest_order(customer=buyer(ADA, "ada@example.com"))))
    world.shop.customers.put(grace(email="ada.new@example.com"))
    before = in_netsuite(world, ADA)["id"]
    merged(world, kept=GRACE, removed=ADA)
    assert standing(world, f"{GRACE}-{ADA}")[0] == "in_sync"
    assert standing(world)[0] == "in_sync"
    # The one customer carries the name and address of the one that is left, and takes its orders.
    assert len(world.account.ledger()["customers"]) == 3
    assert in_netsuite(world, ADA)["email"] == "ada.new@example.com"
    world.work(world.sell(rest_order(5002, customer=buyer(GRACE, "ada.new@example.com"))))
    assert {item["entity"] for item in world.transactions("SalesOrd")} == {before}


def both_linked(world: World) -> tuple[str, str]:
    """Two customers with an order each, merged in Shopify; NetSuite's ids of the one that is left and the other."""
    world.work(world.sell(rest_order(5001, customer=buyer(ADA, "ada@example.com"))))
    world.work(world.sell(rest_order(5002, customer=buyer(ADA + 1, "ada2@example.com"))))
    merged(world, kept=ADA, removed=ADA + 1)
    return in_netsuite(world, ADA)["id"], in_netsuite(world, ADA + 1)["id"]


def test_two_customers_netsuite_has_both_of_are_held_naming_both(world: World) -> None:
    kept, removed = both_linked(world)
    state, subject, reason = standing(world, f"{ADA}-{ADA + 1}")
    assert (state, subject) == ("held", f"customer:{ADA}")
    assert f"merge {removed} into {kept} there" in (reason or "")


@pytest.mark.parametrize("is_other_way", [False, True], ids=["as asked", "the other way"])
def test_once_a_person_merged_them_all_goes_on_with_the_one_that_is_left(world: World, is_other_way: bool) -> None:
    kept, removed = both_linked(world)
    gone, left = (kept, removed) if is_other_way else (removed, kept)
    account_act(world.account, {"act": "merge_customers", "from": gone, "to": left})
    run_everywhere(world.runtime, "customers.refresh", now=now())
    again(world, f"{ADA}-{ADA + 1}")
    assert standing(world, f"{ADA}-{ADA + 1}")[0] == "in_sync"
    for number in (ADA, ADA + 1):
        world.work(world.sell(rest_order(5003 + number, customer=buyer(ADA, "ada@example.com"))))
    assert {item["entity"] for item in world.transactions("SalesOrd")} == {left}


def test_a_later_payment_of_a_merged_customers_order_follows_the_order(world: World) -> None:
    world.work(world.sell(rest_order(5001, customer=buyer(ADA, "ada@example.com"))))
    order = rest_order(5002, customer=buyer(ADA + 1, "ada2@example.com"), financial_status="authorized")
    world.work(world.sell(order, payment(order, kind="authorization")))
    merged(world, kept=ADA, removed=ADA + 1)
    shop_act(world.shop, {"act": "capture", "order_id": 5002, "amount": "20.00"})
    world.work(world.announce(5002))
    assert world.record(5002).state == "in_sync", world.record(5002).reason
    owners = {item["id"]: item["entity"] for item in world.transactions("SalesOrd")}
    assert all(item["entity"] == owners[item["sales_order"]] for item in world.transactions("CustDep"))
    assert len(world.transactions("CustDep")) == 2


def test_a_customer_a_person_merged_is_found_again_by_email(world: World) -> None:
    created(world, grace())
    world.account.add_customers([{"id": "1500", "email": "other@example.com", "subsidiary": "1"}])
    fields = {"email": "grace@example.com"}
    account_act(world.account, {"act": "edit", "type": "customer", "record": "1500", "fields": fields})
    account_act(world.account, {"act": "merge_customers", "from": in_netsuite(world)["id"], "to": "1500"})
    run_everywhere(world.runtime, "customers.refresh", now=now())
    updated(world, first_name="Amazing Grace")
    assert standing(world)[0] == "in_sync", standing(world)
    assert len(world.account.ledger()["customers"]) == 3


def test_a_redacted_customer_is_left_as_the_books_have_him(world: World) -> None:
    created(world, grace())
    world.account.calls.clear()
    for news in shop_act(world.shop, {"act": "redact_customer", "customer_id": GRACE}):
        told(world, news["topic"], news["body"])
    assert standing(world)[:2] == ("excluded", "customers.redacted")
    assert calls(world) == []
    assert in_netsuite(world)["last_name"] == "Hopper"


def test_a_deleted_customer_is_left_as_the_books_have_him(world: World) -> None:
    created(world, grace())
    world.account.calls.clear()
    for news in shop_act(world.shop, {"act": "delete_customer", "customer_id": GRACE}):
        told(world, news["topic"], news["body"])
    assert standing(world)[:2] == ("excluded", "customers.deleted")
    assert (calls(world), in_netsuite(world)["last_name"]) == ([], "Hopper")


def test_a_lost_answer_to_an_update_is_looked_at_and_not_sent_again(world: World) -> None:
    created(world, grace())
    world.account.faults.add({"kind": "commit_then_drop", "method": "PATCH", "path": "customer"})
    updated(world, first_name="Amazing Grace")
    assert standing(world)[0] == "pending"
    world.account.calls.clear()
    told(world, "customers/update", grace(updated_at="later"))
    assert (standing(world)[0], calls(world)) == ("in_sync", ["GET customer"])
    assert in_netsuite(world)["first_name"] == "Amazing Grace"
    world.account.calls.clear()
    told(world, "customers/update", grace(updated_at="later still"))
    assert calls(world) == []


@pytest.mark.parametrize(
    ("name", "names", "address"),
    [
        ("customer_usd_create.json", ("John", "Doe", "john@IOpeer.com"), "1 Example Street"),
        ("doc_samples_2026-04/customers__create.json", ("Bob", "Biller", "bob@biller.com"), None),
        ("doc_samples_2026-04/customers__update.json", ("Bob", "Biller", "bob@biller.com"), None),
    ],
)
def test_a_recorded_customer_goes_the_whole_way(
    world: World, shared: Path, name: str, names: tuple[str, str, str], address: str | None
) -> None:
    customer = recorded(shared, name)
    # Two members of the recording say one address by two ids, rounded by the tool that kept them.
    customer["default_address"] = (customer["addresses"] or [None])[0]
    created(world, customer)
    made = in_netsuite(world, customer["id"])
    assert (made["first_name"], made["last_name"], made["email"]) == names
    assert book(world, made["id"]) == ([address] if address else [])


@pytest.mark.parametrize(("scopes", "count"), [([], 0), (["read_customer_merge"], 1)])
def test_merges_are_heard_of_where_the_scope_is_granted(world: World, scopes: list[str], count: int) -> None:
    world.shop.config.scopes += scopes
    systems = world.runtime.open_systems(world.connection.id)
    done = sync(systems, world.engine, f"https://ml.example.com/webhooks/shopify/{world.connection.key}")
    assert {one.state for one in done} == {State.OK}
    found = [item["topic"] for item in world.shop.subscriptions.every()]
    assert (found.count("CUSTOMERS_MERGE"), found.count("CUSTOMERS_CREATE")) == (count, 1)
