"""Group commit: everybody's thing is written once, batches form under load, one bad thing fails alone."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from web.commit import GroupCommit


class Store:
    """Remembers batches; `gate` holds the first one back."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.entered = threading.Event()

    def write(self, batch: Sequence[int]) -> list[int]:
        self.entered.set()
        assert self.gate.wait(10)
        if 13 in batch:
            raise ValueError("13 cannot be stored")
        self.batches.append(list(batch))
        return [thing * 2 for thing in batch]


def test_a_lone_thing_is_written_at_once() -> None:
    store = Store()
    store.gate.set()
    assert GroupCommit(store.write).submit(1, timeout=5) == 2
    assert store.batches == [[1]]


def test_what_waits_while_one_writes_is_written_together() -> None:
    store = Store()
    commits = GroupCommit(store.write)
    with ThreadPoolExecutor(40) as pool:
        first = pool.submit(commits.submit, 1, timeout=10)
        assert store.entered.wait(10)
        rest = [pool.submit(commits.submit, number, timeout=10) for number in range(100, 130)]
        store.gate.set()
        assert first.result() == 2
        assert sorted(future.result() for future in rest) == [number * 2 for number in range(100, 130)]
    assert sorted(thing for batch in store.batches for thing in batch) == [1, *range(100, 130)]
    assert len(store.batches) < 31


def test_one_thing_that_cannot_be_stored_fails_alone() -> None:
    store = Store()
    commits = GroupCommit(store.write)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(commits.submit, 1, timeout=10)
        assert store.entered.wait(10)
        rest = {number: pool.submit(commits.submit, number, timeout=10) for number in (12, 13, 14)}
        store.gate.set()
        first.result()
        assert rest[12].result() == 24
        assert rest[14].result() == 28
        with pytest.raises(ValueError, match="13"):
            rest[13].result()


def test_a_wait_ends_and_the_rest_goes_on() -> None:
    store = Store()
    commits = GroupCommit(store.write)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(commits.submit, 1, timeout=10)
        assert store.entered.wait(10)
        with pytest.raises(TimeoutError):
            commits.submit(2, timeout=0.05)
        store.gate.set()
        assert first.result() == 2
    assert commits.submit(3, timeout=5) == 6
    assert [2] not in store.batches


def test_many_threads_lose_nothing() -> None:
    store = Store()
    store.gate.set()
    commits = GroupCommit(store.write)
    numbers = [number for number in range(2000) if number != 13]
    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(lambda number: commits.submit(number, timeout=10), numbers)) == [n * 2 for n in numbers]
    assert sorted(thing for batch in store.batches for thing in batch) == numbers
