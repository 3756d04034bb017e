"""The only reader of the environment: Settings.from_env, and the one place where platform URLs are put right."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connector.errors import ConfigError

KEY_BYTES = 32
SESSION_SECRET_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Key:
    """One AES-256 key and the id that stands in what it sealed."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CrashAt:
    """Where a process is to die for the fault harness: at the n-th passing of a moment."""

    name: str
    passing: int = 1


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider by which users may sign in; `label` stands on the button."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the processes need to know; secrets are left out of repr."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    keys: tuple[Key, ...] = field(repr=False)
    session_secret: str = field(repr=False)
    port: int = 8000
    log_level: str = "INFO"
    public_url: str | None = None
    trusted_proxies: int = 0
    flower_url: str | None = None
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    oidc: Provider | None = field(default=None, repr=False)
    crash_at: CrashAt | None = None

    @property
    def address(self) -> str:
        """Where the web process is reached, without a slash at its end; on this machine where nothing else is set."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    def shown(self) -> dict[str, str]:
        """What is set, by variable, for people to see; of a secret only that it is."""
        values = {_READERS[one.name][0]: (one.repr, getattr(self, one.name)) for one in fields(self)}
        return {
            variable: str(value) if is_open else "set"
            for variable, (is_open, value) in values.items()
            if value is not None
        }

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings from the environment. Raises ConfigError naming every variable that is missing or malformed."""
        env = os.environ if environ is None else environ
        problems: list[str] = []
        values: dict[str, object] = {}
        for name, (variable, read) in _READERS.items():
            try:
                values[name] = read(env.get(variable, "").strip(), env)
            except ValueError as error:
                problems.append(f"{variable} {error}")
        if problems:
            raise ConfigError("; ".join(problems))
        return cls(**values)  # type: ignore[arg-type]  # _READERS names the fields with their types


def sqlalchemy_url(url: str) -> str:
    """The URL with psycopg2 named: SQLAlchemy 2.1 reads `postgresql://` as psycopg 3, and `postgres://` as nothing."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgres", "postgresql"):
        return f"postgresql+psycopg2://{rest}"
    return url


def _database_url(text: str, _env: Mapping[str, str]) -> str:
    url = sqlalchemy_url(text)
    if not url:
        raise ValueError("is missing (postgres://user:password@host/database)")
    if not url.startswith("postgresql+psycopg2://"):
        raise ValueError(f"must begin with postgres:// or postgresql://, not {text.partition('://')[0]}")
    return url


def _redis_url(text: str, env: Mapping[str, str]) -> str:
    """The Redis URL; `rediss://` gets its certificate rule, which Celery demands in the URL.

    Heroku's Key-Value Store answers with a self-signed certificate, so there (DYNO is set) it is not verified.
    """
    if not text:
        raise ValueError("is missing (redis://host:6379/0)")
    parts = urlsplit(text)
    if parts.scheme not in ("redis", "rediss"):
        raise ValueError(f"must begin with redis:// or rediss://, not {parts.scheme or 'nothing'}")
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in query:
        query["ssl_cert_reqs"] = "none" if env.get("DYNO") else "required"
    return urlunsplit(parts._replace(query=urlencode(query)))


def _keys(text: str, _env: Mapping[str, str]) -> tuple[Key, ...]:
    if not text:
        raise ValueError("is missing (id:base64 of 32 random bytes; several are comma-separated, the first one seals)")
    keys = tuple(_key(part.strip()) for part in text.split(","))
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("names a key id twice")
    return keys


def _key(text: str) -> Key:
    key_id, separator, encoded = text.partition(":")
    if not separator or not key_id.isalnum():
        raise ValueError("must be id:base64, with letters and digits in the id")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(f"has a key {key_id} that is not base64") from error
    if len(secret) != KEY_BYTES:
        raise ValueError(f"has a key {key_id} of {len(secret)} bytes; {KEY_BYTES} are needed")
    return Key(key_id, secret)


def _session_secret(text: str, _env: Mapping[str, str]) -> str:
    """Signs what forms carry; sessions themselves are rows, and outlive a new one."""
    if not text:
        raise ValueError(f"is missing ({SESSION_SECRET_CHARACTERS} or more random characters; it signs forms)")
    if len(text) < SESSION_SECRET_CHARACTERS:
        raise ValueError(f"has {len(text)} characters; {SESSION_SECRET_CHARACTERS} or more random ones are needed")
    return text


def _port(text: str, _env: Mapping[str, str]) -> int:
    if not text:
        return 8000
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise ValueError(f"must be a port number, not {text}")
    return int(text)


def _log_level(text: str, _env: Mapping[str, str]) -> str:
    level = text.upper() or "INFO"
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError(f"must be DEBUG, INFO, WARNING or ERROR, not {text}")
    return level


def _public_url(text: str, _env: Mapping[str, str]) -> str | None:
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("must begin with https://")
    return text.rstrip("/") or None


def _smtp_url(text: str, _env: Mapping[str, str]) -> str | None:
    if text and (not text.startswith(("smtp://", "smtps://")) or not urlsplit(text).hostname):
        raise ValueError(
            "must be smtp://host:port or smtps://host:port, with user:password@ where the server wants them"
        )
    return text or None


def _mail_from(text: str, env: Mapping[str, str]) -> str | None:
    """Who mails come from; needed beside CONNECTOR_SMTP_URL."""
    if env.get("CONNECTOR_SMTP_URL", "").strip() and "@" not in text:
        raise ValueError("must be the address that mails come from, for CONNECTOR_SMTP_URL is set")
    return text or None


def _trusted_proxies(text: str, _env: Mapping[str, str]) -> int:
    """How many proxies of the operator's own stand in front; each adds one address to X-Forwarded-For."""
    if text and (not text.isdigit() or int(text) > 10):
        raise ValueError(f"must be the number of your own proxies in front, 0 to 10, not {text}")
    return int(text or 0)


