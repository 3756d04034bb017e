"""Starts a worker that may die between Redis and Celery: a message was popped and stands nowhere, not even as unacknowledged.

`CHAOS_POPPED=3 python -m chaos.popped worker …` is Celery's command line; it dies at the third message, in its first life.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from celery.__main__ import main as celery
from kombu.transport import virtual


def die_when_popped(marker: Path, passing: int) -> None:
    """Kills this process when its n-th message of orders was popped; the marker stands for the lives that are over."""
    deliver = virtual.Transport._deliver
    seen = 0

    def popped(self: Any, message: Any, queue: str) -> Any:
        nonlocal seen
        seen += queue == "orders"
        if seen == passing and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return deliver(self, message, queue)  # type: ignore[no-untyped-call]  # kombu is untyped

    virtual.Transport._deliver = popped  # type: ignore[method-assign]  # what a launcher is for


if __name__ == "__main__":
    die_when_popped(Path(os.environ["CHAOS_DIRECTORY"]) / "popped", passing=3)
    sys.argv = ["celery", *sys.argv[1:]]
    celery()
