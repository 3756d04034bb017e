"""The ways the account can fail a call, over real HTTP, and the journal of what it committed."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.sandbox.journal import Journal, entries
from tests.account_api import Api, opened_api, order
from tests.waiting import eventually

WAITS = 30.0


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api() as made:
        yield made


def control(api: Api, verb: str, asked: dict[str, Any]) -> None:
    """What a harness in another process asks."""
    requests.post(f"{api.url}/_sandbox/{verb}", json=asked, timeout=10).raise_for_status()


def held(api: Api) -> int:
    """How many calls are held."""
    return int(requests.get(f"{api.url}/_sandbox/faults", timeout=10).json()["held"])


def test_a_call_that_is_dropped_before_it_is_applied_leaves_nothing_behind(api: Api) -> None:
    control(api, "faults", {"kind": "drop_before", "method": "POST", "path": "salesOrder"})
    with pytest.raises(requests.ConnectionError):
        api.record("POST", "salesOrder", order())
    assert api.account.ledger()["transactions"] == []
    assert [(call.method, call.path, call.status) for call in api.account.calls] == [("POST", "salesOrder", 0)]
    assert api.record("POST", "salesOrder", order()).status_code == 204


@pytest.mark.parametrize(("kind", "stands"), [("hold_before", 0), ("hold_after", 1)])
def test_a_held_call_waits_for_a_word_before_it_is_applied_or_after(api: Api, kind: str, stands: int) -> None:
    control(api, "faults", {"kind": kind, "method": "POST", "path": "salesOrder", "seconds": WAITS})
    with ThreadPoolExecutor(1) as pool:
        answer: Future[requests.Response] = pool.submit(api.record, "POST", "salesOrder", order())
        eventually(lambda: held(api) == 1, within=10)
        assert len(api.account.ledger()["transactions"]) == stands
        assert not answer.done()
        control(api, "release", {})
        assert answer.result(10).status_code == 204
    assert (held(api), len(api.account.ledger()["transactions"])) == (0, 1)


def test_a_call_that_is_carried_out_later_is_counted_until_then(api: Api) -> None:
    control(api, "faults", {"kind": "late_commit", "path": "salesOrder", "seconds": 0.3})
    with pytest.raises(requests.ConnectionError):
        api.record("POST", "salesOrder", order())
    assert api.account.faults.later == 1
    eventually(lambda: api.account.faults.later == 0, within=10)
    assert len(api.account.ledger()["transactions"]) == 1


def test_calls_are_counted_by_what_they_were_to_make(api: Api) -> None:
    api.record("POST", "salesOrder", order() | {"externalId": "SHOP-1"})
    api.record("POST", "salesOrder", order() | {"externalId": "SHOP-1"})
    api.record("POST", "salesOrder", order() | {"externalId": "A-1"})
    api.record("GET", "salesOrder/eid:SHOP-1")
    assert api.account.ledger()["calls"]["by_key"] == {"SHOP-1": 2, "A-1": 1}


def test_what_was_refused_for_its_log_in_counts_as_never_tried(api: Api) -> None:
    api.account.faults.add({"kind": "status_before", "status": 401, "times": 2})
    for path, key in (("salesOrder", "SHOP-1"), ("customer", "C-1")):
        assert api.record("POST", path, {"externalId": key}).status_code == 401
    counted = api.account.ledger()["calls"]
    assert (counted["total"], counted["by_key"], counted["customers"]) == (2, {}, 0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal in the directory of the test."""
    with closing(Journal(tmp_path / "netsuite.jsonl")) as made:
        yield made


def test_every_commit_is_on_the_disk_before_its_answer(api: Api, journal: Journal, tmp_path: Path) -> None:
    api.account.journal = journal
    number = api.made("salesOrder", order() | {"externalId": "SHOP-1"})
    api.patched(f"salesOrder/{number}", {"memo": "ring twice"})
    assert api.record("DELETE", f"salesOrder/{number}").status_code == 204
    told = entries(tmp_path / "netsuite.jsonl")
    assert [(item["act"], item["id"], item["type"], item["external_id"]) for item in told] == [
        (act, number, "SalesOrd", "SHOP-1") for act in ("made", "changed", "removed")
    ]
    assert all(item["total"] is not None for item in told)
    # Nothing that a customer typed.
    assert "ring twice" not in (tmp_path / "netsuite.jsonl").read_text("utf-8")


def test_a_journal_holds_what_many_threads_wrote_one_line_each(journal: Journal, tmp_path: Path) -> None:
    def write(number: int) -> None:
        for step in range(20):
            journal.write({"number": number, "step": step})
            journal.sync()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [(item["number"], item["step"]) for item in entries(tmp_path / "netsuite.jsonl")]
    assert sorted(found) == [(number, step) for number in range(4) for step in range(20)]
