"""Keeps one of our processes running, as a platform does: whenever it ends it is started again."""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from connector.embedded.children import spawn, stop

_AGAIN_SECONDS = 0.3


class Keeper:
    """One process under a name. `crashes` are the places (name:n) at which its first lives are to end, one each.

    `died` is called, in a thread of its own, whenever it was killed.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        logs: Path,
        *,
        crashes: Iterable[str] = (),
        died: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.kills = 0
        # Where it answers, if it does.
        self.port: int | None = None
        self._argv, self._env, self._logs = argv, env, logs
        self._crashes = deque(crashes)
        self._died = died
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        # Nothing is started behind the back of `retire`.
        self._lock = threading.Lock()
        # Lives as long as the process is wanted: the kernel ends children with the thread that started them.
        self._thread = threading.Thread(target=self._keep, name=f"keeper-{name}", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process of now, or None between two."""
        child = self._child
        return None if child is None or child.poll() is not None else child.pid

    def kill(self) -> None:
        """`kill -9` of the process and what it started."""
        if (child := self._child) is not None and child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process and what it started."""
        if (child := self._child) is not None and child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)

    def spare(self) -> None:
        """Its next lives are not armed any more."""
        self._crashes.clear()

    def retire(self, *, grace: float) -> bool:
        """SIGTERM, and no next life; False when it had to be killed after `grace` seconds."""
        with self._lock:
            self._stopping.set()
            child = self._child
        if child is None:
            return True
        # It may end by itself at the last moment.
        with suppress(ProcessLookupError):
            stop(child, by=signal.SIGTERM, grace=grace)
        self._thread.join(timeout=5)
        return child.returncode != -signal.SIGKILL

    def _keep(self) -> None:
        while not self._stopping.is_set():
            place = self._crashes.popleft() if self._crashes else None
            env = dict(self._env) | ({"CONNECTOR_CRASH_AT": place} if place else {})
            with self._lock, (self._logs / f"{self.name}.log").open("ab") as output:
                if self._stopping.is_set():
                    return
                child = spawn(self._argv, env=env, output=output, cwd=Path.cwd())
                self._child = child
            child.wait()
            if (place or child.returncode == -signal.SIGKILL) and not self._stopping.is_set():
                self.kills += 1
                if self._died is not None:
                    threading.Thread(target=self._died, daemon=True).start()
            self._stopping.wait(_AGAIN_SECONDS)
