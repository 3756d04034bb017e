"""/connections/new and what follows: a connection is added by a form, tried, and let go live; its secrets are changed."""

from typing import Any

import pytest

from connector.mapping.rules import Rules
from connector.store import connections, credentials
from connector.store.credentials import NETSUITE, SHOPIFY
from tests import factories
from tests.payloads import rest_order
from tests.visiting import Visitor
from tests.world import WEBHOOK_SECRET, World, key_pair

NEW = "/connections/new"


def form(world: World, **changes: str) -> dict[str, Any]:
    return {
        "name": "eu-store",
        "netsuite_account": "1234567-sb1",
        "netsuite_client_id": "client",
        "netsuite_certificate_id": "cert",
        "netsuite_private_key": key_pair()[0],
        "netsuite_api_url": world.account_url,
        "shopify_shop": "demo-store.myshopify.com",
        "shopify_auth": "static",
        "shopify_access_token": "shpat_sandbox",
        "shopify_webhook_secret": WEBHOOK_SECRET,
        "shopify_api_url": world.shop_url,
    } | changes


def test_a_connection_is_added_paused_and_answers_at_once(ada: Visitor, world: World) -> None:
    page = ada.does(NEW, **form(world))
    assert "Set up eu-store" in page
    assert "paused: nothing is written" in page
    with world.engine.begin() as database:
        stored = connections.by_name(database, "eu-store")
        assert stored is not None
        assert (stored.enabled, stored.netsuite_account) == (False, "1234567_SB1")
        secrets = credentials.read(database, world.runtime.vault, stored.id, SHOPIFY)
    assert secrets is not None
    assert secrets.secrets["webhook_secrets"] == [WEBHOOK_SECRET]
    probes = [probe for side in ada.json("/connections/eu-store/ping")["sides"] for probe in side["probes"]]
    assert {probe["status"] for probe in probes if probe["name"] in ("token", "account", "shop")} == {"ok"}


def test_every_fault_stands_beside_its_field_and_no_secret_comes_back(ada: Visitor, world: World) -> None:
    faulty = form(
        world, name="EU Store", shopify_shop="acme.example.com", shopify_access_token="shpat_planted",
        netsuite_private_key="no key", netsuite_client_id="", shopify_webhook_secret="",
    )  # fmt: skip
    refused = ada.presses(NEW, **faulty)
    assert refused.status_code == 400
    for name in ("name", "shopify_shop", "netsuite_private_key", "netsuite_client_id", "shopify_webhook_secret"):
        assert f'id="fault-{name}"' in refused.text, name
    assert 'value="acme.example.com"' in refused.text
    assert "shpat_planted" not in refused.text
    assert "no key" not in refused.text
    assert set(ada.calls(NEW, faulty).get_json()["errors"]) >= {"name", "netsuite_client_id"}
    assert [row["name"] for row in ada.json("/connections")["rows"]] == ["us-store"]


def test_a_name_that_is_taken_is_refused(ada: Visitor, world: World) -> None:
    refused = ada.presses(NEW, **form(world, name="us-store"))
    assert (refused.status_code, "us-store is taken" in refused.text) == (400, True)


def test_a_key_made_here_is_used_without_being_seen(ada: Visitor, world: World, otto: Visitor) -> None:
    ada.does("/connections/keys")
    (key,) = ada.json(NEW)["keys"]
    certificate = ada.get(f"/connections/keys/{key['name']}.crt").text
    assert certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in ada.get(NEW).text
    world.account.change(
        {"oauth2": {"client_id": "client", "certificate_id": "made", "certificate_pem": key["certificate"]}}
    )
    made = form(world, netsuite_private_key="", made_key=key["name"], netsuite_certificate_id="made")
    ada.does(NEW, **made)
    side = next(one for one in ada.json("/connections/eu-store/ping")["sides"] if one["side"] == "NetSuite")
    assert next(probe["status"] for probe in side["probes"] if probe["name"] == "token") == "ok"
    lives = {one["side"]: one for one in ada.json("/connections/eu-store")["card"]["credentials"]}
    assert lives["netsuite"]["certificate_ends_at"] == key["ends_at"]
    assert ada.json(NEW)["keys"] == []


def test_the_first_order_is_tried_before_it_goes_live(ada: Visitor, world: World) -> None:
    setup = "/connections/us-store/setup"
    ada.does("/connections/us-store/pause", because="not live")
    assert "None was announced yet" in ada.reads(setup)
    order = rest_order(5001)
    world.sell(order)
    tried = ada.json(f"{setup}?order=5001")["tried"]
    assert [one["kind"] for one in tried["run"]["writes"]] == ["customer", "sales_order", "customer_deposit"]
    assert f"Dry run of {tried['order']}" in ada.reads(f"{setup}?order=5001")
    assert world.transactions() == []
    assert "live" in ada.does("/connections/us-store/resume", because="looks right")


