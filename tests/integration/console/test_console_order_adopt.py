"""/orders/<name>/adopt: which document of another connector an order is."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from connector.store import operator_actions
from tests.adopting import deposited, foreign, opened, standing
from tests.integration.test_history import imported, placed
from tests.visiting import Visitor, opened_console
from tests.world import World

ADOPT = "/orders/1001/adopt"


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """An account with the field of another connector."""
    with opened(database, redis_url) as made:
        yield made


@pytest.fixture
def otto(world: World) -> Iterator[Visitor]:
    """An operator at the console over it."""
    with opened_console(world) as visitor:
        yield visitor


def held(world: World) -> tuple[str, str]:
    """An order with two documents, the first over another sum; their internal ids."""
    placed(world, 5001)
    found = foreign(world, 5001, rate=19.0), foreign(world, 5001)
    imported(world)
    assert world.record(5001).reason_subject == "order:adopt_candidates"
    return found


def test_documents_are_shown_with_what_differs_and_one_is_adopted(otto: Visitor, world: World) -> None:
    other, equal = held(world)
    deposit_id = deposited(world, equal)
    page = otto.json(ADOPT)
    assert [(one["id"], one["currency"], one["differs"]) for one in page["candidates"]] == [
        (other, "USD", "it comes to 19, Shopify's order to 20.00 USD"), (equal, "USD", None),
    ]  # fmt: skip
    assert "Say which document it is" in otto.reads("/orders/1001")
    assert "equal" in otto.reads(ADOPT)
    before = world.transactions()
    assert "adopts it within seconds" in otto.does(ADOPT, document=equal, because="the other one is a copy")
    (record_id,) = otto.woken.records
    world.work(record_id)
    assert world.record(5001).state == "in_sync"
    assert (standing(world, "sales_order"), standing(world, "customer_deposit")) == ([equal], [deposit_id])
    assert world.transactions() == before
    with world.engine.begin() as connection:
        action = operator_actions.of_connection(connection, world.connection.id)[-1]
    assert (action.actor, action.action, action.details["document"]) == ("otto", "order adopted", equal)
    assert "It stands in NetSuite already" in otto.reads(ADOPT)
    assert otto.presses(ADOPT, document=equal, because="again").status_code == 400


def test_only_a_document_that_may_be_the_order_is_adopted_and_only_with_a_reason(otto: Visitor, world: World) -> None:
    _, equal = held(world)
    placed(world, 5002)
    of_another = foreign(world, 5002)
    assert otto.calls(ADOPT, {"document": of_another, "because": "why"}).status_code == 400
    assert otto.calls(ADOPT, {"document": equal}).status_code == 400
    assert otto.woken.records == []


def test_others_and_viewers_adopt_nothing(otto: Visitor, world: World) -> None:
    _, equal = held(world)
    form = {"document": equal, "because": "why"}
    assert replace(otto, name="vera").presses(ADOPT, **form).status_code == 403
    assert replace(otto, name="stranger").presses(ADOPT, **form).status_code == 404
    assert replace(otto, name="stranger").get(ADOPT).status_code == 404
    assert world.record(5001).state == "held"
