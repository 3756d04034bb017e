"""The console's door in tests: an app with a clock that is set, users, and browsers that keep cookies."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyotp
from flask import Blueprint, Flask, Response, jsonify, request
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from connector.config import Provider, Settings
from connector.flows import people
from connector.flows.acting import NotAllowed, NotSignedIn, Who
from connector.flows.throttling import TooManyTries
from connector.store import users
from connector.store.roles import Role
from connector.store.users import NewUser, User
from connector.vault import Vault
from tests.clock import now
from tests.world import KEY, SESSION_SECRET
from web.access.account import account_blueprint
from web.access.gate import Gate
from web.access.protection import protect
from web.access.sign_in import sign_in_blueprint
from web.access.single_sign_on import opened_provider, single_sign_on_blueprint
from web.files import serve_files

PASSWORD = "correct horse battery"
OWNER = Who("command line", Role.ADMIN)


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    at: datetime = field(default_factory=now)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **wait: float) -> None:
        """Time goes by."""
        self.at += timedelta(**wait)


@dataclass(slots=True)
class Door:
    """The app with its gate, and the clock it goes by."""

    engine: Engine
    gate: Gate
    app: Flask
    clock: Clock

    def add(self, name: str = "anna", role: Role = Role.ADMIN, *, password: str | None = PASSWORD, **more: Any) -> User:
        """A user, who has a password unless None is said."""
        people.add(self.engine, NewUser(name, role, **more), by=OWNER, now=self.clock())
        if password is not None:
            people.set_password(self.engine, self.gate.access.passwords, name, password, by=OWNER)
        return self.user(name)

    def user(self, name: str = "anna") -> User:
        """A user as he stands."""
        with self.engine.begin() as connection:
            found = users.by_name(connection, name)
        assert found is not None
        return found

    def link(self, name: str = "anna") -> str:
        """A new link for a user."""
        return people.invite(self.engine, name, by=OWNER, now=self.clock()).link

    def browser(self) -> "Browser":
        """A browser without cookies."""
        return Browser(self.app.test_client())

    def signed_in(self, name: str = "anna", code: str = "") -> "Browser":
        """A browser in which somebody has signed in."""
        browser = self.browser()
        answer = browser.sign_in(name, code=code)
        assert answer.status_code == 303, answer.text
        return browser

    def code(self, secret: str, *, steps: int = 0) -> str:
        """What an authenticator app shows now, or so many steps later."""
        return pyotp.TOTP(secret).at(self.clock(), counter_offset=steps)


@dataclass(slots=True)
class Browser:
    """Opens pages and sends their forms, with the token that stands in them."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page."""
        return self.client.get(path, headers=headers)

    def send(self, page: str, path: str, **fields: str) -> TestResponse:
        """A form of a page, with the page's token."""
        shown = self.client.get(page).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', shown)
        assert found is not None, shown
        return self.client.post(path, data={"csrf_token": found.group(1)} | fields)

    def sign_in(self, name: str = "anna", password: str = PASSWORD, **fields: str) -> TestResponse:
        """Sends the sign-in form."""
        return self.send("/sign-in", "/sign-in", name=name, password=password, **fields)

    def who(self) -> TestResponse:
        """Asks who is signed in."""
        return self.client.get("/who")


def opened_door(
    engine: Engine, *, address: str = "http://localhost", trusted_proxies: int = 0, provider: Provider | None = None
) -> Door:
    """The app, reached at an address; with an OpenID provider, if one is said."""
    settings = Settings(
        database_url="", redis_url="", keys=(KEY,), session_secret=SESSION_SECRET, public_url=address,
        trusted_proxies=trusted_proxies, oidc=provider,
    )  # fmt: skip
    clock = Clock()
    gate = Gate(engine, Vault((KEY,)), settings, clock=clock)
    app = Flask("door", static_folder=None)
    serve_files(app)
    app.register_blueprint(sign_in_blueprint(gate))
    app.register_blueprint(account_blueprint(gate))
    app.register_blueprint(_asking(gate))
    if provider is not None:
        app.register_blueprint(single_sign_on_blueprint(gate, opened_provider(provider)))
    protect(app, gate)
    return Door(engine, gate, app, clock)


def _asking(gate: Gate) -> Blueprint:
    """Pages that say who is there, as the console and its API ask."""
    blueprint = Blueprint("asking", __name__)

    def said(who: Who) -> Response:
        return jsonify(name=who.name, role=who.role, connection_ids=who.connection_ids)

    @blueprint.get("/who")
    def who() -> Response:
        return said(gate.who(request))

    @blueprint.get("/poll")
    def poll() -> Response:
        return said(gate.watching(request))

    @blueprint.get("/api/v1/poll")
    def api_poll() -> Response:
        return said(gate.watching(request))

    @blueprint.route("/api/v1/who", methods=["GET", "POST"])
    def api_who() -> Response:
        return said(gate.who(request))

    @blueprint.post("/money")
    def money() -> Response:
        found = gate.who(request)
        found.must_have_given_password(now=gate.clock())
        return said(found)

    blueprint.register_error_handler(NotSignedIn, lambda _error: ("", 401))
    blueprint.register_error_handler(NotAllowed, lambda _error: ("", 403))
    blueprint.register_error_handler(TooManyTries, lambda _error: ("", 429))
    return blueprint
