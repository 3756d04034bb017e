"""People and programs at the console of the world: a gate that knows them by a header, and what a page says."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

from flask import Flask, Request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.flows.acting import NotSignedIn, Who
from connector.flows.alerting import Teller
from connector.store.roles import Role
from tests.world import World
from web.console.screens import Console
from web.console.site import Gatekeeper, Site
from web.console.whole import whole_console
from web.files import serve_files

PEOPLE = {
    "vera": Who("vera", Role.VIEWER, user_id=1, password_at=datetime(2099, 1, 1, tzinfo=UTC)),
    "otto": Who("otto", Role.OPERATOR, user_id=2, password_at=datetime(2099, 1, 1, tzinfo=UTC)),
    "ada": Who("ada", Role.ADMIN, user_id=3, password_at=datetime(2099, 1, 1, tzinfo=UTC)),
    "stranger": Who("stranger", Role.ADMIN, (0,), datetime(2099, 1, 1, tzinfo=UTC), user_id=4),
}
_TAG = re.compile(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", re.DOTALL)


class KnownPeople:
    """A gate that believes the header X-Who."""

    def who(self, request: Request) -> Who:
        """One of PEOPLE."""
        name = request.headers.get("X-Who", "")
        if name not in PEOPLE:
            raise NotSignedIn("nobody is signed in")
        return PEOPLE[name]

    watching = who


@dataclass(slots=True)
class Woken:
    """Where wakes go."""

    records: list[int] = field(default_factory=list)
    runs: list[tuple[int, str]] = field(default_factory=list)

    def put(self, record_ids: Any) -> None:
        """Keeps them."""
        self.records.extend(record_ids)

    def put_run(self, connection_id: int, name: str) -> None:
        """Keeps it."""
        self.runs.append((connection_id, name))


@dataclass(slots=True)
class Visitor:
    """One person at the console."""

    name: str
    client: FlaskClient
    woken: Woken
    app: Flask
    console: Console

    def get(self, path: str, **options: Any) -> TestResponse:
        """Whatever is answered."""
        return self.client.get(path, headers={"X-Who": self.name}, **options)

    def reads(self, path: str) -> str:
        """The words of a page."""
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code, words(response.text))
        return words(response.text)

    def json(self, path: str) -> Any:
        """The twin of a page."""
        response = self.get(f"/api/v1{path}")
        assert response.status_code == 200, (path, response.text)
        return response.get_json()

    def presses(self, path: str, **form: Any) -> TestResponse:
        """A form is posted."""
        return self.client.post(path, data=form, headers={"X-Who": self.name})

    def does(self, path: str, **form: Any) -> str:
        """A form is posted, and the page it leads to is read."""
        response = self.presses(path, **form)
        assert response.status_code == 303, (path, response.status_code, words(response.text))
        return self.reads(response.location)

    def is_given(self, path: str, **form: Any) -> str:
        """A form is posted, and what is shown once is read; no cookie holds it."""
        response = self.presses(path, **form)
        assert (response.status_code, response.headers.get("Set-Cookie")) == (200, None), words(response.text)
        return words(response.text)

    def calls(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A post to the API."""
        return self.client.post(f"/api/v1{path}", json=body or {}, headers={"X-Who": self.name} | headers)


def words(page: str) -> str:
    """What a person reads of a page, without marks and with single spaces."""
    return " ".join(unescape(_TAG.sub(" ", page)).split())


def _utc_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def opened_console(
    world: World,
    *,
    gate: Gatekeeper | None = None,
    address: str = "https://hooks.example.com",
    clock: Callable[[], datetime] = _utc_now,
) -> Iterator[Visitor]:
    """The console over the world, and an operator at it.

    `gate`: who knows people otherwise than by a header; `address`: where it says that it and its receiver are; `clock`:
    that of the machine it runs on.
    """
    woken = Woken()
    site = Site(world.runtime, woken, gate or KnownPeople(), Teller(None, address), address, clock)
    app = Flask("console", static_folder=None)
    serve_files(app)
    app.secret_key = "only for what is said after a post"
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    console = whole_console(site)
    console.mount(app)
    yield Visitor("otto", app.test_client(), woken, app, console)
