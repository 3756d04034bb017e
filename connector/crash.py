"""Named places where a process can be made to die as by `kill -9`, for the fault harness; nothing unless it is armed."""

import os
import signal
import threading
from enum import StrEnum

from connector.config import CrashAt
from connector.errors import ConfigError


class Moment(StrEnum):
    """Where a process may be made to die."""

    BEFORE_INBOX_COMMIT = "before-inbox-commit"
    BEFORE_200 = "before-200"
    BEFORE_WAKE = "before-wake"
    BEFORE_CLAIM = "before-claim"
    BEFORE_ADOPTION = "before-adoption"
    BEFORE_REQUEST = "before-request"
    BEFORE_CONFIRM = "before-confirm"
    BEFORE_SETTLE = "before-settle"


class _Armed:
    """Counts the passings of one moment in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: CrashAt | None = None
        self._passed = 0

    def set(self, at: CrashAt | None) -> None:
        if at is not None and at.name not in set(Moment):
            raise ConfigError(f"CONNECTOR_CRASH_AT names {at.name}; there are {', '.join(Moment)}")
        self._at = at

    def passed(self, moment: Moment) -> None:
        at = self._at
        if at is None or at.name != moment:
            return
        with self._lock:
            self._passed += 1
            if self._passed == at.passing:
                os.kill(os.getpid(), signal.SIGKILL)


_armed = _Armed()


def arm(at: CrashAt | None) -> None:
    """Makes this process die at a moment; None, as always outside of the harness, leaves it alone."""
    _armed.set(at)


def crash_at(moment: Moment) -> None:
    """Kills this very process if it was armed for that moment and passes it for the n-th time."""
    _armed.passed(moment)
