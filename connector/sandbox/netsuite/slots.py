"""The concurrent calls an account allows, and how many were ever seen at once."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connector.sandbox.netsuite.errors import Refusal


class Slots:
    """Counts the calls that run; `limit` is asked anew for each."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._busy = 0
        self.refused = 0
        self.most_busy = 0
        self.busy_seconds = 0.0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """One slot for as long as the block runs. Raises Refusal when all are taken."""
        with self._lock:
            if self._busy >= self._limit():
                self.refused += 1
                text = "Concurrent request limit exceeded. Request blocked."
                raise Refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", text)
            self._busy += 1
            self.most_busy = max(self.most_busy, self._busy)
        started = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self.busy_seconds += time.monotonic() - started
