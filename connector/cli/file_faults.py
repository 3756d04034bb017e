"""What can be wrong in a connection file beyond the single setting: what a log-in needs, and its key material."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.cli.key_files import certificate_end, private_key
from connector.cli.toml_lines import line_of
from connector.errors import ConfigError
from connector.netsuite.auth import Certificate


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
        table = _table(data, side)
        auth = _auth(table, side)
        if table is None or auth not in kinds:
            continue
        kind = kinds[auth]
        others = {name for other in kinds.values() for name in (*other.needed, *other.allowed)}
        needless = others - {*kind.needed, *kind.allowed}
        faults += [Fault((side, n), f'is missing; auth = "{auth}" needs it') for n in kind.needed if n not in table]
        faults += [Fault((side, n), f'is not used with auth = "{auth}"; take it out') for n in table if n in needless]
    shopify = _table(data, "shopify") or {}
    if shopify.get("auth") == "online" and "access_token" in shopify and "access_token_ends" not in shopify:
        sentence = "is missing; a session's token is never used beyond its end"
        faults.append(Fault(("shopify", "access_token_ends"), sentence))
    return faults


def key_material(data: Mapping[str, Any], directory: Path, *, now: datetime) -> tuple[KeyMaterial, list[Fault]]:
    """The key an oauth2 log-in names, and what is wrong with it; file names are taken from `directory`."""
    table = _table(data, "netsuite")
    if table is None or _auth(table, "netsuite") != "oauth2":
        return KeyMaterial(""), []
    given = [name for name in ("private_key", "private_key_file") if name in table]
    if len(given) != 1:
        sentence = (
            "is missing; private_key or private_key_file is needed" if not given else "is there beside private_key"
        )
        return KeyMaterial(""), [Fault(("netsuite", "private_key_file"), sentence)]
    values = {name: table.get(name) for name in (*given, "algorithm", "certificate_file")}
    if not all(value is None or isinstance(value, str) for value in values.values()):
        # Said already, as a value of the wrong type.
        return KeyMaterial(""), []
    return _judged(given[0], values, directory, now)


def refused(path: Path, text: str, faults: list[Fault]) -> ConfigError:
    """All faults, one a line, in the order of the file."""
    lines = sorted(
        {(line_of(text, fault.path), ".".join(str(part) for part in fault.path), fault.sentence) for fault in faults}
    )
    return ConfigError("\n".join(f"{path}:{line}: {key}: {sentence}" for line, key, sentence in lines))


def _judged(name: str, values: Mapping[str, Any], directory: Path, now: datetime) -> tuple[KeyMaterial, list[Fault]]:
    """Algorithm and certificate are looked at only with a key that is good."""
    faults: list[Fault] = []
    try:
        key = values[name] if name == "private_key" else private_key(directory / values[name])
        Certificate.from_pem("", "", key)
    except ConfigError as error:
        return KeyMaterial(""), [Fault(("netsuite", name), str(error))]
    try:
        Certificate.from_pem("", "", key, algorithm=values["algorithm"])
    except ConfigError as error:
        faults.append(Fault(("netsuite", "algorithm"), str(error)))
    if values["certificate_file"] is None:
        return KeyMaterial(key), faults
    try:
        return KeyMaterial(key, certificate_end(directory / values["certificate_file"], key, now=now)), faults
    except ConfigError as error:
        return KeyMaterial(key), [*faults, Fault(("netsuite", "certificate_file"), str(error))]


def _table(data: Mapping[str, Any], side: str) -> dict[str, Any] | None:
    table = data.get(side)
    return table if isinstance(table, dict) else None


def _auth(table: Mapping[str, Any] | None, side: str) -> str:
    """The kind of log-in; empty for a value that is no text, which is said elsewhere."""
    auth = (table or {}).get("auth", _DEFAULT[side])
    return auth if isinstance(auth, str) else ""
