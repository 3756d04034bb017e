"""The harness's clock for what a dead worker left behind: from the death until another pass has the record."""

from datetime import UTC, datetime, timedelta

import pytest

from chaos.orphans import Orphan, Pass, waits


def at(seconds: float) -> datetime:
    return datetime(2026, 11, 20, 10, 0, tzinfo=UTC) + timedelta(seconds=seconds)


def orphan(seconds: float, fence: int) -> Orphan:
    return Orphan(at(seconds), 1, fence)


@pytest.mark.parametrize(
    ("orphans", "passes", "found"),
    [
        pytest.param([orphan(0, 1)], [(121, 122)], [121.0], id="taken after its lease"),
        pytest.param([orphan(0, 1)], [(-1, 2), (50, 51)], [], id="another worker was at it and went on"),
        pytest.param([orphan(0, 1), orphan(5, 1)], [(121, 122)], [121.0], id="seen twice, it died once"),
        pytest.param([orphan(0, 1), orphan(122, 2)], [(250, 251)], [122.0, 128.0], id="its successor died too"),
        pytest.param([orphan(0, 1)], [(-9, -8)], [], id="nobody has taken it: it is undone, and the judge says so"),
    ],
)
def test_a_record_is_found_again_when_the_next_pass_begins(
    orphans: list[Orphan], passes: list[tuple[float, float]], found: list[float]
) -> None:
    assert waits(orphans, {1: [Pass(at(began), at(ended)) for began, ended in passes]}) == found
