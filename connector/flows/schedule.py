"""When a record is tried again: seconds at first, hours at last; parked after three days, never dropped."""

import random
from datetime import datetime, timedelta

# Seconds before attempt 2, 3, 4 …; the last one repeats.
DELAYS = (10.0, 30.0, 120.0, 300.0, 900.0, 3600.0)
GIVE_UP_AFTER = timedelta(hours=72)
# Half up or down, so that many records that failed together do not come back together.
JITTER = 0.5


def delay(attempts: int, *, retry_after: float | None = None, chance: float | None = None) -> float:
    """Seconds until the next try. The other side's own wish counts while the attempts are few.

    `chance` from 0 to 1 replaces the random jitter.
    """
    spread = random.random() if chance is None else chance  # noqa: S311  jitter, not a secret
    planned = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]
    if retry_after is not None and attempts <= 3:
        planned = retry_after
    elif retry_after is not None:
        planned = max(planned, retry_after)
    return planned * (1 - JITTER + 2 * JITTER * spread)


def is_used_up(first_failed_at: datetime | None, *, now: datetime) -> bool:
    """True when a record has failed for longer than we keep trying."""
    return first_failed_at is not None and now - first_failed_at > GIVE_UP_AFTER
