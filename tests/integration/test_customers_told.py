"""What NetSuite owns of a customer reaches the shop, once, and nothing of it comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.flows.customers_poll import poll
from connector.mapping.rules import Rules
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store import connections
from connector.store.tables import records as records_table
from tests import factories
from tests.clock import now
from tests.integration.test_customers import GRACE, business_order, company_world, created, grace, in_netsuite, told
from tests.payloads import rest_order
from tests.scheduling import run_everywhere
from tests.world import World, another_runtime, opened_world

Json = dict[str, Any]


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened_world(database, redis_url) as opened:
        yield opened


@contextmanager
def owning(database: Engine, redis_url: str, **customer: Any) -> Iterator[World]:
    """A world with other rules for customers."""
    with opened_world(database, redis_url, rules=factories.rules_json(customer=customer)) as opened:
        yield opened


def polled(world: World) -> dict[str, int]:
    """One run of the poll, and the passes it asked for."""
    due: list[int] = []
    counts = dict(poll(world.runtime.open_systems(world.connection.id), world.runtime, due.append))
    for record_id in due:
        world.work(record_id)
    return counts


def news(world: World) -> None:
    """What our own writes caused in the shop arrives."""
    waiting, world.shop.news = world.shop.news, []
    for item in waiting:
        told(world, item["topic"], item["body"])


def in_account(world: World, netsuite_id: str, **fields: Any) -> None:
    """A person changes the customer in NetSuite."""
    account_act(world.account, {"act": "edit", "type": "customer", "record": netsuite_id, "fields": fields})


def in_shop(world: World, customer_id: int = GRACE) -> Json:
    """The customer as the shop has it."""
    return world.shop.customers.find(customer_id) or {}


def record(world: World, kind: str = "customer_status", shopify_id: int = GRACE) -> Any:
    """The record of a kind, None where there is none."""
    with world.engine.begin() as connection:
        query = select(records_table).where(records_table.c.kind == kind, records_table.c.shopify_id == str(shopify_id))
        return connection.execute(query).one_or_none()


def writes(world: World) -> list[str]:
    """What was written to NetSuite so far."""
    return [call for call in world.calls() if call.startswith(("POST", "PATCH")) and "suiteql" not in call]


def test_a_customer_made_exempt_in_netsuite_is_exempt_in_the_shop(world: World) -> None:
    created(world, grace())
    in_account(world, in_netsuite(world)["id"], taxable=False)
    assert polled(world) == {"read": 3, "changed": 1, "told": 1}
    assert in_shop(world)["tax_exempt"] is True
    assert record(world).state == "in_sync"
    assert record(world).reason == "Shopify was told: taxExempt"


def test_a_customer_made_taxable_again_is_told_again(world: World) -> None:
    created(world, grace())
    netsuite_id = in_netsuite(world)["id"]
    for is_taxable in (False, True):
        in_account(world, netsuite_id, taxable=is_taxable)
        polled(world)
        assert in_shop(world)["tax_exempt"] is not is_taxable


def test_what_the_shop_owns_is_not_told_although_netsuite_has_it_otherwise(world: World) -> None:
    created(world, grace())
    in_account(world, in_netsuite(world)["id"], lastName="Murray", phone="+15555550999")
    assert polled(world)["told"] == 0
    assert in_shop(world)["last_name"] == "Hopper"
    assert world.shop.operations["CustomerUpdate"] == 0


def test_our_write_to_the_shop_comes_back_as_a_webhook_and_writes_nothing(world: World) -> None:
    created(world, grace())
    in_account(world, in_netsuite(world)["id"], taxable=False)
    polled(world)
    before = writes(world)
    news(world)
    assert writes(world) == before
    assert polled(world)["told"] == 0
    assert world.shop.operations["CustomerUpdate"] == 1


def test_our_write_to_netsuite_moves_its_clock_and_tells_the_shop_nothing(world: World) -> None:
    created(world, grace())
    assert polled(world)["told"] == 0
    for item in shop_act(world.shop, {"act": "update_customer", "customer_id": GRACE, "changes": {"last_name": "M"}}):
        told(world, item["topic"], item["body"])
    assert in_netsuite(world)["last_name"] == "M"
    asked = dict(world.shop.operations)
    assert polled(world) == {"read": 3, "changed": 0, "told": 0}
    assert dict(world.shop.operations) == asked


def test_an_idle_poll_is_one_call_and_none_to_the_shop(world: World) -> None:
    created(world, grace())
    polled(world)
    world.account.calls.clear()
    asked = dict(world.shop.operations)
    polled(world)
    assert [call.rpartition(" ")[0] for call in world.calls()] == ["POST suiteql"]
    assert dict(world.shop.operations) == asked


def test_what_the_refresh_of_the_mirror_read_is_told_by_the_next_poll(world: World) -> None:
    created(world, grace())
    polled(world)
    in_account(world, in_netsuite(world)["id"], taxable=False)
    assert run_everywhere(world.runtime, "customers.refresh", now=now())["rows"] > 0
    assert polled(world)["told"] == 1
    assert in_shop(world)["tax_exempt"] is True


def test_who_is_exempt_in_the_shop_is_made_exempt_in_netsuite_once(world: World) -> None:
    created(world, grace(tax_exempt=True))
    assert in_netsuite(world)["taxable"] is False
    assert polled(world)["told"] == 0
    assert in_shop(world)["tax_exempt"] is True


def test_who_is_exempt_in_the_shop_and_orders_first_is_made_exempt_in_netsuite(world: World) -> None:
    buyer = {"id": 7012, "first_name": "Ada", "last_name": "Example", "email": "ada@example.com", "tax_exempt": True}
    world.work(world.sell(rest_order(customer=buyer)))
    assert in_netsuite(world, 7012)["taxable"] is False
    assert polled(world)["told"] == 0


def test_a_customer_found_by_email_is_told_what_netsuite_has(world: World) -> None:
    in_account(world, "1456", taxable=False)
    polled(world)
    created(world, grace(email="known@example.com"))
    assert polled(world) == {"read": 2, "changed": 1, "told": 1}
    assert in_shop(world)["tax_exempt"] is True


def test_tax_that_somebody_changed_in_the_shop_is_put_back(world: World) -> None:
    created(world, grace())
    in_account(world, in_netsuite(world)["id"], taxable=False)
    polled(world)
    change = {"act": "update_customer", "customer_id": GRACE, "changes": {"tax_exempt": False}}
    for item in shop_act(world.shop, change):
        told(world, item["topic"], item["body"])
    world.work(record(world).id)
    assert in_shop(world)["tax_exempt"] is True
    assert in_netsuite(world)["taxable"] is False


def test_by_rule_a_name_is_netsuites_and_goes_one_way(database: Engine, redis_url: str) -> None:
    with owning(database, redis_url, netsuite_fields=["lastName"]) as world:
        created(world, grace())
        in_account(world, in_netsuite(world)["id"], lastName="Murray", taxable=False)
        assert polled(world)["told"] == 1
        assert (in_shop(world)["last_name"], in_shop(world).get("tax_exempt")) == ("Murray", None)
        before = writes(world)
        news(world)
        assert writes(world) == before


def test_a_field_that_netsuite_owns_from_now_on_is_told_of_customers_that_did_not_change(world: World) -> None:
    created(world, grace())
    in_account(world, in_netsuite(world)["id"], lastName="Murray")
    assert polled(world)["told"] == 0
    rules = Rules.from_json(factories.rules_json(customer={"netsuite_fields": ["taxExempt", "lastName"]}))
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
        connections.change_rules(connection, stored, rules.to_json(), actor="test", note="", looked_up=None)
    world.runtime = another_runtime(world)
    assert polled(world)["told"] == 1
    assert in_shop(world)["last_name"] == "Murray"
    assert polled(world)["told"] == 0


def test_a_phone_number_that_the_shop_refuses_is_held_with_its_sentence(database: Engine, redis_url: str) -> None:
    with owning(database, redis_url, netsuite_fields=["phone"]) as world:
        created(world, grace())
        in_account(world, in_netsuite(world)["id"], phone="555 0199 12")
        polled(world)
        assert (record(world).state, record(world).reason_code) == ("held", "rejected")
        assert "Phone is invalid" in record(world).reason


def test_a_lost_answer_is_tried_again_and_finds_it_done(world: World) -> None:
    created(world, grace())
    in_account(world, in_netsuite(world)["id"], taxable=False)
    world.shop.change({"lose_answers": {"CustomerUpdate": 1}})
    polled(world)
    assert record(world).state == "pending"
    with world.engine.begin() as connection:
        connection.execute(records_table.update().values(next_attempt_at=now()))
    world.work(record(world).id)
    assert record(world).state == "in_sync"
    assert world.shop.operations["CustomerUpdate"] == 1


def test_a_customer_that_is_gone_on_either_side_is_skipped_with_a_note(world: World) -> None:
    created(world, grace())
    netsuite_id = in_netsuite(world)["id"]
    in_account(world, netsuite_id, taxable=False)
    shop_act(world.shop, {"act": "redact_customer", "customer_id": GRACE})
    polled(world)
    assert (record(world).state, "nothing personal is left" in record(world).reason) == ("in_sync", True)
    world.shop.customers.remove(GRACE)
    in_account(world, netsuite_id, taxable=True)
    polled(world)
    assert "deleted in Shopify" in record(world).reason
    in_account(world, netsuite_id, taxable=False)
    due: list[int] = []
    poll(world.runtime.open_systems(world.connection.id), world.runtime, due.append)
    account_act(world.account, {"act": "merge_customers", "from": netsuite_id, "to": "1456"})
    world.work(due[0])
    assert "merged into another one" in record(world).reason
    assert world.shop.operations["CustomerUpdate"] == 0


def test_a_company_is_told_its_name_and_each_location_its_tax(database: Engine, redis_url: str) -> None:
    rules = factories.rules_json(orders={"terms": {"Net 30": "5"}})
    with opened_world(database, redis_url, rules=rules) as world:
        company_world(world)
        created(world, grace())
        world.shop.put_order(business_order(), [])
        world.work(world.announce(5001))
        company = next(item for item in world.account.ledger()["customers"] if item["company_name"] == "Acme Ltd")
        assert polled(world)["told"] == 0
        in_account(world, company["id"], companyName="Acme Limited", taxable=False)
        assert polled(world)["told"] == 1
        (shown,) = world.shop.config.companies
        assert (shown["name"], shown["locations"][0]["tax_exempt"]) == ("Acme Limited", True)
        assert record(world, "company_status", 61).reason == "Shopify was told: companyName, taxExempt"
        before = writes(world)
        world.work(world.announce(5001))
        assert writes(world) == before


def test_an_account_without_the_tax_flag_is_read_without_it(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, account={"denied_columns": ["customer.taxable"]}) as world:
        created(world, grace())
        assert in_netsuite(world)["last_name"] == "Hopper"
        in_account(world, in_netsuite(world)["id"], taxable=False)
        assert polled(world)["told"] == 0
        world.account.calls.clear()
        polled(world)
        assert world.calls() == ["POST suiteql 200"]


def test_a_column_that_answers_with_a_failure_of_netsuites_own_is_left_out(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, account={"failing_columns": ["customer.taxable"]}) as world:
        created(world, grace())
        in_account(world, in_netsuite(world)["id"], companyName="Acme Ltd")
        assert polled(world)["read"] == 3
        world.account.calls.clear()
        polled(world)
        assert world.calls() == ["POST suiteql 200"]


def test_without_the_scope_the_record_says_which_and_waits(world: World) -> None:
    world.shop.config.scopes.remove("write_customers")
    created(world, grace())
    in_account(world, in_netsuite(world)["id"], taxable=False)
    polled(world)
    assert (record(world).state, record(world).reason_subject) == ("held", "permission:shopify")
    assert "write_customers" in record(world).reason
