"""The page of one's own account: password, second factor, sessions."""

import segno
from flask import Blueprint, Response, request
from markupsafe import Markup

from connector.errors import Rejected
from connector.flows import own_sessions, people, second_factor, signing_in
from connector.flows.people import PasswordChange
from connector.flows.second_factor import Enrolment
from connector.flows.signing_in import SignedIn, WrongSignIn
from web.access.gate import Gate
from web.access.pages import gone, guard, page
from web.console.refusals import sentence

ACCOUNT = "/account"
SECOND_FACTOR = f"{ACCOUNT}/second-factor"


def account_blueprint(gate: Gate) -> Blueprint:
    """The routes of one's own account."""
    blueprint = Blueprint("account", __name__, template_folder="../templates")

    @blueprint.get(ACCOUNT)
    def account() -> Response:
        return _account_page(gate, gate.signed_in(request))

    @blueprint.post(f"{ACCOUNT}/password")
    def change_password() -> Response:
        return _change_password(gate)

    @blueprint.post(f"{ACCOUNT}/sessions/end")
    def end_sessions() -> Response:
        return _end_sessions(gate)

    @blueprint.get(SECOND_FACTOR)
    def enrol() -> Response:
        return _enrol_page(gate)

    @blueprint.post(SECOND_FACTOR)
    def confirm() -> Response:
        return _confirm(gate)

    @blueprint.post(f"{SECOND_FACTOR}/remove")
    def remove() -> Response:
        who = gate.signed_in(request).who
        second_factor.remove(gate.access.engine, who, now=gate.clock())
        return gone(f"{ACCOUNT}?done=code-removed")

    guard(blueprint, gate)
    return blueprint


def _account_page(gate: Gate, signed_in: SignedIn, *, status: int = 200, error: str | None = None) -> Response:
    now = gate.clock()
    return page(
        "account",
        status=status,
        user=signed_in.user,
        sessions=own_sessions.of(gate.access, signed_in, now=now),
        present=signed_in.session.id,
        asks_old=not signing_in.may_set_password(signed_in, now=now),
        codes_left=second_factor.codes_left(gate.access.engine, signed_in.user),
        done=request.args.get("done"),
        error=error,
    )


def _change_password(gate: Gate) -> Response:
    signed_in, form = gate.signed_in(request), request.form
    new = form.get("new", "")
    if new != form.get("again", ""):
        return _account_page(gate, signed_in, status=400, error="The new password was not typed the same twice.")
    wanted = PasswordChange(form.get("old", ""), new)
    try:
        people.change_own_password(gate.access, signed_in, wanted, gate.visitor(request), now=gate.clock())
    except WrongSignIn:
        return _account_page(gate, signed_in, status=403, error="The password you had is not right.")
    except Rejected as error:
        return _account_page(gate, signed_in, status=400, error=sentence(error))
    return gone(f"{ACCOUNT}?done=password")


def _end_sessions(gate: Gate) -> Response:
    signed_in, chosen = gate.signed_in(request), request.form.get("session", "")
    if chosen.isdecimal() and int(chosen) < 2**63:
        own_sessions.end(gate.access, signed_in, int(chosen))
    else:
        own_sessions.end_others(gate.access, signed_in)
    return gone(f"{ACCOUNT}?done=sessions")


def _enrol_page(gate: Gate) -> Response:
    signed_in = gate.signed_in(request)
    try:
        enrolment = second_factor.enrol(gate.access.engine, gate.access.vault, signed_in.who, now=gate.clock())
    except Rejected:
        return gone(ACCOUNT)
    return _enrolment(enrolment)


def _confirm(gate: Gate) -> Response:
    who, code = gate.signed_in(request).who, request.form.get("code", "")
    engine, vault, now = gate.access.engine, gate.access.vault, gate.clock()
    try:
        codes = second_factor.confirm(engine, vault, who, code, now=now)
    except Rejected as error:
        return _enrolment(second_factor.enrol(engine, vault, who, now=now), status=400, error=sentence(error))
    return page("recovery_codes", codes=codes)


def _enrolment(enrolment: Enrolment, *, status: int = 200, error: str | None = None) -> Response:
    # Black on white in the dark too: phones read no other.
    drawn = segno.make(enrolment.uri, micro=False).svg_inline(scale=5, dark="#000", light="#fff")
    spaced = " ".join(enrolment.secret[start : start + 4] for start in range(0, len(enrolment.secret), 4))
    return page(
        "second_factor",
        status=status,
        picture=Markup(drawn),  # noqa: S704  drawn here, of nothing but black and white
        uri=enrolment.uri,
        secret=spaced,
        error=error,
    )
