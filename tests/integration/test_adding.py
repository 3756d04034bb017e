"""Connections added from a file, again and beside others: what is kept, what is shared; the key they log in with."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector.cli.connection_file import read_connection_file
from connector.errors import ConfigError
from connector.store import connections, credentials
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE, NewCredential
from connector.tokens import Token
from tests.clock import later, now
from tests.managing import stored
from tests.world import World, key_pair

FILE = """
name = "eu-store"
[shopify]
shop = "eu.myshopify.com"
webhook_secrets = ["new"]
{login}
[netsuite]
account = "1234567-sb1"
client_id = "client"
certificate_id = "cert"
private_key_file = "netsuite.pem"
concurrency = {concurrency}
"""
STATIC = 'access_token = "shpat_given"'


def connection_file(directory: Path, *, login: str = STATIC, concurrency: int = 5) -> str:
    """A file and the key beside it; its path."""
    (directory / "netsuite.pem").write_text(key_pair()[0])
    (directory / "c.toml").write_text(FILE.format(login=login, concurrency=concurrency))
    return str(directory / "c.toml")


def test_the_limit_of_concurrent_calls_is_the_accounts(run: Any, world: World, tmp_path: Path) -> None:
    same = run("connection", "add", connection_file(tmp_path))
    assert "concurrency" not in same.stderr
    revision = stored(world).revision
    result = run("connection", "add", connection_file(tmp_path, concurrency=9))
    assert "1234567_SB1 is us-store's account too: concurrency is 9 for both now" in result.stderr
    assert (stored(world).netsuite_concurrency, stored(world).revision) == (9, revision + 1)


def test_nothing_of_a_faulty_file_is_added(run: Any, world: World, tmp_path: Path) -> None:
    assert isinstance(run("connection", "add", connection_file(tmp_path, concurrency=0)).exception, ConfigError)
    with world.engine.begin() as connection:
        assert [found.name for found in connections.every(connection)] == ["us-store"]
        assert connection.execute(text("select count(*) from credentials")).scalar_one() == 2


OFFLINE = 'auth = "offline"\nclient_id = "app"\nclient_secret = "app-secret"\n'
ONLINE = 'auth = "online"\nclient_id = "app"\nclient_secret = "app-secret"\n'


def added(world: World) -> int:
    """The id of the connection the file describes."""
    with world.engine.begin() as connection:
        found = connections.by_name(connection, "eu-store")
    assert found is not None
    return found.id


def keep(world: World, side: str, new: NewCredential) -> None:
    """As an install or a renewal leaves it."""
    with world.engine.begin() as connection:
        before = credentials.read_locked(connection, world.runtime.vault, added(world), side)
        if before is None:
            credentials.put(connection, world.runtime.vault, added(world), side, new)
        else:
            credentials.keep_token(connection, world.runtime.vault, before, new.token)


def kept(world: World, side: str = SHOPIFY) -> str | None:
    """The token of the added connection."""
    with world.engine.begin() as connection:
        found = credentials.read(connection, world.runtime.vault, added(world), side)
    return found.token.access_token if found and found.token else None


@pytest.mark.parametrize(
    ("first", "second", "afterwards"),
    [
        (OFFLINE, OFFLINE, "alive"),
        (OFFLINE + 'refresh_token = "shprt_1"', OFFLINE + 'refresh_token = "shprt_1"', "alive"),
        (OFFLINE + 'refresh_token = "shprt_1"', OFFLINE + 'refresh_token = "shprt_2"', ""),
        (OFFLINE, OFFLINE.replace('"app"', '"another"'), None),
        (OFFLINE, OFFLINE + 'api_url = "https://elsewhere.example.com"', None),
        (OFFLINE, STATIC, "shpat_given"),
        (STATIC, STATIC, "alive"),
        (STATIC, 'access_token = "shpat_second"', "shpat_second"),
    ],
)
def test_adding_again_keeps_the_living_token_unless_the_file_brings_another(
    run: Any, world: World, tmp_path: Path, first: str, second: str, afterwards: str | None
) -> None:
    assert run("connection", "add", connection_file(tmp_path, login=first)).exit_code == 0
    keep(world, SHOPIFY, NewCredential("", {}, Token("alive", now(), refresh_tokens=("shprt_9",))))
    result = run("connection", "add", connection_file(tmp_path, login=second))
    assert result.exit_code == 0, result.exception
    assert kept(world) == afterwards


@pytest.mark.parametrize(
    ("second", "afterwards"), [(ONLINE, "session"), (OFFLINE, "session"), (OFFLINE.replace('"app"', '"other"'), None)]
)
def test_adding_again_keeps_the_session_of_an_installed_app(
    run: Any, world: World, tmp_path: Path, second: str, afterwards: str | None
) -> None:
    run("connection", "add", connection_file(tmp_path, login=ONLINE))
    keep(world, SHOPIFY_ONLINE, NewCredential("online", {}, Token("session", now(), later(timedelta(hours=1)))))
    run("connection", "add", connection_file(tmp_path, login=second))
    assert kept(world, SHOPIFY_ONLINE) == afterwards


def test_netsuite_keygen_writes_a_pair_that_a_connection_file_can_name(run: Any, world: World, tmp_path: Path) -> None:
    result = run("netsuite", "keygen", "--kind", "ec", "--out", str(tmp_path))
    assert result.exit_code == 0
    key_file = tmp_path / "netsuite.pem"
    assert key_file.stat().st_mode & 0o777 == 0o600
    for words in ("Client Credentials (M2M) Setup", "valid until", 'client_id = "…"', "netsuite-certificate --key"):
        assert words in result.stdout, words
    assert "BEGIN" not in result.stdout
    path = tmp_path / "c.toml"
    path.write_text(
        FILE.format(login=STATIC, concurrency=5).replace('.pem"', '.pem"\ncertificate_file = "netsuite.crt"')
    )
    assert read_connection_file(path).netsuite.certificate_ends_at is not None
    before = key_file.read_text()
    again = run("netsuite", "keygen", "--kind", "ec", "--out", str(tmp_path))
    assert isinstance(again.exception, ConfigError)
    key_file.rename(tmp_path / "moved.pem")
    assert "netsuite.crt exists" in str(run("netsuite", "keygen", "--out", str(tmp_path)).exception)
    assert not key_file.exists()
    assert (tmp_path / "moved.pem").read_text() == before
