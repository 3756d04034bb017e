"""/problems page by page, whatever comes and goes meanwhile; and each tab leads to its records."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.payloads import rest_order
from tests.visiting import Visitor
from tests.world import World

CAUSE = "/problems/us-store/not_mapped"
_INSERT = (
    "insert into records (connection_id, kind, shopify_id, name, state, reason_code, reason_subject, changed_at) "
    "select :c, 'order', (:from + n)::text, '#' || (:from + n), :state, 'not_mapped', 'sku:GHOST-' || lpad(n::text, 3, '0'), "
    "timestamptz '2026-01-01 00:00Z' + n * interval '1 second' from generate_series(1, :n) n"
)


def put(world: World, number: int, *, state: str = "held", begin: int = 10_000) -> None:
    """So many orders, each with a SKU of its own."""
    with world.engine.begin() as connection:
        connection.execute(text(_INSERT), {"c": world.connection.id, "n": number, "state": state, "from": begin})


def comes(world: World, subject: str, number: int) -> None:
    """An order comes to wait for it now."""
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "insert into records (connection_id, kind, shopify_id, state, reason_code, reason_subject) "
                "values (:c, 'order', :id, 'held', 'not_mapped', :subject)"
            ),
            {"c": world.connection.id, "id": str(number), "subject": subject},
        )


def rest(world: World) -> None:
    """Every record comes to rest, having been held by a pass."""
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "insert into attempts (record_id, worker, rules_version, outcome, calls, held_for) "
                "select id, 'test', 1, reason_code, '[]', reason_subject from records"
            )
        )
        connection.execute(text("update records set state = 'in_sync', reason_code = null, reason_subject = null"))


def walked(visitor: Visitor, query: str, between: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The subjects of every page; `between`: what happens after the first."""
    after: str | None = ""
    while after is not None:
        page = visitor.json(f"/problems?{query}&after={after}")
        yield from (row["subject"] for row in page["rows"])
        if after == "":
            between()
        after = page["after"]


@pytest.mark.parametrize(("tab", "state"), [("open", "held"), ("snoozed", "held"), ("retrying", "pending")])
def test_every_cause_is_reached_page_by_page(otto: Visitor, world: World, tab: str, state: str) -> None:
    put(world, 300, state=state)
    if tab == "snoozed":
        with world.engine.begin() as connection:
            connection.execute(
                text(
                    "insert into problem_care (connection_id, code, subject, snoozed_until, actor) select connection_id, "
                    "reason_code, reason_subject, now() + interval '1 day', 'otto' from records"
                )
            )
    assert list(walked(otto, f"tab={tab}")) == [f"sku:GHOST-{n:03}" for n in range(1, 301)]
    assert list(walked(otto, f"tab={tab}&store=us-store&reason=rejected")) == []
    assert 'rel="next"' in otto.get(f"/problems?tab={tab}").text


def test_every_resolved_cause_is_reached_page_by_page_the_newest_first(otto: Visitor, world: World) -> None:
    put(world, 120)
    rest(world)
    assert list(walked(otto, "tab=resolved")) == [f"sku:GHOST-{n:03}" for n in range(120, 0, -1)]


def test_who_reads_on_meets_each_cause_whatever_comes_and_goes_meanwhile(otto: Visitor, world: World) -> None:
    put(world, 120)

    def happens() -> None:
        # One of the last page grows to be the largest, one of the first goes, and a new one comes up.
        for number in range(1, 4):
            comes(world, "sku:GHOST-110", number)
        comes(world, "sku:NEW", 9)
        with world.engine.begin() as connection:
            connection.execute(text("update records set state = 'in_sync' where reason_subject = 'sku:GHOST-003'"))

    found = list(walked(otto, "tab=open", happens))
    assert found == [*(f"sku:GHOST-{n:03}" for n in range(1, 121)), "sku:NEW"]
    assert otto.json("/problems")["rows"][0]["subject"] == "sku:GHOST-110"


