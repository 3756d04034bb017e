"""An app that is gone from the shop: the connection waits without tokens, nothing is asked of the shop, all is erased later."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import text, update

from connector.flows.circuit import probe_halted
from connector.flows.periodic import refresh_credentials
from connector.flows.privacy import SHOP_REDACTED, UNINSTALLED
from connector.store import connections, credentials, inbox
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE, NewCredential
from connector.store.inbox import Delivery
from connector.store.tables import events
from connector.tokens import Token
from tests import factories
from tests.clock import later, now
from tests.office import COMPLIANCE, PLANTED, SHOP_REDACT, Office, has_been_here, order_of_planted, quoted_by_netsuite
from tests.scheduling import run_everywhere
from tests.world import CLIENT, WEBHOOK_SECRET, another_runtime, app_of, expiring_token, new_connection, with_login

GONE = COMPLIANCE["app/uninstalled"]


@contextmanager
def nothing_is_asked_of_the_shop(office: Office) -> Iterator[None]:
    """By the shop's own ledger: no query, no token, not even one that is refused."""
    before = office.world.shop.ledger()
    yield
    after = office.world.shop.ledger()
    assert (after["operations"], after["tokens"]) == (before["operations"], before["tokens"])


def uninstalled_in_the_shop(office: Office) -> None:
    """The merchant removes the app: its tokens are dead, and Shopify says so."""
    office.world.shop.config.webhook_url = f"{office.url}/webhooks/shopify/{office.world.connection.key}"
    answer = requests.post(f"{office.world.shop_url}/_sandbox/uninstall", data="{}", timeout=10)
    assert answer.json() == {"statuses": [200]}
    office.work()


def time_passes(office: Office) -> None:
    """Everything that is scheduled runs once more."""
    with office.engine.begin() as connection:
        connection.execute(text("update periodic_runs set slot = 0"))
    runtime = another_runtime(office.world)
    run_everywhere(runtime, "webhooks.check", now=now())
    run_everywhere(runtime, "connections.check", now=now())
    refresh_credentials(runtime, lambda _: None, now=now())
    probe_halted(runtime, lambda _: None, now=later(timedelta(hours=2)))


def came_late(office: Office, ago: timedelta) -> None:
    """The notices that are stored were sent a while ago."""
    with office.engine.begin() as connection:
        connection.execute(update(events).where(events.c.topic.in_(COMPLIANCE)).values(triggered_at=now() - ago))


def second_connection(office: Office) -> StoredConnection:
    """Another shop with an app of its own, whose person has the same name."""
    new = new_connection(office.world.shop_url, office.world.account_url, rules=factories.rules_json(), name="eu-store")
    with office.engine.begin() as connection:
        return connections.add(connection, new, office.world.runtime.vault)


@pytest.mark.parametrize("kind", ["static", "client_credentials", "offline"])
def test_an_uninstalled_app_is_paused_without_tokens_and_the_shop_is_not_called(office: Office, kind: str) -> None:
    app_of(office.world)
    token = {"static": Token("shpat_sandbox", now()), "offline": expiring_token(office.world)}.get(kind)
    with_login(office.world, shopify=NewCredential(kind, CLIENT, token))
    has_been_here(office)
    assert office.token() is not None
    with nothing_is_asked_of_the_shop(office):
        uninstalled_in_the_shop(office)
        stored = office.stored()
        assert (stored.enabled, stored.paused_because) == (False, UNINSTALLED)
        assert office.token() is None
        time_passes(office)
    assert office.record("uninstall").state == "in_sync"
    assert [act.action for act in office.acts()] == ["app uninstalled"]


def test_a_session_ends_with_the_app(office: Office) -> None:
    with office.engine.begin() as connection:
        place = (connection, office.world.runtime.vault, office.world.connection.id, SHOPIFY_ONLINE)
        credentials.put(*place, NewCredential("online", {}, Token("shpua_x", now(), later(timedelta(hours=1)))))
    uninstalled_in_the_shop(office)
    assert office.token(SHOPIFY_ONLINE) is None


def test_a_connection_that_was_halted_before_is_not_probed_any_more(office: Office) -> None:
    app_of(office.world)
    with_login(office.world, shopify=NewCredential("client_credentials", CLIENT))
    with office.engine.begin() as connection:
        values = "halt_code = 'unauthorized', halt_reason = 'x', halted_at = now(), probe_at = now()"
        connection.execute(text(f"update connections set {values}"))
    with nothing_is_asked_of_the_shop(office):
        uninstalled_in_the_shop(office)
        time_passes(office)


def test_orders_wait_while_the_app_is_gone(office: Office) -> None:
    uninstalled_in_the_shop(office)
    office.ask("orders/create", order_of_planted())
    assert office.record("order").state == "pending"


def test_webhook_secrets_stay_so_that_the_erasure_two_days_later_is_still_verified(office: Office) -> None:
    has_been_here(office)
    uninstalled_in_the_shop(office)
    with office.engine.begin() as connection:
        stored = credentials.read(connection, office.world.runtime.vault, office.world.connection.id, SHOPIFY)
    assert stored is not None
    assert stored.secrets["webhook_secrets"] == [WEBHOOK_SECRET]
    office.ask("shop/redact", SHOP_REDACT)
    assert office.planted() == []
    assert office.stored().paused_because == SHOP_REDACTED


