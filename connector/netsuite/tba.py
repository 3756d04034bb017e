"""Token-based authentication: OAuth 1.0a, HMAC-SHA256. For accounts that have it already; Oracle ends it.

Facts: Oracle, "Signature for Web Services and RESTlets" (section_1534941088, 2026): the realm is not signed, every
query parameter is, a JSON body is not; nonce and timestamp are new for every attempt. From 2027.1 no new integration
can use it. Five refused log-ins lock the user for half an hour, so a 401 is never answered with another try.
"""

import base64
import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from requests import PreparedRequest, Response
from requests.auth import AuthBase

from connector.errors import Unauthorized
from connector.netsuite.clock import wrong_clock

# Seconds between two log-ins while they are refused.
_LEAVE_ALONE = 3600.0
# NetSuite takes a timestamp of five minutes before or after its own time.
_TIMESTAMP_LEEWAY = 300.0


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The four strings of an integration record and of a user's token; `account` is the realm."""

    account: str
    consumer_key: str
    consumer_secret: str = field(repr=False)
    token_id: str
    token_secret: str = field(repr=False)


class SignedRequest(AuthBase):
    """Signs every request anew."""

    def __init__(self, keys: TokenKeys) -> None:
        self._keys = keys

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Adds the signature."""
        method, url = request.method or "", request.url or ""
        nonce, timestamp = secrets.token_hex(16), str(int(time.time()))
        request.headers["Authorization"] = authorization(self._keys, method, url, nonce=nonce, timestamp=timestamp)
        return request

    def ready(self) -> None:
        """There is nothing to fetch."""

    def renew(self, refusal: Response) -> bool:
        """There is nothing to renew. Raises Unauthorized."""
        advice = wrong_clock(refusal, beyond=_TIMESTAMP_LEEWAY) or (
            "check consumer key, token and account, and see Setup > Users/Roles > View Login Audit Trail"
        )
        raise Unauthorized(
            f"NetSuite refused the token-based log-in; {advice}. It is tried again once an hour only: five failures "
            "lock the user",
            probe_after=_LEAVE_ALONE,
        )


def authorization(keys: TokenKeys, method: str, url: str, *, nonce: str, timestamp: str) -> str:
    """The Authorization header of one request."""
    parameters = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_token": keys.token_id,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": timestamp,
        "oauth_nonce": nonce,
        "oauth_version": "1.0",
    }
    signed = parameters | {"oauth_signature": signature(keys, method, url, parameters)}
    members = {"realm": keys.account} | {name: _encoded(value) for name, value in signed.items()}
    return "OAuth " + ", ".join(f'{name}="{value}"' for name, value in members.items())


def signature(keys: TokenKeys, method: str, url: str, parameters: dict[str, str]) -> str:
    """Base64 of the HMAC over method, address, and all parameters in the order of their encoded names."""
    address, _, query = url.partition("?")
    pairs = [*parameters.items(), *parse_qsl(query, keep_blank_values=True)]
    joined = "&".join(f"{name}={value}" for name, value in sorted((_encoded(n), _encoded(v)) for n, v in pairs))
    text = "&".join((method.upper(), _encoded(address), _encoded(joined)))
    key = f"{_encoded(keys.consumer_secret)}&{_encoded(keys.token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