def test_a_resolved_cause_that_comes_up_again_is_not_lost_to_who_reads_on(otto: Visitor, world: World) -> None:
    put(world, 60)
    rest(world)

    def happens() -> None:
        with world.engine.begin() as connection:
            connection.execute(text("update records set changed_at = now() where name = '#10003'"))

    assert sorted(walked(otto, "tab=resolved", happens)) == [f"sku:GHOST-{n:03}" for n in range(1, 61)]


@pytest.mark.parametrize("key", ["WyJ4Il0", "bm90aGluZw"])
def test_a_forged_place_is_refused(otto: Visitor, key: str) -> None:
    assert otto.get(f"/problems?after={key}").status_code == 400


def test_what_is_tried_again_leads_to_its_orders(otto: Visitor, world: World) -> None:
    put(world, 2)
    put(world, 1, state="pending", begin=20_000)
    put(world, 60, state="pending", begin=30_000)
    (link,) = {href for href in rows(otto, "/problems?tab=retrying") if "GHOST-001" in href}
    shown = otto.json(link)
    assert (shown["tab"], shown["problem"]["count"]) == ("retrying", 2)
    assert [row["name"] for row in shown["waiting"]["rows"]] == ["#30001", "#20001"]
    assert shown["waiting"]["rows"][0]["next_at"] is not None
    assert shown["gaps"] == []
    assert rows(otto, link) == ["/orders/%2330001?store=us-store", "/orders/%2320001?store=us-store"]
    page = otto.reads(link)
    assert "Next try" in page
    assert "Try all again" not in page


def test_what_is_tried_again_is_read_page_by_page(otto: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(_INSERT.replace("lpad(n::text, 3, '0')", "'X'")),
            {"c": world.connection.id, "n": 60, "state": "working", "from": 100},
        )
    first = otto.json(f"{CAUSE}?subject=sku:GHOST-X&tab=retrying")["waiting"]
    second = otto.json(f"{CAUSE}?subject=sku:GHOST-X&tab=retrying&after={first['after']}")["waiting"]
    names = [row["name"] for page in (first, second) for row in page["rows"]]
    assert (names, second["after"]) == ([f"#{n}" for n in range(160, 100, -1)], None)


def test_what_is_resolved_leads_to_its_orders(otto: Visitor, world: World) -> None:
    held = world.sell(rest_order(5001, sku="GHOST-1"))
    world.work(held)
    other = world.sell(rest_order(5002, sku="GHOST-1"))
    world.work(other)
    settle(world, held)
    (link,) = rows(otto, "/problems?tab=resolved")
    shown = otto.json(link)
    assert (shown["tab"], shown["problem"]["count"]) == ("resolved", 1)
    assert [(row["name"], row["state"]) for row in shown["waiting"]["rows"]] == [("#1001", "in_sync")]
    assert rows(otto, link) == ["/orders/%231001?store=us-store"]
    assert "At rest since" in otto.reads(link)
    assert [row["name"] for row in otto.json(f"{CAUSE}?subject=sku:GHOST-1")["waiting"]["rows"]] == ["#1002"]


def test_a_tab_of_a_cause_with_nothing_in_it_says_so(otto: Visitor) -> None:
    assert "Nothing of this is tried again" in otto.reads(f"{CAUSE}?subject=sku:NONE&tab=retrying")
    assert "Nothing of this has come to rest" in otto.reads(f"{CAUSE}?subject=sku:NONE&tab=resolved")
    assert otto.get(f"{CAUSE}?subject=sku:NONE&tab=nonsense").status_code == 400


def settle(world: World, record_id: int) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text("update records set state = 'in_sync', reason_code = null, reason_subject = null where id = :id"),
            {"id": record_id},
        )


def rows(visitor: Visitor, path: str) -> list[Any]:
    """Where the rows of a page lead: what `j`, `k` and Enter go through."""
    return [href.replace("&amp;", "&") for href in re.findall(r'<a data-row href="([^"]*)"', visitor.get(path).text)]
