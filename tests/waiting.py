"""Waiting for something to become true, without sleeping blindly."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(found: Callable[[], T], *, within: float = 10.0) -> T:
    """The first true value of `found`. Fails after `within` seconds with its last value."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not (value := found()):
        assert time.monotonic() < deadline, f"still {value!r} after {within} s"
        pause.wait(0.02)
    return value
