"""`ml-connector shopify install` and `migrate-token`: what they print and refuse, and which token works then."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from connector.cli.main import root
from connector.errors import ConfigError, ConnectorError, OutcomeUnknown, Rejected, Unauthorized, Unavailable
from connector.flows.periodic import refresh_credentials
from connector.sandbox.serve import Served
from connector.sandbox.shopify.app import shop_app
from connector.store import connections, credentials, operator_actions
from connector.store.credentials import SHOPIFY, NewCredential, StoredCredential
from connector.tokens import Token
from tests.clock import now
from tests.installing import Browser, Installing, at_the_token_endpoint, moved_to, opened_install
from tests.payloads import rest_order
from tests.world import CLIENT, KEY, SESSION_SECRET, World, app_of, with_login

PUBLIC = "https://hooks.example.com"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Any:
    """Runs a command in the environment of the world."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CONNECTOR_KEYS", f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}")
    monkeypatch.setenv("CONNECTOR_SESSION_SECRET", SESSION_SECRET)
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", PUBLIC)

    def call(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(root, ["shopify", *arguments], input=typed)

    return call


@pytest.fixture
def classic(world: World) -> World:
    """A connection with a classic token, of an app whose id and secret are stored."""
    app_of(world)
    with_login(world, shopify=NewCredential("static", CLIENT, Token("shpat_sandbox", now())))
    return world


@pytest.fixture
def installing(world: World, redis_url: str) -> Iterator[Installing]:
    """The web process, served, and a connection that waits for its first token."""
    with opened_install(world, redis_url) as opened:
        yield opened


def credential(world: World) -> StoredCredential:
    """What is stored of the shop."""
    with world.engine.begin() as connection:
        stored = credentials.read(connection, world.runtime.vault, world.connection.id, SHOPIFY)
    assert stored is not None
    return stored


def acts(world: World) -> list[str]:
    """What was done to the connection."""
    with world.engine.begin() as connection:
        return [act.action for act in operator_actions.of_connection(connection, world.connection.id)]


def refused(result: Result, kind: type[ConnectorError], *sentences: str) -> None:
    """The command failed with an error of this kind that says all of it."""
    assert isinstance(result.exception, kind), result.exception
    for sentence in sentences:
        assert sentence in str(result.exception)
    said = str(result.exception) + result.output
    assert "shpat_sandbox" not in said
    assert str(CLIENT["client_secret"]) not in said


def test_install_prints_a_link_that_works_and_what_to_set_in_the_app(
    installing: Installing, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", installing.site.public_url)
    printed = run("install", "us-store")
    assert printed.exit_code == 0, printed.output
    assert f"redirect URL  {installing.site.redirect_url}" in printed.stderr
    assert "scopes        read_orders,read_all_orders,read_customers" in printed.stderr
    assert Browser().press(printed.stdout.strip()).status == 200
    assert credential(installing.world).token is not None
    online = json.loads(run("install", "us-store", "--online", "--json").stdout)
    assert (online["kind"], online["redirect_url"]) == ("online", installing.site.redirect_url)
    assert Browser().press(online["link"]).status == 200
    assert installing.session() is not None


def test_install_says_when_the_apps_secret_is_not_among_those_of_webhooks(classic: World, run: Any) -> None:
    with_login(classic, shopify=NewCredential("offline", CLIENT))
    assert "client_secret is not among shopify.webhook_secrets" in run("install", "us-store").stderr
    with_login(classic, shopify=NewCredential("offline", CLIENT | {"webhook_secrets": [CLIENT["client_secret"]]}))
    assert json.loads(run("install", "us-store", "--json").stdout)["notes"] == []


def test_install_names_what_is_missing(world: World, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(run("install", "us-store"), ConfigError, "shopify.client_id and shopify.client_secret of us-store missing")
    refused(run("install", "nobody"), ConfigError, "there is no connection named nobody")
    with_login(world, shopify=NewCredential("client_credentials", CLIENT))
    refused(run("install", "us-store"), ConfigError, "gets its tokens by itself")
    with_login(world, shopify=NewCredential("offline", CLIENT))
    moved_to(world, "https://demo-store.myshopify.com")
    assert run("install", "us-store").exit_code == 0
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", "http://hooks.example.com")
    refused(run("install", "us-store"), ConfigError, "https:// only, not to http://hooks.example.com")
    monkeypatch.delenv("CONNECTOR_PUBLIC_URL")
    refused(run("install", "us-store"), ConfigError, "set CONNECTOR_PUBLIC_URL")
    assert acts(world) == ["install offered"]


def test_a_classic_token_is_exchanged_and_renewed_from_then_on(classic: World, run: Any) -> None:
    printed = run("migrate-token", "us-store", typed="demo-store.myshopify.com\n")
    assert printed.exit_code == 0, printed.output
    assert "there is no way back" in printed.stderr
    assert 'auth = "offline"' in printed.stderr
    stored = credential(classic)
    assert stored.token is not None
    assert (stored.auth, stored.secrets, len(stored.token.refresh_tokens)) == ("offline", CLIENT, 1)
    assert acts(classic) == ["classic token exchanged"]
    with classic.engine.begin() as connection:
        aged = replace(stored.token, ends_at=now())
        credentials.keep_token(connection, classic.runtime.vault, stored, aged)
    refresh_credentials(classic.runtime, lambda _: None, now=now())
    assert classic.shop.ledger()["tokens"]["issued"] == {"offline_expiring": 2}
    classic.work(classic.sell(rest_order()))
    assert classic.record(5001).state == "in_sync"
    assert not classic.shop.oauth.is_good("shpat_sandbox")


def test_what_came_of_it_is_told_as_json(classic: World, run: Any) -> None:
    classic.shop.config.scopes = ["read_orders"]
    told = json.loads(run("migrate-token", "us-store", "--yes", "--json").stdout)
    assert (told["connection"], told["auth"]) == ("us-store", "offline")
    assert "read_products" in told["missing_scopes"]
    assert told["token_ends_at"] < told["refresh_ends_at"]


def test_nothing_is_exchanged_before_the_shops_name_is_typed(classic: World, run: Any) -> None:
    refused(run("migrate-token", "us-store", typed="yes\n"), ConfigError, "nothing was exchanged")
    assert run("migrate-token", "us-store", typed="").exit_code == 1
    assert (credential(classic).auth, acts(classic)) == ("static", [])
    assert classic.shop.ledger()["tokens"]["token_calls"] == 0


def test_the_app_is_asked_for_where_the_file_does_not_name_it(classic: World, run: Any) -> None:
    with_login(classic, shopify=NewCredential("static", {"webhook_secrets": ["s"]}, Token("shpat_sandbox", now())))
    typed = f"{CLIENT['client_id']}\n{CLIENT['client_secret']}\n"
    printed = run("migrate-token", "us-store", "--yes", typed=typed)
    assert printed.exit_code == 0, printed.output
    assert CLIENT["client_secret"] not in printed.output
    assert credential(classic).secrets == {
        "webhook_secrets": ["s"],
        "client_id": CLIENT["client_id"],
        "client_secret": CLIENT["client_secret"],
    }


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (NewCredential("offline", CLIENT), "has no Shopify token to exchange"),
        (NewCredential("client_credentials", CLIENT), "is renewed by itself already"),
        (
            NewCredential("offline", CLIENT, Token("t", now(), now(), refresh_tokens=("r",))),
            "is renewed by itself already",
        ),
    ],
)
def test_only_a_classic_token_is_exchanged(world: World, run: Any, new: NewCredential, sentence: str) -> None:
    with_login(world, shopify=new)
    refused(run("migrate-token", "us-store", "--yes"), ConfigError, sentence)


def test_a_token_of_another_shop_or_of_none_is_not_exchanged(classic: World, run: Any) -> None:
    classic.shop.config.shop = "other.myshopify.com"
    refused(
        run("migrate-token", "us-store", "--yes"), ConnectorError, "is of other.myshopify.com", "nothing was exchanged"
    )
    classic.shop.oauth.uninstall()
    refused(run("migrate-token", "us-store", "--yes"), Unauthorized, "nothing to exchange", "shopify install us-store")
    assert classic.shop.ledger()["tokens"]["token_calls"] == 0


def test_the_wrong_app_changes_nothing(classic: World, run: Any) -> None:
    with_login(
        classic, shopify=NewCredential("static", CLIENT | {"client_secret": "wrong"}, Token("shpat_sandbox", now()))
    )
    refused(run("migrate-token", "us-store", "--yes"), Rejected, "invalid_client", "still works", "Nothing was changed")
    assert (credential(classic).auth, acts(classic)) == ("static", [])


def test_a_lost_answer_says_that_neither_token_works_and_the_install_mends_it(
    installing: Installing, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = installing.world
    with_login(world, shopify=NewCredential("static", CLIENT, Token("shpat_sandbox", now())))
    world.shop.change({"lose_token_answers": 1})
    refused(run("migrate-token", "us-store", "--yes"), Unauthorized, "The exchange was carried out", "install us-store")
    stored = credential(world)
    assert (stored.auth, stored.token, acts(world)) == ("offline", None, ["classic token lost"])
    world.work(world.sell(rest_order()))
    assert "ml-connector shopify install us-store" in (world.record(5001).reason or "")
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", installing.site.public_url)
    assert Browser().press(run("install", "us-store").stdout.strip()).status == 200
    assert credential(world).token is not None


def test_a_request_that_never_arrived_leaves_the_classic_token(classic: World, run: Any) -> None:
    real = shop_app(classic.shop)

    def failing(environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"].endswith("/access_token"):
            start("503 Service Unavailable", [("Content-Length", "0")])
            return []
        return real(environ, start)

    with Served(failing) as away:
        moved_to(classic, away.url)
        refused(run("migrate-token", "us-store", "--yes"), Unavailable, "still works; run the same command again")
        assert (credential(classic).auth, acts(classic)) == ("static", [])
    moved_to(classic, classic.shop_url)
    assert run("migrate-token", "us-store", "--yes").exit_code == 0


def test_a_shop_that_is_gone_after_the_exchange_leaves_it_open_and_says_how_to_look(classic: World, run: Any) -> None:
    real = shop_app(classic.shop)
    exchanged: list[Any] = []

    def going(environ: dict[str, Any], start: Any) -> Any:
        is_exchange = environ["PATH_INFO"].endswith("/access_token")
        if not (is_exchange or exchanged):
            return real(environ, start)
        if is_exchange:
            exchanged.append(list(real(environ, lambda *_: None)))
        start("503 Service Unavailable", [("Content-Length", "0")])
        return []

    with Served(going) as gone:
        moved_to(classic, gone.url)
        refused(run("migrate-token", "us-store", "--yes"), OutcomeUnknown, "is not known", "migrate-token us-store")
    assert (credential(classic).auth, acts(classic)) == ("static", [])
    moved_to(classic, classic.shop_url)
    refused(run("migrate-token", "us-store", "--yes"), Unauthorized, "a migration whose answer was lost")


def test_a_database_that_fails_after_the_exchange_gets_the_token_on_a_second_try(classic: World, run: Any) -> None:
    def end_transactions() -> None:
        with classic.engine.connect() as connection:
            connection.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'"
                )
            )

    with Served(at_the_token_endpoint(classic, shop_app(classic.shop), end_transactions)) as dying:
        moved_to(classic, dying.url)
        printed = run("migrate-token", "us-store", "--yes")
    assert printed.exit_code == 0, printed.output
    stored = credential(classic)
    assert stored.token is not None
    assert classic.shop.oauth.is_good(stored.token.access_token)


def test_the_link_of_a_paused_connection_can_be_made(classic: World, run: Any) -> None:
    with classic.engine.begin() as connection:
        connections.pause(connection, classic.connection.id, because="the app was uninstalled from the shop")
    assert run("install", "us-store").exit_code == 0
