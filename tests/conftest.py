"""Real servers for the tests: one PostgreSQL and one Valkey for each test process, an empty database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine

from connector.embedded.postgres import remove_postgres, start_postgres
from connector.embedded.servers import Server
from connector.embedded.valkey import start_valkey
from connector.store.engine import make_engine
from tests.databases import Databases


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
def databases(postgres: Server) -> Databases:
    """Migrated databases of that PostgreSQL."""
    made = Databases(postgres)
    made.make_template()
    return made


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated, empty database."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on an empty, migrated database."""
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
