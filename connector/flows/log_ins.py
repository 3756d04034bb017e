"""What each kind of log-in needs and may have, and what a connection's settings lack or have for another kind. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the path of its key, and a sentence without the value where that can be a secret."""

    path: tuple[str | int, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class LogIn:
    """The settings one kind of log-in cannot do without, and those it may have."""

    needed: tuple[str, ...]
    allowed: tuple[str, ...] = ()


_APP = ("client_id", "client_secret")
_TOKEN = ("access_token", "access_token_ends")
TBA = ("consumer_key", "consumer_secret", "token_id", "token_secret")
# Offline and online tokens can come from an install; a static one can be exchanged by its app.
LOG_INS: Mapping[str, Mapping[str, LogIn]] = {
    "shopify": {
        "static": LogIn(("access_token",), ("access_token_ends", *_APP)),
        "client_credentials": LogIn(_APP),
        "offline": LogIn(_APP, (*_TOKEN, "refresh_token")),
        "online": LogIn(_APP, (*_TOKEN, "user", "fallback_token")),
    },
    "netsuite": {
        "oauth2": LogIn(
            ("client_id", "certificate_id"), ("private_key", "private_key_file", "algorithm", "certificate_file")
        ),
        "tba": LogIn(TBA),
    },
}
_DEFAULT = {"shopify": "static", "netsuite": "oauth2"}


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """The private key as PEM text, and when its certificate ends where a file of it is named."""

    private_key: str = field(repr=False)
    ends_at: datetime | None = None


def log_in_faults(data: Mapping[str, Any]) -> list[Fault]:
    """What the chosen kinds of log-in lack, and what is there for another kind and would be left aside in silence."""
    faults = []
    for side, kinds in LOG_INS.items():
        table = table_of(data, side)
        auth = auth_of(table, side)
        if table is None or auth not in kinds:
            continue
        kind = kinds[auth]
        others = {name for other in kinds.values() for name in (*other.needed, *other.allowed)}
        needless = others - {*kind.needed, *kind.allowed}
        faults += [Fault((side, n), f'is missing; auth = "{auth}" needs it') for n in kind.needed if n not in table]
        faults += [Fault((side, n), f'is not used with auth = "{auth}"; take it out') for n in table if n in needless]
    shopify = table_of(data, "shopify") or {}
    if shopify.get("auth") == "online" and "access_token" in shopify and "access_token_ends" not in shopify:
        sentence = "is missing; a session's token is never used beyond its end"
        faults.append(Fault(("shopify", "access_token_ends"), sentence))
    return faults


def table_of(data: Mapping[str, Any], side: str) -> dict[str, Any] | None:
    """The settings of one side; None for what is no table, which is said elsewhere."""
    table = data.get(side)
    return table if isinstance(table, dict) else None


def auth_of(table: Mapping[str, Any] | None, side: str) -> str:
    """The kind of log-in; empty for a value that is no text, which is said elsewhere."""
    auth = (table or {}).get("auth", _DEFAULT[side])
    return auth if isinstance(auth, str) else ""
