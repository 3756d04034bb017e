"""The install: from a one-time link over Shopify's answer to a stored token, and everything that is refused on the way."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from connector import logs
from connector.flows import install
from connector.flows.privacy import UNINSTALLED
from connector.sandbox.serve import Served
from connector.sandbox.shopify.app import shop_app
from connector.store import connections, credentials, operator_actions
from connector.store.connection_tables import installs
from connector.store.credentials import SHOPIFY, NewCredential
from connector.tokens import Token
from connector.vault import Vault
from tests import factories
from tests.clock import now
from tests.installing import Browser, Installing, at_the_token_endpoint, moved_to, opened_install, timestamp, web_app
from tests.payloads import rest_order
from tests.world import CLIENT, KEY, World, another_runtime, new_connection, with_login
from web.install import COOKIE
from web.wake import Wakes


@pytest.fixture
def installing(world: World, redis_url: str) -> Iterator[Installing]:
    """The web process, served, and a connection that waits for its first token."""
    with opened_install(world, redis_url) as opened:
        yield opened


def test_a_person_installs_the_app_and_orders_flow(installing: Installing) -> None:
    link = installing.link()
    shown = Browser().open(link)
    assert "Install the app in demo-store.myshopify.com" in shown.words
    assert "1234567_SB1" in shown.words
    assert "read_all_orders orders older than 60 days" in shown.words
    assert "Offline" in shown.words
    done = Browser().press(link)
    assert (done.status, "The app is installed in demo-store.myshopify.com" in done.words) == (200, True)
    stored = installing.credential()
    assert stored is not None
    assert stored.token is not None
    assert (stored.auth, len(stored.token.refresh_tokens)) == ("offline", 1)
    assert stored.secrets == CLIENT
    installing.world.work(installing.world.sell(rest_order()))
    assert installing.world.record(5001).state == "in_sync"


def test_an_install_is_written_down_and_makes_the_guard_look_again(installing: Installing) -> None:
    before = installing.connection()
    Browser().press(installing.link())
    after = installing.connection()
    assert before.checked_at is not None
    assert (after.checked_at, after.revision > before.revision) == (None, True)
    with installing.world.engine.begin() as connection:
        acts = operator_actions.of_connection(connection, after.id)
    assert [(act.actor, act.action) for act in acts] == [
        ("operator", "install offered"),
        ("merchant", "app installed"),
    ]
    assert acts[1].details["missing_scopes"] == []


def test_a_person_signs_in_and_the_session_is_used_beside_the_offline_token(installing: Installing) -> None:
    with_login(installing.world, shopify=NewCredential("static", CLIENT, Token("shpat_sandbox", now())))
    link = installing.link(per_user=True)
    assert "Online: in your name" in Browser().open(link).words
    done = Browser().press(link)
    assert "Your session ends" in done.words
    session, fallback = installing.session(), installing.credential()
    assert session is not None
    assert session.token is not None
    assert session.token.user == "jane@example.com"
    assert fallback is not None
    assert (fallback.auth, fallback.token and fallback.token.access_token) == ("static", "shpat_sandbox")
    tokens = another_runtime(installing.world).open_systems(installing.world.connection.id).tokens[0]
    assert tokens.current() == session.token.access_token
    assert "jane@example.com" not in done.text


def test_without_anything_to_fall_back_to_the_connection_knows_who_must_sign_in_again(installing: Installing) -> None:
    Browser().press(installing.link(per_user=True))
    stored = installing.credential()
    assert stored is not None
    assert (stored.auth, stored.token, stored.secrets["user"]) == ("online", None, "jane@example.com")
    Browser().press(installing.link())
    stored = installing.credential()
    assert stored is not None
    assert (stored.auth, "user" in stored.secrets, installing.session()) == ("offline", False, None)


def test_an_uninstalled_connection_goes_on_and_one_paused_by_a_person_does_not(installing: Installing) -> None:
    world = installing.world
    Browser().press(installing.link())
    world.shop.oauth.uninstall()
    with world.engine.begin() as connection:
        connections.pause(connection, world.connection.id, because=UNINSTALLED)
    Browser().press(installing.link())
    assert installing.connection().enabled
    with world.engine.begin() as connection:
        connections.pause(connection, world.connection.id, because="stock-taking")
    done = Browser().press(installing.link())
    assert not installing.connection().enabled
    assert "stock-taking; to go on: ml-connector connection resume us-store" in done.words


def test_scopes_that_are_missing_are_named_with_what_they_are_for(installing: Installing) -> None:
    installing.world.shop.config.scopes = ["write_orders", "read_all_orders", "read_customers", "read_products"]
    done = Browser().press(installing.link())
    assert done.status == 200
    assert "Installed, but not complete" in done.words
    assert "read_inventory inventory items" in done.words
    assert "read_locations" in done.words
    assert "read_orders" not in done.words
    assert installing.credential() is not None


def test_who_only_looks_at_a_link_does_not_use_it_up(installing: Installing) -> None:
    link = installing.link()
    for _ in range(3):
        assert Browser().open(link).status == 200
    assert Browser().press(link).status == 200


def test_a_link_is_used_once(installing: Installing) -> None:
    link, first = installing.link(), Browser()
    first.begin(link)
    other = Browser().press(link)
    assert (other.status, "was used in another browser" in other.words) == (410, True)
    # The browser that began may begin again: a button is pressed twice, a log-in is given up.
    assert first.press(link).status == 200
    for browser in (first, Browser()):
        again = browser.press(link)
        assert (again.status, "This link was used: the app was installed with it" in again.words) == (410, True)


def test_an_ended_an_unknown_and_a_missing_link_say_so(installing: Installing) -> None:
    offer = install.offer(installing.site, "us-store", per_user=False, now=now() - timedelta(minutes=15, seconds=1))
    ended = Browser().press(offer.link)
    assert (ended.status, "it is good for 15 minutes" in ended.words) == (410, True)
    unknown = Browser().open(offer.link + "x")
    assert (unknown.status, "not known here" in unknown.words) == (410, True)
    missing = Browser().open(offer.link.partition("?")[0])
    assert (missing.status, "begins with a link of its own" in missing.words) == (400, True)


def test_the_button_is_refused_without_the_cookie_of_its_page(installing: Installing) -> None:
    link = installing.link()
    response = installing.app.test_client().post(install.INSTALL_PATH, data={"link": link.partition("=")[2]})
    assert (response.status_code, b"did not keep the cookie" in response.data) == (403, True)
    assert Browser().press(link).status == 200


def test_only_hashes_of_link_state_and_browser_are_kept(installing: Installing) -> None:
    link, browser = installing.link(), Browser()
    state = parse_qs(urlsplit(browser.begin(link)).query)["state"][0]
    with installing.world.engine.begin() as connection:
        rows = str([dict(row) for row in connection.execute(installs.select()).mappings()])
    assert link.partition("=")[2] not in rows
    assert state not in rows


def test_the_state_of_another_browser_is_refused_and_stays_good_for_its_own(installing: Installing) -> None:
    owner, thief = Browser(), Browser()
    callback = installing.callback(owner.begin(installing.link()))
    thief.begin(installing.link())
    for browser in (thief, Browser()):
        refused = browser.open(callback)
        assert (refused.status, "was not begun in this browser" in refused.words) == (403, True)
    assert owner.open(callback).status == 200


def test_a_state_is_used_once(installing: Installing) -> None:
    browser = Browser()
    authorize = browser.begin(installing.link())
    assert browser.open(installing.callback(authorize)).status == 200
    again = browser.open(installing.callback(authorize))
    assert (again.status, "This installation was finished at" in again.words) == (410, True)


def test_of_two_callbacks_at_once_one_asks_for_the_token(installing: Installing) -> None:
    browser = Browser()
    callback = installing.callback(browser.begin(installing.link()))
    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(visited.status for visited in pool.map(browser.open, [callback] * 2))
    assert statuses == [200, 410]
    assert installing.world.shop.ledger()["tokens"]["token_calls"] == 1


def test_an_unknown_replaced_or_late_state_is_refused(installing: Installing) -> None:
    browser, link = Browser(), installing.link()
    first = browser.begin(link)
    second = browser.begin(link)
    for callback in (installing.callback(first), installing.callback(second, state="unknown")):
        refused = browser.open(callback)
        assert (refused.status, "No installation waits" in refused.words) == (401, True)
    with installing.world.engine.begin() as connection:
        connection.execute(text("update installs set state_ends_at = now()"))
    late = browser.open(installing.callback(second))
    assert (late.status, "later than 10 minutes" in late.words) == (410, True)


@pytest.mark.parametrize(
    ("shop", "status"),
    [
        ("evil.com/demo-store.myshopify.com", 400),
        ("demo-store.myshopify.com\n", 400),
        ("demo-store.myshopify.com.evil.com", 400),
        ("https://demo-store.myshopify.com", 400),
        ("-store.myshopify.com", 400),
        ("other-store.myshopify.com", 403),
    ],
)
def test_another_shop_is_refused_however_it_is_written(installing: Installing, shop: str, status: int) -> None:
    browser = Browser()
    refused = browser.open(installing.callback(browser.begin(installing.link()), shop=shop))
    assert refused.status == status
    assert installing.world.shop.ledger()["tokens"]["token_calls"] == 0


def test_a_shop_that_belongs_to_another_connection_is_not_told_apart_from_a_foreign_one(installing: Installing) -> None:
    other = replace(
        new_connection("http://127.0.0.1:1", "http://127.0.0.1:1", rules=factories.rules_json(), name="second"),
        shop="second.myshopify.com",
        shopify=NewCredential("offline", CLIENT),
    )
    with installing.world.engine.begin() as connection:
        connections.add(connection, other, installing.world.runtime.vault)
    said = []
    for shop in ("second.myshopify.com", "nobody.myshopify.com"):
        browser = Browser()
        said.append(browser.open(installing.callback(browser.begin(installing.link()), shop=shop)))
    assert said[0].text == said[1].text
    assert "second" not in said[0].words


def test_a_tampered_answer_is_refused(installing: Installing) -> None:
    browser = Browser()
    authorize = browser.begin(installing.link())
    for name in ("code", "host", "timestamp", "hmac"):
        said = installing.signed(authorize)
        refused = browser.open(
            installing.tampered(said | {name: said[name][:-1] + "0" if said[name][-1] != "0" else "1"})
        )
        assert (refused.status, "not signed with the app's secret" in refused.words) == (401, True), name
    assert browser.open(installing.tampered(installing.signed(authorize) | {"added": "1"})).status == 401
    assert installing.world.shop.ledger()["tokens"]["token_calls"] == 0
    assert browser.open(installing.callback(authorize)).status == 200


@pytest.mark.parametrize("seconds", [-95, 95, -86400])
def test_a_stale_answer_is_refused(installing: Installing, seconds: int) -> None:
    browser = Browser()
    refused = browser.open(installing.callback(browser.begin(installing.link()), timestamp=timestamp(seconds)))
    assert (refused.status, "more than 90 seconds from now" in refused.words) == (401, True)


@pytest.mark.parametrize("name", ["code", "shop", "state", "timestamp", "hmac"])
def test_a_missing_parameter_is_named(installing: Installing, name: str) -> None:
    browser = Browser()
    said = installing.signed(browser.begin(installing.link()))
    refused = browser.open(installing.tampered({key: value for key, value in said.items() if key != name}))
    assert (refused.status, f"Shopify's answer has no {name}." in refused.words) == (400, True)


def test_a_code_that_was_used_says_what_to_do_and_the_link_begins_again(installing: Installing) -> None:
    browser, link = Browser(), installing.link()
    installing.world.shop.change({"lose_token_answers": 1})
    refused = browser.press(link)
    assert refused.status == 410
    assert "Nothing was stored. Open the install link again" in refused.words
    assert browser.press(link).status == 200


def test_a_shop_that_fails_costs_nothing_but_a_reload(installing: Installing) -> None:
    browser = Browser()
    callback = installing.callback(browser.begin(installing.link()))
    away, here = "http://127.0.0.1:1", installing.world.shop_url
    moved_to(installing.world, away)
    refused = browser.open(callback)
    assert (refused.status, "Nothing was stored" in refused.words) == (503, True)
    moved_to(installing.world, here)
    assert browser.open(callback).status == 200


def test_a_database_that_dies_between_exchange_and_store_leaves_the_link_good(installing: Installing) -> None:
    world = installing.world

    def end_transactions() -> None:
        with world.engine.connect() as connection:
            connection.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'"
                )
            )

    browser, link = Browser(), installing.link()
    with Served(at_the_token_endpoint(world, shop_app(world.shop), end_transactions)) as dying:
        moved_to(world, dying.url)
        refused = browser.press(link)
    assert (refused.status, "The database is away" in refused.words) == (503, True)
    assert "open the install link again soon" in refused.words
    moved_to(world, world.shop_url)
    stored = installing.credential()
    assert stored is not None
    assert stored.token is None
    assert browser.press(link).status == 200


def test_nobody_renews_the_old_token_while_a_code_is_exchanged(installing: Installing) -> None:
    world = installing.world
    renewed: list[bool] = []
    due = Token("shpat_old", now() - timedelta(hours=1), now() + timedelta(minutes=1), refresh_tokens=("shprt_old",))
    with_login(world, shopify=NewCredential("offline", CLIENT, due))
    other = another_runtime(world).open_unchecked(world.connection.id).tokens[0]

    def renew() -> None:
        if not renewed:
            renewed.append(other.renew_if_due())

    with Served(at_the_token_endpoint(world, shop_app(world.shop), renew)) as shop:
        moved_to(world, shop.url)
        assert Browser().press(installing.link()).status == 200
    assert renewed == [False]
    assert world.shop.ledger()["tokens"]["token_calls"] == 1


def test_a_token_of_the_other_kind_than_asked_for_is_not_stored(installing: Installing) -> None:
    browser = Browser()
    # The answer of `callback` is that of an offline authorization, whatever was asked for.
    refused = browser.open(installing.callback(browser.begin(installing.link(per_user=True))))
    assert (refused.status, "token of the other kind" in refused.words) == (503, True)
    assert installing.session() is None


def test_a_removed_connection_cannot_be_installed_any_more(installing: Installing) -> None:
    browser, link = Browser(), installing.link()
    callback = installing.callback(browser.begin(link))
    with installing.world.engine.begin() as connection:
        connections.remove(connection, installing.connection())
    for visited in (browser.open(callback), browser.open(link)):
        assert (visited.status, "is gone" in visited.words) == (410, True)


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What the processes would log, at its most talkative."""
    logs.configure("DEBUG")
    yield lambda: capsys.readouterr().err
    logs.configure("WARNING")


