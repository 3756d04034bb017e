"""The screens and acts of the console: each is registered once, and is a page, its JSON twin and a line of the API document.

A screen reads: a function from a visit and its query to a frozen dataclass, shown by `templates/console/<name>.html` and
answered as JSON under /api/v1; one with a path in `opens` sends a browser there. An act writes: a function from a visit and
its form to what was Done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, current_app, flash, make_response, redirect, render_template, request
from pydantic import TypeAdapter
from werkzeug.exceptions import MethodNotAllowed

from connector.store.roles import Role
from web.access import ways
from web.console import rendering
from web.console.asking import REASONED, Asked, Form, from_body, from_form, from_query
from web.console.environments import environments_about
from web.console.idempotency import once
from web.console.refusals import BadInput, NotFound
from web.console.site import Site, Visit

API = "/api/v1"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Done:
    """What an act did. `said`: one sentence for the person; `location`: where they look next, a path of the console.

    `secret`: what is shown this once; it never goes into a cookie, where the sentence waits for the next page.
    """

    said: str
    location: str
    secret: str | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        answer = {"said": self.said, "at": self.location}
        return answer if self.secret is None else answer | {"secret": self.secret}


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen. `path` may hold Flask's variables; `answer` is the dataclass it reads."""

    name: str
    path: str
    asked: type[Asked]
    answer: Any
    role: Role
    read: Callable[..., Any]


