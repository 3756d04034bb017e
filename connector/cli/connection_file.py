"""The connection file (TOML): validated as a whole; every fault is listed with its line and key."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography import x509
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from connector.cli.toml_lines import line_of
from connector.errors import ConfigError
from connector.mapping.rules import Rules
from connector.netsuite.account import account_id, api_url
from connector.netsuite.auth import Certificate
from connector.store.connections import NewConnection
from connector.store.credentials import NewCredential
from connector.tokens import Token

_SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com")
# What each kind of log-in cannot do without; offline and online tokens can come from an install.
_NEEDED = {
    "static": ("access_token",),
    "client_credentials": ("client_id", "client_secret"),
    "offline": ("client_id", "client_secret"),
    "online": ("client_id", "client_secret"),
    "oauth2": ("client_id", "certificate_id"),
    "tba": ("consumer_key", "consumer_secret", "token_id", "token_secret"),
}
_TBA = _NEEDED["tba"]
# A token whose end is not known is renewed at its first use.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _shop(value: str) -> str:
    if not _SHOP.fullmatch(value):
        raise ValueError(f"{value!r} is not a shop's own domain, such as acme.myshopify.com")
    return value.lower()


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+", value.rstrip("/")):
        raise ValueError(f"{value!r} is not the address of a host, such as https://acme.myshopify.com")
    return value.rstrip("/")


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


Url = Annotated[str, AfterValidator(_url)]
Secret = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ShopifySide(_Part):
    """[shopify]"""

    shop: Annotated[str, AfterValidator(_shop)]
    api_url: Url | None = None
    api_version: str = Field(default="2026-10", pattern=r"^\d{4}-\d{2}$")
    webhook_secrets: tuple[Secret, ...] = Field(min_length=1)
    auth: Literal["static", "client_credentials", "offline", "online"] = "static"
    access_token: Secret | None = None
    access_token_ends: Annotated[datetime, AfterValidator(_aware)] | None = None
    refresh_token: Secret | None = None
    client_id: Secret | None = None
    client_secret: Secret | None = None
    user: str | None = None
    fallback_token: Secret | None = None


class NetSuiteSide(_Part):
    """[netsuite]"""

    account: Annotated[str, AfterValidator(account_id)]
    api_url: Url | None = None
    auth: Literal["oauth2", "tba"] = "oauth2"
    client_id: Secret | None = None
    certificate_id: Secret | None = None
    private_key: Secret | None = None
    private_key_file: Path | None = None
    algorithm: str | None = None
    certificate_file: Path | None = None
    consumer_key: Secret | None = None
    consumer_secret: Secret | None = None
    token_id: Secret | None = None
    token_secret: Secret | None = None
    concurrency: int = Field(default=5, ge=1, le=500)


class ConnectionFile(_Part):
    """The whole file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    shopify: ShopifySide
    netsuite: NetSuiteSide
    rules: Rules = Rules()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the path of its key, and a sentence without the value where that can be a secret."""

    path: tuple[str | int, ...]
    sentence: str


def read_connection_file(path: Path) -> NewConnection:
    """The connection a file describes. Raises ConfigError listing every fault with its line."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        file = ConnectionFile.model_validate(data)
    except ValidationError as error:
        faults = [Fault(item["loc"], item["msg"].removeprefix("Value error, ")) for item in error.errors()]
        raise _refused(path, text, faults + _missing(data)) from None
    faults = _missing(data)
    key, certificate_ends_at = _key_material(file.netsuite, path, faults)
    if faults:
        raise _refused(path, text, faults)
    return _new_connection(file, key, certificate_ends_at)


def netsuite_key(path: Path) -> str:
    """A private key from a file. Raises ConfigError."""
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def certificate_end(path: Path, private_key: str) -> datetime:
    """When a certificate ends. Raises ConfigError when it is none, or does not belong to the key."""
    certificate = Certificate.from_pem("", "", private_key)
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not a certificate in PEM form") from error
    if found.public_key() != certificate.key.public_key():
        raise ConfigError(f"the certificate {path} does not belong to this private key")
    return found.not_valid_after_utc


