"""Flower beside the workers, and everything that it shows."""

import sys
from collections.abc import Sequence

import requests

_NOBODY = "nobody"
_PAGES = ("workers", "tasks", "broker", "api/workers", "api/tasks?limit=100000")


def flower_argv(port: int) -> Sequence[str]:
    """The command line of the Procfile, on 127.0.0.1."""
    argv = [sys.executable, "-m", "celery", "--app", "workers.app", "flower", f"--port={port}", "--address=127.0.0.1"]
    return [*argv, f"--basic-auth={_NOBODY}:{_NOBODY}"]


def shown_by_flower(url: str) -> bytes:
    """All that it shows of tasks and workers; nothing while it does not answer."""
    try:
        pages = [requests.get(f"{url}/{page}", auth=(_NOBODY, _NOBODY), timeout=20) for page in _PAGES]
    except requests.ConnectionError:
        return b""
    return b"".join(page.content for page in pages if page.ok)