def _oidc(text: str, env: Mapping[str, str]) -> Provider | None:
    """Single sign-on; one part of it alone is a mistake. Its address is https, or on this machine."""
    names = ("CONNECTOR_OIDC_CLIENT_ID", "CONNECTOR_OIDC_CLIENT_SECRET")
    client_id, client_secret = (env.get(name, "").strip() for name in names)
    if not (text or client_id or client_secret):
        return None
    if not (text and client_id and client_secret):
        raise ValueError(f"and {' and '.join(names)} are set together or not at all")
    parts = urlsplit(text)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost")):
        raise ValueError(f"must begin with https://, not {text}")
    return Provider(text, client_id, client_secret, env.get("CONNECTOR_OIDC_LABEL", "").strip() or parts.hostname)


def _crash_at(text: str, _env: Mapping[str, str]) -> CrashAt | None:
    """`name` or `name:n`; for the fault harness alone."""
    name, separator, passing = text.partition(":")
    if not name:
        return None
    if separator and not (passing.isdigit() and int(passing)):
        raise ValueError(f"must be a moment, or a moment and which passing of it such as before-claim:2, not {text}")
    return CrashAt(name, int(passing or 1))


_READERS = {
    "database_url": ("DATABASE_URL", _database_url),
    "redis_url": ("REDIS_URL", _redis_url),
    "keys": ("CONNECTOR_KEYS", _keys),
    "session_secret": ("CONNECTOR_SESSION_SECRET", _session_secret),
    "port": ("PORT", _port),
    "log_level": ("LOG_LEVEL", _log_level),
    "public_url": ("CONNECTOR_PUBLIC_URL", _public_url),
    "trusted_proxies": ("CONNECTOR_TRUSTED_PROXIES", _trusted_proxies),
    "smtp_url": ("CONNECTOR_SMTP_URL", _smtp_url),
    "mail_from": ("CONNECTOR_MAIL_FROM", _mail_from),
    "flower_url": ("CONNECTOR_FLOWER_URL", _public_url),
    "oidc": ("CONNECTOR_OIDC_ISSUER", _oidc),
    "crash_at": ("CONNECTOR_CRASH_AT", _crash_at),
}
