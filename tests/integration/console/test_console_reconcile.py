"""/reconcile: what the last proof said of both sides' money, and a proof that is asked for."""

import csv
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text, update

from connector.flows.reconciling import reconcile
from connector.sandbox.netsuite.accountant import act
from connector.store import operator_actions, proofs
from connector.store.connection_tables import connections
from tests import factories
from tests.clock import now
from tests.payloads import payment, rest_order
from tests.visiting import Visitor
from tests.world import World

US = {"store": "us-store"}
PAGES = ("/reconcile", "/reconcile.csv", "/reconcile-differences.csv")


@pytest.fixture
def world(world: World) -> World:
    """A connection of two months with two orders that are in step."""
    with world.engine.begin() as connection:
        connection.execute(update(connections).values(created_at=now() - timedelta(days=60)))
    for number in (5001, 5002):
        world.work(world.sell(order_of(number)))
    return world


def order_of(number: int, **changes: Any) -> dict[str, Any]:
    """An order of yesterday."""
    moment = (now() - timedelta(hours=30)).isoformat()
    return rest_order(number, created_at=moment, processed_at=moment, updated_at=moment, **changes)


def proved(world: World) -> None:
    """The nightly run."""
    reconcile(world.runtime.open_systems(world.connection.id), world.runtime, lambda _: None)


def delete_deposit(world: World) -> None:
    """An accountant deletes the deposit of #1002."""
    key = f"SHOPIFY-{factories.SHOP_ID}-TXN-85002"
    deposit = next(one for one in world.transactions() if one["external_id"] == key)
    act(world.account, {"act": "delete", "record": deposit["id"], "type": "customerDeposit"})


def test_without_a_proof_the_page_says_when_one_comes(otto: Visitor) -> None:
    assert otto.json("/reconcile")["proof"] is None
    assert "The first proof is made this night" in otto.reads("/reconcile")
    assert otto.get("/reconcile.csv").status_code == 404


def test_the_nightly_proof_is_kept_and_shown(otto: Visitor, world: World) -> None:
    proved(world)
    page = otto.json("/reconcile")
    assert (page["proof"]["explained"], page["proof"]["orders"], page["places"]["written"]) == (True, 2, 2)
    (total,) = page["totals"]
    assert total["shopify"] == total["netsuite"]
    assert total["difference"] == "0.00"
    assert "every order and every cent has its cause" in otto.reads("/reconcile")


def test_yen_have_no_cents(otto: Visitor, world: World) -> None:
    world.work(world.sell(order_of(5003, currency="JPY", presentment_currency="JPY", price="1200")))
    proved(world)
    page = otto.reads("/reconcile")
    assert "JPY shopify_payments 1,200 0 1,200 1,200 0 1,200 equal" in page
    assert "USD shopify_payments 40.00 0.00 40.00 40.00 0.00 40.00 equal" in page


def test_a_difference_has_its_cause_and_its_order(otto: Visitor, world: World) -> None:
    delete_deposit(world)
    proved(world)
    page = otto.json("/reconcile")
    (one,) = page["differences"]
    assert (one["name"], one["netsuite"]) == ("#1002", None)
    (cause,) = page["causes"]
    assert cause == {"cause": one["cause"], "count": 1, "explained": one["explained"]}
    assert len(otto.json(f"/reconcile?cause={one['cause']}")["differences"]) == 1
    assert otto.json("/reconcile?cause=another")["differences"] == []
    rows = list(csv.DictReader(otto.get("/reconcile-differences.csv").text.splitlines()))
    assert [(row["name"], row["cause"]) for row in rows] == [("#1002", one["cause"])]


def test_an_order_that_nobody_knows_is_named(otto: Visitor, world: World) -> None:
    order = order_of(5003)
    world.shop.put_order(order, [payment(order)])
    proved(world)
    page = otto.json("/reconcile")
    assert not page["proof"]["explained"]
    assert "#1003" in {one["name"] for one in page["findings"]}
    assert "What nobody can explain" in otto.reads("/reconcile")


