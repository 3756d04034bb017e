"""Ways to fail, asked for by a test: slow, refused before, outrun, written and then silent or slow, written later."""

import threading
from dataclasses import dataclass
from typing import Any

KINDS = ("slow", "status_before", "changed_meanwhile", "commit_then_drop", "commit_then_slow", "late_commit")


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
