"""/: the parts, the orders, the flows, the budgets and the causes; and the first steps of a new installation."""

from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis
from sqlalchemy import func, select, update

from connector.flows import scheduled
from connector.flows.throughput import count_passes
from connector.store import cursors, throughput
from connector.store.mirror_tables import scheduled_runs
from connector.store.tables import records
from tests.hearing import heard
from tests.integration.console.test_console_orders import sold
from tests.visiting import Visitor
from tests.world import World


def figures(visitor: Visitor) -> dict[str, Any]:
    return {figure["name"]: figure for figure in visitor.json("/overview")["figures"]}


def words_of(visitor: Visitor) -> dict[str, str]:
    return {part["name"]: part["word"] for part in visitor.json("/overview")["parts"]}


def test_a_new_installation_shows_its_first_steps(otto: Visitor, stranger: Visitor) -> None:
    steps = {step["title"]: step["is_done"] for step in otto.json("/overview")["steps"]}
    assert list(steps) == ["NetSuite", "Shopify", "Webhooks", "Mapping", "First order"]
    assert steps["NetSuite"]
    assert not steps["First order"]
    assert "First steps" in otto.reads("/")
    assert "/webhooks/shopify/" not in otto.get("/").text
    assert not any(step["is_done"] for step in stranger.json("/overview")["steps"])


def test_an_admin_is_shown_the_address_for_shopify(ada: Visitor, world: World) -> None:
    assert f"https://hooks.example.com/webhooks/shopify/{world.connection.key}" in ada.reads("/")


def test_the_figures_lead_to_the_orders_they_count(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="GHOST")
    sold(world, 5004, sku="PHANTOM", quantity=3)
    world.announce(5003)
    found = figures(otto)
    assert {name: figure["count"] for name, figure in found.items()} == {
        "came into step today": 1, "came today, in sync": 1, "in progress": 1, "need attention": 2, "open in all": 3,
    }  # fmt: skip
    assert found["need attention"]["money"] == [{"amount": "80.00", "currency": "USD"}]
    for figure in found.values():
        assert len(otto.json(figure["list"])["orders"]["rows"]) == figure["count"]
    causes = otto.json("/overview")["causes"]
    assert {cause["reason_subject"] for cause in causes} == {"sku:GHOST", "sku:PHANTOM"}
    for cause in causes:
        assert len(otto.json(cause["list"])["orders"]["rows"]) == cause["count"] == 1
    page = otto.reads("/")
    assert "GHOST" in page
    assert all(cause["title"] in page for cause in causes)


def test_an_order_of_yesterday_that_came_into_step_today_counts_and_is_listed(otto: Visitor, world: World) -> None:
    """Beside one that came today, and one that came into step yesterday; a change that is not in step takes it out."""
    released, sold_before, _ = sold(world, 5001, sku="GHOST"), sold(world, 5002), sold(world, 5003)
    day = timedelta(days=1)
    with world.engine.begin() as connection:
        moments = {name: records.c[name] - day for name in ("created_at", "open_since", "in_step_at")}
        connection.execute(update(records).where(records.c.id.in_([released, sold_before])).values(moments))
        connection.execute(update(records).where(records.c.id == released).values(state="in_sync"))
        connection.execute(update(records).where(records.c.id == released).values(in_step_at=func.now()))
    found = figures(otto)["came into step today"]
    listed = otto.json(found["list"])["orders"]["rows"]
    assert found["count"] == 2
    assert {row["shopify_id"] for row in listed} == {"5001", "5003"}
    assert [row["shopify_id"] for row in otto.json(found["list"] + "&q=5003")["orders"]["rows"]] == ["5003"]
    assert otto.json(found["list"] + "&q=5002")["orders"]["rows"] == []
    assert otto.json(found["list"] + "&state=held")["orders"]["rows"] == []
    assert otto.get(found["list"].replace("/orders", "/orders.csv")).text.count("\n") == 3
    took = otto.json("/overview")["took"]
    assert took["count"] == 2
    assert 86_400 <= took["p95"] < 86_500
    assert took["p50"] < 600
    assert "2 orders came into step: half within" in otto.reads("/")
    world.announce(5003)
    assert figures(otto)["came into step today"]["count"] == 1


def test_a_pass_says_when_an_order_came_into_step(world: World) -> None:
    held, fine = sold(world, 5001, sku="GHOST"), sold(world, 5002)
    with world.engine.begin() as connection:
        at = {row.id: row.in_step_at for row in connection.execute(select(records.c.id, records.c.in_step_at))}
    assert at[held] is None
    assert at[fine] is not None
    assert datetime.now(UTC) - at[fine] < timedelta(minutes=1)


