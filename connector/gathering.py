"""Counts that are gathered in a process and handed on now and then, by a thread of their own: counting never holds work up."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")


class Gathered(Generic[K]):
    """Counts by key. Safe for threads. `hand_on` takes what came since the last time; what it raises of `away` keeps it here."""

    def __init__(
        self, name: str, hand_on: Callable[[Counter[K]], None], *, away: type[Exception], every: float
    ) -> None:
        self._name = name
        self._hand_on = hand_on
        self._away = away
        self._every = every
        self._lock = threading.Lock()
        self._waiting: Counter[K] = Counter()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, key: K, amount: int = 1) -> None:
        """Counts in this process; the thread begins with the first."""
        with self._lock:
            self._waiting[key] += amount
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Hands on what waits."""
        with self._lock:
            taken, self._waiting = self._waiting, Counter()
        if not taken:
            return
        try:
            self._hand_on(taken)
        except self._away:
            with self._lock:
                self._waiting += taken

    def close(self) -> None:
        """Flushes a last time and ends the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.flush()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.flush()
