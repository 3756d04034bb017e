"""The gate of the console and of its API: says who a request is of, or refuses it.

Under /api/ only a bearer token counts, never a cookie: a page of another site can send a cookie along, but no token.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Request
from sqlalchemy import Engine

from connector.config import Settings
from connector.flows import api_access, signing_in
from connector.flows.acting import NotSignedIn, Who
from connector.flows.passwords import Passwords
from connector.flows.signing_in import Access, SignedIn, Visitor
from connector.flows.throttling import Throttle
from connector.vault import Vault
from web.access.cookies import Cookies
from web.netsuite_events import sender

API = "/api/"
_BEARER = "bearer"


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


class Gate:
    """Knows who is there. Safe for threads. `engine` has transactions, and a pool of its own."""

    def __init__(
        self, engine: Engine, vault: Vault, settings: Settings, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        throttle = Throttle(engine, settings.session_secret.encode())
        self.access = Access(engine, vault, throttle, Passwords())
        self.cookies = Cookies(is_secure=settings.address.startswith("https://"))
        self.settings = settings
        self.clock = clock

    def who(self, request: Request) -> Who:
        """Who a request is of; a session is seen by it. Raises NotSignedIn, TooManyTries."""
        if request.path.startswith(API):
            return api_access.bearer(self.access, _token(request), self.visitor(request).address, now=self.clock())
        return self.signed_in(request).who

    def watching(self, request: Request) -> Who:
        """Who a request is of that a page makes by itself: it keeps no session from ending. Raises NotSignedIn."""
        if request.path.startswith(API):
            return self.who(request)
        return signing_in.watched(self.access, self.cookies.session(request), now=self.clock()).who

    def signed_in(self, request: Request) -> SignedIn:
        """The session of a request, which is seen by it. Raises NotSignedIn."""
        return signing_in.session(self.access, self.cookies.session(request), now=self.clock())

    def visitor(self, request: Request) -> Visitor:
        """Where a request comes from, as far as proxies of the operator's own say."""
        address = sender(request, trusted_proxies=self.settings.trusted_proxies)
        return Visitor(str(address or request.remote_addr or ""), request.headers.get("User-Agent", ""))


def _token(request: Request) -> str:
    """The bearer token. Raises NotSignedIn."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _BEARER or not token.strip():
        raise NotSignedIn("send a token: Authorization: Bearer mlc_…")
    return token.strip()
