"""The world of the integration tests."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from connector.cli.main import root
from tests.office import Office, opened_office
from tests.world import KEY, SESSION_SECRET, World, opened_world


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """Both sandboxes, a database, and a connection in which everything is mapped."""
    with opened_world(database, redis_url) as opened:
        yield opened


@pytest.fixture
def office(world: World, redis_url: str) -> Iterator[Office]:
    """The world with its receiver, served over HTTP."""
    with opened_office(world, redis_url) as opened:
        yield opened


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Any:
    """Runs a command in the environment of the world."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CONNECTOR_KEYS", f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}")
    monkeypatch.setenv("CONNECTOR_SESSION_SECRET", SESSION_SECRET)
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", "https://hooks.example.com")

    def call(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(root, list(arguments), input=typed)

    return call
