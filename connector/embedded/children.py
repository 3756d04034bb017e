"""Child processes that never outlive us: in a session of their own, and ended by the kernel when we are killed.

PR_SET_PDEATHSIG is Linux only; elsewhere a child outlives a `kill -9` of its parent. It also fires when the *thread*
that started the child ends, so servers are started from threads that live as long as they are wanted.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Owner:
    """The user a child runs as; None for ourselves."""

    uid: int
    gid: int


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    output: int | IO[bytes],
    owner: Owner | None = None,
    cwd: Path = Path("/"),
    by: signal.Signals = signal.SIGTERM,
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts a child in its own session: a Ctrl-C on the terminal reaches only us, and we stop it in order.

    `by` is the signal that ends it when we are killed; `keep` are file descriptors it holds open while it lives.
    """
    return subprocess.Popen(
        list(argv),
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        start_new_session=True,
        # Runs after the change of user, which would clear the death signal again.
        preexec_fn=_die_with(os.getpid(), by),
        pass_fds=tuple(keep),
        user=None if owner is None else owner.uid,
        group=None if owner is None else owner.gid,
        extra_groups=None if owner is None else [],
    )


def stop(child: subprocess.Popen[bytes], *, by: signal.Signals, grace: float) -> None:
    """Asks a child to end, and kills its whole session when it has not within `grace` seconds."""
    if child.poll() is None:
        child.send_signal(by)
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _die_with(parent: int, by: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def bind() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind
