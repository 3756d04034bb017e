"""A gate at one moment: a process that comes to it says so, and waits there until the harness lets it go. By files."""

import threading
from pathlib import Path

# Nobody is kept longer; the cell is red then, for the fault may have struck too late.
LONGEST_SECONDS = 120.0
_LOOK_SECONDS = 0.02


class Gate:
    """One hold in a directory that both sides know. Safe for threads and processes: the first that comes is held."""

    def __init__(self, place: Path, *, longest: float = LONGEST_SECONDS) -> None:
        self._armed, self._held, self._free, self._late = (
            place / f"gate-{name}" for name in ("armed", "held", "free", "late")
        )
        self._longest = longest
        self._pause = threading.Event()
        self._lock = threading.Lock()
        self._passed = 0

    def arm(self, passing: int) -> None:
        """From now on the n-th passing of a process is held, once."""
        draft = self._armed.with_suffix(".draft")
        draft.write_text(str(passing), "utf-8")
        draft.rename(self._armed)

    def let_go(self) -> None:
        """Who is held goes on."""
        self._free.touch()

    @property
    def is_held(self) -> bool:
        """True once somebody has come."""
        return self._held.exists()

    @property
    def was_late(self) -> bool:
        """True when somebody was not let go in time."""
        return self._late.exists()

    def come_to(self) -> None:
        """Passes the gate, or is held there."""
        if self._held.exists() or not self._armed.exists():
            return
        with self._lock:
            self._passed += 1
            if self._passed < int(self._armed.read_text("utf-8")):
                return
        try:
            self._held.touch(exist_ok=False)
        except FileExistsError:
            return
        for _ in range(int(self._longest / _LOOK_SECONDS)):
            if self._free.exists():
                return
            self._pause.wait(_LOOK_SECONDS)
        self._late.touch()
