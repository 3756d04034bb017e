"""Real servers for the tests: one PostgreSQL and one Valkey for each test process, a fresh database for each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from redis import Redis
from sqlalchemy import Engine

from connector.embedded.postgres import remove_postgres, start_postgres
from connector.embedded.servers import Server
from connector.embedded.valkey import start_valkey
from connector.store import schema
from connector.store.engine import make_engine

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL of this test process."""
    directory = tmp_path_factory.mktemp("postgres")
    with start_postgres(directory, durable=False) as server:
        yield server
    remove_postgres(directory)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Valkey of this test process."""
    with start_valkey(tmp_path_factory.mktemp("valkey"), durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """Name of a migrated database to copy."""
    _execute(postgres, "create database template_migrated")
    schema.upgrade(_url(postgres, "template_migrated"))
    return "template_migrated"


@contextmanager
def fresh_database(postgres: Server, template: str) -> Iterator[str]:
    """The URL of a fresh migrated database."""
    name = f"test_{next(_numbers)}"
    _execute(postgres, f"create database {name} template {template} strategy wal_log")
    yield _url(postgres, name)
    _execute(postgres, f"drop database {name} with (force)")


@pytest.fixture
def database_url(postgres: Server, template: str) -> Iterator[str]:
    """A fresh migrated database."""
    with fresh_database(postgres, template) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh database."""
    engine = make_engine(database_url, pool_size=20)
    yield engine
    engine.dispose()


@pytest.fixture
def redis_url(valkey: Server) -> str:
    """An empty Valkey."""
    with Redis.from_url(valkey.url) as client:
        client.flushall()
    return valkey.url


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with published schemas and recorded payloads beside the checkout."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the folder `shared` with schemas and recorded payloads is not beside this checkout")
    return folder


def _url(server: Server, database: str) -> str:
    return server.url.rpartition("/")[0] + f"/{database}"


def _execute(server: Server, statement: str) -> None:
    connection = psycopg2.connect(server.url)
    try:
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
