"""Who we are to NetSuite: OAuth 2.0 client credentials with a certificate (machine to machine).

Facts: Oracle, "OAuth 2.0 Client Credentials Flow" (section_162730264820 and its pages, 2026): PS256 or ES256 family,
key of at least 3072 bits, assertion at most 60 minutes long, token for 60 minutes, no refresh token.
"""

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from requests import PreparedRequest
from requests.auth import AuthBase

from connector.errors import ConfigError, InvalidAnswer, Unauthorized, Unavailable
from connector.transport import Request, Transport, decode, read_briefly

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"  # noqa: S105  a path
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 300
# NetSuite documents no leeway: an assertion from a clock that runs ahead would be refused.
_CLOCK_BEHIND = 30
_RENEW_BEFORE = 300
_LEAST_RSA_BITS = 3072
_EC_ALGORITHMS = {256: "ES256", 384: "ES384", 521: "ES512"}

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an assertion is signed with; the key is parsed once (PEM text costs 270 ms a signature, not 2)."""

    client_id: str
    certificate_id: str
    key: SigningKey = field(repr=False)
    algorithm: str

    @classmethod
    def from_pem(cls, client_id: str, certificate_id: str, pem: str) -> "Certificate":
        """From a private key in PEM text. Raises ConfigError for a key NetSuite does not accept."""
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise ConfigError("netsuite.private_key is not an unencrypted private key in PEM form") from error
        if isinstance(key, rsa.RSAPrivateKey):
            if key.key_size < _LEAST_RSA_BITS:
                raise ConfigError(
                    f"netsuite.private_key has {key.key_size} bits; NetSuite accepts RSA from {_LEAST_RSA_BITS} bits on"
                )
            return cls(client_id, certificate_id, key, "PS256")
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size in _EC_ALGORITHMS:
            return cls(client_id, certificate_id, key, _EC_ALGORITHMS[key.curve.key_size])
        raise ConfigError("netsuite.private_key must be an RSA key, or an EC key with 256, 384 or 521 bits")

    def assertion(self, audience: str, *, now: float) -> str:
        """A signed assertion for the token endpoint `audience`; `now` in epoch seconds."""
        issued = int(now) - _CLOCK_BEHIND
        claims = {
            "iss": self.client_id,
            "scope": ["rest_webservices"],
            "aud": audience,
            "iat": issued,
            "exp": issued + _ASSERTION_SECONDS,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": self.certificate_id})


class OAuth2(AuthBase):
    """Puts a current access token on every request; one thread at a time fetches a new one."""

    def __init__(self, transport: Transport, certificate: Certificate, *, api_url: str) -> None:
        self._transport = transport
        self._certificate = certificate
        self._token_url = api_url.rstrip("/") + TOKEN_PATH
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Adds the bearer token."""
        request.headers["Authorization"] = f"Bearer {self.token()}"
        return request

    def token(self) -> str:
        """The current access token, fetched when there is none or it ends soon."""
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def discard(self, authorization: str) -> None:
        """Forgets the token that was refused, unless another thread has replaced it already."""
        with self._lock:
            if authorization == f"Bearer {self._token}":
                self._renew_at = 0.0

    def _fetch(self) -> None:
        answer = read_briefly(self._asked)
        try:
            seconds = float(answer["expires_in"])
            self._token = str(answer["access_token"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidAnswer("NetSuite's token endpoint answered without access_token and expires_in") from error
        self._renew_at = time.monotonic() + max(seconds - _RENEW_BEFORE, seconds / 2)

    def _asked(self) -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._certificate.assertion(self._token_url, now=time.time()),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        response = self._transport.send(
            Request("POST", self._token_url, "token", headers, urlencode(form).encode()), None
        )
        if response.status_code >= 500:
            raise Unavailable(f"NetSuite's token endpoint answered {response.status_code}")
        answer: dict[str, Any] = decode(response, system="NetSuite")
        if response.status_code != 200:
            raise Unauthorized(
                f"NetSuite refused the certificate ({answer.get('error')}); check client_id, certificate_id and "
                "private_key, and that the certificate is mapped in this very account (a sandbox refresh removes it)"
            )
        return answer
