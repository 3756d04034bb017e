"""The authorization code grant as a browser sees it: where a merchant is sent, and whether Shopify signed the way back.

Facts: shopify.dev, "authorization code grant" (2026-08).
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode

SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com")
# An answer that is further from now is refused; the official library does so too.
FRESH_SECONDS = 90
_NEEDED = ("state", "shop", "hmac", "timestamp", "code")
_MOST_FIELDS = 32
# Members of the query that are not part of what is signed.
_UNSIGNED = ("hmac", "signature")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser brings back from Shopify; `signed` is the whole query, without its signature."""

    state: str = field(repr=False)
    shop: str
    code: str = field(repr=False)
    hmac: str = field(repr=False)
    timestamp: str
    signed: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_query(cls, query: bytes) -> "Answer":
        """From the raw query. Raises ValueError naming what is missing, empty or said twice."""
        try:
            pairs = parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError as error:
            raise ValueError("too many parameters") from error
        said = dict(pairs)
        if len(said) != len(pairs):
            raise ValueError("a parameter that is said twice")
        missing = [name for name in _NEEDED if not said.get(name)]
        if missing:
            raise ValueError(f"no {', '.join(missing)}")
        signed = {name: value for name, value in said.items() if name not in _UNSIGNED}
        return cls(**{name: said[name] for name in _NEEDED}, signed=signed)

    def is_signed(self, secret: str) -> bool:
        """True when Shopify signed this query with the app's secret; compared in constant time."""
        return hmac.compare_digest(signature(self.signed, secret).encode(), self.hmac.encode())

    def is_fresh(self, now: datetime) -> bool:
        """True when Shopify made this answer a moment ago."""
        if not re.fullmatch(r"[0-9]{1,12}", self.timestamp):
            return False
        return abs(now.timestamp() - int(self.timestamp)) <= FRESH_SECONDS


def signature(signed: Mapping[str, str], secret: str) -> str:
    """HMAC-SHA256 in hexadecimal over the query sorted by name, percent-encoded with %20 for a blank, not with `+`."""
    text = "&".join(f"{quote(name, safe='')}={quote(signed[name], safe='')}" for name in sorted(signed))
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def authorize_url(shop_url: str, *, client_id: str, scopes: Sequence[str], redirect_uri: str, state: str) -> str:
    """Where the merchant approves the app: its token works without a person, until the app is uninstalled."""
    asked = {"client_id": client_id, "scope": ",".join(scopes), "redirect_uri": redirect_uri, "state": state}
    return f"{shop_url.rstrip('/')}/admin/oauth/authorize?{urlencode(asked, quote_via=quote, safe='')}"


def per_user(url: str) -> str:
    """The same, for the token of one person's session."""
    return f"{url}&{urlencode({'grant_options[]': 'per-user'})}"
