"""Ping: a good connection is ready; whatever is wrong has a sentence of its own; nothing is ever written."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from connector.flows.ping.report import Status, Verdict
from connector.shopify.shop import SCOPES
from connector.store import connections, credentials
from connector.store.credentials import SHOPIFY, NewCredential
from connector.tokens import Token
from tests.clock import later, now
from tests.pings import change, pinged, probe, unwritten_world, url, wrong
from tests.scheduling import run_everywhere
from tests.world import CLIENT, World, app_of, key_pair, opened_world

TBA = {"consumer_key": "ck", "consumer_secret": "cs", "token_id": "ti", "token_secret": "ts"}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """A connection that lacks nothing, and to which nothing is written."""
    with unwritten_world(database, redis_url) as opened:
        yield opened


def test_a_good_connection_is_ready(world: World) -> None:
    report = pinged(world)
    assert wrong(report) == []
    assert report.verdict is Verdict.READY
    assert probe(report, "Shopify", "token").finding == "static token, does not end"
    assert probe(report, "Shopify", "locations").finding == "1 active"
    assert probe(report, "Shopify", "webhooks").finding == "24 of 24 topics come here"
    assert probe(report, "NetSuite", "token").finding.startswith("OAuth 2.0, until ")
    assert probe(report, "NetSuite", "concurrency").finding == "5 configured, the account allows 5"
    assert probe(report, "connection", "environment").finding == "approved: test shop, test account"
    assert not report.proposal.rules


def test_a_token_that_is_renewed_says_until_when_it_lasts(world: World) -> None:
    app_of(world)
    change(world, shopify=NewCredential("client_credentials", CLIENT))
    finding = probe(pinged(world), "Shopify", "token").finding
    assert finding.startswith("client credentials, until ")
    assert finding.endswith("renewed by itself")


@pytest.mark.parametrize(("offset", "way"), [(-600, "ahead of"), (600, "behind")])
def test_a_wrong_clock_says_which_way_though_no_token_can_be_had(world: World, offset: int, way: str) -> None:
    world.account.change({"clock_offset_seconds": offset})
    change(world)
    report = pinged(world)
    clock = probe(report, "NetSuite", "clock")
    assert clock.status is Status.FAILED
    assert re.match(rf"this machine's clock is (599|600|601) s {way} NetSuite's", clock.sentences[0])
    assert "by NTP" in clock.sentences[0]
    assert probe(report, "NetSuite", "token").status is Status.FAILED
    assert probe(report, "NetSuite", "tables").finding == "not tried: NetSuite token failed"


def test_a_clock_that_is_a_minute_off_is_a_warning(world: World) -> None:
    world.account.change({"clock_offset_seconds": 45})
    report = pinged(world)
    assert (wrong(report), report.verdict) == (["NetSuite clock"], Verdict.WITH_WARNINGS)
    assert "(serverTime)" in probe(report, "NetSuite", "clock").sentences[0]


def test_a_revoked_certificate_is_named_and_what_needs_it_is_not_tried(world: World) -> None:
    world.account.change({"oauth2": dict(world.account.config.oauth2 or {}) | {"revoked": True}})
    report = pinged(world)
    assert "no certificate cert is mapped" in probe(report, "NetSuite", "token").sentences[0]
    skipped = [found.name for found in report.probes if found.status is Status.SKIPPED]
    assert skipped == [
        "SuiteQL", "account", "tables", "record permissions", "features", "ids in the rules", "concurrency", "environment",
    ]  # fmt: skip
    assert probe(report, "NetSuite", "clock").status is Status.OK
    assert report.verdict is Verdict.NOT_READY


def test_a_refused_token_based_log_in_is_asked_once(world: World) -> None:
    world.account.change({"tba": TBA})
    change(world, netsuite=NewCredential("tba", TBA))
    assert probe(pinged(world), "NetSuite", "token").finding == "token-based authentication (TBA), does not end"
    change(world, netsuite=NewCredential("tba", TBA | {"token_secret": "wrong"}))
    found = probe(pinged(world), "NetSuite", "token")
    assert world.account.ledger()["tokens"]["oauth1_failures"] == 1
    assert "five failures lock the user" in found.sentences[0]
    assert "this ping was one of the five" in found.sentences[1]


def test_missing_record_permissions_are_named_one_by_one(world: World) -> None:
    world.account.change({"denied_records": ["salesOrder", "customerDeposit"]})
    report = pinged(world)
    first, second = probe(report, "NetSuite", "record permissions").sentences
    assert "the record salesOrder: add, with the level Create, Edit or Full, Sales Order (TRAN_SALESORD)" in first
    assert "Customer Deposit (TRAN_CUSTDEP)" in second
    assert wrong(report) == ["NetSuite record permissions"]


def test_a_missing_table_we_need_names_its_permission(world: World) -> None:
    world.account.change({"denied_tables": ["item", "customer"]})
    report = pinged(world)
    sentences = probe(report, "NetSuite", "tables").sentences
    assert "the role does not see the table item: add the permission Items (LIST_ITEM)" in sentences[0]
    assert "the table customer: add the permission Customers (LIST_CUSTJOB)" in sentences[1]
    assert "Permissions > Lists" in sentences[0]
    assert probe(report, "NetSuite", "tables").status is Status.FAILED
    # What can still be looked at is looked at.
    assert "rules.customer.default = 1400 cannot be checked" in " ".join(
        probe(report, "NetSuite", "ids in the rules").sentences
    )


def test_a_list_the_role_does_not_see_is_a_warning(world: World) -> None:
    world.account.change({"denied_tables": ["shipitem"]})
    report = pinged(world)
    assert report.verdict is Verdict.WITH_WARNINGS
    assert "Shipping Items (LIST_SHIPITEM)" in probe(report, "NetSuite", "tables").sentences[0]


def test_every_missing_column_is_named_also_one_that_answers_500(world: World) -> None:
    world.account.change(
        {"denied_columns": ["customer.email", "customer.subsidiary"], "failing_columns": ["transaction.externalid"]}
    )
    report = pinged(world)
    first, second = probe(report, "NetSuite", "tables").sentences
    assert "does not see customer.email, customer.subsidiary: add, or raise to the level View" in first
    assert "does not see transaction.externalid" in second
    assert "Find Transaction (TRAN_FIND)" in second
    assert probe(report, "NetSuite", "tables").status is Status.FAILED


def test_a_role_that_may_not_run_suiteql_says_what_to_switch_on(world: World) -> None:
    world.account.change({"suiteql_allowed": False})
    report = pinged(world)
    assert "SuiteAnalytics Workbook (REPO_ANALYTICS)" in probe(report, "NetSuite", "SuiteQL").sentences[0]
    assert "Permissions > Reports" in probe(report, "NetSuite", "SuiteQL").sentences[0]
    assert probe(report, "NetSuite", "features").finding == "not tried: NetSuite SuiteQL failed"
    assert probe(report, "NetSuite", "record permissions").status is Status.OK


def test_a_wrong_shop_is_named_and_what_needs_no_identity_goes_on(world: World) -> None:
    world.shop.config.shop = "other-store.myshopify.com"
    report = pinged(world)
    sentence = probe(report, "Shopify", "shop").sentences[0]
    assert "shopify.shop is demo-store.myshopify.com, but other-store.myshopify.com answers" in sentence
    assert probe(report, "connection", "environment").finding == "not tried: Shopify shop failed"
    assert probe(report, "Shopify", "locations").status is Status.OK
    assert "Shopify" in report.unread


def test_a_wrong_account_is_named(world: World) -> None:
    world.account.config.account = "7654321_SB2"
    report = pinged(world)
    assert (
        "netsuite.account is 1234567_SB1, but 7654321_SB2 answers" in probe(report, "NetSuite", "account").sentences[0]
    )
    assert probe(report, "connection", "environment").finding == "not tried: NetSuite account failed"


def test_another_api_version_than_the_configured_one_is_named(world: World) -> None:
    world.shop.config.api_version = "2027-01"
    report = pinged(world)
    sentence = probe(report, "Shopify", "API version").sentences[0]
    assert "shopify.api_version is 2026-10, but Shopify answers in 2027-01" in sentence
    assert wrong(report) == ["Shopify API version"]


def test_a_missing_scope_says_what_it_is_for(world: World) -> None:
    world.shop.config.scopes = [scope for scope in SCOPES if scope != "read_locations"]
    report = pinged(world)
    first, second = probe(report, "Shopify", "scopes").sentences
    assert first == "the scope read_locations is missing, needed for names of locations"
    assert "ml-connector shopify install us-store" in second
    assert "read_locations" in probe(report, "Shopify", "locations").sentences[0]
    assert wrong(report) == ["Shopify scopes", "Shopify locations"]


def test_old_orders_that_cannot_be_seen_are_a_warning(world: World) -> None:
    world.shop.config.scopes = [scope for scope in SCOPES if scope != "read_all_orders"]
    report = pinged(world)
    assert report.verdict is Verdict.WITH_WARNINGS
    assert "orders older than 60 days" in probe(report, "Shopify", "scopes").sentences[0]


def test_a_shop_that_is_not_reached_leaves_the_account_to_be_tried(world: World) -> None:
    change(world, shopify_api_url=NOWHERE)
    report = pinged(world)
    sentence = probe(report, "Shopify", "reachability").sentences[0]
    assert "shopify was not reached" in sentence
    assert f"check shopify.shop and shopify.api_url ({NOWHERE})" in sentence
    assert probe(report, "Shopify", "recent orders").finding == "not tried: Shopify reachability failed"
    assert probe(report, "NetSuite", "ids in the rules").status is Status.OK


def test_an_account_that_is_not_reached_leaves_the_shop_to_be_tried(world: World) -> None:
    change(world, netsuite_api_url=NOWHERE)
    report = pinged(world)
    sentence = probe(report, "NetSuite", "reachability").sentences[0]
    assert f"check netsuite.account and netsuite.api_url ({NOWHERE})" in sentence
    assert probe(report, "Shopify", "webhooks").status is Status.OK
    assert probe(report, "NetSuite", "clock").status is Status.SKIPPED


def test_a_refused_shop_token_says_how_to_give_another(world: World) -> None:
    world.shop.config.access_token = "shpat_rotated"
    report = pinged(world)
    assert "connection rotate us-store access-token" in probe(report, "Shopify", "token").sentences[0]
    assert "shpat" not in str(report)


def test_vanished_subscriptions_are_named(world: World) -> None:
    world.shop.subscriptions.drop(["ORDERS_CREATE", "REFUNDS_CREATE"])
    report = pinged(world)
    sentence = probe(report, "Shopify", "webhooks").sentences[0]
    assert "no subscription for orders/create, refunds/create" in sentence
    assert "ml-connector shopify webhooks sync us-store" in sentence
    assert report.verdict is Verdict.NOT_READY


def test_a_subscription_that_points_elsewhere_is_named_with_its_address(world: World) -> None:
    found = next(item for item in world.shop.subscriptions.every() if item["topic"] == "ORDERS_CREATE")
    world.shop.subscriptions.update(found["id"], {"uri": "https://old.example.com/hook"})
    sentence = probe(pinged(world), "Shopify", "webhooks").sentences[0]
    assert "orders/create is not as it should be (points to https://old.example.com/hook)" in sentence
    assert url(world) in sentence


def test_webhooks_that_were_set_up_by_hand_cannot_be_seen(database: Engine, redis_url: str) -> None:
    with opened_world(database, redis_url) as world:
        report = pinged(world)
        assert wrong(report) == ["Shopify webhooks"]
        assert report.verdict is Verdict.WITH_WARNINGS
        assert "made by hand or by the app's configuration" in probe(report, "Shopify", "webhooks").sentences[0]
        assert "only" in probe(report, "NetSuite", "concurrency").finding


def test_a_pair_of_two_kinds_says_how_to_approve_it(world: World) -> None:
    world.shop.config.plan = "Plus"
    report = pinged(world)
    assert "shop_is_production was False, is True" in probe(report, "connection", "environment").sentences[0]
    with world.engine.begin() as connection:
        connections.withdraw_approval(connection, world.connection.id)
    sentence = probe(pinged(world), "connection", "environment").sentences[0]
    assert "ml-connector connection approve us-store" in sentence


def test_pinging_a_connection_that_was_never_checked_approves_nothing(world: World) -> None:
    with world.engine.begin() as connection:
        connections.withdraw_approval(connection, world.connection.id)
    assert "approved at the first use" in probe(pinged(world), "connection", "environment").finding
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
    assert (stored.approved, stored.checked_at) == (None, None)


def test_a_paused_connection_can_be_pinged(world: World) -> None:
    with world.engine.begin() as connection:
        connections.pause(connection, world.connection.id, because="stock-taking")
    report = pinged(world)
    assert wrong(report) == ["connection state"]
    assert "paused (stock-taking)" in probe(report, "connection", "state").sentences[0]
    assert "ml-connector connection resume us-store" in probe(report, "connection", "state").sentences[0]


def test_a_halted_connection_can_be_pinged_and_stays_halted(world: World) -> None:
    world.shop.config.shop = "other-store.myshopify.com"
    run_everywhere(world.runtime, "connections.check", now=now())
    world.shop.config.shop = "demo-store.myshopify.com"
    report = pinged(world)
    assert wrong(report) == ["connection state"]
    assert "other-store.myshopify.com answers" in probe(report, "connection", "state").sentences[0]
    with world.engine.begin() as connection:
        assert connections.by_id(connection, world.connection.id).halt_code == "wrong_environment"


def test_credentials_that_are_gone_leave_everything_untried(world: World) -> None:
    with world.engine.begin() as connection:
        credentials.forget(connection, world.connection.id, side=SHOPIFY)
        connections.touch(connection, world.connection.id)
    report = pinged(world)
    assert "add its file again" in probe(report, "connection", "credentials").sentences[0]
    assert probe(report, "NetSuite", "tables").finding == "not tried: connection credentials failed"
    assert report.unread == ("Shopify", "NetSuite")


def test_a_certificate_that_ends_soon_is_a_warning(world: World) -> None:
    secrets = {"client_id": "client", "certificate_id": "cert", "private_key": key_pair()[0]}
    change(world, netsuite=NewCredential("oauth2", secrets, certificate_ends_at=later(timedelta(days=20))))
    report = pinged(world)
    assert wrong(report) == ["connection credentials"]
    assert "connection rotate us-store netsuite-certificate" in probe(report, "connection", "credentials").sentences[0]


def test_a_transaction_permission_that_appears_ends_the_failure(world: World) -> None:
    world.account.change({"denied_records": ["salesOrder"]})
    assert pinged(world).verdict is Verdict.NOT_READY
    world.account.change({"denied_records": []})
    assert pinged(world).verdict is Verdict.READY


def test_a_failure_of_one_answer_does_not_keep_the_others_from_being_tried(world: World) -> None:
    world.account.faults.add({"kind": "status_before", "path": "metadata-catalog", "times": 5, "status": 500})
    report = pinged(world)
    assert wrong(report) == ["NetSuite record permissions"]
    assert "NetSuite answered 500" in probe(report, "NetSuite", "record permissions").sentences[0]


def test_no_secret_and_no_personal_data_is_in_a_report(world: World) -> None:
    change(world, shopify=NewCredential("static", {"webhook_secrets": ["hush"]}, Token("shpat_sandbox", now())))
    text = str(pinged(world))
    assert not [planted for planted in ("shpat_sandbox", "hush", "default@example.com", "PRIVATE") if planted in text]
