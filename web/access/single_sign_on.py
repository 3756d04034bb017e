"""The way to an OpenID provider and back. The question stands in the signed cookie of the forms: this browser asked it."""

import hmac
import importlib.util
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request, session

from connector.config import Provider
from connector.errors import ConfigError, ConnectorError
from connector.flows.signing_in import WrongSignIn
from web.access import ways
from web.access.gate import Gate
from web.access.pages import gone, guard, page
from web.access.sign_in import came_in
from web.console.refusals import sentence

if TYPE_CHECKING:
    from connector.flows.single_sign_on import SignOn

_ASKED = "oidc"
START_PATH = f"{ways.SIGN_IN}/oidc"


def opened_provider(provider: Provider) -> "SignOn":
    """The provider. Raises ConfigError where the extra is not installed."""
    if importlib.util.find_spec("authlib") is None:
        raise ConfigError("CONNECTOR_OIDC_ISSUER needs more than is installed: pip install 'ml-connector[oidc]'")
    from connector.flows.single_sign_on import SignOn

    return SignOn(provider)


def single_sign_on_blueprint(gate: Gate, sign_on: "SignOn") -> Blueprint:
    """The two routes."""
    from connector.flows import single_sign_on

    blueprint = Blueprint("single_sign_on", __name__, template_folder="../templates")
    redirect_url = gate.settings.address + single_sign_on.CALLBACK_PATH

    @blueprint.get(START_PATH)
    def start() -> Response:
        question = single_sign_on.asked()
        url = sign_on.url(question, redirect_url=redirect_url)
        session[_ASKED] = asdict(question) | {"next": ways.local(request.args.get("next"))}
        return gone(url)

    @blueprint.get(single_sign_on.CALLBACK_PATH)
    def callback() -> Response:
        kept = session.pop(_ASKED, None)
        if kept is None or not hmac.compare_digest(kept["state"].encode(), request.args.get("state", "").encode()):
            raise WrongSignIn("this browser did not ask for this answer; begin again")
        if "code" not in request.args:
            raise WrongSignIn("the provider let nobody in")
        way_back = kept.pop("next")
        question = single_sign_on.Asked(**kept)
        email = sign_on.email(question, request.args["code"], redirect_url=redirect_url, now=gate.clock())
        token = single_sign_on.sign_in(gate.access, email, gate.visitor(request), now=gate.clock())
        return came_in(gate, token, way_back)

    @blueprint.errorhandler(ConnectorError)
    def refused(error: ConnectorError) -> Response:
        is_ours = isinstance(error, WrongSignIn)
        status = HTTPStatus.FORBIDDEN if is_ours else HTTPStatus.SERVICE_UNAVAILABLE
        return page("not_signed_in", status=status, sentence=sentence(error))

    guard(blueprint, gate)
    return blueprint
