"""Who may call: OAuth 2.0 client credentials with a signed assertion, or OAuth 1.0 signatures. Both verified for real."""

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connector.sandbox.netsuite.errors import Refusal

_ALGORITHMS = ["PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_ASSERTION = 3600
_CLOCK_LEEWAY = 60
_TIMESTAMP_LEEWAY = 300
_LEAST_RSA_BITS = 3072


class OAuthError(Exception):
    """An error of the token endpoint: code and HTTP status."""

    def __init__(self, code: str, status: int, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.status = status


class Clock:
    """The account's clock, which can be wrong on purpose: `offset` seconds ahead of ours."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def now(self) -> float:
        """Epoch seconds by the account's clock."""
        return time.time() + self.offset


class Tokens:
    """Issues access tokens for good assertions and checks them. `oauth2` holds client_id and one or more certificates."""

    def __init__(self, *, account: str, oauth2: Mapping[str, Any] | None, seconds: float, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self.seconds = seconds
        self._ends: dict[str, float] = {}
        self._revoked: set[str] = set()
        self._lock = threading.Lock()
        self.refused: Counter[str] = Counter()
        self.trust(oauth2)

    def trust(self, oauth2: Mapping[str, Any] | None) -> None:
        """Maps these certificates and no others from now on; a revoked one is known and refused."""
        given = oauth2 or {}
        mapped = (
            [given, *given.get("certificates", ())] if given.get("certificate_id") else given.get("certificates", ())
        )
        keys = {
            item["certificate_id"]: _public_key(item["certificate_pem"]) for item in mapped if not item.get("revoked")
        }
        with self._lock:
            self._client_id = given.get("client_id")
            self._keys = keys

    def issue(self, form: Mapping[str, str], *, audience: str) -> dict[str, Any]:
        """The token endpoint's answer. Raises OAuthError."""
        if form.get("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type", 400, "grant_type")
        if form.get("client_assertion_type") != _ASSERTION_TYPE:
            raise OAuthError("invalid_request", 400, "client_assertion_type")
        self._check(form.get("client_assertion", ""), audience)
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._ends[token] = time.monotonic() + self.seconds
        # The documented number has been seen as text too.
        return {"access_token": token, "expires_in": str(self.seconds), "token_type": "bearer"}

    def is_valid(self, token: str) -> bool:
        """True for a token that was issued and has not ended; the others are counted by why they do not work."""
        with self._lock:
            ends = self._ends.get(token)
            if ends is not None and ends > time.monotonic() and token not in self._revoked:
                return True
            self.refused["unknown" if ends is None else "revoked" if token in self._revoked else "ended"] += 1
            return False

    def revoke_all(self) -> None:
        """Ends every token."""
        with self._lock:
            self._revoked |= set(self._ends)

    def ledger(self) -> dict[str, Any]:
        """How many were issued, and how many requests came with one that does not work."""
        with self._lock:
            refused = {f"refused_{why}": self.refused[why] for why in ("ended", "revoked", "unknown")}
            return {"issued": len(self._ends), **refused}

    def _check(self, assertion: str, audience: str) -> None:
        host = self._account.lower().replace("_", "-")
        real = f"https://{host}.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"
        try:
            kid = jwt.get_unverified_header(assertion).get("kid")
            key = self._keys.get(str(kid))
            if key is None:
                raise OAuthError("invalid_client", 401, "kid")
            claims = jwt.decode(
                assertion,
                key,  # type: ignore[arg-type]  # only RSA and EC keys pass _public_key
                algorithms=_ALGORITHMS,
                audience=[audience, real],
                issuer=self._client_id,
                options={"require": ["exp", "iat", "iss", "aud"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise OAuthError("invalid_grant", 400, str(error)) from error
        now = self._clock.now()
        if claims["exp"] < now - _CLOCK_LEEWAY or claims["iat"] > now + _CLOCK_LEEWAY:
            raise OAuthError("invalid_grant", 400, "clock")
        if claims["exp"] - claims["iat"] > _LONGEST_ASSERTION:
            raise OAuthError("invalid_grant", 400, "exp")
        if "rest_webservices" not in (claims.get("scope") or ""):
            raise OAuthError("invalid_scope", 400, "scope")


class OAuth1:
    """Checks signatures of token-based authentication: HMAC-SHA256, a fresh nonce, five failures lock the user."""

    def __init__(self, *, account: str, tba: Mapping[str, str], clock: Clock) -> None:
        self._clock = clock
        self._realm = account.upper().replace("-", "_")
        self._tba = tba
        self._nonces: set[str] = set()
        self.failures = 0
        self._lock = threading.Lock()

    def check(self, header: str, *, method: str, url: str) -> None:
        """Raises Refusal for anything but a good and new signature."""
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        with self._lock:
            is_good = self.failures < 5 and self._is_good(given, method, url)
            if not is_good:
                self.failures += 1
                raise Refusal(401, "INVALID_LOGIN", "Invalid login attempt.")
            self._nonces.add(given["oauth_nonce"])

    def _is_good(self, given: Mapping[str, str], method: str, url: str) -> bool:
        same = {
            "realm": self._realm,
            "oauth_consumer_key": self._tba["consumer_key"],
            "oauth_token": self._tba["token_id"],
        }
        same["oauth_signature_method"] = "HMAC-SHA256"
        if any(given.get(name) != value for name, value in same.items()):
            return False
        stamp, nonce = given.get("oauth_timestamp", ""), given.get("oauth_nonce", "")
        if not stamp.isdigit() or abs(int(stamp) - self._clock.now()) > _TIMESTAMP_LEEWAY:
            return False
        if len(nonce) < 6 or nonce in self._nonces:
            return False
        secrets_pair = (self._tba["consumer_secret"], self._tba["token_secret"])
        wanted = oauth1_signature(method, url, given, secrets_pair)
        return hmac.compare_digest(wanted, given.get("oauth_signature", ""))


def oauth1_signature(method: str, url: str, parameters: Mapping[str, str], pair: tuple[str, str]) -> str:
    """Base64 HMAC-SHA256 over method, address and all parameters; the realm and a JSON body are not signed."""
    address, _, query = url.partition("?")
    signed = [(name, value) for name, value in parameters.items() if name not in ("realm", "oauth_signature")]
    signed += parse_qsl(query, keep_blank_values=True)
    joined = "&".join(f"{name}={value}" for name, value in sorted((_enc(n), _enc(v)) for n, v in signed))
    base = "&".join((method.upper(), _enc(address), _enc(joined)))
    key = "&".join(_enc(part) for part in pair)
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()


def _enc(text: str) -> str:
    return quote(text, safe="-._~")


def _public_key(pem: str) -> PublicKeyTypes:
    data = pem.encode()
    is_certificate = b"BEGIN CERTIFICATE" in data
    key = x509.load_pem_x509_certificate(data).public_key() if is_certificate else load_pem_public_key(data)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        raise ValueError(f"the certificate has {key.key_size} bits, at least {_LEAST_RSA_BITS} are needed")
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ValueError("the certificate must hold an RSA or EC key")  # noqa: TRY004  one class for a bad certificate
    return key
