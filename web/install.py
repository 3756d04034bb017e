"""The pages on which a person installs the app in a shop: the link's page, and where Shopify sends the browser back to.

The link's page only shows what will happen; its button begins. Mail scanners and chat previews open every link they see,
and would use it up otherwise. No page needs JavaScript, and none holds a secret.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from urllib.parse import parse_qs

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import ConnectorError
from connector.flows import install
from connector.flows.install import CALLBACK_PATH, INSTALL_PATH, Site
from connector.flows.install_checks import LINK_LIFE, STATE_LIFE, Elsewhere, Incomplete, NotProven, Over
from connector.shopify.shop import SCOPES

log = structlog.get_logger(__name__)

# Known by the browser alone; its hash stands with the attempt. `Lax` lets it come along when Shopify sends people back.
COOKIE = "ml_connector_install"
_COOKIE_PATH = "/auth/shopify"
_COOKIE_LENGTH = 43
_MOST_BYTES = 4096

# Status and heading of what a visitor can change; everything else is 503.
_REFUSALS: dict[type[ConnectorError], tuple[int, str]] = {
    Incomplete: (400, "This address is not complete"),
    NotProven: (401, "This answer cannot be trusted"),
    Elsewhere: (403, "Another browser or another shop"),
    Over: (410, "Used already, or ended"),
}
_ASK_FOR_COOKIES = (
    "This browser did not keep the cookie of the page before. Allow cookies for this address, open the install link again "
    "and press the button there."
)
_DATABASE_AWAY = (
    "The database cannot be reached, and nothing was stored. Load this page again in a moment. If Shopify's code is then "
    "refused as used, open the install link again soon: what Shopify gave for it is lost, and the token that was in use "
    "before may have ended by it."
)


def install_blueprint(site: Site) -> Blueprint:
    """The three routes."""
    blueprint = Blueprint("install", __name__, template_folder="templates")
    css = resources.files("web").joinpath("templates/install/style.css").read_text("utf-8")
    blueprint.context_processor(lambda: {"css": Markup(css)})  # noqa: S704  a file of ours

    @blueprint.get(INSTALL_PATH)
    def confirm() -> Response:
        return _answered(lambda: _confirm(site))

    @blueprint.post(INSTALL_PATH)
    def begin() -> Response:
        return _answered(lambda: _begin(site))

    @blueprint.get(CALLBACK_PATH)
    def callback() -> Response:
        return _answered(lambda: _callback(site))

    @blueprint.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _policy(css)
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def _confirm(site: Site) -> Response:
    """Shows what a link leads to, and gives the browser its cookie: it must come back with the button."""
    link, browser = _link(), _browser()
    invitation = install.invitation(site, link, browser, now=datetime.now(UTC))
    response = _page("confirm", invitation=invitation, stored=invitation.connection, link=link, scopes=SCOPES)
    _keep_browser(response, site, browser or secrets.token_urlsafe(32), seconds=LINK_LIFE.seconds)
    return response


def _begin(site: Site) -> Response:
    """Sends the browser to Shopify. A form of another site is refused: it brings no cookie (SameSite)."""
    request.max_content_length = _MOST_BYTES
    browser = _browser()
    if browser is None:
        raise Elsewhere(_ASK_FOR_COOKIES)
    url = install.begin(site, request.form.get("link", ""), browser, now=datetime.now(UTC))
    response = make_response(redirect(url, 303))
    _keep_browser(response, site, browser, seconds=STATE_LIFE.seconds)
    return response


def _callback(site: Site) -> Response:
    if len(request.query_string) > _MOST_BYTES:
        raise Incomplete("Shopify's answer is longer than any it gives. Open the install link again.")
    installed = install.finish(site, request.query_string, _browser(), now=datetime.now(UTC))
    scopes = {scope: SCOPES[scope] for scope in installed.missing}
    return _page("installed", installed=installed, stored=installed.connection, missing=scopes)


def _answered(view: Callable[[], Response]) -> Response:
    """What a view answers, or the page that says why not: 4xx for what the visitor can change, else 503."""
    try:
        return view()
    except SQLAlchemyError as error:
        log.warning("install_failed", reason=type(error).__name__)
        return _refused("The database is away", _DATABASE_AWAY, 503)
    except ConnectorError as error:
        log.warning("install_refused", reason=error.code)
        if (refusal := _REFUSALS.get(type(error))) is not None:
            return _refused(refusal[1], str(error), refusal[0])
        sentence = (
            f"{error}. Nothing was stored. When that is put right, load this page again or open the install link."
        )
        return _refused("This did not work", sentence, 503)


def _refused(heading: str, sentence: str, status: int) -> Response:
    response = _page("refused", heading=heading, sentence=sentence)
    response.status_code = status
    return response


def _page(name: str, **values: Any) -> Response:
    return make_response(render_template(f"install/{name}.html", **values))


def _link() -> str:
    """The link of the query; `request.args` fails on a query that is not UTF-8."""
    said = parse_qs(request.query_string[:_MOST_BYTES].decode("ascii", "replace"))
    return said.get("link", [""])[0]


def _browser() -> str | None:
    """The value only this browser knows; None without a cookie of ours."""
    value = request.cookies.get(COOKIE, "")
    return value if len(value) == _COOKIE_LENGTH else None


def _keep_browser(response: Response, site: Site, browser: str, *, seconds: int) -> None:
    response.set_cookie(
        COOKIE,
        browser,
        max_age=seconds,
        path=_COOKIE_PATH,
        secure=site.public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )


def _policy(css: str) -> str:
    """Nothing but our own style. No `form-action`: Chromium holds each redirect after a form against it, and Shopify's
    log-in may lead over a host of the merchant's (single sign-on)."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