def test_runs_over_stock_stand_among_the_flows(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    ended = datetime.now(UTC) - timedelta(hours=1)
    runs = [("inventory.poll", 2, "done"), ("inventory.poll", 200, "failed"), ("inventory.push", 5, "done")]
    for number, (name, seconds, outcome) in enumerate([*runs, ("items.poll", 1, "done")]):
        with world.engine.begin() as connection:
            connection.execute(
                scheduled_runs.insert().values(
                    connection_id=world.connection.id, name=name, slot=number, outcome=outcome, lease_until=ended,
                    started_at=ended - timedelta(seconds=seconds), finished_at=ended,
                )
            )  # fmt: skip
    found = {flow["name"]: flow for flow in otto.json("/overview")["flows"]}
    assert list(found) == ["Stock from NetSuite", "Stock to the shop"]
    poll = found["Stock from NetSuite"]
    assert (poll["of"], poll["passes"], poll["in_sync"], poll["p50"], poll["p95"]) == ("runs", 2, 1, 2, 200)
    assert [hour["p95"] for hour in poll["hours"] if hour["passes"]] == [200]
    page = otto.reads("/")
    assert "2 runs, 1 ended well; half took at most 2.0 s" in page
    assert "19 of 20 at most 3 min" in page


def test_the_flows_of_a_day_are_counted_once_a_minute(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    sold(world, 5002, sku="GHOST")
    now = datetime.now(UTC)
    assert count_passes(world.engine, now=now)
    assert not count_passes(world.engine, now=now)
    sold(world, 5003)
    assert count_passes(world.engine, now=now + timedelta(minutes=1))
    (flow,) = otto.json("/overview")["flows"]
    assert flow["of"] == "passes"
    assert (flow["name"], flow["passes"], flow["in_sync"]) == ("Orders to NetSuite", 3, 2)
    assert 0 < flow["p50"] <= flow["p95"]
    assert sum(hour["passes"] for hour in flow["hours"]) == 3
    assert "3 passes" in otto.reads("/")


def test_a_percentile_of_many_hours_is_right_to_a_tenth() -> None:
    passes = throughput.Passes()
    for bucket in range(1, 41):
        passes.add(bucket, 10, 10)
    assert passes.percentile(0.5) is not None
    assert abs(passes.percentile(0.5) / 0.8 - 1) < 0.15  # type: ignore[operator]  # it is not None
    assert throughput.Passes().percentile(0.5) is None


def test_the_parts_say_how_they_are(otto: Visitor, world: World) -> None:
    assert words_of(otto) == {
        "Shopify": "works", "NetSuite": "works", "Webhooks": "silent", "Postgres": "works", "Redis": "works",
        "Workers": "not started", "The way through": "not tried", "Beat": "not started",
    }  # fmt: skip
    heard(world, "orders/create", {"id": 5001, "name": "#1001"})
    scheduled.heard_of_beat(world.engine)
    with world.engine.begin() as connection:
        cursors.beat(connection, "sweeper")
    found = words_of(otto)
    assert (found["Webhooks"], found["Workers"], found["Beat"]) == ("come in", "work", "work")


def test_the_page_stands_while_redis_is_away(otto: Visitor, world: World) -> None:
    away = Redis(port=1, socket_connect_timeout=0.2)
    world.runtime.redis, there = away, world.runtime.redis
    page = otto.json("/overview")
    world.runtime.redis = there
    assert {part["name"]: part["word"] for part in page["parts"]}["Redis"] == "away"
    assert [budget["used"] for budget in page["budgets"]] == [None, None]


def test_budgets_are_what_redis_knows(otto: Visitor, world: World) -> None:
    sold(world, 5001)
    shop, account = otto.json("/overview")["budgets"]
    assert (shop["system"], account["system"], account["used"], account["most"]) == ("Shopify", "NetSuite", 0, 5)
    assert 0 <= shop["used"] < shop["most"]


def test_a_stranger_sees_nothing_of_it(stranger: Visitor, world: World) -> None:
    sold(world, 5001)
    count_passes(world.engine, now=datetime.now(UTC))
    page = stranger.json("/overview")
    assert (page["causes"], page["flows"], page["budgets"]) == ([], [], [])
    assert {figure["count"] for figure in page["figures"]} == {0}
