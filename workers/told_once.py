"""A worker hears one SIGTERM.

Platforms send it to the process and to its group. Celery's handler (5.7) and what it calls take locks; a second signal that came
in the middle of the first would wait for one of these in the thread that holds it, until the platform kills the worker.
"""

import signal
from types import FrameType
from typing import Any

from celery import bootsteps


class ToldOnce(bootsteps.StartStopStep):  # type: ignore[misc]  # celery is untyped
    """Started when Celery has set up its handlers, before it asks for Redis. From the first signal on they are ignored."""

    def start(self, parent: Any) -> None:  # noqa: ARG002  celery hands its worker over
        """Puts itself before the handler."""
        told = signal.getsignal(signal.SIGTERM)

        def once(number: int, frame: FrameType | None) -> None:
            signal.signal(number, signal.SIG_IGN)
            if callable(told):
                told(number, frame)

        signal.signal(signal.SIGTERM, once)