@pytest.mark.parametrize("kind", ["static", "offline"])
def test_an_old_notice_after_a_new_installation_changes_nothing(office: Office, kind: str) -> None:
    token = Token("shpat_sandbox", now()) if kind == "static" else expiring_token(office.world)
    with_login(office.world, shopify=NewCredential(kind, CLIENT, token))
    assert office.send("app/uninstalled", GONE) == 200
    came_late(office, timedelta(hours=3))
    office.work()
    record = office.record("uninstall")
    assert (record.state, record.reason_subject) == ("excluded", "app.installed_again")
    assert office.stored().enabled
    assert office.token() == token
    assert office.acts() == []


def test_a_second_removal_counts_again(office: Office) -> None:
    assert office.send("app/uninstalled", GONE) == 200
    came_late(office, timedelta(hours=3))
    office.work()
    assert office.stored().enabled
    office.ask("app/uninstalled", GONE)
    assert not office.stored().enabled


def test_an_erased_shop_holds_nobody_any_more(office: Office) -> None:
    has_been_here(office)
    quoted_by_netsuite(office)
    office.ask("customers/data_request", COMPLIANCE["customers/data_request"])
    uninstalled_in_the_shop(office)
    assert "owner@example.com" in office.everything()
    assert office.planted() == [*PLANTED, "city"]
    with nothing_is_asked_of_the_shop(office):
        office.ask("shop/redact", SHOP_REDACT)
    assert office.planted() == []
    assert "owner@example.com" not in office.everything()
    act = office.acts()[-1]
    assert (act.actor, act.action) == ("Shopify", "shop redacted")
    assert act.details == {"shop": str(factories.SHOP_ID), "deliveries": 8, "unfetched": ["9999"]}
    body = office.bodies()[0]
    assert (body["id"], body["total_price"]) == (5001, "20.00")


def test_whose_session_it_was_is_erased_with_the_shop(office: Office) -> None:
    with_login(office.world, shopify=NewCredential("online", {**CLIENT, "user": "jane@example.com"}))
    office.ask("shop/redact", SHOP_REDACT)
    assert "jane@example.com" not in office.everything()
    assert "app-secret" in office.everything()


def test_erasing_a_shop_again_is_harmless(office: Office) -> None:
    has_been_here(office)
    office.ask("shop/redact", SHOP_REDACT)
    before = office.bodies()
    office.ask("shop/redact", SHOP_REDACT)
    assert office.bodies()[: len(before)] == before
    assert office.record("shop_redact").state == "in_sync"


def test_more_deliveries_than_one_batch_are_all_erased(office: Office) -> None:
    office.send("draft_orders/create", {"id": 1, "email": PLANTED["email"]})
    body = json.dumps({"id": 2, "email": PLANTED["email"]}).encode()
    with office.engine.begin() as connection:
        connection_id = office.world.connection.id
        for number in range(501):
            sealed = inbox.sealed_body(office.world.runtime.vault, connection_id, f"copy-{number}", body)
            delivery = Delivery(
                connection_id, "draft_orders/create", f"copy-{number}", None, None, {}, sealed, b"h", None, None
            )
            inbox.accept(connection, [delivery])
    office.ask("shop/redact", SHOP_REDACT)
    assert office.planted() == []
    assert office.acts()[-1].details["deliveries"] == 503


def test_one_shops_erasure_does_not_touch_another(office: Office) -> None:
    other = second_connection(office)
    has_been_here(office)
    assert office.send("orders/create", order_of_planted(), key=other.key) == 200
    theirs = office.bodies(other.id)
    office.ask("customers/redact", COMPLIANCE["customers/redact"])
    office.ask("shop/redact", SHOP_REDACT)
    assert office.bodies(other.id) == theirs
    assert theirs[0]["note"] == PLANTED["note"]
    with office.engine.begin() as connection:
        stored = connections.by_id(connection, other.id)
        credential = credentials.read(connection, office.world.runtime.vault, other.id, SHOPIFY)
    assert stored.enabled
    assert credential is not None
    assert credential.token is not None
    mine = json.dumps(office.bodies(office.world.connection.id))
    assert PLANTED["email"].lower() not in mine.lower()


def test_a_late_erasure_after_a_new_installation_erases_and_works_on(office: Office) -> None:
    has_been_here(office)
    with_login(office.world, shopify=NewCredential("static", CLIENT, Token("shpat_sandbox", now())))
    assert office.send("shop/redact", SHOP_REDACT) == 200
    came_late(office, timedelta(hours=3))
    office.work()
    assert office.planted() == []
    assert office.stored().enabled
    assert office.token() is not None


def test_an_erasure_before_the_first_check_is_known_by_the_shops_domain(office: Office) -> None:
    other = second_connection(office)
    body: dict[str, Any] = {"shop_id": 1, "shop_domain": "somebody-else.myshopify.com"}
    office.ask("shop/redact", body, key=other.key)
    with office.engine.begin() as connection:
        assert connections.by_id(connection, other.id).enabled
    office.ask("shop/redact", SHOP_REDACT, key=other.key)
    with office.engine.begin() as connection:
        assert connections.by_id(connection, other.id).paused_because == SHOP_REDACTED
