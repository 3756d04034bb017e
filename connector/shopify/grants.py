"""The token endpoint of one shop: client credentials, authorization code, refresh, and the exchange of a classic token.

Facts: shopify.dev, "client credentials grant", "authorization code grant", "expiring offline access tokens" (2026-08).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connector.errors import InvalidAnswer, RateLimited, Unauthorized, Unavailable
from connector.tokens import Token
from connector.transport import Request, Transport, decode, encode, read_briefly

_PATH = "/admin/oauth/access_token"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"

_ADVICE = {
    "invalid_client": "check shopify.client_id and shopify.client_secret; an app that was uninstalled is refused so too",
    "invalid_grant": "the refresh token ended or was replaced; install again: ml-connector shopify install",
    "shop_not_permitted": 'app and shop must belong to the same organisation for auth = "client_credentials"',
    "invalid_request": "the code was used before or has ended; make a new link: ml-connector shopify install",
    "invalid_subject_token": "the token to exchange is not, or no more, an offline token of this app",
}


@dataclass(frozen=True, slots=True)
class App:
    """The app's own credentials; the secret signs webhooks and the install too."""

    client_id: str
    client_secret: str = field(repr=False)


class Grants:
    """Asks one shop for tokens. Raises Unauthorized with what to change, Unavailable, RateLimited."""

    def __init__(self, transport: Transport, app: App, *, url: str) -> None:
        self._transport = transport
        self._app = app
        self._url = url.rstrip("/") + _PATH

    def client_credentials(self) -> Token:
        """A token for a day; the app must belong to the shop's organisation."""
        return self._issued({"grant_type": "client_credentials"})

    def offline_from_code(self, code: str) -> Token:
        """The expiring offline token for an authorization code."""
        return self._issued({"code": code, "expiring": "1"})

    def online_from_code(self, code: str) -> Token:
        """The token of one person's session for an authorization code."""
        return self._issued({"code": code})

    def refreshed(self, token: Token) -> Token:
        """The next access and refresh token. The one before the newest is tried where the newest is refused.

        An answer that is lost does no harm: the refresh token we still have stays usable until its successor was used.
        """
        asked = {"grant_type": "refresh_token"}
        refused: Unauthorized | None = None
        for refresh_token in token.refresh_tokens:
            try:
                issued = self._issued(asked | {"refresh_token": refresh_token})
            except Unauthorized as error:
                refused = refused or error
                continue
            return _with_previous(issued, refresh_token)
        raise refused or Unauthorized(
            "Shopify has given us no refresh token; install again: ml-connector shopify install"
        )

    def exchanged(self, classic: str) -> Token:
        """The expiring offline token for a classic one, which Shopify revokes by this: there is no way back.

        Asked once. Raises OutcomeUnknown when the answer was lost: the classic token may be revoked, or not.
        """
        asked = {
            "grant_type": _EXCHANGE,
            "subject_token": classic,
            "subject_token_type": _OFFLINE,
            "requested_token_type": _OFFLINE,
            "expiring": "1",
        }
        asked_at = datetime.now(UTC)
        return _read(self._asked(asked), asked_at)

    def _issued(self, asked: Mapping[str, str]) -> Token:
        asked_at = datetime.now(UTC)
        return _read(read_briefly(lambda: self._asked(asked)), asked_at)

    def _asked(self, asked: Mapping[str, str]) -> dict[str, Any]:
        body = {"client_id": self._app.client_id, "client_secret": self._app.client_secret, **asked}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        response = self._transport.send(Request("POST", self._url, "token", headers, encode(body)), None)
        if response.status_code == 429:
            raise RateLimited(
                "Shopify asked us to wait for a token", retry_after=float(response.headers.get("Retry-After") or 2)
            )
        if response.status_code >= 500:
            raise Unavailable(f"Shopify's token endpoint answered {response.status_code}")
        answer = _object(response)
        if response.status_code != 200:
            code = str(answer.get("error") or answer.get("errors") or response.status_code)
            advice = _ADVICE.get(code, "check client_id, client_secret and that the app is installed on this shop")
            raise Unauthorized(f"Shopify gave no token ({code}): {advice}")
        return answer


def _object(response: requests.Response) -> dict[str, Any]:
    answer = decode(response, system="Shopify")
    if not isinstance(answer, dict):
        raise InvalidAnswer(f"Shopify's token endpoint answered {response.status_code} with no JSON object")
    return answer


def _read(answer: Mapping[str, Any], asked_at: datetime) -> Token:
    """From the endpoint's answer. Raises InvalidAnswer."""
    try:
        return _token(answer, asked_at)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidAnswer("Shopify's token endpoint answered without an access_token") from error


def _token(answer: Mapping[str, Any], asked_at: datetime) -> Token:
    """All lives are in seconds. A person's session can do no more than the person: `associated_user_scope`."""
    user = answer.get("associated_user") or {}
    scopes = str(answer.get("associated_user_scope") or answer.get("scope") or "")
    refresh_token = answer.get("refresh_token")
    return Token(
        access_token=str(answer["access_token"]),
        issued_at=asked_at,
        ends_at=_after(asked_at, answer.get("expires_in")),
        scopes=tuple(scope.strip() for scope in scopes.split(",") if scope.strip()),
        refresh_tokens=(str(refresh_token),) if refresh_token else (),
        refresh_ends_at=_after(asked_at, answer.get("refresh_token_expires_in")),
        user=user.get("email") or None,
    )


def _with_previous(issued: Token, previous: str) -> Token:
    """The new token with the refresh token it came from behind its own."""
    return Token(
        access_token=issued.access_token,
        issued_at=issued.issued_at,
        ends_at=issued.ends_at,
        scopes=issued.scopes,
        refresh_tokens=(*issued.refresh_tokens, previous),
        refresh_ends_at=issued.refresh_ends_at,
    )


def _after(moment: datetime, seconds: object) -> datetime | None:
    return None if seconds is None else moment + timedelta(seconds=float(str(seconds)))
