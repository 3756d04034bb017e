"""Moments for tests."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def later(wait: timedelta) -> datetime:
    """A moment from now on."""
    return now() + wait
