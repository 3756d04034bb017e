"""The fault harness can make a process die at a named moment; nobody else's process does."""

import signal
import subprocess
import sys

import pytest

from connector import crash
from connector.config import CrashAt
from connector.crash import Moment, crash_at
from connector.errors import ConfigError

_PASSING = """
from connector import crash
from connector.config import CrashAt
from connector.crash import Moment, crash_at
crash.arm(CrashAt("before-claim", 2))
for step in range(3):
    print(step, flush=True)
    crash_at(Moment.BEFORE_SETTLE)
    crash_at(Moment.BEFORE_CLAIM)
"""


def test_nothing_happens_at_a_moment_nobody_armed() -> None:
    for moment in Moment:
        crash_at(moment)


def test_a_process_dies_at_the_second_passing_of_its_moment() -> None:
    done = subprocess.run([sys.executable, "-c", _PASSING], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["0", "1"]


def test_a_moment_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(ConfigError, match=r"before-lunch; there are before-inbox-commit"):
        crash.arm(CrashAt("before-lunch"))
