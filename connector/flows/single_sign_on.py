"""Signs people in by an OpenID provider: code flow with PKCE and nonce, and an ID token that is verified here.

It makes nobody a user: the address it vouches for must be that of one. Second factors are the provider's affair.
Needs Authlib: `pip install 'ml-connector[oidc]'`. OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connector.config import Provider
from connector.errors import InvalidAnswer, Unavailable
from connector.flows import signing_in
from connector.flows.signing_in import Access, Visitor, WrongSignIn
from connector.store import users
from connector.store.console_sessions import Way

log = structlog.get_logger(__name__)

CALLBACK_PATH = "/sign-in/oidc/callback"
# Never `none`, and none by which whoever knows the client's secret could sign.
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_SCOPE = "openid email"
_TIMEOUT = (3.05, 10.0)
_LEEWAY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser was sent to the provider with, and must come back with."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def asked() -> Asked:
    """A new question."""
    return Asked(*(secrets.token_urlsafe(32) for _ in range(3)))


class SignOn:
    """One provider. Its addresses and keys are read when somebody signs in, so that new keys are known."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def url(self, question: Asked, *, redirect_url: str) -> str:
        """Where a browser is sent. Raises Unavailable, InvalidAnswer."""
        with self._client(redirect_url) as client:
            endpoint = _text(self._discovered(client), "authorization_endpoint")
            url, _ = client.create_authorization_url(
                endpoint, state=question.state, nonce=question.nonce, code_verifier=question.verifier
            )
            return str(url)

    def email(self, question: Asked, code: str, *, redirect_url: str, now: datetime) -> str:
        """The address the provider vouches for. Raises WrongSignIn, Unavailable, InvalidAnswer."""
        with self._client(redirect_url) as client:
            known = self._discovered(client)
            token = _fetched(client, _text(known, "token_endpoint"), code, question)
            keys = _json(client, _text(known, "jwks_uri"))
        claims = self._claims(token, keys, question, now)
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise WrongSignIn("the provider vouches for no e-mail address")
        return email

    def _claims(
        self, token: Mapping[str, Any], keys: Mapping[str, Any], question: Asked, now: datetime
    ) -> Mapping[str, Any]:
        """What the ID token says, once its signature, issuer, audience, times and nonce are right."""
        try:
            opened = jwt.decode(_text(token, "id_token"), KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]  # a set of keys from outside
            claims = CodeIDToken(
                opened.claims,
                opened.header,
                options={
                    "iss": {"essential": True, "value": self._provider.issuer},
                    "aud": {"essential": True, "value": self._provider.client_id},
                },
                params={"nonce": question.nonce, "client_id": self._provider.client_id},
            )
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError) as error:
            raise WrongSignIn(f"the provider's ID token is not good: {type(error).__name__}") from error
        return dict(claims)

    def _discovered(self, client: OAuth2Session) -> Mapping[str, Any]:
        known = _json(client, f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if known.get("issuer") != self._provider.issuer:
            raise InvalidAnswer(
                f"the provider calls itself otherwise than CONNECTOR_OIDC_ISSUER {self._provider.issuer}"
            )
        return known

    def _client(self, redirect_url: str) -> OAuth2Session:
        return OAuth2Session(
            self._provider.client_id,
            self._provider.client_secret,
            scope=_SCOPE,
            redirect_uri=redirect_url,
            code_challenge_method="S256",
        )


def sign_in(access: Access, email: str, visitor: Visitor, *, now: datetime) -> str:
    """The token of a new session for the user of an address. Raises WrongSignIn when it is nobody's."""
    with access.engine.begin() as connection:
        user = users.by_email(connection, email)
        if user is None or user.disabled_at is not None:
            log.warning("sign_in_refused", user_id=user.id if user else None)
            raise WrongSignIn("no user who may come in has the e-mail address the provider vouches for")
        return signing_in.begin(connection, user, visitor, Way.OIDC, now=now)


def _fetched(client: OAuth2Session, endpoint: str, code: str, question: Asked) -> Mapping[str, Any]:
    try:
        token = client.fetch_token(endpoint, code=code, code_verifier=question.verifier, timeout=_TIMEOUT)
    except AuthlibBaseError as error:
        raise WrongSignIn("the provider did not take its own answer back") from error
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(f"the OpenID provider did not answer ({type(error).__name__})") from error
    return dict(token)


def _json(client: OAuth2Session, url: str) -> Mapping[str, Any]:
    try:
        response = client.get(url, withhold_token=True, timeout=_TIMEOUT, allow_redirects=False)
        response.raise_for_status()
        found = response.json()
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(f"the OpenID provider did not answer ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise InvalidAnswer("the OpenID provider's answer is no object")
    return found


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidAnswer(f"the OpenID provider's answer has no {name}")
    return value
