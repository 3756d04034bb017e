"""What the receiver refused, gathered here and added to Postgres every few seconds, for the console to show.

However many come, one statement in a while writes a few numbers, over a connection that is not the receiver's: neither the
database nor what is accepted feels them.
"""

import threading
from collections import Counter

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.store import refused_webhooks

log = structlog.get_logger(__name__)


class TurnedAway:
    """Counts by connection and why. Safe for threads."""

    def __init__(self, engine: Engine, *, every: float = 5.0) -> None:
        self._engine = engine
        self._every = every
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[int | None, str]] = Counter()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, connection_id: int | None, outcome: str) -> None:
        """Counts one in this process; never waits for the database."""
        with self._lock:
            self._waiting[connection_id, outcome] += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="turned-away", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Adds what waits to Postgres; while that is away it goes on waiting."""
        with self._lock:
            taken, self._waiting = self._waiting, Counter()
        if not taken:
            return
        try:
            with self._engine.begin() as connection:
                refused_webhooks.add(connection, taken)
        except SQLAlchemyError as error:
            log.warning("refused_not_counted", error=type(error).__name__)
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
