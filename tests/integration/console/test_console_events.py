"""/events: the audit log of deliveries, one delivery whole, and what is replayed."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from connector.store import connections, operator_actions
from tests import factories, visiting
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.visiting import Visitor
from tests.world import World, new_connection


def sold(world: World, number: int, **changes: Any) -> int:
    """An order is placed, heard of and worked on; its record."""
    order = rest_order(number, **changes)
    world.shop.put_order(order, [payment(order)])
    (record_id,) = heard(world, "orders/create", order, event_id=f"e-{number}").record_ids
    world.work(record_id)
    return int(record_id)


@pytest.fixture
def heard_of(world: World) -> None:
    """One order in step that was told of three times, and one that is held."""
    sold(world, 5001)
    heard(world, "orders/create", rest_order(5001), event_id="e-5001")
    heard(world, "orders/paid", rest_order(5001), event_id="e-other")
    world.work(world.record(5001).id)
    sold(world, 5002, sku="GHOST-1")


def rows(visitor: Visitor, query: str = "") -> list[Any]:
    found: list[Any] = visitor.json(f"/events{query}")["events"]["rows"]
    return found


def acts(world: World) -> list[Any]:
    with world.engine.begin() as connection:
        return operator_actions.of_connection(connection, world.connection.id)


@pytest.mark.usefixtures("heard_of")
def test_deliveries_are_listed_with_what_they_led_to_and_what_they_repeat(otto: Visitor) -> None:
    newest, paid, again, first = rows(otto)
    assert (newest["record"], newest["state"], newest["reason"]) == ("#1002", "held", "not_mapped")
    assert newest["path"] == "/orders/%231002?store=us-store"
    assert (first["state"], first["duplicate_of"], first["delay_seconds"]) == (
        "in_sync",
        None,
        pytest.approx(3.0, abs=0.5),
    )
    assert again["duplicate_of"] == first["id"]
    assert paid["duplicate_of"] == first["id"]  # the same bytes about the same order
    page = otto.reads("/events")
    assert "orders/paid" in page
    assert "Not mapped" in page


@pytest.mark.usefixtures("heard_of")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?topic=orders/paid", 1),
        ("?state=held", 1),
        ("?reason=not_mapped", 1),
        ("?sku=GHOST-1", 1),
        ("?sku=GHOST-2", 0),
        (f"?order={quote('#1001')}", 3),
        ("?store=us-store", 4),
        ("?delivery=nothing", 0),
        ("?since=2099-01-01T00:00", 0),
        ("?until=2099-01-01T00:00", 4),
    ],
)
def test_the_log_is_narrowed_by_its_address(otto: Visitor, query: str, count: int) -> None:
    assert len(rows(otto, query)) == count


@pytest.mark.usefixtures("heard_of")
def test_a_delivery_is_found_by_its_id(otto: Visitor) -> None:
    wanted = rows(otto)[2]
    assert [row["id"] for row in rows(otto, f"?delivery={wanted['delivery_id']}")] == [wanted["id"]]


def test_the_log_is_paged_and_says_how_many_are_new(otto: Visitor, world: World) -> None:
    for number in range(60):
        heard(world, "orders/create", rest_order(6000 + number))
    first = otto.json("/events")["events"]
    second = otto.json(f"/events?after={first['after']}")["events"]
    ids = [row["id"] for row in first["rows"] + second["rows"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 60
    assert otto.get(f"/events/news?newest={ids[0]}").text.strip() == ""
    assert "58 new" in otto.get(f"/events/news?newest={ids[58]}").text
    assert "/events?topic=orders/paid" not in otto.get(f"/events/news?newest={ids[58]}").text


@pytest.mark.usefixtures("heard_of")
def test_a_delivery_is_shown_without_its_people_and_revealing_is_written_down(otto: Visitor, world: World) -> None:
    first = rows(otto)[-1]["id"]
    page = otto.reads(f"/events/{first}")
    assert "verified" in page
    assert "X-Shopify-Topic" in page
    assert "ada@example.com" not in page
    assert acts(world) == []
    whole = otto.json(f"/events/{first}")
    assert len(whole["same_as"]) == 2
    assert "ada@example.com" in otto.reads(f"/events/{first}/revealed")
    (act,) = acts(world)
    assert (act.actor, act.action, act.details["event"]) == ("otto", "delivery revealed", first)


@pytest.mark.usefixtures("heard_of")
def test_what_is_too_old_to_be_kept_says_so(otto: Visitor, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("update events set body = null, headers = '{}'"))
    assert "No longer kept" in otto.reads(f"/events/{rows(otto)[0]['id']}")


@pytest.mark.usefixtures("heard_of")
def test_a_replay_is_seen_beforehand_wants_a_reason_and_becomes_a_job(otto: Visitor, world: World) -> None:
    world.account.tables.put("item", {"id": "820", "itemid": "GHOST-1", "itemtype": "InvtPart", "isinactive": "F"})
    seen = otto.json("/events/replay?sku=GHOST-1")
    assert (seen["deliveries"], seen["records"], seen["repeats"], seen["refused"]) == (1, 1, 0, None)
    assert seen["samples"][0]["requests"][-1]["request"].startswith("POST")
    assert seen["estimate"]["writes"] > 0
    page = otto.reads("/events/replay?sku=GHOST-1")
    assert "SANDBOX" in page
    assert world.record(5002).state == "held"
    assert otto.presses("/events/replay", sku="GHOST-1").status_code == 400
    job = otto.does("/events/replay", sku="GHOST-1", because="the item is there")
    assert "is running" in job
    assert "the item is there" in job
    started = acts(world)[-1]
    assert (started.actor, started.action, started.details["because"]) == (
        "otto",
        "replay started",
        "the item is there",
    )


@pytest.mark.usefixtures("heard_of")
def test_the_chosen_deliveries_are_replayed(otto: Visitor) -> None:
    first, again, newest = rows(otto)[3]["id"], rows(otto)[2]["id"], rows(otto)[0]["id"]
    seen = otto.json(f"/events/replay?ids={first}&ids={again}&ids={newest}")
    assert (seen["deliveries"], seen["records"], seen["repeats"]) == (3, 2, 1)
    page = otto.get(f"/events/replay?ids={first}&ids={again}&ids={newest}").text
    fields = re.findall(r'type="hidden" name="ids" value="(\d+)"', page)
    assert fields == [str(first), str(again), str(newest)]
    otto.does("/events/replay", ids=fields, because="drill")
    assert otto.json("/jobs")["jobs"]["rows"][0]["total"] == 2


@pytest.mark.usefixtures("heard_of")
def test_the_whole_log_is_not_replayed_by_a_slip(otto: Visitor) -> None:
    assert "not replayed at once" in otto.reads("/events/replay?store=us-store")
    assert otto.presses("/events/replay", because="all").status_code == 400


@pytest.mark.usefixtures("heard_of")
def test_a_replay_asks_for_the_password_again(otto: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = replace(visiting.PEOPLE["otto"], password_at=datetime.now(UTC) - timedelta(hours=1))
    monkeypatch.setitem(visiting.PEOPLE, "otto", long_ago)
    response = otto.presses("/events/replay", sku="GHOST-1", because="x")
    assert response.status_code == 303
    assert response.location.startswith("/sign-in/password")
    assert otto.json("/jobs")["jobs"]["rows"] == []


def test_a_first_run_shows_the_address_to_paste_and_the_state_of_its_secret(otto: Visitor, world: World) -> None:
    page = otto.get("/events").text
    url = f"https://hooks.example.com/webhooks/shopify/{world.connection.key}"
    assert f'data-copy="{url}"' in page
    assert "secret is set" in page
    assert otto.json("/events")["hooks"][0]["secret_count"] == 1
    assert "No delivery fits" in otto.reads("/events?topic=orders/paid")


@pytest.mark.usefixtures("heard_of")
def test_a_viewer_replays_and_reveals_nothing(vera: Visitor) -> None:
    first = rows(vera)[-1]["id"]
    assert "Replay" not in vera.reads("/events")
    assert vera.get(f"/events/{first}").status_code == 200
    assert vera.get(f"/events/{first}/revealed").status_code == 403
    assert vera.presses("/events/replay", ids=[first], because="x").status_code == 403


@pytest.mark.usefixtures("heard_of")
def test_deliveries_of_others_are_not_there(
    otto: Visitor, stranger: Visitor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = replace(visiting.PEOPLE["stranger"], password_at=datetime.now(UTC))
    monkeypatch.setitem(visiting.PEOPLE, "stranger", known)
    first = rows(otto)[-1]["id"]
    assert rows(stranger) == []
    assert stranger.get("/events?store=us-store").status_code == 404
    assert stranger.get(f"/events/news?newest={first - 1}").text.strip() == ""
    assert stranger.get(f"/events/{first}").status_code == 404
    assert stranger.get(f"/events/{first}/revealed").status_code == 404
    assert stranger.json(f"/events/replay?ids={first}")["records"] == 0
    assert stranger.presses("/events/replay", ids=[first], because="x").status_code == 400
    assert acts(world) == []


@pytest.mark.usefixtures("heard_of")
def test_who_sees_one_store_of_two_replays_nothing_of_the_other(
    otto: Visitor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(), name="eu-store")
    with world.engine.begin() as connection:
        other = connections.add(connection, new, world.runtime.vault)
    here, world.connection = world.connection, other
    heard(world, "orders/create", rest_order(5001))
    world.connection = here
    assert "choose one of them" in otto.json("/events/replay?topic=orders/create")["refused"]
    assert len(rows(otto)) == 5
    monkeypatch.setitem(visiting.PEOPLE, "otto", replace(visiting.PEOPLE["otto"], connection_ids=(here.id,)))
    assert {row["store"] for row in rows(otto)} == {"us-store"}
    assert otto.json("/events/replay?topic=orders/create")["records"] == 2
