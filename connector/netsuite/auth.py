"""Who we are to NetSuite: OAuth 2.0 client credentials with a certificate (machine to machine).

Facts: Oracle, "OAuth 2.0 Client Credentials Flow" (section_162730264820 and its pages, 2026): PS256 or ES256 family,
key of at least 3072 bits, assertion at most 60 minutes long, token for 60 minutes, no refresh token.
"""

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from requests import PreparedRequest, Response
from requests.auth import AuthBase

from connector.errors import ConfigError, InvalidAnswer, RateLimited, Unauthorized, Unavailable
from connector.netsuite.clock import wrong_clock
from connector.tokens import AccessTokens, Token
from connector.transport import Request, Transport, decode, read_briefly

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"  # noqa: S105  a path
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 300
# NetSuite documents no leeway: an assertion from a clock that runs ahead would be refused.
_CLOCK_BEHIND = 30
_LEAST_RSA_BITS = 3072
# Seconds after a 429 that names none.
_WAIT_FOR_ROOM = 5.0
_RSA_ALGORITHMS = ("PS256", "PS384", "PS512")
# By curve, not by size: other curves of 256 bits make no ES256 (RFC 7518, 3.4).
_EC_ALGORITHMS = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an assertion is signed with; the key is parsed once (PEM text costs 270 ms a signature, not 2)."""

    client_id: str
    certificate_id: str
    key: SigningKey = field(repr=False)
    algorithm: str

    @classmethod
    def from_pem(cls, client_id: str, certificate_id: str, pem: str, *, algorithm: str | None = None) -> "Certificate":
        """From a private key in PEM text. Raises ConfigError for a key or algorithm NetSuite does not accept.

        `algorithm`: PS256 (default), PS384 or PS512 for RSA; an EC key's curve decides.
        """
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ConfigError("netsuite.private_key is not an unencrypted private key in PEM form") from error
        accepted = _algorithms(key)
        if algorithm is not None and algorithm not in accepted:
            raise ConfigError(f"netsuite.algorithm {algorithm} does not go with this key; {' or '.join(accepted)} does")
        return cls(client_id, certificate_id, key, algorithm or accepted[0])  # type: ignore[arg-type]  # RSA or EC only

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


class BearerToken(AuthBase):
    """Puts the current access token on every request."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Adds the bearer token."""
        request.headers["Authorization"] = f"Bearer {self._tokens.current()}"
        return request

    def ready(self) -> None:
        """Gets a token if there is none; afterwards a request does not wait for one."""
        self._tokens.current()

    def renew(self, refusal: Response) -> bool:
        """Gets another token than the refused one; True for one issued just now. Raises Unauthorized."""
        return self._tokens.replace(refusal.request.headers.get("Authorization", "").removeprefix("Bearer "))


def issue(transport: Transport, certificate: Certificate, *, api_url: str) -> Token:
    """A new access token. Raises Unauthorized when the certificate is refused."""
    token_url = api_url.rstrip("/") + TOKEN_PATH
    asked_at = datetime.now(UTC)
    answer = read_briefly(lambda: _asked(transport, certificate, token_url))
    try:
        seconds = float(answer["expires_in"])
        return Token(str(answer["access_token"]), asked_at, asked_at + timedelta(seconds=seconds))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidAnswer("NetSuite's token endpoint answered without access_token and expires_in") from error


def _asked(transport: Transport, certificate: Certificate, token_url: str) -> dict[str, Any]:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION_TYPE,
        "client_assertion": certificate.assertion(token_url, now=time.time()),
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    response = transport.send(Request("POST", token_url, "token", headers, urlencode(form).encode()), None)
    if response.status_code == 429:
        raise RateLimited("NetSuite's token endpoint asked us to wait", retry_after=_WAIT_FOR_ROOM)
    if response.status_code >= 500:
        raise Unavailable(f"NetSuite's token endpoint answered {response.status_code}")
    answer: dict[str, Any] = decode(response, system="NetSuite")
    if response.status_code != 200:
        advice = _advice(answer, certificate, response)
        raise Unauthorized(f"NetSuite refused the certificate ({answer.get('error')}): {advice}")
    return answer


def _advice(answer: dict[str, Any], certificate: Certificate, refusal: Response) -> str:
    """What usually stands behind the two codes NetSuite gives; the true reason is in its login audit trail only."""
    if answer.get("error") == "invalid_client":
        return (
            f"no certificate {certificate.certificate_id} is mapped for this client id in this very account, or it was "
            "revoked or ended; see Setup > Integration > OAuth 2.0 Client Credentials (M2M) Setup. A sandbox refresh "
            "removes the mapping"
        )
    return wrong_clock(refusal, beyond=_CLOCK_BEHIND) or (
        f"the signature, the account or the clock does not fit; check that private_key belongs to certificate "
        f"{certificate.certificate_id}, that netsuite.account is the account it was uploaded to, and this machine's clock"
    )


def _algorithms(key: object) -> tuple[str, ...]:
    """The algorithms NetSuite accepts with this key, the usual one first. Raises ConfigError for none."""
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < _LEAST_RSA_BITS:
            raise ConfigError(
                f"netsuite.private_key has {key.key_size} bits; NetSuite accepts RSA from {_LEAST_RSA_BITS} bits on"
            )
        return _RSA_ALGORITHMS
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _EC_ALGORITHMS:
        return (_EC_ALGORITHMS[key.curve.name],)
    raise ConfigError("netsuite.private_key must be an RSA key, or an EC key on the curve P-256, P-384 or P-521")
