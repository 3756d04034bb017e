"""Holds every form of the console against forgery, and gives its pages their headers.

A post needs the token of its form, and must not come from another site. What proves itself otherwise is left alone:
webhooks and events by their signature, the install by its own cookie, the API by its bearer token.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, abort, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect

from connector.store.console_sessions import LIFE
from web.access.gate import API, Gate

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BOUNDED_ELSEWHERE = ("/webhooks/", "/auth/shopify/")
# The largest form is a draft of rules.
_MOST_BYTES = 512 * 1024


def protect(app: Flask, gate: Gate) -> None:
    """Every post but those that prove themselves otherwise needs the token of its form."""
    app.secret_key = gate.settings.session_secret
    app.config.update(
        SESSION_COOKIE_NAME=gate.cookies.form_name,
        SESSION_COOKIE_SECURE=gate.cookies.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=int(LIFE.total_seconds()),
        # The origin is checked here: Flask-WTF asks for a Referer, which some privacy settings leave out.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = _FormsAlone()
    forms = CSRFProtect(app)

    @app.before_request
    def _forgery() -> None:
        if request.method in _SAFE or request.path.startswith(_BOUNDED_ELSEWHERE):
            return
        # Before anything reads the form: whoever sends it need not be signed in.
        request.max_content_length = _MOST_BYTES
        if request.path.startswith(API):
            return
        if not is_own(request, gate.settings.address):
            abort(403, "This form was sent from another site. Open the page here and send it again.")
        forms.protect()


def is_own(incoming: Request, address: str) -> bool:
    """False for what a page of another site sent. `address`: where this site is reached from outside."""
    site = incoming.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = incoming.headers.get("Origin")
    return origin is None or origin in (_origin(address), _origin(incoming.host_url))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class _FormsAlone(SecureCookieSessionInterface):
    """Flask's signed cookie, which holds nothing but what forms are checked against; a webhook costs no signature."""

    def open_session(self, app: Flask, request: Request) -> Any:
        if self.get_cookie_name(app) not in request.cookies:
            return SecureCookieSession()
        return super().open_session(app, request)
