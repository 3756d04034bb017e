"""Orders that another connector invoiced and had paid by a customer payment, without any deposit, are adopted too."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from connector.flows.history import Span
from connector.sandbox.netsuite.accountant import act as account_act
from tests.adopting import foreign, opened, standing
from tests.clock import now
from tests.integration.test_history import imported, placed
from tests.integration.test_reconcile import began, places, proved
from tests.payloads import payment, rest_order
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url) as made:
        yield made


def invoiced(world: World, order_id: str) -> str:
    """The other connector's invoice of a sales order; its internal id."""
    return str(account_act(world.account, {"act": "bill", "order": order_id, "as": "invoice"})["id"])


def paid(world: World, invoice: str, **asked: float) -> str:
    """Its customer payment of the invoice."""
    return str(account_act(world.account, {"act": "pay", "invoice": invoice, **asked})["id"])


def test_a_paid_invoice_stands_for_the_payment_and_no_deposit_is_made(world: World) -> None:
    placed(world, 5001)
    order_id = foreign(world, 5001)
    payment_id = paid(world, invoiced(world, order_id))
    before = world.transactions()
    assert imported(world).by_state == {"in_sync": 1}, world.record(5001).reason
    assert world.transactions() == before
    assert (standing(world, "sales_order"), standing(world, "customer_deposit")) == ([order_id], [payment_id])
    assert imported(world).total == 0
    world.work(world.announce(5001))
    assert world.transactions() == before


def test_an_invoice_that_is_paid_in_part_is_held_with_what_netsuite_lacks(world: World) -> None:
    placed(world, 5001)
    paid(world, invoiced(world, foreign(world, 5001)), amount=5)
    before = world.transactions()
    imported(world)
    held = world.record(5001)
    assert (held.state, held.reason_subject) == ("held", "order:adopt_incomplete")
    assert "NetSuite lacks the customer deposit over 20.00 USD" in str(held.reason)
    assert world.transactions() == before


def test_the_proof_explains_the_money_of_a_paid_invoice(world: World) -> None:
    began(world)
    moment = (now() - timedelta(hours=30)).isoformat()
    order = rest_order(5001, created_at=moment, processed_at=moment, updated_at=moment)
    world.shop.put_order(order, [payment(order)])
    paid(world, invoiced(world, foreign(world, 5001)))
    imported(world, Span(now() - timedelta(days=3), now()))
    found = proved(world)
    assert set(places(found).values()) == {"written"}
    assert [one for one in found.differences if not one.cause.is_explained] == []
