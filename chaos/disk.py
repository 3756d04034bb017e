"""A disk of its own for PostgreSQL, small enough to be filled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILLER = "filler"


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[None]:
    """Mounts a disk of that size at a place. Raises RuntimeError for anybody but root."""
    if os.geteuid() != 0:
        raise RuntimeError("the cell of the full disk mounts a small one for PostgreSQL: run it as root")
    place.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a small disk could not be mounted at {place}: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)  # noqa: S607


def fill(place: Path) -> None:
    """Leaves not a byte on the disk."""
    with (place / _FILLER).open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            return


def is_full(place: Path) -> bool:
    """True while nothing can be written."""
    return os.statvfs(place).f_bavail == 0


def make_room(place: Path) -> None:
    """Takes back what `fill` took."""
    (place / _FILLER).unlink(missing_ok=True)
