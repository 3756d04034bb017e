"""The shortest run of the fault harness; `make chaos` plays all cells."""

import pytest

from chaos.cells import REDEPLOYED, SMOKE
from chaos.run import Size, play


@pytest.mark.timeout(300)
def test_a_killed_receiver_and_lost_answers_lose_and_double_nothing() -> None:
    played = play(SMOKE, seed=1, size=Size(orders=5, rate=5.0))
    assert played.judgement.objections == []
    assert (played.judgement.orders, played.judgement.lost, played.judgement.doubled) == (5, 0, 0)
    assert played.kills == 1
    assert played.refused > 0


@pytest.mark.timeout(300)
def test_releases_that_overlap_lose_and_double_nothing_and_end_in_time() -> None:
    played = play(REDEPLOYED, seed=1, size=Size(orders=24, rate=2.0))
    assert played.judgement.objections == []
    assert (played.judgement.orders, played.judgement.lost, played.judgement.doubled) == (24, 0, 0)
    # Asked to end, and ended: nobody had to be killed.
    assert played.kills == 0
