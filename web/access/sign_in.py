"""The pages to sign in, by password or by one-time link, to sign out, and to give the password again.

The link's page only shows a button: mail scanners open every link they see, and would use it up otherwise.
"""

from http import HTTPStatus

from flask import Blueprint, Response, request, session

from connector.flows import signing_in
from connector.flows.acting import NotSignedIn
from connector.flows.people import LINK_PATH
from connector.flows.signing_in import Given, LinkOver, WrongSignIn
from web.access import ways
from web.access.gate import Gate
from web.access.pages import gone, guard, page
from web.console.refusals import sentence


def sign_in_blueprint(gate: Gate) -> Blueprint:
    """The routes that need nobody to be signed in yet, or ask again who is."""
    blueprint = Blueprint("access", __name__, template_folder="../templates")
    blueprint.context_processor(lambda: {"provider": gate.settings.oidc})

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


def _sign_in_page(gate: Gate) -> Response:
    try:
        gate.watching(request)
    except NotSignedIn:
        return page("sign_in", next=ways.local(request.args.get("next")), name="", error=None)
    return gone(ways.local(request.args.get("next")))


def _come_in(gate: Gate) -> Response:
    form = request.form
    given = Given(form.get("name", ""), form.get("password", ""), form.get("code", ""))
    way_back = ways.local(form.get("next"))
    try:
        token = signing_in.sign_in(gate.access, given, gate.visitor(request), now=gate.clock())
    except WrongSignIn as error:
        return page("sign_in", status=HTTPStatus.FORBIDDEN, next=way_back, name=given.name, error=sentence(error))
    return came_in(gate, token, way_back)


def _come_in_by_link(gate: Gate) -> Response:
    form = request.form
    try:
        token = signing_in.sign_in_by_link(
            gate.access, form.get("link", ""), form.get("code", ""), gate.visitor(request), now=gate.clock()
        )
    except LinkOver as error:
        return page("link_over", status=HTTPStatus.GONE, sentence=sentence(error))
    except WrongSignIn:
        return _link_page(gate, form.get("link", ""), status=HTTPStatus.FORBIDDEN, error="The code is not right.")
    return came_in(gate, token, "/account")


def _link_page(gate: Gate, link: str, *, status: int = HTTPStatus.OK, error: str | None = None) -> Response:
    try:
        user = signing_in.link_user(gate.access, link, now=gate.clock())
    except LinkOver as over:
        return page("link_over", status=HTTPStatus.GONE, sentence=sentence(over))
    return page("link", status=status, user=user, link=link, error=error)


def _sign_out(gate: Gate) -> Response:
    signing_in.sign_out(gate.access, gate.signed_in(request))
    response = gone(ways.SIGN_IN)
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
    return gone(way_back)


def came_in(gate: Gate, token: str, way_back: str) -> Response:
    """The browser gets its session, and forms are signed anew: what somebody planted before counts no more."""
    response = gone(way_back)
    session.clear()
    gate.cookies.keep(response, token)
    return response
