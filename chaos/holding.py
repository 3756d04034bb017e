"""Starts a worker that can be held at one moment while something is struck (chaos.gate). Never the product's own.

`CHAOS_MOMENT=before-claim python -m chaos.holding worker …` is Celery's command line; web processes load chaos.holding_web.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any

from celery.__main__ import main as celery
from celery.worker import request
from kombu.transport import virtual

from chaos.gate import Gate
from connector import crash
from connector.config import CrashAt
from connector.crash import Moment

# Moments that lie in Celery and not in our code.
POPPED = "popped"
SETTLED = "settled"


class _Held:
    """Stands in the place of what makes a process die at a moment: it is held there instead."""

    def __init__(self, moment: str, gate: Gate) -> None:
        self._moment, self._gate = moment, gate

    def set(self, at: CrashAt | None) -> None:
        """Nobody dies here."""

    def passed(self, moment: Moment) -> None:
        """Every moment of ours comes by here."""
        if moment == self._moment:
            self._gate.come_to()


def hold() -> None:
    """Holds this process at what CHAOS_MOMENT names."""
    moment, gate = os.environ["CHAOS_MOMENT"], Gate(Path(os.environ["CHAOS_DIRECTORY"]))
    if moment == POPPED:
        _hold_when_popped(gate)
    elif moment == SETTLED:
        _hold_before_acknowledgement(gate)
    else:
        crash._armed = _Held(Moment(moment), gate)  # type: ignore[assignment]  # what a launcher is for


def _hold_when_popped(gate: Gate) -> None:
    """A message of orders was popped and stands nowhere yet, not even as unacknowledged."""
    deliver = virtual.Transport._deliver

    def popped(self: Any, message: Any, queue: str) -> Any:
        if queue == "orders":
            gate.come_to()
        return deliver(self, message, queue)  # type: ignore[no-untyped-call]  # kombu is untyped

    virtual.Transport._deliver = popped  # type: ignore[method-assign]  # what a launcher is for


def _hold_before_acknowledgement(gate: Gate) -> None:
    """The pass is settled and committed, Redis has not heard that its message is done."""
    from workers import tasks

    done, here = vars(tasks)["process_record"], threading.local()
    acknowledge = request.Request.acknowledge

    def processed(*given: Any, **named: Any) -> Any:
        outcome = done(*given, **named)
        here.is_settled = outcome is not None and outcome.again_in is None
        return outcome

    def acknowledged(self: Any) -> None:
        if getattr(here, "is_settled", False):
            here.is_settled = False
            gate.come_to()
        acknowledge(self)

    vars(tasks)["process_record"] = processed
    request.Request.acknowledge = acknowledged


if __name__ == "__main__":
    hold()
    sys.argv = ["celery", *sys.argv[1:]]
    celery()