class Reach(StrEnum):
    """How much one press of an act touches. What touches many asks why; what then writes money asks for the password too."""

    ONE = "one"
    MANY = "many"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `again`: the screen that has its form, shown once more with what is wrong beside each field."""

    name: str
    path: str
    form: type[Form]
    role: Role
    asks_password: bool
    run: Callable[..., Done]
    again: str | None
    reach: Reach

    def done(self, visit: Visit, form: Form, at: Mapping[str, Any]) -> Done:
        """Carries it out. Raises BadInput where it touches many and nobody says why."""
        if self.reach is not Reach.ONE and isinstance(form, REASONED):
            _ = form.why
        return self.run(visit, form, **at)


@dataclass(slots=True)
class Console:
    """Everything that is registered, and the two blueprints that serve it."""

    site: Site
    screens: list[Screen] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    pages: Blueprint = field(default_factory=lambda: Blueprint("console", __name__, template_folder="../templates"))
    api: Blueprint = field(default_factory=lambda: Blueprint("api", __name__, url_prefix=API))

    def screen(
        self, name: str, path: str, asked: type[Asked], answer: Any, *, role: Role = Role.VIEWER
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers a function `(visit, asked, **path variables) -> answer` as a page and its twin."""

        def register(read: Callable[..., Any]) -> Callable[..., Any]:
            screen = Screen(name, path, asked, answer, role, read)
            self.screens.append(screen)
            adapter = TypeAdapter(answer)
            self.pages.add_url_rule(path, name, lambda **at: self._page(screen, at))
            self.api.add_url_rule(_api_path(path), name, lambda **at: self._twin(screen, adapter, at))
            return read

        return register

    def act(
        self,
        name: str,
        path: str,
        form: type[Form],
        *,
        role: Role = Role.OPERATOR,
        asks_password: bool = False,
        again: str | None = None,
        reach: Reach = Reach.ONE,
    ) -> Callable[[Callable[..., Done]], Callable[..., Done]]:
        """Registers a function `(visit, form, **path variables) -> Done` as a post of a form and of JSON.

        `asks_password`: a person must have given it a short while ago; for what can move money, or lets somebody in.
        `again`: the screen with its form, of the same path variables; a BadInput shows it with `faults` and what was `sent`.
        `reach`: raises TypeError for an act that touches many and whose form has no reason, or that writes the money of many
        without the password.
        """
        if reach is not Reach.ONE and not issubclass(form, REASONED):
            raise TypeError(f"{name} touches many records: its form must ask for a reason")
        if reach is Reach.MONEY and not asks_password:
            raise TypeError(f"{name} writes the money of many records: it must ask for the password")

        def register(run: Callable[..., Done]) -> Callable[..., Done]:
            act = Act(name, path, form, role, asks_password, run, again, reach)
            self.acts.append(act)
            self.pages.add_url_rule(path, name, lambda **at: self._posted(act, at), methods=["POST"])
            self.api.add_url_rule(_api_path(path), name, lambda **at: self._called(act, at), methods=["POST"])
            return run

        return register

    def part(self, name: str, path: str, asked: type[Asked]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers a function whose values fill `templates/console/<name>.html`, a piece of a page that the page asks again."""

        def register(read: Callable[..., Any]) -> Callable[..., Any]:
            def show(**at: Any) -> Response:
                visit = self.visit(Role.VIEWER)
                query = from_query(asked, request.args)
                return make_response(
                    render_template(f"console/{name}.html", page=read(visit, query, **at), asked=query, visit=visit)
                )

            self.pages.add_url_rule(path, name, show)
            return read

        return register

    def file(
        self, name: str, path: str, asked: type[Asked], *, role: Role = Role.VIEWER
    ) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        """Registers a function `(visit, asked, **path variables) -> Response` for what is downloaded."""

        def register(read: Callable[..., Response]) -> Callable[..., Response]:
            self.pages.add_url_rule(
                path, name, lambda **at: read(self.visit(role), from_query(asked, request.args), **at)
            )
            return read

        return register

    def visit(self, role: Role) -> Visit:
        """Who asks, when they have the role. Raises NotSignedIn or NotAllowed.

        What a page asks again by itself keeps no session from ending: people press links and forms.
        """
        if "\0" in request.path:
            raise NotFound("there is nothing under this address")
        gate = self.site.gate
        who = gate.watching(request) if ways.is_live(request) else gate.who(request)
        who.must_be(role)
        return Visit(self.site, who, self.site.clock())

    def mount(self, app: Flask) -> None:
        """Puts both blueprints into the app; nothing is registered after that."""
        self.pages.add_url_rule("/<path:missing>", "missing", lambda missing: self._missing(missing))
        names = frozenset(screen.name for screen in self.screens)
        is_secure = self.site.address.startswith("https://")
        rendering.prepare(app, self.pages, self.api, screens=names, is_secure=is_secure)
        app.jinja_env.globals["environments"] = partial(environments_about, self.site)
        app.register_blueprint(self.pages)
        app.register_blueprint(self.api)
        # Of every version, and by every method: what is no address of the API is told as a problem, never as a page.
        app.add_url_rule(
            "/api/<path:missing>", "api.missing", lambda missing: self._uncalled(missing), methods=_METHODS
        )

    def _page(self, screen: Screen, at: dict[str, Any]) -> Response:
        visit = self.visit(screen.role)
        query = from_query(screen.asked, request.args)
        return self._shown(screen, visit, query, at, faults={}, sent={})

    def _shown(
        self, screen: Screen, visit: Visit, query: Asked, at: dict[str, Any], **form: Mapping[str, str]
    ) -> Response:
        page = screen.read(visit, query, **at)
        if (opens := getattr(page, "opens", None)) is not None:
            return make_response(redirect(opens, 303))
        return make_response(
            render_template(f"console/{screen.name}.html", page=page, asked=query, visit=visit, screen=screen, **form)
        )

    def _twin(self, screen: Screen, adapter: TypeAdapter[Any], at: dict[str, Any]) -> Response:
        visit = self.visit(screen.role)
        answer = screen.read(visit, from_query(screen.asked, request.args), **at)
        return Response(adapter.dump_json(answer), content_type="application/json")

    def _doing(self, act: Act) -> Visit:
        """Who does it. Raises as `visit`, and PasswordNeeded."""
        visit = self.visit(act.role)
        if act.asks_password:
            visit.who.must_have_given_password(now=visit.now)
        return visit

    def _posted(self, act: Act, at: dict[str, Any]) -> Response:
        visit = self._doing(act)
        try:
            done = act.done(visit, from_form(act.form, request.form), at)
        except BadInput as error:
            if act.again is None:
                raise
            screen = next(one for one in self.screens if one.name == act.again)
            query = from_query(screen.asked, request.args)
            shown = self._shown(screen, visit, query, at, faults=error.fields, sent=request.form)
            shown.status_code = 400
            return shown
        if done.secret is not None:
            return make_response(render_template("console/once.html", done=done))
        flash(done.said)
        return make_response(redirect(done.location, 303))

    def _called(self, act: Act, at: dict[str, Any]) -> Response:
        visit = self._doing(act)
        form = from_body(act.form, request.get_json(silent=False) if request.data else None)
        return once(visit, request, lambda: act.done(visit, form, at).to_json())

    def _missing(self, missing: str) -> Response:
        self.visit(Role.VIEWER)
        raise NotFound(f"there is nothing under /{missing}")

    def _uncalled(self, missing: str) -> Response:
        """No other route of the API has this address by this method; where one has it by another, that one is named."""
        self.visit(Role.VIEWER)
        routes = current_app.url_map.bind_to_environ(request.environ)
        if known := [method for method in _METHODS if routes.match(method=method)[0] != request.endpoint]:
            raise MethodNotAllowed(valid_methods=known)
        raise NotFound(f"there is nothing under /api/{missing}")


def _api_path(path: str) -> str:
    return "/overview" if path == "/" else path
