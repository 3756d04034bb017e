"""Runs our own processes: started in order, watched, stopped in reverse order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

from connector.embedded.children import spawn, stop
from connector.errors import Unavailable

GRACE_SECONDS = 25.0
READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Managed:
    """One process under a name."""

    name: str
    child: subprocess.Popen[bytes]


class _Signals:
    """SIGINT and SIGTERM, waited for by the very thread that they interrupt.

    An event's lock may be held there when the handler comes, which would wait for itself; a SimpleQueue may be put into at any
    moment.
    """

    def __init__(self) -> None:
        self._came: SimpleQueue[None] = SimpleQueue()
        self._is_told = False

    def note(self) -> None:
        """One has come."""
        self._is_told = True
        self._came.put(None)

    def wait(self, seconds: float) -> bool:
        """True as soon as one has come, also before."""
        if not self._is_told:
            with suppress(Empty):
                self._came.get(timeout=seconds)
        return self._is_told


class Supervisor:
    """Starts children and ends them with us. Output goes to one file a process, or with the name in front to stderr."""

    def __init__(self, *, logs: Path | None = None) -> None:
        self._logs = logs
        self._managed: list[Managed] = []
        self._readers: list[threading.Thread] = []
        self._signals = _Signals()

    def start(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], is_ready: Callable[[], bool] | None = None
    ) -> Managed:
        """Starts a process and notes until it is ready. Raises Unavailable when it ends first or is too slow."""
        if self._logs is None:
            child = spawn(argv, env=env, output=subprocess.PIPE, cwd=Path.cwd())
            reader = threading.Thread(target=_pass_on, args=(name, child), daemon=True)
            reader.start()
            self._readers.append(reader)
        else:
            with (self._logs / f"{name}.log").open("ab") as output:
                child = spawn(argv, env=env, output=output, cwd=Path.cwd())
        managed = Managed(name, child)
        self._managed.append(managed)
        if is_ready is not None:
            self._wait_for(managed, is_ready)
        return managed

    def wait(self) -> str | None:
        """Waits until a process has ended and returns its name, or None after SIGINT or SIGTERM."""
        while not self._signals.wait(0.2):
            for managed in self._managed:
                if managed.child.poll() is not None:
                    return managed.name
        return None

    def pause(self, seconds: float) -> bool:
        """Waits; False as soon as SIGINT or SIGTERM has arrived."""
        return not self._signals.wait(seconds)

    def running(self) -> tuple[Managed, ...]:
        """The processes, in the order they were started."""
        return tuple(self._managed)

    def stop(self) -> None:
        """Stops all processes, the last one started first, within one grace in all. May be called twice."""
        deadline = time.monotonic() + GRACE_SECONDS
        while self._managed:
            grace = max(deadline - time.monotonic(), 0.1)
            stop(self._managed.pop().child, by=signal.SIGTERM, grace=grace)
        for reader in self._readers:
            reader.join(timeout=2)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Inside the block Ctrl-C and SIGTERM end `wait` instead of the program."""

        def note(_number: int, _frame: FrameType | None) -> None:
            self._signals.note()

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _wait_for(self, managed: Managed, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready():
            if managed.child.poll() is not None:
                raise Unavailable(f"{managed.name} ended before it was ready (exit {managed.child.returncode})")
            if self._signals.wait(0.02):
                raise Unavailable(f"interrupted while {managed.name} was starting")
            if time.monotonic() > deadline:
                raise Unavailable(f"{managed.name} was not ready in time")


def _pass_on(name: str, child: subprocess.Popen[bytes]) -> None:
    stream = child.stdout
    if stream is None:
        return
    prefix = f"{name:<9}".encode()
    with stream:
        for line in stream:
            os.write(sys.stderr.fileno(), prefix + line.rstrip(b"\n") + b"\n")