def test_the_file_has_each_day_with_both_sides(otto: Visitor, world: World) -> None:
    proved(world)
    (row,) = csv.DictReader(otto.get("/reconcile.csv").text.splitlines())
    assert row["shopify_captured"] == row["netsuite_captured"]
    assert (row["currency"], row["difference"]) == ("USD", "0.00")


def test_days_inside_a_kept_proof_are_shown_and_others_are_offered(otto: Visitor, world: World) -> None:
    proved(world)
    today = now().date()
    # The order is of one of the two days before, whatever the hour and the shop's zone.
    inside = f"/reconcile?since={today - timedelta(days=6)}&until={today - timedelta(days=5)}"
    page = otto.json(inside)
    assert page["proof"] is not None
    assert page["days"] == []
    outside = f"/reconcile?since={today - timedelta(days=50)}&until={today - timedelta(days=45)}"
    assert otto.json(outside)["proof"] is None
    assert "No proof covers these days" in otto.reads(outside)


def test_a_proof_is_asked_for_and_made_by_the_job(otto: Visitor, world: World) -> None:
    days = {"since": str(now().date() - timedelta(days=50)), "until": str(now().date() - timedelta(days=45))}
    said = otto.does("/reconcile", **US, **days)
    assert f"A proof of {days['since']} to {days['until']} was asked for by otto" in said
    assert otto.woken.runs == [(world.connection.id, "orders.reconcile")]
    proved(world)
    head = otto.json(f"/reconcile?since={days['since']}&until={days['until']}")["proof"]
    assert (head["since"], head["until"], head["asked_by"]) == (days["since"], days["until"], "otto")
    assert otto.json("/reconcile")["wanted"] == []
    with world.engine.begin() as connection:
        acts = [one.action for one in operator_actions.of_connection(connection, world.connection.id)]
    assert "proof asked" in acts


def test_a_page_that_waits_is_told_of_a_newer_proof(otto: Visitor, stranger: Visitor, world: World) -> None:
    assert otto.reads("/reconcile/news?store=us-store") == ""
    proved(world)
    assert "A newer proof" in otto.reads("/reconcile/news?store=us-store")
    shown = quote(otto.json("/reconcile")["proof"]["made_at"])
    assert otto.reads(f"/reconcile/news?store=us-store&made_at={shown}") == ""
    assert stranger.get("/reconcile/news?store=us-store").status_code == 404


@pytest.mark.parametrize("days", [{"since": "2026-03-02", "until": "2026-03-01"}, {"until": "2026-03-01"}])
def test_days_that_cannot_be_are_refused(otto: Visitor, days: dict[str, str]) -> None:
    assert otto.presses("/reconcile", **US, **days).status_code == 400
    assert otto.woken.runs == []


def test_only_the_newest_proofs_are_kept(world: World) -> None:
    days = proofs.Days(now().date(), now().date())
    with world.engine.begin() as connection:
        for number in range(proofs.KEPT + 2):
            proofs.keep(connection, world.connection.id, days, {"explained": True, "number": number})
        kept = connection.execute(text("select document ->> 'number' from proofs order by id")).scalars().all()
    assert kept == [str(number) for number in range(2, proofs.KEPT + 2)]


def test_a_viewer_sees_no_button_and_may_not_press_one(vera: Visitor) -> None:
    assert "Prove now" not in vera.reads("/reconcile")
    assert vera.presses("/reconcile", **US).status_code == 403


def test_a_store_of_others_is_not_there(stranger: Visitor, world: World) -> None:
    proved(world)
    for path in PAGES:
        assert path == "/reconcile" or stranger.get(path).status_code == 404
        assert stranger.get(f"{path}?store=us-store").status_code == 404
    assert stranger.presses("/reconcile", **US).status_code == 404