def _missing(data: Mapping[str, Any]) -> list[Fault]:
    """What the chosen kinds of log-in need and the file lacks."""
    faults = []
    for side, default in (("shopify", "static"), ("netsuite", "oauth2")):
        table = data.get(side)
        if not isinstance(table, dict):
            continue
        auth = table.get("auth", default)
        faults += [
            Fault((side, name), f'is missing; auth = "{auth}" needs it')
            for name in _NEEDED.get(auth, ())
            if name not in table
        ]
        if auth == "online" and "access_token" in table and "access_token_ends" not in table:
            faults.append(
                Fault((side, "access_token_ends"), "is missing; a session's token is never used beyond its end")
            )
        if side == "netsuite" and auth == "oauth2" and not {"private_key", "private_key_file"} & set(table):
            faults.append(Fault((side, "private_key_file"), "is missing; private_key or private_key_file is needed"))
    return faults


def _key_material(side: NetSuiteSide, path: Path, faults: list[Fault]) -> tuple[str, datetime | None]:
    """The private key and when its certificate ends, where a file is named; what is wrong with them joins `faults`."""
    if side.auth != "oauth2" or not (side.private_key or side.private_key_file):
        return "", None
    name = "private_key" if side.private_key else "private_key_file"
    key, ends_at = side.private_key or "", None
    try:
        if side.private_key_file and not key:
            key = netsuite_key(path.parent / side.private_key_file)
        Certificate.from_pem("", "", key, algorithm=side.algorithm)
        name = "certificate_file"
        if side.certificate_file is not None:
            ends_at = certificate_end(path.parent / side.certificate_file, key)
    except ConfigError as error:
        faults.append(Fault(("netsuite", name), str(error)))
    return key, ends_at


def _refused(path: Path, text: str, faults: list[Fault]) -> ConfigError:
    """All faults, one a line."""
    lines = sorted(
        {(line_of(text, fault.path), ".".join(str(part) for part in fault.path), fault.sentence) for fault in faults}
    )
    return ConfigError("\n".join(f"{path}:{line}: {key}: {sentence}" for line, key, sentence in lines))


def _new_connection(file: ConnectionFile, private_key: str, certificate_ends_at: datetime | None) -> NewConnection:
    shopify, netsuite = file.shopify, file.netsuite
    session = shopify.auth == "online" and shopify.access_token
    return NewConnection(
        name=file.name,
        shop=shopify.shop,
        shopify_api_url=shopify.api_url or f"https://{shopify.shop}",
        shopify_api_version=shopify.api_version,
        netsuite_account=netsuite.account,
        netsuite_api_url=netsuite.api_url or api_url(netsuite.account),
        netsuite_concurrency=netsuite.concurrency,
        rules=file.rules.to_json(),
        shopify=_shopify(shopify),
        netsuite=_netsuite(netsuite, private_key, certificate_ends_at),
        shopify_session=_session(shopify) if session else None,
    )


def _shopify(side: ShopifySide) -> NewCredential:
    """The credential that work falls back to; a refresh token alone is renewed at its first use."""
    names = ("client_id", "client_secret", "user")
    secrets: dict[str, Any] = {"webhook_secrets": list(side.webhook_secrets)}
    secrets |= {name: value for name in names if (value := getattr(side, name)) is not None}
    now = datetime.now(UTC)
    token = None
    if side.auth == "offline" and side.refresh_token:
        token = Token(
            side.access_token or "", _LONG_AGO, side.access_token_ends or now, refresh_tokens=(side.refresh_token,)
        )
    elif side.auth in ("static", "offline") and side.access_token:
        token = Token(side.access_token, now, side.access_token_ends)
    elif side.auth == "online" and side.fallback_token:
        token = Token(side.fallback_token, now)
    return NewCredential(side.auth, secrets, token)


def _session(side: ShopifySide) -> NewCredential:
    """One person's session; Shopify ends it after a day at the latest."""
    now = datetime.now(UTC)
    token = Token(side.access_token or "", now, side.access_token_ends, user=side.user)
    return NewCredential("online", {}, token)


def _netsuite(side: NetSuiteSide, private_key: str, certificate_ends_at: datetime | None) -> NewCredential:
    if side.auth == "tba":
        return NewCredential("tba", {name: getattr(side, name) for name in _TBA})
    secrets = {"client_id": side.client_id, "certificate_id": side.certificate_id, "private_key": private_key}
    if side.algorithm is not None:
        secrets["algorithm"] = side.algorithm
    return NewCredential("oauth2", secrets, certificate_ends_at=certificate_ends_at)
