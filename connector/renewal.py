"""Renews what this process holds for as long as it lives: what a dead one held is free soon, however long work may take."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

H = TypeVar("H")


class Renewal(Generic[H]):
    """Renews from a thread that lives while this process holds anything. Safe for threads.

    `renew` gets everything that is held; what it raises ends the thread, and the next thing that is held begins another.
    """

    def __init__(self, renew: Callable[[Sequence[H]], None], *, every: float, name: str) -> None:
        self._renew = renew
        self._every = every
        self._name = name
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self._held: set[H] = set()
        self._is_running = False

    @contextmanager
    def held(self, holder: H) -> Iterator[None]:
        """Renewed inside the block."""
        self.add(holder)
        try:
            yield
        finally:
            self.drop(holder)

    def add(self, holder: H) -> None:
        """Renewed from now on."""
        with self._lock:
            self._held.add(holder)
            if not self._is_running:
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
                self._is_running = True

    def drop(self, holder: H) -> None:
        """Not renewed any more."""
        with self._lock:
            self._held.discard(holder)

    def _run(self) -> None:
        """Until nothing is held; whatever ends it, the next call begins another one."""
        try:
            while held := self._due():
                self._renew(held)
        except BaseException:
            with self._lock:
                self._is_running = False
            raise

    def _due(self) -> list[H]:
        """What is held after a pause; nothing ends the thread."""
        self._pause.wait(self._every)
        with self._lock:
            self._is_running = bool(self._held)
            return list(self._held)
