"""Ways to fail, asked for by a test: slow, refused or silent before, outrun, written and then silent or slow, written later.

A held call waits for a word, before it is carried out or after it: whoever asked for it does something meanwhile.
"""

import threading
from dataclasses import dataclass
from typing import Any

KINDS = (
    "slow",
    "status_before",
    "drop_before",
    "changed_meanwhile",
    "commit_then_drop",
    "commit_then_slow",
    "late_commit",
    "hold_before",
    "hold_after",
)


@dataclass(slots=True)
class Fault:
    """One fault for the next `times` calls of a method whose path holds a text, behind `after` of them that go well."""

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    status: int = 503
    seconds: float = 1.0
    after: int = 0


class Dropped(Exception):
    """The connection is cut without an answer."""


class Faults:
    """The faults that wait for their call."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()
        self._gate = threading.Condition()
        self._releases = 0
        # Calls that wait for `release` now, and such as will be carried out later.
        self.held = 0
        self.later = 0

    def add(self, asked: dict[str, Any]) -> None:
        """Plans a fault."""
        if asked.get("kind") not in KINDS:
            raise KeyError(f"kind must be one of {KINDS}")
        with self._lock:
            self._waiting.append(Fault(**asked))

    def clear(self) -> None:
        """Forgets all that are planned."""
        with self._lock:
            self._waiting.clear()

    def hold(self, seconds: float) -> None:
        """Keeps a call until `release`, and no longer than so many seconds."""
        with self._gate:
            seen = self._releases
            self.held += 1
            self._gate.wait_for(lambda: self._releases > seen, seconds)
            self.held -= 1

    def release(self) -> None:
        """Lets every held call go on."""
        with self._gate:
            self._releases += 1
            self._gate.notify_all()

    def count_later(self, calls: int) -> None:
        """So many calls more, or fewer, will be carried out later."""
        with self._lock:
            self.later += calls

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this call, if one is planned."""
        with self._lock:
            for fault in self._waiting:
                if fault.method in ("", method) and fault.path in path:
                    if fault.after > 0:
                        fault.after -= 1
                        continue
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None
