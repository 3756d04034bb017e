"""A signal comes in the middle of anything, also of what the last one set going."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from connector.embedded.supervisor import Supervisor
from workers.told_once import ToldOnce

pytestmark = pytest.mark.timeout(20)


def test_a_worker_that_is_told_again_while_it_is_being_told_does_not_wait_for_itself() -> None:
    lock, heard = threading.Lock(), 0

    def told(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        with lock:
            signal.raise_signal(signal.SIGTERM)
            heard += 1

    before = signal.signal(signal.SIGTERM, told)
    try:
        ToldOnce(None).start(None)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == 1


def test_a_signal_in_the_middle_of_a_wait_ends_it() -> None:
    supervisor, came = Supervisor(), 0

    def interrupt(_frame: FrameType, event: str, _about: Any) -> None:
        nonlocal came
        if event in ("call", "c_call") and came < 20:
            came += 1
            signal.raise_signal(signal.SIGTERM)

    with supervisor.signals():
        assert supervisor.pause(0.01)
        watched(interrupt, lambda: supervisor.pause(15))
        assert came > 1
        assert not supervisor.pause(15)
        assert supervisor.wait() is None


def watched(by: Callable[[FrameType, str, Any], None], act: Callable[[], object]) -> None:
    """Does something, and is told of each call in it."""
    sys.setprofile(by)
    try:
        act()
    finally:
        sys.setprofile(None)