def test_secrets_are_in_no_page_no_log_and_no_redirect(installing: Installing, logged: Callable[[], str]) -> None:
    world = installing.world
    secret = "planted-client-secret"
    world.shop.config.client_secret = secret
    with_login(world, shopify=NewCredential("offline", CLIENT | {"client_secret": secret}))
    client = installing.app.test_client()
    link = installing.link().partition("=")[2]
    pages = [client.get(install.INSTALL_PATH, query_string={"link": link})]
    begun = client.post(install.INSTALL_PATH, data={"link": link})
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    sent = urlsplit(world.shop.oauth.authorized({"state": state, "redirect_uri": "x"}))
    pages += [client.get(f"{install.CALLBACK_PATH}?{query}") for query in (sent.query + "&a=1", sent.query, sent.query)]
    assert [page.status_code for page in pages] == [200, 401, 200, 410]
    log = logged()
    stored, cookie, said = (
        installing.credential(),
        client.get_cookie(COOKIE, path="/auth/shopify"),
        parse_qs(sent.query),
    )
    assert stored is not None
    assert stored.token is not None
    assert cookie is not None
    secrets = (stored.token.access_token, *stored.token.refresh_tokens, secret, said["code"][0], said["hmac"][0])
    seen = "".join(page.get_data(as_text=True) for page in pages) + log + begun.headers["Location"]
    assert not [value for value in (*secrets, cookie.value) if value in seen]
    assert not [value for value in (state, link) if value in log]
    events = [json.loads(line)["event"] for line in log.splitlines() if "install" in line]
    assert events == ["install_begun", "install_refused", "app_installed", "install_refused"]


