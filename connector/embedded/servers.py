"""Starts the two servers on free ports of 127.0.0.1, each in a directory that can be kept and used again."""

import fcntl
import os
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

from connector.errors import ConfigError, Unavailable

START_SECONDS = 30.0
LOCK_SECONDS = 3.0
# A port that was free may be taken before the server listens on it.
TRIES = 3


@dataclass(slots=True)
class Server:
    """A running server. `stop` ends it and may be called twice."""

    url: str = field(repr=False)
    child: subprocess.Popen[bytes]
    lock: IO[str]
    _stop: Callable[[subprocess.Popen[bytes]], None]

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self.child.pid

    def stop(self) -> None:
        """Ends the server in order."""
        self._stop(self.child)
        self.lock.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()


def own_directory(directory: Path) -> IO[str]:
    """Makes the directory and locks it. Raises ConfigError naming who has it.

    The server inherits the lock, so it lasts as long as the server: after a `kill -9` of its parent the next start
    notes a moment until the old server is gone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    lock = (directory / "lock").open("a+", encoding="ascii")
    deadline = time.monotonic() + LOCK_SECONDS
    while not _locked(lock):
        if time.monotonic() > deadline:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise ConfigError(f"{directory} is in use by process {holder}")
        threading.Event().wait(0.05)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def password_of(directory: Path) -> str:
    """The server's password, made on the first start and readable by its owner only."""
    file = directory / "password"
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(24), "ascii")
        draft.rename(file)
    return file.read_text("ascii")


def tried(start: Callable[[], Server], lock: IO[str]) -> Server:
    """Starts a server, on another port when the first try fails; gives the lock back when none succeeds."""
    try:
        for _ in range(TRIES - 1):
            with suppress(Unavailable):
                return start()
        return start()
    except BaseException:
        lock.close()
        raise


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(is_ready: Callable[[], bool], child: subprocess.Popen[bytes], *, log: Path, name: str) -> None:
    """Waits for a server that was started. Raises Unavailable with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    pause = threading.Event()
    while not is_ready():
        if child.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text("utf-8", errors="replace")[-1500:] if log.exists() else ""
            raise Unavailable(f"{name} did not start (exit {child.poll()}):\n{tail}")
        pause.wait(0.01)
