"""Counts that many processes share, for /metrics: gathered here, added to one Redis hash every second.

A count never holds work up: when Redis is away the numbers wait in the process.
"""

from collections import Counter
from collections.abc import Mapping

from redis import Redis, RedisError

from connector.gathering import Gathered

KEY = "counters"


class Counters:
    """Counts by name and labels, e.g. add("netsuite_calls", path="POST salesOrder", status="204")."""

    def __init__(self, redis: Redis, *, every: float = 1.0) -> None:
        self._redis = redis
        self._gathered = Gathered("counters", self._hand_on, away=RedisError, every=every)

    def add(self, name: str, amount: int = 1, **labels: str) -> None:
        """Counts in this process; the number reaches Redis within a second."""
        self._gathered.add(series(name, labels), amount)

    def flush(self) -> None:
        """Adds what waits to Redis; on failure it goes on waiting."""
        self._gathered.flush()

    def totals(self) -> dict[str, int]:
        """Every series and its count over all processes. Raises redis.RedisError when Redis is away."""
        self.flush()
        found = self._redis.hgetall(KEY)
        return {_text(key): int(amount) for key, amount in found.items()}

    def close(self) -> None:
        """Flushes a last time."""
        self._gathered.close()

    def _hand_on(self, taken: Counter[str]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for key, amount in taken.items():
            pipeline.hincrby(KEY, key, amount)
        pipeline.execute()


def series(name: str, labels: Mapping[str, str]) -> str:
    """The name of one series in Prometheus text form: name{label="value",…}."""
    inside = ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _text(key: str | bytes) -> str:
    return key.decode() if isinstance(key, bytes) else key
