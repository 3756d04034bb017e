"""The shop's tokens: client credentials, authorization code, rotating refresh tokens, exchange of a classic token.

As shopify.dev documents them (2026-08): one expiring offline token at a time; the refresh token before the newest works
until the newest was used.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

Json = dict[str, Any]

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_CODE_SECONDS = 60


class OAuthError(Exception):
    """A refusal of the token endpoint."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Issued:
    """One access token."""

    kind: str
    ends: float
    is_replaced: bool = False


class Tokens:
    """Issues tokens and says what becomes of one that is shown. `config` is the shop's."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._tokens: dict[str, Issued] = {}
        self._codes: dict[str, tuple[str, float]] = {}
        self._refresh: list[str] = []
        self._classic_is_gone = False
        self._is_installed = True
        self.issued: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.calls = 0

    def is_good(self, token: str) -> bool:
        """True for a token that works; the others are counted by why they do not."""
        with self._lock:
            if token == self._config.access_token and not self._classic_is_gone:
                return True
            found = self._tokens.get(token)
            if found is not None and not found.is_replaced and time.monotonic() < found.ends:
                return True
            why = "unknown" if found is None else "replaced" if found.is_replaced else "ended"
            self.refused[why] += 1
            return False

    def answer(self, asked: Json) -> Json:
        """The token endpoint's answer. Raises OAuthError."""
        with self._lock:
            self.calls += 1
            known = (self._config.client_id, self._config.client_secret)
            if None in known or (asked.get("client_id"), asked.get("client_secret")) != known:
                raise OAuthError("invalid_client")
            is_install = asked.get("grant_type") in (None, "authorization_code")
            if not (self._is_installed or is_install):
                # An app that is not installed is refused as one that is not known.
                raise OAuthError("invalid_client")
            grants: dict[str | None, Callable[[Json], Json]] = {
                "client_credentials": lambda _asked: self._plain("client_credentials"),
                "refresh_token": self._refreshed,
                _EXCHANGE: self._exchanged,
                None: self._from_code,
                "authorization_code": self._from_code,
            }
            grant = grants.get(asked.get("grant_type"))
            if grant is None:
                raise OAuthError("unsupported_grant_type")
            return grant(asked)

    def authorized(self, asked: Json) -> str:
        """Where a merchant who approves is sent: the app's callback with a code, signed."""
        code = secrets.token_hex(16)
        kind = "online" if asked.get("grant_options[]") == "per-user" else "offline"
        with self._lock:
            self._codes[code] = (kind, time.monotonic() + _CODE_SECONDS)
        query = {
            "code": code,
            "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvZGVtbw",
            "shop": self._config.shop,
            "state": asked["state"],
            "timestamp": str(int(time.time())),
        }
        query["hmac"] = query_signature(self._config.client_secret or "", query)
        return f"{asked['redirect_uri']}?{urlencode(query)}"

    def revoke_all(self) -> None:
        """Ends every token that was issued; refresh tokens stay."""
        with self._lock:
            for token in self._tokens.values():
                token.is_replaced = True

    def uninstall(self) -> None:
        """The app is gone: nothing works any more."""
        self.revoke_all()
        with self._lock:
            self._refresh.clear()
            self._codes.clear()
            self._classic_is_gone = True
            self._is_installed = False

    def ledger(self) -> Json:
        """How many were issued, and how many requests came with one that does not work."""
        with self._lock:
            refused = {f"refused_{why}": self.refused[why] for why in ("ended", "replaced", "unknown")}
            return {"issued": dict(self.issued), "token_calls": self.calls, **refused}

    def _plain(self, kind: str) -> Json:
        seconds = self._config.client_credentials_seconds if kind == "client_credentials" else None
        token = self._made(kind, seconds)
        answer: Json = {"access_token": token, "scope": ",".join(self._config.scopes)}
        return answer if seconds is None else answer | {"expires_in": seconds}

    def _made(self, kind: str, seconds: float | None) -> str:
        token = f"{'shpua' if kind == 'online' else 'shpat'}_{secrets.token_hex(16)}"
        self._tokens[token] = Issued(kind, float("inf") if seconds is None else time.monotonic() + seconds)
        self.issued[kind] += 1
        return token

    def _from_code(self, asked: Json) -> Json:
        kind, ends = self._codes.pop(asked.get("code", ""), ("", 0.0))
        if time.monotonic() >= ends:
            raise OAuthError("invalid_request")
        self._is_installed = True
        if kind == "online":
            answer: Json = {"access_token": self._made("online", self._config.online_seconds)}
            user = {"id": 902541635, "first_name": "Jane", "email": "jane@example.com", "account_owner": True}
            scope = ",".join(self._config.scopes)
            extra = {"associated_user": user, "associated_user_scope": scope}
            return answer | {"scope": scope, "expires_in": self._config.online_seconds} | extra
        return self._granted() if asked.get("expiring") == "1" else self._plain("offline")

    def _granted(self) -> Json:
        """A first pair: another grant ends the refresh tokens before it."""
        self._refresh.clear()
        return self._expiring()

    def _expiring(self) -> Json:
        """A new pair; the offline token before it ends at once, its refresh token when the new one is used."""
        for token in self._tokens.values():
            token.is_replaced |= token.kind == "offline_expiring"
        self._refresh = [f"shprt_{secrets.token_hex(16)}", *self._refresh[:1]]
        return {
            "access_token": self._made("offline_expiring", self._config.token_seconds),
            "scope": ",".join(self._config.scopes),
            "expires_in": self._config.token_seconds,
            "refresh_token": self._refresh[0],
            "refresh_token_expires_in": self._config.refresh_seconds,
        }

    def _refreshed(self, asked: Json) -> Json:
        given = asked.get("refresh_token")
        if given not in self._refresh:
            raise OAuthError("invalid_grant")
        # Using the newest ends those before it; using the one before keeps it, for its successor was never seen.
        self._refresh = [str(given)]
        return self._expiring()

    def _exchanged(self, asked: Json) -> Json:
        """A pair for a token that does not end, which is revoked by this."""
        given = str(asked.get("subject_token"))
        issued = self._tokens.get(given)
        if given == self._config.access_token and not self._classic_is_gone:
            self._classic_is_gone = True
        elif issued is not None and issued.kind == "offline" and not issued.is_replaced:
            issued.is_replaced = True
        else:
            raise OAuthError("invalid_subject_token")
        return self._granted()


def query_signature(secret: str, query: Json) -> str:
    """The `hmac` of an authorization callback: hexadecimal, over the sorted query, blanks as %20."""
    text = "&".join(f"{name}={quote(str(query[name]), safe='')}" for name in sorted(query) if name != "hmac")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
