"""The product as it runs, in a world in which everything is mapped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.running import Product, product_in
from tests.world import opened_world


@pytest.fixture
def product(database: Engine, database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Product]:
    """The product in a world in which everything is mapped."""
    with opened_world(database, redis_url) as world, product_in(world, database_url, redis_url, tmp_path) as made:
        yield made
