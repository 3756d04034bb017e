"""What the receiver refused, gathered here and added to Postgres every few seconds, for the console to show.

However many come, one statement in a while writes a few numbers, over a connection that is not the receiver's: neither the
database nor what is accepted feels them.
"""

from collections import Counter

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.gathering import Gathered
from connector.store import refused_webhooks

log = structlog.get_logger(__name__)


class TurnedAway:
    """Counts by connection and why. Safe for threads."""

    def __init__(self, engine: Engine, *, every: float = 5.0) -> None:
        self._engine = engine
        self._gathered = Gathered("turned-away", self._hand_on, away=SQLAlchemyError, every=every)

    def add(self, connection_id: int | None, outcome: str) -> None:
        """Counts one in this process; never waits for the database."""
        self._gathered.add((connection_id, outcome))

    def flush(self) -> None:
        """Adds what waits to Postgres; while that is away it goes on waiting."""
        self._gathered.flush()

    def close(self) -> None:
        """Flushes a last time."""
        self._gathered.close()

    def _hand_on(self, taken: Counter[tuple[int | None, str]]) -> None:
        try:
            with self._engine.begin() as connection:
                refused_webhooks.add(connection, taken)
        except SQLAlchemyError as error:
            log.warning("refused_not_counted", error=type(error).__name__)
            raise
