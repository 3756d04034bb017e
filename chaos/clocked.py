"""Starts a worker whose clock is wrong: `CHAOS_CLOCK=-300 python -m chaos.clocked worker …` is Celery's command line.

`datetime.now` and `time.time` are put ahead or back before anything of the product is imported; what is measured by the
monotonic clock, and what the database says, stay right, as on a machine whose clock is wrong.
"""

import datetime as clock
import os
import sys
import time


class _RightOnes(type):
    """What others made, such as the database's driver, counts as a datetime too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


_datetime = clock.datetime
_time = time.time


def set_wrong() -> None:
    """Puts the clock wrong by CHAOS_CLOCK seconds."""
    seconds = float(os.environ["CHAOS_CLOCK"])
    offset = clock.timedelta(seconds=seconds)

    class Wrong(_datetime, metaclass=_RightOnes):
        """A datetime that does not know what time it is."""

        @classmethod
        def now(cls, tz: clock.tzinfo | None = None) -> "Wrong":
            return cls.fromtimestamp(_time() + seconds, tz)

        @classmethod
        def utcnow(cls) -> "Wrong":
            return cls.fromtimestamp(_time() + seconds, clock.UTC).replace(tzinfo=None)

    clock.datetime = Wrong  # type: ignore[misc]
    time.time = lambda: _time() + offset.total_seconds()


if __name__ == "__main__":
    set_wrong()
    from celery.__main__ import main as celery

    sys.argv = ["celery", *sys.argv[1:]]
    celery()
