"""Somebody is held at a moment, once, until the harness lets him go."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from chaos.gate import Gate
from tests.waiting import eventually

_PASSES = """
import sys
from chaos.holding import hold
hold()
from connector.crash import Moment, crash_at
for step in range(3):
    crash_at(Moment.BEFORE_SETTLE)
    crash_at(Moment.BEFORE_CLAIM)
    print(step, flush=True)
"""


def test_nobody_is_held_at_a_gate_that_is_not_armed(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.come_to()
    assert not gate.is_held


def test_the_second_passing_is_held_until_it_is_let_go_and_no_other_one(tmp_path: Path) -> None:
    harness, ours, passed = Gate(tmp_path), Gate(tmp_path), threading.Event()
    harness.arm(2)
    ours.come_to()
    assert not harness.is_held

    def second() -> None:
        ours.come_to()
        passed.set()

    threading.Thread(target=second, daemon=True).start()
    eventually(lambda: harness.is_held, within=10)
    assert not passed.wait(0.2)
    # Whoever comes meanwhile goes on, in this process and in any other.
    ours.come_to()
    Gate(tmp_path).come_to()
    harness.let_go()
    assert passed.wait(10)
    assert not harness.was_late


def test_who_is_forgotten_goes_on_and_says_so(tmp_path: Path) -> None:
    gate = Gate(tmp_path, longest=0.1)
    gate.arm(1)
    gate.come_to()
    assert gate.was_late


def test_a_process_of_ours_is_held_at_the_moment_it_was_started_for(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    gate.arm(2)
    env = os.environ | {"CHAOS_MOMENT": "before-claim", "CHAOS_DIRECTORY": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", _PASSES], env=env, stdout=subprocess.PIPE, text=True) as child:
        eventually(lambda: gate.is_held, within=30)
        assert child.stdout is not None
        assert child.stdout.readline() == "0\n"
        assert child.poll() is None
        gate.let_go()
        assert child.stdout.read() == "1\n2\n"
    assert child.returncode == 0
