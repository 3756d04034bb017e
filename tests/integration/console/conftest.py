"""The console over the world."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.visiting import Visitor, opened_console
from tests.world import World


@pytest.fixture
def otto(world: World) -> Iterator[Visitor]:
    """An operator at the console."""
    with opened_console(world) as visitor:
        yield visitor


@pytest.fixture
def vera(otto: Visitor) -> Visitor:
    """A viewer at the same console."""
    return replace(otto, name="vera")


@pytest.fixture
def ada(otto: Visitor) -> Visitor:
    """An admin at the same console."""
    return replace(otto, name="ada")


@pytest.fixture
def stranger(otto: Visitor) -> Visitor:
    """An admin of other connections only."""
    return replace(otto, name="stranger")
