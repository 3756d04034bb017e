"""/connections: how each stands, what is tested, and what is done to it."""

import pytest

from connector.flows.webhook_test import TOPIC, send_test
from connector.store import connections, event_list, halts, operator_actions
from connector.store.credentials import NewCredential
from connector.store.event_list import EventFilter
from connector.store.halts import Halt
from tests.clock import now
from tests.office import Office
from tests.visiting import Visitor
from tests.world import CLIENT, World, app_of, with_login

ONE = "/connections/us-store"


def test_a_card_names_state_environment_and_both_sides(otto: Visitor) -> None:
    page = otto.reads("/connections")
    assert "us-store SANDBOX working" in page
    assert "demo-store.myshopify.com" in page
    assert "1234567_SB1" in page
    assert [row["state"] for row in otto.json("/connections")["rows"]] == ["working"]


def test_a_halted_connection_says_why_and_when_it_is_looked_at_again(otto: Visitor, world: World) -> None:
    with world.engine.begin() as database:
        revision = connections.by_id(database, world.connection.id).revision
        halts.impose(
            database,
            world.connection.id,
            Halt("unauthorized", "the token is refused", 60),
            revision=revision,
            now=now(),
        )
    card = otto.json("/connections")["rows"][0]
    assert (card["state"], card["because"]) == ("halted", "the token is refused")
    assert "Looked at again" in otto.reads("/connections")


def test_one_connection_shows_its_addresses_and_no_secret(otto: Visitor, world: World) -> None:
    page = otto.get(ONE).text
    assert f"https://hooks.example.com/webhooks/shopify/{world.connection.key}" in page
    assert f"https://hooks.example.com/webhooks/netsuite/{world.connection.key}" in page
    for secret in ("shpat_sandbox", "hush-new", "PRIVATE KEY"):
        assert secret not in page
    assert "orders/create" in [topic["topic"] for topic in otto.json(ONE)["topics"]]


def test_pausing_asks_for_a_reason_and_keeps_it(otto: Visitor, world: World) -> None:
    refused = otto.presses(f"{ONE}/pause", because=" ")
    assert (refused.status_code, "say why" in refused.text) == (400, True)
    assert "us-store is paused" in otto.does(f"{ONE}/pause", because="stock take")
    assert otto.json(ONE)["card"]["state"] == "paused"
    assert otto.json(ONE)["card"]["because"] == "stock take"
    assert "goes on" in otto.does(f"{ONE}/resume", because="done counting")
    with world.engine.begin() as database:
        acts = [(act.actor, act.action, act.details) for act in operator_actions.of_connection(database, 1)]
    assert ("otto", "paused", {"because": "stock take"}) in acts
    assert ("otto", "resumed", {"because": "done counting"}) in acts


def test_a_ping_is_a_page_with_every_probe(otto: Visitor) -> None:
    page = otto.json(f"{ONE}/ping")
    assert page["verdict"] in ("ready", "ready with warnings")
    assert {side["side"] for side in page["sides"]} == {"connection", "Shopify", "NetSuite"}
    assert "nothing was written" in otto.reads(f"{ONE}/ping")


def test_a_ping_says_what_to_change(otto: Visitor, world: World) -> None:
    world.shop.config.scopes = ["read_orders"]
    page = otto.reads(f"{ONE}/ping")
    assert "not ready" in page
    assert "the scope read_customers is missing" in page


def test_webhooks_are_compared_and_made(ada: Visitor, world: World) -> None:
    assert "missing" in ada.reads(f"{ONE}/webhooks")
    assert "24 of 24 topics come here" in ada.does(f"{ONE}/webhooks")
    assert {one["state"] for one in ada.json(f"{ONE}/webhooks")["topics"]} == {"ok"}
    assert ada.json(ONE)["topics"][0]["seen_at"] is not None


def test_a_shop_that_does_not_answer_is_said_on_the_page(ada: Visitor, world: World) -> None:
    world.shop.config.access_token = "shpat_rotated"
    assert "The shop could not be asked" in ada.reads(f"{ONE}/webhooks")


def test_a_test_delivery_is_signed_and_kept(office: Office, world: World, otto: Visitor) -> None:
    url = f"{office.url}/webhooks/shopify/{world.connection.key}"
    delivery = send_test(world.runtime, world.connection, url, now=now())
    with world.engine.begin() as database:
        kept = event_list.found_events(database, EventFilter(topic=TOPIC), limit=5)
    assert [event.delivery_id for event in kept] == [delivery]
    assert kept[0].record_kind is None
    assert otto.json(ONE)["card"]["last_delivery_at"] is not None
    assert "last delivery seen" in otto.reads(f"{ONE}/arrival")


def test_a_pair_is_approved_only_as_it_was_shown(ada: Visitor, world: World) -> None:
    with world.engine.begin() as database:
        connections.withdraw_approval(database, world.connection.id)
    shown = ada.json(f"{ONE}/approve")
    form = {"shop": shown["shop"], "shop_id": shown["shop_id"], "account": shown["account"], "because": "moved"}
    assert ada.presses(f"{ONE}/approve", **{**form, "account": "7654321"}).status_code == 409
    assert ada.json(ONE)["approved"] is None
    assert "writes to demo-store.myshopify.com and 1234567_SB1" in ada.does(f"{ONE}/approve", **form)
    assert ada.json(ONE)["approved"]["account"] == "1234567_SB1"


def test_a_connection_is_removed_when_its_name_is_typed(ada: Visitor) -> None:
    refused = ada.presses(f"{ONE}/remove", typed="eu-store", because="closed")
    assert (refused.status_code, "type us-store; nothing was changed" in refused.text) == (400, True)
    assert "us-store is removed" in ada.does(f"{ONE}/remove", typed="us-store", because="closed")
    assert ada.get(ONE).status_code == 404
    assert "No connection yet" in ada.reads("/connections")


@pytest.mark.parametrize("page", ["", "/ping", "/webhooks", "/approve", "/remove", "/arrival"])
def test_a_connection_of_others_has_no_page(stranger: Visitor, page: str) -> None:
    assert stranger.get(f"{ONE}{page}").status_code == 404


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("pause", {"because": "x"}),
        ("resume", {"because": "x"}),
        ("webhook-test", {}),
        ("webhooks", {}),
        ("install", {}),
        ("approve", {"because": "x", "shop": "a", "shop_id": "1", "account": "b"}),
        ("remove", {"because": "x", "typed": "us-store"}),
    ],
)
def test_a_connection_of_others_is_not_changed(stranger: Visitor, act: str, form: dict[str, str]) -> None:
    assert stranger.json("/connections")["rows"] == []
    assert stranger.presses(f"{ONE}/{act}", **form).status_code == 404


def test_an_operator_may_not_change_who_is_written_to(otto: Visitor, vera: Visitor) -> None:
    for path in ("approve", "remove"):
        assert otto.get(f"{ONE}/{path}").status_code == 403
    assert otto.presses(f"{ONE}/webhooks").status_code == 403
    assert vera.get(f"{ONE}/ping").status_code == 403
    assert vera.presses(f"{ONE}/pause", because="x").status_code == 403


def test_the_app_is_installed_by_a_link_that_is_opened_at_once(ada: Visitor, world: World) -> None:
    app_of(world)
    with_login(world, shopify=NewCredential("offline", CLIENT))
    assert "Install the app in the shop" in ada.reads(ONE)
    offered = ada.presses(f"{ONE}/install")
    assert offered.status_code == 303
    assert offered.location.startswith("https://hooks.example.com/")
    assert ("ada", "install offered") in [(act["actor"], act["action"]) for act in ada.json(ONE)["acts"]]
