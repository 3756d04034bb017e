"""Settings come from the environment, are put right in one place, and name what is wrong."""

import base64

import pytest

from connector.config import Settings, sqlalchemy_url
from connector.errors import ConfigError

KEY = base64.b64encode(b"k" * 32).decode()
SESSION_SECRET = "s" * 32
GOOD = {
    "DATABASE_URL": "postgres://u:p@h/d",
    "REDIS_URL": "redis://h:6379/0",
    "CONNECTOR_KEYS": f"k1:{KEY}",
    "CONNECTOR_SESSION_SECRET": SESSION_SECRET,
}


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_spelling_of_a_postgres_url_names_the_driver(scheme: str) -> None:
    assert sqlalchemy_url(f"{scheme}://u:p@h:5432/d?sslmode=require") == (
        "postgresql+psycopg2://u:p@h:5432/d?sslmode=require"
    )


def test_settings_of_a_platform_work_as_they_are() -> None:
    settings = Settings.from_env(GOOD | {"PORT": "5000"})
    assert settings.database_url == "postgresql+psycopg2://u:p@h/d"
    assert settings.port == 5000
    assert [key.id for key in settings.keys] == ["k1"]


def test_all_missing_settings_are_named_at_once() -> None:
    names = ("DATABASE_URL", "REDIS_URL", "CONNECTOR_KEYS", "CONNECTOR_SESSION_SECRET")
    with pytest.raises(ConfigError, match=".*".join(f"{name} is missing" for name in names)):
        Settings.from_env({})


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://h/d", "must begin with postgres"),
        ("REDIS_URL", "http://h", "must begin with redis"),
        ("CONNECTOR_KEYS", "k1", "must be id:base64"),
        ("CONNECTOR_KEYS", "k1:AAAA", "3 bytes; 32 are needed"),
        ("CONNECTOR_KEYS", f"k1:{KEY},k1:{KEY}", "names a key id twice"),
        ("CONNECTOR_SESSION_SECRET", "short", "has 5 characters; 32 or more"),
        ("PORT", "http", "must be a port number"),
        ("LOG_LEVEL", "LOUD", "must be DEBUG"),
        ("CONNECTOR_PUBLIC_URL", "example.com", "must begin with https"),
        ("CONNECTOR_OIDC_ISSUER", "https://id.example.com", "are set together or not at all"),
        ("CONNECTOR_CRASH_AT", "before-claim:0", "must be a moment"),
    ],
)
def test_a_malformed_setting_is_named(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=f"{variable}.*{sentence}"):
        Settings.from_env(GOOD | {variable: value})


OIDC = {"CONNECTOR_OIDC_CLIENT_ID": "connector", "CONNECTOR_OIDC_CLIENT_SECRET": "o" * 20}


def test_a_provider_is_taken_whole_and_its_secret_is_not_printed() -> None:
    provider = Settings.from_env(GOOD | OIDC | {"CONNECTOR_OIDC_ISSUER": "https://id.example.com/realm"}).oidc
    assert provider is not None
    assert (provider.issuer, provider.label) == ("https://id.example.com/realm", "id.example.com")
    assert "ooo" not in repr(provider)
    assert Settings.from_env(GOOD).oidc is None


@pytest.mark.parametrize("issuer", ["http://id.example.com", "id.example.com", ""])
def test_a_provider_without_https_is_refused(issuer: str) -> None:
    with pytest.raises(ConfigError, match="CONNECTOR_OIDC_ISSUER"):
        Settings.from_env(GOOD | OIDC | {"CONNECTOR_OIDC_ISSUER": issuer})


def test_a_platforms_self_signed_redis_is_taken_only_there() -> None:
    url = {"REDIS_URL": "rediss://:p@h:6380"}
    assert Settings.from_env(GOOD | url).redis_url.endswith("ssl_cert_reqs=required")
    assert Settings.from_env(GOOD | url | {"DYNO": "web.1"}).redis_url.endswith("ssl_cert_reqs=none")


def test_no_secret_is_printed() -> None:
    settings = Settings.from_env(GOOD)
    assert "u:p@" not in repr(settings)
    assert KEY not in repr(settings)
    assert SESSION_SECRET not in repr(settings)
    assert "kkk" not in repr(settings.keys[0])