def test_every_page_says_what_browsers_may_do_with_it(installing: Installing) -> None:
    client = installing.app.test_client()
    link = installing.link().partition("=")[2]
    answers = [
        client.get(f"{install.INSTALL_PATH}?link={link}"),
        client.post(install.INSTALL_PATH, data={"link": link}),
        client.get(install.INSTALL_PATH),
        client.get(install.CALLBACK_PATH),
    ]
    assert [answer.status_code for answer in answers] == [200, 303, 400, 400]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert policy.endswith("; base-uri 'none'; frame-ancestors 'none'")
        assert "unsafe" not in policy
        if (style := re.search(r"<style>(.*?)</style>", answer.get_data(as_text=True), re.DOTALL)) is not None:
            digest = hashlib.sha256(style.group(1).encode()).digest()
            assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert b"<script" not in answer.data


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_cookie_is_for_this_browser_and_these_pages_alone(
    installing: Installing, redis_url: str, scheme: str, secure: bool
) -> None:
    wakes = Wakes(redis_url)
    site = replace(installing.site, public_url=f"{scheme}://c.example.com")
    client = web_app(installing.world, site, wakes).test_client()
    link = installing.link().partition("=")[2]
    base = {"base_url": site.public_url}
    shown = client.get(f"{install.INSTALL_PATH}?link={link}", **base)
    begun = client.post(install.INSTALL_PATH, data={"link": link}, **base)
    wakes.close()
    for response, seconds in ((shown, 900), (begun, 600)):
        cookie = response.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert f"Max-Age={seconds}; " in cookie
        assert "HttpOnly; Path=/auth/shopify; SameSite=Lax" in cookie
        assert ("Secure" in cookie) is secure
    assert parse_qs(urlsplit(begun.headers["Location"]).query)["redirect_uri"] == [site.redirect_url]


