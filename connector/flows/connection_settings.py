"""The settings of a connection, validated: what `connection add` reads from a file and the console from a form."""

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connector.flows.log_ins import TBA, KeyMaterial
from connector.mapping.rules import Rules
from connector.netsuite.account import account_id, api_url
from connector.store.connections import NewConnection
from connector.store.credentials import NewCredential
from connector.tokens import Token

_SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com")
_PATTERNS: Mapping[tuple[str | int, ...], str] = {
    ("name",): "may have a-z, 0-9 and - only, at most 63 of them, and no - in front",
    ("shopify", "api_version"): "must be a version such as 2026-10",
}
# A token whose end is not known is renewed at its first use.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _shop(value: str) -> str:
    if not _SHOP.fullmatch(value):
        raise ValueError(f"{value!r} is not a shop's own domain, such as acme.myshopify.com")
    return value.lower()


def _url(value: str) -> str:
    if "@" in value:
        raise ValueError("holds a user name; only the address of a host belongs here")
    if not re.fullmatch(r"https?://[^\s/]+", value.rstrip("/")):
        raise ValueError(f"{value!r} is not the address of a host, such as https://acme.myshopify.com")
    return value.rstrip("/")


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is not an address or a network, such as 203.0.113.0/24") from error


def _secret(value: str) -> str:
    """Most of them travel in a header, where a blank or a line break cannot be."""
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("is empty, or holds blanks, line breaks or letters that no token has; copy it anew")
    return value


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


Url = Annotated[str, AfterValidator(_url)]
Secret = Annotated[str, AfterValidator(_secret)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ShopifySide(_Part):
    """[shopify]"""

    shop: Annotated[str, AfterValidator(_shop)]
    api_url: Url | None = None
    api_version: str = Field(default="2026-10", pattern=r"^\d{4}-\d{2}$")
    webhook_secrets: tuple[Secret, ...] = Field(min_length=1, repr=False)
    auth: Literal["static", "client_credentials", "offline", "online"] = "static"
    access_token: Secret | None = Field(default=None, repr=False)
    access_token_ends: Annotated[datetime, AfterValidator(_aware)] | None = None
    refresh_token: Secret | None = Field(default=None, repr=False)
    client_id: Secret | None = None
    client_secret: Secret | None = Field(default=None, repr=False)
    user: str | None = Field(default=None, repr=False)
    fallback_token: Secret | None = Field(default=None, repr=False)


class NetSuiteSide(_Part):
    """[netsuite]"""

    account: Annotated[str, AfterValidator(account_id)]
    api_url: Url | None = None
    auth: Literal["oauth2", "tba"] = "oauth2"
    client_id: Secret | None = None
    certificate_id: Secret | None = None
    private_key: str | None = Field(default=None, repr=False)
    private_key_file: Path | None = None
    algorithm: str | None = None
    certificate_file: Path | None = None
    consumer_key: Secret | None = None
    consumer_secret: Secret | None = Field(default=None, repr=False)
    token_id: Secret | None = None
    token_secret: Secret | None = Field(default=None, repr=False)
    concurrency: int = Field(default=5, ge=1, le=500)
    event_secrets: tuple[Secret, ...] = Field(default=(), repr=False)
    event_addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()


class ConnectionSettings(_Part):
    """All of a connection, as its file spells it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    shopify: ShopifySide
    netsuite: NetSuiteSide
    rules: Rules = Rules()


def sentence(item: Mapping[str, Any]) -> str:
    """Pydantic's finding as a sentence about the key before it."""
    if item["type"] == "missing":
        return "is missing"
    if item["type"] == "extra_forbidden":
        return "is not a setting; look how it is spelled and in which table it stands"
    message = str(item["msg"]).removeprefix("Value error, ")
    return _PATTERNS.get(item["loc"], message) if item["type"] == "string_pattern_mismatch" else message


def new_connection(settings: ConnectionSettings, key: KeyMaterial) -> NewConnection:
    """What is stored of these settings; the key is that of the account's log-in."""
    shopify, netsuite = settings.shopify, settings.netsuite
    session = shopify.auth == "online" and shopify.access_token
    return NewConnection(
        name=settings.name,
        shop=shopify.shop,
        shopify_api_url=shopify.api_url or f"https://{shopify.shop}",
        shopify_api_version=shopify.api_version,
        netsuite_account=netsuite.account,
        netsuite_api_url=netsuite.api_url or api_url(netsuite.account),
        netsuite_concurrency=netsuite.concurrency,
        rules=settings.rules.to_json(),
        shopify=_shopify(shopify),
        netsuite=_netsuite(netsuite, key),
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
    given = (side.refresh_token or side.access_token) if side.auth != "online" else side.fallback_token
    if token is not None and given:
        secrets["token_given"] = _mark(given)
    return NewCredential(side.auth, secrets, token)


def _session(side: ShopifySide) -> NewCredential:
    """One person's session; Shopify ends it after a day at the latest."""
    now = datetime.now(UTC)
    token = Token(side.access_token or "", now, side.access_token_ends, user=side.user)
    return NewCredential("online", {"token_given": _mark(token.access_token)}, token)


def _netsuite(side: NetSuiteSide, key: KeyMaterial) -> NewCredential:
    events = {"event_secrets": list(side.event_secrets), "event_addresses": list(side.event_addresses)}
    if side.auth == "tba":
        return NewCredential("tba", {name: getattr(side, name) for name in TBA} | events)
    secrets: dict[str, Any] = {
        "client_id": side.client_id,
        "certificate_id": side.certificate_id,
        "private_key": key.private_key,
    }
    secrets |= events
    if side.algorithm is not None:
        secrets["algorithm"] = side.algorithm
    return NewCredential("oauth2", secrets, certificate_ends_at=key.ends_at)


def _mark(given: str) -> str:
    """Tells a token that stands in the file again from a new one, after ours was renewed many times."""
    return hashlib.sha256(given.encode()).hexdigest()
