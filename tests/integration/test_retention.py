"""What old deliveries said goes by rule, a batch at a time; what is still open keeps its evidence, hashes stay for ever."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connector.flows.retention import forget
from connector.mapping.rules import Rules
from connector.store import operator_actions, retention
from connector.store.tables import events, records
from tests import factories
from tests.clock import now
from tests.hearing import heard
from tests.office import CUSTOMER, Office, has_been_here
from tests.payloads import payment, rest_order
from tests.scheduling import nobody, run_everywhere
from tests.world import World


def came(world: World, number: int, *, days_ago: int, **changes: Any) -> int:
    """An order was heard of so long ago and worked on; its record."""
    order = rest_order(number, **changes)
    world.shop.put_order(order, [payment(order)])
    (record_id,) = heard(world, "orders/create", order, event_id=f"e-{number}").record_ids
    world.work(record_id)
    with world.engine.begin() as connection:
        is_of_it = events.c.shopify_id == str(number)
        connection.execute(update(events).where(is_of_it).values(received_at=now() - timedelta(days=days_ago)))
    return int(record_id)


def said(world: World) -> dict[str, bool]:
    """Which orders' deliveries still say something; what says nothing has no headers either."""
    with world.engine.begin() as connection:
        rows = connection.execute(select(events).order_by(events.c.id)).all()
    assert all(bool(row.headers) == (row.body is not None) for row in rows)
    assert all(len(row.body_sha256) == 32 for row in rows)
    return {str(row.shopify_id): row.body is not None for row in rows}


def ran(world: World) -> dict[str, int]:
    return run_everywhere(world.runtime, "events.forget", now=now())


def test_only_what_is_older_than_the_rule_goes(world: World) -> None:
    came(world, 5001, days_ago=91)
    came(world, 5002, days_ago=89)
    assert ran(world) == {"forgotten": 1, "kept": 0, "looks": 0}
    assert said(world) == {"5001": False, "5002": True}
    assert ran(world) == {"forgotten": 0, "kept": 0, "looks": 0}


def test_the_rule_is_the_connections_own(world: World) -> None:
    came(world, 5001, days_ago=8)
    systems = world.runtime.open_systems(world.connection.id)
    rules = Rules.from_json(factories.rules_json() | {"events": {"keep_days": 7}})
    assert forget(replace(systems, rules=rules), world.runtime, nobody) == {"forgotten": 1, "kept": 0, "looks": 0}


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [("pending", True), ("working", True), ("held", True), ("parked", True), ("in_sync", False), ("ignored", False),
     ("excluded", False)],
)  # fmt: skip
def test_what_is_still_open_keeps_its_evidence(world: World, state: str, is_kept: bool) -> None:
    record_id = came(world, 5001, days_ago=200)
    with world.engine.begin() as connection:
        connection.execute(update(records).where(records.c.id == record_id).values(state=state))
    assert ran(world) == {"forgotten": int(not is_kept), "kept": int(is_kept), "looks": 0}
    assert said(world) == {"5001": is_kept}


def test_evidence_goes_once_its_order_has_come_to_rest(world: World) -> None:
    record_id = came(world, 5001, days_ago=100, sku="NEW-SKU")
    assert ran(world) == {"forgotten": 0, "kept": 1, "looks": 0}
    with world.engine.begin() as connection:
        connection.execute(update(records).where(records.c.id == record_id).values(state="in_sync"))
    assert ran(world) == {"forgotten": 1, "kept": 0, "looks": 0}


def test_many_go_in_batches_past_what_is_kept(world: World) -> None:
    for number in range(5001, 5008):
        came(world, number, days_ago=100, **({"sku": "NEW-SKU"} if number < 5004 else {}))
    counts, after = [], None
    with world.engine.begin() as connection:
        while True:
            batch = retention.forget_batch(connection, world.connection.id, before=now(), after=after, limit=2)
            counts.append(batch.forgotten)
            if (after := batch.last) is None:
                break
    assert counts == [0, 1, 2, 1, 0]


def test_what_somebody_holds_right_now_is_left_for_the_next_walk_and_nobody_waits(world: World) -> None:
    for number in (5001, 5002):
        came(world, number, days_ago=100)
    with world.engine.begin() as other:
        other.execute(select(events.c.id).where(events.c.shopify_id == "5001").with_for_update())
        assert ran(world) == {"forgotten": 1, "kept": 1, "looks": 0}
    assert ran(world) == {"forgotten": 1, "kept": 0, "looks": 0}


def test_what_a_forgotten_delivery_led_to_is_still_told(world: World, run: Any) -> None:
    came(world, 5001, days_ago=100)
    came(world, 5002, days_ago=1)
    ran(world)
    listed = json.loads(run("events", "list", "--json").stdout)
    number = str(next(one["id"] for one in listed if one["shopify_id"] == "5001"))
    shown = run("events", "show", number, "--reveal")
    assert "no longer kept, by rules.events.keep_days" in shown.stdout
    assert "order #1001: in_sync" in shown.stdout
    found = json.loads(run("events", "show", number, "--json").stdout)
    assert (found["body"], found["is_kept"], found["headers"], len(found["body_sha256"])) == (None, False, {}, 64)
    with world.engine.begin() as connection:
        acts = operator_actions.of_connection(connection, world.connection.id)
    assert "delivery revealed" not in [act.action for act in acts]
    assert run("events", "replay", "--order", "5001").exit_code == 0


def test_a_person_is_still_erased_after_some_of_their_deliveries_went(office: Office) -> None:
    has_been_here(office)
    with office.engine.begin() as connection:
        is_old = events.c.topic == "orders/create"
        connection.execute(update(events).where(is_old).values(received_at=now() - timedelta(days=100)))
    assert run_everywhere(office.world.runtime, "events.forget", now=now())["forgotten"] == 1
    request = {
        "shop_id": factories.SHOP_ID,
        "shop_domain": "demo-store.myshopify.com",
        "customer": {"id": CUSTOMER, "email": "Zoe.Planted@example.net"},
        "orders_to_redact": [5001],
    }
    office.ask("customers/redact", request)
    assert office.record("customer_redact").state == "in_sync"


def test_the_walk_shows_among_the_schedules(world: World, run: Any) -> None:
    listed = json.loads(run("schedules", "list", "us-store", "--json").stdout)
    assert [one["every_seconds"] for one in listed if one["schedule"] == "events.forget"] == [86_400]
