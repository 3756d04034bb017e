"""Work of minutes ends between two calls once its process is told to leave, as by a deploy; another process goes on with it.

What ends so has met nothing worse than a call that failed before it was made, which all such work outlives.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

from connector.errors import Stopped

_leaving: ContextVar[Event | None] = ContextVar("leaving", default=None)


@contextmanager
def ends_when(leaving: Event) -> Iterator[None]:
    """What is done inside the block ends with Stopped at its next call once `leaving` is set."""
    token = _leaving.set(leaving)
    try:
        yield
    finally:
        _leaving.reset(token)


def must_go_on() -> None:
    """Raises Stopped where this work is to end now; asked before every call, and in long waits and loops without any."""
    leaving = _leaving.get()
    if leaving is not None and leaving.is_set():
        raise Stopped("its worker was told to leave, as by a deploy; another one goes on with it")
