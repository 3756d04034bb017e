"""Counts passes by the hour, once a minute whoever asks, for the overview."""

from datetime import datetime

from sqlalchemy import Engine

from connector.store import cursors, throughput

EVERY_SECONDS = 60


def count_passes(engine: Engine, *, now: datetime) -> bool:
    """True when this call counted; one call in each minute does."""
    with engine.begin() as connection:
        if not cursors.begin_slot(connection, "passes.count", int(now.timestamp()) // EVERY_SECONDS):
            return False
        throughput.count(connection, now=now)
        return True
