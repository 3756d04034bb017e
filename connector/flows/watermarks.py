"""How far a reading of NetSuite came, on NetSuite's own clock: the wall clock of its servers, as text.

That clock is not ours and not UTC, and it goes back an hour in November.
"""

from datetime import UTC, datetime, timedelta

# NetSuite keeps change times to the minute, and saves may still be running: read a little again.
OVERLAP = timedelta(minutes=10)
# How far NetSuite's clock may be behind what it should be by now before it was put back.
_TOLERANCE = OVERLAP / 2
_CLOCK = "%Y-%m-%d %H:%M:%S"
# Before everything: nothing was there to tell NetSuite's clock.
START = datetime(2000, 1, 1, tzinfo=UTC).strftime(_CLOCK)


def minus_overlap(watermark: str) -> str:
    """From when on a reading after this watermark asks for changes."""
    return (moment(watermark) - OVERLAP).strftime(_CLOCK)


def after_setback(watermark: str, now_at: str, *, elapsed: timedelta) -> str | None:
    """From when on to ask where NetSuite's clock was put back since `watermark`; None when it was not.

    `now_at` is NetSuite's clock now, `elapsed` what went by on ours: what changed meanwhile may be older than the watermark.
    """
    if moment(now_at) >= moment(watermark) + elapsed - _TOLERANCE:
        return None
    return (moment(now_at) - elapsed - OVERLAP).strftime(_CLOCK)


def moment(watermark: str) -> datetime:
    """The moment on NetSuite's own clock, to be compared with others of it only."""
    return datetime.strptime(watermark, _CLOCK).replace(tzinfo=UTC)
