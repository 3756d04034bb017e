"""What a seed stands for among the pairs of faults."""

from itertools import chain

from chaos.pairs import PLACES, pair


def test_a_seed_stands_for_two_faults_of_two_places() -> None:
    place_of = {blow.name: place for place, blows in PLACES.items() for blow in blows}
    for seed in range(1, 201):
        first, second = (name for name in place_of if name in pair(seed).name)
        assert place_of[first] != place_of[second]
        assert pair(seed).name == pair(seed).name


def test_each_fault_is_met() -> None:
    names = [pair(seed).name for seed in range(1, 201)]
    assert [blow.name for blow in chain(*PLACES.values()) if not any(blow.name in name for name in names)] == []


def test_what_must_strike_is_asked_for() -> None:
    asked = {cell.name: cell for cell in map(pair, range(1, 201))}
    storm, killed = asked["Redis flushed, 429 and 503 storm"], asked["renewals lost, web killed"]
    assert (storm.kills, storm.breaks_calls) == (False, True)
    assert (killed.kills, killed.breaks_calls) == (True, False)
    assert [name for name, cell in asked.items() if cell.has_late_changes] == [
        name for name in asked if "changes 6 s late" in name
    ]
