"""A dry run and a ping know the orders of another connector."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows.ping.report import Probe, Status
from tests import factories
from tests.adopting import deposited, foreign, opened, standing
from tests.payloads import rest_order
from tests.pings import change, pinged, probe, unwritten_world
from tests.world import World

CUT_OVER = {"placed_before": "2026-11-21T00:00:00Z"}


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    with opened(database, redis_url, adoption=CUT_OVER | {"mark": True}) as made:
        yield made


def planned(run: Any) -> dict[str, Any]:
    """What `orders plan` says."""
    result = run("orders", "plan", "5001", "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_plan_says_which_documents_are_adopted_and_what_is_written_then(world: World, run: Any) -> None:
    world.sell(rest_order(5001))
    order_id = foreign(world, 5001)
    deposited(world, order_id)
    before = world.transactions()
    found = planned(run)
    (note,) = found["notes"]
    assert f"(internal id {order_id}) of another connector: it is adopted with the document made from it" in note
    assert note.endswith("and gets our external id")
    assert (found["effects"], found["open_question"]) == ([], None)
    assert (world.transactions(), standing(world, "sales_order")) == (before, [])


def test_a_plan_says_why_an_order_of_another_connector_would_be_held(world: World, run: Any) -> None:
    world.sell(rest_order(5001))
    foreign(world, 5001, rate=19.0)
    found = planned(run)
    assert "comes to 19" in found["open_question"]
    assert found["effects"] == []
    result = run("orders", "plan", "5001")
    assert "in step" not in result.stdout
    assert "comes to 19" in result.stderr


def test_a_plan_of_what_netsuite_does_not_have_says_what_is_made(world: World, run: Any) -> None:
    world.sell(rest_order(5001))
    assert [effect["kind"] for effect in planned(run)["effects"]][-2:] == ["sales_order", "customer_deposit"]


def test_a_ping_names_a_field_of_the_other_connector_that_is_not_there(database: Engine, redis_url: str) -> None:
    with unwritten_world(database, redis_url) as world:
        assert tables_of(world, "otherRefNum").status is Status.OK
        found = tables_of(world, "custbody_nobody_made")
        assert found.status is Status.FAILED
        assert "does not see transaction.custbody_nobody_made" in found.sentences[0]
        assert "Custom Body Fields (ADMI_CUSTBODYFIELD)" in found.sentences[0]
        assert "or correct rules.adoption.field" in found.sentences[0]


def test_a_ping_names_the_table_that_leads_from_document_to_document(database: Engine, redis_url: str) -> None:
    with unwritten_world(database, redis_url) as world:
        world.account.change({"denied_tables": ["nexttransactionlink"]})
        found = tables_of(world, "otherRefNum")
        assert found.status is Status.FAILED
        assert "does not see the table nexttransactionlink" in found.sentences[0]


def tables_of(world: World, field: str) -> Probe:
    """What ping says of the tables where that field is looked for."""
    change(world, rules=factories.rules_json(adoption={"field": field}))
    return probe(pinged(world), "NetSuite", "tables")
