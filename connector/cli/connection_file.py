"""The connection file (TOML): validated as a whole, with the name of every setting that is wrong."""

import re
import secrets
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from connector.errors import ConfigError
from connector.mapping.rules import Rules
from connector.netsuite.auth import Certificate
from connector.store.connections import NewConnection

_SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com")
_ACCOUNT = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z]{2}[0-9]*)?")


def _shop(value: str) -> str:
    if not _SHOP.fullmatch(value):
        raise ValueError(f"{value!r} is not a shop's own domain, such as acme.myshopify.com")
    return value.lower()


def _account(value: str) -> str:
    if not _ACCOUNT.fullmatch(value):
        raise ValueError(f"{value!r} is not a NetSuite account id, such as 1234567 or 1234567_SB1")
    return value.upper().replace("-", "_")


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+", value.rstrip("/")):
        raise ValueError(f"{value!r} is not the address of a host, such as https://acme.myshopify.com")
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(_url)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShopifySide(_Part):
    """[shopify]"""

    shop: Annotated[str, AfterValidator(_shop)]
    api_url: Url | None = None
    api_version: str = Field(default="2026-10", pattern=r"^\d{4}-\d{2}$")
    webhook_secrets: tuple[str, ...] = Field(min_length=1)
    auth: Literal["static"] = "static"
    access_token: str = Field(min_length=1)


class NetSuiteSide(_Part):
    """[netsuite]"""

    account: Annotated[str, AfterValidator(_account)]
    api_url: Url | None = None
    auth: Literal["oauth2"] = "oauth2"
    client_id: str = Field(min_length=1)
    certificate_id: str = Field(min_length=1)
    private_key: str | None = None
    private_key_file: Path | None = None
    concurrency: int = Field(default=5, ge=1, le=500)


class ConnectionFile(_Part):
    """The whole file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    shopify: ShopifySide
    netsuite: NetSuiteSide
    rules: dict[str, Any] = {}


def read_connection_file(path: Path) -> NewConnection:
    """The connection a file describes, with a new webhook key. Raises ConfigError naming file and settings."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        file = ConnectionFile.model_validate(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    except ValidationError as error:
        raise ConfigError(
            f"{path}: " + "; ".join(_problem(item) for item in error.errors(include_input=False))
        ) from None
    private_key = _private_key(file.netsuite, path)
    # A key NetSuite would refuse is refused here, before anything is stored.
    Certificate.from_pem(file.netsuite.client_id, file.netsuite.certificate_id, private_key)
    host = file.netsuite.account.lower().replace("_", "-")
    return NewConnection(
        name=file.name,
        key=secrets.token_urlsafe(24),
        shop=file.shopify.shop,
        shopify_api_url=file.shopify.api_url or f"https://{file.shopify.shop}",
        shopify_api_version=file.shopify.api_version,
        netsuite_account=file.netsuite.account,
        netsuite_api_url=file.netsuite.api_url or f"https://{host}.suitetalk.api.netsuite.com",
        netsuite_concurrency=file.netsuite.concurrency,
        rules=Rules.from_json(file.rules).to_json(),
        shopify_secrets={
            "access_token": file.shopify.access_token,
            "webhook_secrets": list(file.shopify.webhook_secrets),
        },
        netsuite_secrets={
            "client_id": file.netsuite.client_id,
            "certificate_id": file.netsuite.certificate_id,
            "private_key": private_key,
            # Hashes e-mail addresses in the customer mirror; never leaves the sealed set.
            "email_key": secrets.token_hex(32),
        },
    )


def _private_key(side: NetSuiteSide, path: Path) -> str:
    if side.private_key:
        return side.private_key
    if side.private_key_file is None:
        raise ConfigError(f"{path}: netsuite.private_key or netsuite.private_key_file is missing")
    try:
        return (path.parent / side.private_key_file).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: netsuite.private_key_file: {error}") from error


def _problem(item: Any) -> str:
    """Setting and sentence; the value stays out of it, for it can be a secret."""
    return f"{'.'.join(str(part) for part in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
