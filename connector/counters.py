"""Counts that many processes share, for /metrics: gathered here, added to one Redis hash every second.

A count never holds work up: when Redis is away the numbers wait in the process.
"""

import threading
from collections import Counter
from collections.abc import Mapping

from redis import Redis, RedisError

KEY = "counters"


class Counters:
    """Counts by name and labels, e.g. add("netsuite_calls", path="POST salesOrder", status="204")."""

    def __init__(self, redis: Redis, *, every: float = 1.0) -> None:
        self._redis = redis
        self._every = every
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, name: str, amount: int = 1, **labels: str) -> None:
        """Counts in this process; the number reaches Redis within a second."""
        key = series(name, labels)
        with self._lock:
            self._waiting[key] += amount
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="counters", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Adds what notes to Redis; on failure it goes on waiting."""
        with self._lock:
            taken, self._waiting = self._waiting, Counter()
        if not taken:
            return
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for key, amount in taken.items():
                pipeline.hincrby(KEY, key, amount)
            pipeline.execute()
        except RedisError:
            with self._lock:
                self._waiting += taken

    def totals(self) -> dict[str, int]:
        """Every series and its count over all processes. Raises redis.RedisError when Redis is away."""
        self.flush()
        found = self._redis.hgetall(KEY)
        return {_text(key): int(amount) for key, amount in found.items()}

    def close(self) -> None:
        """Flushes a last time and ends the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.flush()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.flush()


def series(name: str, labels: Mapping[str, str]) -> str:
    """The name of one series in Prometheus text form: name{label="value",…}."""
    inside = ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _text(key: str | bytes) -> str:
    return key.decode() if isinstance(key, bytes) else key
