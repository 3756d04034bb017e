"""Signing in by an OpenID provider: only with an answer this browser asked for, and a token that is verified."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from connector.config import Provider
from connector.flows import people
from connector.flows.acting import PasswordNeeded
from connector.flows.signing_in import session
from connector.sandbox.serve import Served
from tests.access import OWNER, Browser, Door, opened_door
from tests.openid import CLIENT_ID, CLIENT_SECRET, OpenId, rsa_key, signed


@pytest.fixture
def openid() -> Iterator[OpenId]:
    """The provider, served."""
    made = OpenId()
    with Served(made.app()) as served:
        made.url = served.url
        yield made


@pytest.fixture
def door(database: Engine, openid: OpenId) -> Door:
    """The door, with anna, an admin who has an address and no password."""
    provider = Provider(openid.url, CLIENT_ID, CLIENT_SECRET, "Example")
    opened = opened_door(database, provider=provider)
    opened.add(password=None, email="Anna@example.com")
    return opened


def answer_for(browser: Browser, way_back: str = "/") -> str:
    """Where the provider sends the browser back to."""
    asked = browser.get(f"/sign-in/oidc?next={way_back}")
    assert asked.status_code == 303, asked.text
    led = requests.get(asked.headers["Location"], allow_redirects=False, timeout=5)
    parts = urlsplit(led.headers["Location"])
    return f"{parts.path}?{parts.query}"


def come_in(door: Door, browser: Browser | None = None, way_back: str = "/") -> TestResponse:
    """Goes to the provider and back."""
    used = browser or door.browser()
    return used.get(answer_for(used, way_back))


def test_a_user_is_found_by_the_address_the_provider_vouches_for(door: Door) -> None:
    assert "Sign in with Example" in door.browser().get("/sign-in").text
    browser = door.browser()
    answer = come_in(door, browser, "/orders")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders")
    assert browser.who().json == {"name": "anna", "role": "admin", "connection_ids": None}


def test_it_does_not_stand_for_the_password_that_what_moves_money_asks_for(door: Door) -> None:
    browser = door.browser()
    come_in(door, browser)
    cookie = browser.client.get_cookie("ml_connector_session")
    assert cookie is not None
    who = session(door.gate.access, cookie.value, now=door.clock()).who
    with pytest.raises(PasswordNeeded):
        who.must_have_given_password(now=door.clock())


def test_it_makes_nobody_a_user_and_lets_no_disabled_one_in(door: Door, openid: OpenId) -> None:
    openid.email = "mallory@example.com"
    assert come_in(door).status_code == 403
    openid.email = "anna@example.com"
    door.add("ben")
    people.disable(door.engine, "anna", by=OWNER, now=door.clock())
    assert come_in(door).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email": None},
        {"nonce": "of another question"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "somebody else"},
        {"aud": [CLIENT_ID, "somebody else"], "azp": "somebody else"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"sub": None},
    ],
)
def test_a_token_that_says_something_else_lets_nobody_in(door: Door, openid: OpenId, claims: dict[str, Any]) -> None:
    openid.claims = claims
    browser = door.browser()
    assert come_in(door, browser).status_code == 403
    assert browser.who().status_code == 401


@pytest.mark.parametrize("kind", ["another key", "no signature", "the client's secret", "no token"])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(door: Door, openid: OpenId, kind: str) -> None:
    openid.sign = {
        "another key": signed(rsa_key()),
        "no signature": lambda claims: jwt.encode(claims, "", "none"),
        "the client's secret": lambda claims: jwt.encode(claims, CLIENT_SECRET, "HS256", headers={"kid": "k1"}),
        "no token": lambda _claims: "a.b.c",
    }[kind]
    browser = door.browser()
    assert come_in(door, browser).status_code == 403
    assert browser.who().status_code == 401


def test_an_answer_counts_in_the_browser_that_asked_and_once(door: Door) -> None:
    asking, other = door.browser(), door.browser()
    answer = answer_for(asking)
    answer_for(other)
    assert other.get(answer).status_code == 403
    assert door.browser().get(answer).status_code == 403
    assert asking.get(answer).status_code == 303
    assert asking.get(answer).status_code == 403


def test_an_answer_that_lets_nobody_in_is_said(door: Door) -> None:
    browser = door.browser()
    state = answer_for(browser).partition("state=")[2]
    refused = browser.get(f"/sign-in/oidc/callback?error=access_denied&state={state}")
    assert refused.status_code == 403
    assert "The provider let nobody in." in refused.text


def test_a_provider_that_calls_itself_otherwise_is_not_gone_to(door: Door, openid: OpenId) -> None:
    openid.issuer = "https://evil.example"
    assert door.browser().get("/sign-in/oidc").status_code == 503


def test_a_provider_that_is_away_is_said_and_the_password_still_works(database: Engine) -> None:
    with Served(OpenId().app()) as gone:
        url = gone.url
    door = opened_door(database, provider=Provider(url, CLIENT_ID, CLIENT_SECRET, "Example"))
    door.add()
    assert door.browser().get("/sign-in/oidc").status_code == 503
    assert door.browser().sign_in().status_code == 303
