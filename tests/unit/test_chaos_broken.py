"""Every sabotage by which the harness shows that it can turn red still takes hold: the part it means is there, and replaced."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest

from chaos import broken
from chaos.cells import PROOFS

# What each is to replace, by module and name in it.
PARTS: Mapping[str, Sequence[str]] = {
    "sweeper": ("workers.sweeper:Sweeper.start",),
    "lease": (
        "connector.store.records:claim",
        "connector.store.records:holds",
        "connector.store.records:is_in_flight",
    ),
    "unique-key": ("connector.store.effects:intend", "connector.flows.orders:made_under"),
    "dedupe": ("connector.store.inbox:_ACCEPT",),
    "reject-on-worker-lost": (
        "workers.app:app.conf.task_reject_on_worker_lost",
        "workers.app:app.conf.task_acks_late",
    ),
    # Both of the above; what is off already is not put off again.
    "sweeper and reject-on-worker-lost": ("workers.sweeper:Sweeper.start",),
    "takeover": ("connector.store.records:LEASABLE",),
    "unknown-state": ("connector.store.effects:mark_unknown",),
    "external-id": ("connector.netsuite.client:NetSuiteClient.write",),
    "later-news": ("connector.store.inbox:_ACCEPT",),
    "late-changes": ("connector.flows.periodic:compare_again",),
}
# Each in the order given; a process of its own, for what is taken out stays out.
_TAKES_OUT = """
import importlib, json, os, sys
from functools import reduce
from chaos import broken

def found(part):
    module, _, names = part.partition(":")
    return reduce(getattr, names.split("."), importlib.import_module(module))

parts, replaced = json.loads(sys.argv[1]), {}
for name, theirs in parts.items():
    before = [found(part) for part in theirs]
    os.environ["CHAOS_WITHOUT"] = name
    broken.take_out()
    replaced[name] = [part for part, old in zip(theirs, before) if found(part) is not old]
print(json.dumps(replaced))
"""


def test_each_sabotage_replaces_the_parts_it_means() -> None:
    env = os.environ | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "CONNECTOR_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
        "CONNECTOR_SESSION_SECRET": os.urandom(32).hex(),
    }
    asked = [sys.executable, "-c", _TAKES_OUT, json.dumps(PARTS)]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: list(parts) for name, parts in PARTS.items()}


def test_each_sabotage_is_looked_at_here_and_played_by_the_proof() -> None:
    assert set(PARTS) == set(broken.WITHOUT) == {proof.without for proof in PROOFS if proof.without}


def test_a_part_that_is_not_there_any_more_is_not_taken_out_in_silence() -> None:
    with pytest.raises(AttributeError):
        broken._replace(broken, "no_such_part", None)
