"""What each event in an order's life costs in NetSuite calls, by the account's own log. The table of docs/architecture.md."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from tests import factories
from tests.integration.test_order_life import NEW_LINE, ORDER, accountant, happens, placed, refreshed, sales_order
from tests.payloads import payment, rest_order
from tests.world import World, opened_world

Json = dict[str, Any]
RED = 50010
RETURN = {"line_id": RED, "quantity": 1, "restock_type": "return", "location_id": 655441491}
UNSHIPPED = {"line_id": RED, "quantity": 1, "restock_type": "cancel"}
SHOP_SHIPS = factories.rules_json(fulfillments={"source": "shopify"})


def another(world: World, **customer: Any) -> None:
    """A second order arrives, the mirrors being read."""
    world.work(world.sell(rest_order(ORDER + 1, customer=customer)))


def known_customer(world: World) -> None:
    another(world, id=7012, first_name="Known", last_name="Buyer", email="known@example.com")


def known_by_email(world: World) -> None:
    another(world, id=7013, first_name="Second", last_name="Account", email="known@example.com")


def new_customer(world: World) -> None:
    another(world, id=7014, first_name="Grace", last_name="New", email="grace@example.com")


def later_capture(world: World) -> None:
    happens(world, "capture", amount="25.00")


def cancelled(world: World) -> None:
    happens(world, "cancel")


def refunded(world: World) -> None:
    happens(world, "refund", lines=[UNSHIPPED])


def returned(world: World) -> None:
    happens(world, "refund", lines=[RETURN])


def shipped(world: World) -> None:
    happens(world, "fulfill", tracking={"company": "UPS", "numbers": ["1Z999"]})


def new_address(world: World) -> None:
    found = world.shop.order(ORDER)
    assert found is not None
    happens(
        world, "update", changes={"shipping_address": found[0]["shipping_address"] | {"address1": "2 Other Street"}}
    )


def unchanged(world: World) -> None:
    happens(world, "update", changes={"phone": "+15555550123"})


def other_quantity(world: World) -> None:
    happens(world, "edit", changes=[{"set_quantity": {"line_id": RED, "quantity": 3}}])


def added_line(world: World) -> None:
    happens(world, "edit", changes=[{"add_line": NEW_LINE}])


def as_it_is(_world: World) -> None:
    """Nothing happened before."""


def invoiced(world: World) -> None:
    happens(world, "fulfill")
    accountant(world, "bill", order=sales_order(world)["id"])
    refreshed(world)


def sold_for_cash(world: World) -> None:
    happens(world, "fulfill")
    accountant(world, "bill", order=sales_order(world)["id"], **{"as": "cashSale"})
    refreshed(world)


Step = Callable[[World], None]
BUDGET: list[tuple[str, Step, Step, list[str]]] = [
    ("order, known customer", as_it_is, known_customer, ["POST salesOrder", "POST customerDeposit"]),
    ("order, known by e-mail", as_it_is, known_by_email, ["POST salesOrder", "POST customerDeposit"]),
    ("order, new customer", as_it_is, new_customer, ["POST customer", "POST salesOrder", "POST customerDeposit"]),
    ("cancelled, paid", as_it_is, cancelled, ["PATCH salesOrder", "POST customerRefund"]),
    ("refund out of the deposit", as_it_is, refunded, ["PATCH salesOrder", "POST customerRefund"]),
    ("refund of an invoice", invoiced, returned, ["POST creditMemo", "POST customerRefund"]),
    ("refund of a cash sale", sold_for_cash, returned, ["POST cashRefund"]),
    ("address", as_it_is, new_address, ["PATCH salesOrder"]),
    ("nothing we write", as_it_is, unchanged, []),
    ("quantity", as_it_is, other_quantity, ["GET salesOrder", "PATCH salesOrder"]),
    ("line added", as_it_is, added_line, ["GET salesOrder", "PATCH salesOrder"]),
]


def cost(world: World, before: Step, event: Step) -> list[str]:
    """The calls of one event, without their answers."""
    before(world)
    world.account.calls.clear()
    event(world)
    assert world.record(ORDER).state == "in_sync", world.record(ORDER).reason
    return [call.rpartition(" ")[0] for call in world.calls()]


@pytest.mark.parametrize(("before", "event", "calls"), [row[1:] for row in BUDGET], ids=[row[0] for row in BUDGET])
def test_an_event_costs_what_the_table_says(world: World, before: Step, event: Step, calls: list[str]) -> None:
    placed(world)
    assert cost(world, before, event) == calls
    # And hearing of it once more costs nothing.
    world.account.calls.clear()
    happens(world, "update", changes={})
    assert world.calls() == []


def test_a_shipment_costs_one_call(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url, rules=SHOP_SHIPS) as world:
        placed(world)
        assert cost(world, as_it_is, shipped) == ["POST salesOrder/!transform/itemFulfillment"]


@pytest.mark.parametrize(
    ("event", "calls"),
    [(later_capture, ["POST customerDeposit"]), (cancelled, ["PATCH salesOrder"])],
    ids=["later capture", "cancelled, not paid"],
)
def test_an_order_that_was_only_authorised_costs_one_call_later(world: World, event: Step, calls: list[str]) -> None:
    order = rest_order(ORDER, total="60.00", financial_status="authorized")
    placed(world, payment(order, kind="authorization"), financial_status="authorized")
    assert cost(world, as_it_is, event) == calls


def test_an_order_cancelled_before_it_was_seen_costs_nothing(world: World) -> None:
    order = rest_order(ORDER, cancelled_at="2026-11-20T11:00:00-05:00", cancel_reason="customer")
    world.work(world.sell(order))
    assert world.calls() == []