_NAMES = st.sampled_from(["state", "shop", "hmac", "timestamp", "code", "host", "signature", "ids[]"])
_TEXTS = st.text(max_size=40) | st.sampled_from(["demo-store.myshopify.com", timestamp(0), "a" * 64])


@settings(max_examples=80, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kept=st.sets(st.sampled_from(["state", "shop", "hmac", "timestamp", "code"])),
    more=st.lists(st.tuples(_NAMES | st.text(max_size=5), _TEXTS), max_size=6),
    raw=st.binary(max_size=60),
)
def test_no_answer_however_it_is_made_fails_the_server(
    installing: Installing, kept: set[str], more: list[tuple[str, str]], raw: bytes
) -> None:
    client = installing.app.test_client()
    link = installing.link().partition("=")[2]
    client.get(f"{install.INSTALL_PATH}?link={link}")
    begun = client.post(install.INSTALL_PATH, data={"link": link})
    said = {name: value for name, value in installing.signed(begun.headers["Location"]).items() if name in kept}
    query = urlsplit(installing.tampered(said | dict(_encodable(more)))).query
    for sent in (query, query + "&" + raw.decode("latin-1"), raw.decode("latin-1")):
        environ = {"QUERY_STRING": sent}
        answer = client.get(install.CALLBACK_PATH, environ_overrides=environ)
        assert answer.status_code < 500 or answer.status_code == 503
        assert b"Traceback" not in answer.data
        shown = client.get(install.INSTALL_PATH, environ_overrides=environ)
        assert shown.status_code < 500
    pressed = client.post(install.INSTALL_PATH, data=b"link=" + raw, content_type="application/x-www-form-urlencoded")
    assert pressed.status_code < 500


def _encodable(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (name.encode("utf-8", "replace").decode(), value.encode("utf-8", "replace").decode()) for name, value in pairs
    ]


def test_adding_the_file_again_keeps_the_installed_tokens_of_the_same_app(installing: Installing) -> None:
    world = installing.world
    Browser().press(installing.link())
    Browser().press(installing.link(per_user=True))
    with_login(world, shopify=NewCredential("offline", CLIENT))
    stored = installing.credential()
    assert stored is not None
    assert stored.token is not None
    assert stored.token.refresh_tokens
    assert installing.session() is not None
    with_login(world, shopify=NewCredential("offline", CLIENT | {"client_id": "another"}))
    stored = installing.credential()
    assert stored is not None
    assert (stored.token, installing.session()) == (None, None)


def test_a_sealed_session_belongs_to_its_place(installing: Installing) -> None:
    Browser().press(installing.link(per_user=True))
    with installing.world.engine.begin() as connection:
        rows = str(connection.exec_driver_sql("select * from credentials").all())
        assert credentials.read(connection, Vault((KEY,)), installing.world.connection.id, SHOPIFY) is not None
    assert "jane@example.com" not in rows
