"""A side's own ledger on the disk: one line of JSON for each thing that happened, there before anybody was told of it."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Journal:
    """Appends to a file; without one it keeps nothing. Safe for threads."""

    def __init__(self, file: Path | None) -> None:
        self._output = file.open("a", encoding="utf-8") if file is not None else None
        self._lock = threading.Lock()

    def write(self, entry: Json) -> None:
        """Appends an entry with its time; `sync` makes it last."""
        if self._output is None:
            return
        with self._lock:
            self._output.write(json.dumps({"at": time.time()} | entry) + "\n")
            self._output.flush()

    def sync(self) -> None:
        """Returns once everything that was written is on the disk."""
        if self._output is not None:
            os.fsync(self._output.fileno())

    def close(self) -> None:
        """Nothing more comes."""
        if self._output is not None:
            self._output.close()


def entries(file: Path) -> list[Json]:
    """All that a journal holds, oldest first."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
