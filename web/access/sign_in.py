"""The pages to sign in, by password or by one-time link, to sign out, and to give the password again.

The link's page only shows a button: mail scanners open every link they see, and would use it up otherwise.
"""

import math
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, session

from connector.flows import signing_in
from connector.flows.acting import NotSignedIn, PasswordNeeded
from connector.flows.people import LINK_PATH
from connector.flows.signing_in import Given, LinkOver, WrongSignIn
from connector.flows.throttling import TooManyTries
from web.access import ways
from web.access.gate import Gate
from web.access.protection import secured

_MOST_BYTES = 8192


def sign_in_blueprint(gate: Gate) -> Blueprint:
    """The routes that need nobody to be signed in yet, or ask again who is."""
    blueprint = Blueprint("access", __name__, template_folder="../templates")

    @blueprint.get(ways.SIGN_IN)
    def sign_in() -> Response:
        return _sign_in_page(gate)

    @blueprint.post(ways.SIGN_IN)
    def come_in() -> Response:
        return _come_in(gate)

    @blueprint.post("/sign-out")
    def sign_out() -> Response:
        return _sign_out(gate)

    @blueprint.get(LINK_PATH)
    def link() -> Response:
        return _link_page(gate, request.args.get("link", ""))

    @blueprint.post(LINK_PATH)
    def come_in_by_link() -> Response:
        return _come_in_by_link(gate)

    @blueprint.get(ways.PASSWORD)
    def password() -> Response:
        return _password_page(gate)

    @blueprint.post(ways.PASSWORD)
    def give_password() -> Response:
        return _give_password(gate)

    guard(blueprint, gate)
    return blueprint


def guard(blueprint: Blueprint, gate: Gate) -> None:
    """Headers, a bound for what is sent, and where somebody goes who must sign in or give the password first."""

    @blueprint.before_request
    def _bound() -> None:
        request.max_content_length = _MOST_BYTES

    @blueprint.after_request
    def _headers(response: Response) -> Response:
        return secured(response, gate)

    @blueprint.errorhandler(NotSignedIn)
    def _not_signed_in(_error: NotSignedIn) -> Response:
        return ways.to_sign_in(request)

    @blueprint.errorhandler(PasswordNeeded)
    def _password_needed(_error: PasswordNeeded) -> Response:
        return ways.to_password(request)

    @blueprint.errorhandler(TooManyTries)
    def _too_many(error: TooManyTries) -> Response:
        seconds = math.ceil(error.retry_after or 1)
        response = page("too_many", status=HTTPStatus.TOO_MANY_REQUESTS, wait=_wait(seconds))
        response.headers["Retry-After"] = str(seconds)
        return response


def page(template: str, *, status: int = HTTPStatus.OK, **values: Any) -> Response:
    """A page of access."""
    response = make_response(render_template(f"access/{template}.html", **values))
    response.status_code = status
    return response


def _sign_in_page(gate: Gate) -> Response:
    try:
        gate.watching(request)
    except NotSignedIn:
        return page("sign_in", next=ways.local(request.args.get("next")), name="", error=None)
    return _gone(ways.local(request.args.get("next")))


def _come_in(gate: Gate) -> Response:
    form = request.form
    given = Given(form.get("name", ""), form.get("password", ""), form.get("code", ""))
    way_back = ways.local(form.get("next"))
    try:
        token = signing_in.sign_in(gate.access, given, gate.visitor(request), now=gate.clock())
    except WrongSignIn as error:
        return page("sign_in", status=HTTPStatus.FORBIDDEN, next=way_back, name=given.name, error=_sentence(error))
    return _came_in(gate, token, way_back)


def _come_in_by_link(gate: Gate) -> Response:
    form = request.form
    try:
        token = signing_in.sign_in_by_link(
            gate.access, form.get("link", ""), form.get("code", ""), gate.visitor(request), now=gate.clock()
        )
    except LinkOver as error:
        return page("link_over", status=HTTPStatus.GONE, sentence=_sentence(error))
    except WrongSignIn:
        return _link_page(gate, form.get("link", ""), status=HTTPStatus.FORBIDDEN, error="The code is not right.")
    return _came_in(gate, token, "/account")


def _link_page(gate: Gate, link: str, *, status: int = HTTPStatus.OK, error: str | None = None) -> Response:
    try:
        user = signing_in.link_user(gate.access, link, now=gate.clock())
    except LinkOver as over:
        return page("link_over", status=HTTPStatus.GONE, sentence=_sentence(over))
    return page("link", status=status, user=user, link=link, error=error)


def _sign_out(gate: Gate) -> Response:
    signing_in.sign_out(gate.access, gate.signed_in(request))
    response = _gone(ways.SIGN_IN)
    session.clear()
    gate.cookies.drop(response)
    return response


def _password_page(gate: Gate) -> Response:
    signed_in = gate.signed_in(request)
    return page("password", next=ways.local(request.args.get("next")), user=signed_in.user, error=None)


def _give_password(gate: Gate) -> Response:
    signed_in = gate.signed_in(request)
    way_back = ways.local(request.form.get("next"))
    try:
        signing_in.give_password(
            gate.access, signed_in, request.form.get("password", ""), gate.visitor(request), now=gate.clock()
        )
    except WrongSignIn:
        error = "The password is not right."
        return page("password", status=HTTPStatus.FORBIDDEN, next=way_back, user=signed_in.user, error=error)
    return _gone(way_back)


def _came_in(gate: Gate, token: str, way_back: str) -> Response:
    """The browser gets its session, and forms are signed anew: what somebody planted before counts no more."""
    response = _gone(way_back)
    session.clear()
    gate.cookies.keep(response, token)
    return response


def _gone(path: str) -> Response:
    return make_response(redirect(path, HTTPStatus.SEE_OTHER))


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _wait(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
