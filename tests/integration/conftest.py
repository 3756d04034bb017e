"""The world of the integration tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.office import Office, opened_office
from tests.world import World, opened_world


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
