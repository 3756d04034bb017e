"""Many requests, one transaction: whoever finds nobody writing writes for everybody who waits. No timer.

A lone request pays nothing for it; fifty at once share one commit to disk. Each leader writes one batch, its own thing
in it, and hands on to the next who waits: no request is kept busy with other people's work.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

# Bounds one statement; what waits beyond it goes into the next one.
MOST_AT_ONCE = 64


def _held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Waiting(Generic[T, R]):
    thing: T
    # Held until the thing is written or the lead is handed over; a bare lock costs a tenth of an Event.
    called: threading.Lock = field(default_factory=_held)
    is_called: bool = False
    leads: bool = False
    answers: list[R] = field(default_factory=list)
    error: Exception | None = None


class GroupCommit(Generic[T, R]):
    """`write` stores many things in one transaction and answers for each, in their order."""

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._queue: deque[_Waiting[T, R]] = deque()
        self._is_led = False

    def submit(self, thing: T, *, timeout: float) -> R:
        """Returns once the thing is committed. Raises what `write` raised for it, or TimeoutError after `timeout` s."""
        mine: _Waiting[T, R] = _Waiting(thing)
        with self._lock:
            self._queue.append(mine)
            mine.leads = not self._is_led
            self._is_led = True
        if not mine.leads and not mine.called.acquire(timeout=timeout):
            self._give_up(mine)
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.answers[0]

    def _lead(self) -> None:
        """Writes one batch and appoints the next leader."""
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
        try:
            self._commit(batch)
        finally:
            for waiting in batch:
                waiting.is_called = True
                waiting.called.release()
            self._appoint()

    def _appoint(self) -> None:
        with self._lock:
            self._is_led = bool(self._queue)
            if self._queue:
                self._queue[0].leads = True
                self._queue[0].is_called = True
                self._queue[0].called.release()

    def _give_up(self, mine: _Waiting[T, R]) -> None:
        """Raises TimeoutError unless the thing was written, or the lead was handed to us, at the last moment."""
        with self._lock:
            if mine.is_called:
                # Takes the call that came just too late, so that the lock is ours as if it had come in time.
                mine.called.acquire()
                return
            if mine in self._queue:
                self._queue.remove(mine)
        raise TimeoutError("the database did not take the delivery in time")

    def _commit(self, batch: Sequence[_Waiting[T, R]]) -> None:
        try:
            answers = self._write([waiting.thing for waiting in batch])
        except Exception as error:  # noqa: BLE001  handed to whoever waits for it
            self._one_by_one(batch, error)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            waiting.answers.append(answer)

    def _one_by_one(self, batch: Sequence[_Waiting[T, R]], error: Exception) -> None:
        """One thing that cannot be stored does not take the others with it."""
        if len(batch) == 1:
            batch[0].error = error
            return
        for waiting in batch:
            self._commit([waiting])
