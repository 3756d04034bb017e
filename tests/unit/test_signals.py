"""A signal comes in the middle of anything, also of what the last one set going."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from connector.embedded.supervisor import Supervisor
from workers.app import Process

pytestmark = pytest.mark.timeout(20)


def test_a_worker_that_is_told_again_while_it_is_being_told_does_not_wait_for_itself() -> None:
    process, told = Process(), 0

    def again(frame: FrameType, event: str, _about: Any) -> None:
        nonlocal told
        if event == "call" and frame.f_code is threading.Condition.notify_all.__code__:
            told += 1
            process.leave()

    watched(again, process.leave)
    assert told > 0


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