def test_the_step_of_the_mapping_says_how_far_it_is(ada: Visitor, world: World) -> None:
    ada.does(NEW, **form(world))
    setup = "/connections/eu-store/setup"
    assert ada.json(setup)["mapping"]["state"] == "empty"
    page = ada.reads(setup)
    assert "nothing is mapped yet" in page
    assert "Simple: the currency USD has no NetSuite currency" in page
    with world.engine.begin() as database:
        stored = connections.by_name(database, "eu-store")
        assert stored is not None
        rules = factories.rules_json(location="Warehouse", subsidiary="Nowhere")
        connections.change_rules(database, stored, Rules.from_json(rules).to_json(), actor="file", note="by hand")
    state = ada.json(setup)["mapping"]
    assert (state["state"], state["version"]) == ("not_looked_up", 2)
    assert "not looked up in NetSuite yet" in ada.reads(setup)
    assert "no subsidiary named" in ada.presses(f"{setup}/look-up").text
    state = ada.json(setup)["mapping"]
    assert (state["state"], state["unknown"]) == ("names_unknown", ["rules.subsidiary = Nowhere"])
    assert "names are missing in NetSuite Mapping Look up now" in ada.reads(setup)


def test_names_that_are_known_and_kinds_that_would_be_held_are_told_apart(ada: Visitor, world: World) -> None:
    setup = "/connections/us-store/setup"
    assert ada.json(setup)["mapping"]["state"] == "not_looked_up"
    assert "names are known in NetSuite" in ada.does(f"{setup}/look-up")
    state = ada.json(setup)["mapping"]
    assert (state["state"], state["unknown"]) == ("looked_up", [])
    held = {one["kind"]: one["reason"] for one in state["unwritten"]}
    assert "set rules.payments.methods.cash" in held["point of sale"]
    assert "simple" not in held
    assert "cancelled" not in held


def test_a_new_token_is_tried_and_a_refused_one_changes_nothing(ada: Visitor, world: World) -> None:
    path = "/connections/us-store/rotate/access-token"
    refused = ada.presses(path, secret="shpat_wrong")
    assert (refused.status_code, "Nothing was changed" in refused.text) == (400, True)
    assert "shpat_wrong" not in refused.text
    world.shop.config.access_token = "shpat_next"
    assert "the shop answers" in ada.does(path, secret="shpat_next")
    with world.engine.begin() as database:
        kept = credentials.read(database, world.runtime.vault, world.connection.id, SHOPIFY)
    assert kept is not None
    assert kept.token is not None
    assert kept.token.access_token == "shpat_next"


def test_the_certificate_and_the_other_secrets_are_changed_in_place(ada: Visitor, world: World) -> None:
    rotate = "/connections/us-store/rotate"
    assert "NetSuite: key and certificate" in ada.reads(rotate)
    assert "its end is not known" in ada.does(
        f"{rotate}/netsuite-certificate", certificate_id="cert", private_key=key_pair()[0]
    )
    assert "NetSuite shows it" in ada.presses(f"{rotate}/netsuite-certificate", private_key=key_pair()[0]).text
    assert "2 are accepted now" in ada.does(f"{rotate}/webhook-secret", secret="hush-newer")
    assert "1 old ones are forgotten" in ada.does(f"{rotate}/webhook-secret-old")
    assert "1 accepted now" in ada.does(f"{rotate}/event-secret", secret="event-hush")
    with world.engine.begin() as database:
        kept = credentials.read(database, world.runtime.vault, world.connection.id, NETSUITE)
    assert kept is not None
    assert kept.secrets["event_secrets"] == ["event-hush"]
    assert ada.get(f"{rotate}/password").status_code == 404


@pytest.mark.parametrize("path", [NEW, "/connections/us-store/rotate", "/connections/us-store/rotate/access-token"])
def test_only_an_admin_adds_and_changes_secrets(otto: Visitor, path: str) -> None:
    assert otto.get(path).status_code == 403
    assert otto.presses("/connections/keys").status_code == 403


def test_who_sees_some_connections_only_adds_none(stranger: Visitor, world: World) -> None:
    assert stranger.get(NEW).status_code == 403
    assert stranger.presses(NEW, **form(world)).status_code == 403
    assert stranger.presses("/connections/keys").status_code == 403
    for path in ("setup", "rotate", "rotate/access-token"):
        assert stranger.get(f"/connections/us-store/{path}").status_code == 404
    assert stranger.presses("/connections/us-store/setup/look-up").status_code == 404
    assert stranger.presses("/connections/us-store/rotate/access-token", secret="x").status_code == 404


def test_a_key_of_somebody_else_is_not_to_be_had(ada: Visitor, stranger: Visitor) -> None:
    ada.does("/connections/keys")
    (key,) = ada.json(NEW)["keys"]
    assert stranger.get(f"/connections/keys/{key['name']}.crt").status_code == 404
