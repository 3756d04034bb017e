"""A deploy ends a worker in time, also in the middle of a run of minutes; the next worker does that run."""

import signal
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from connector.embedded.supervisor import Managed
from connector.flows.jobs import JOBS
from connector.store.mirror_tables import paused_schedules, scheduled_runs
from connector.store.tables import items
from tests.running import Product
from tests.waiting import eventually

READING = "items.refresh"
_PAGE, _PAGES, _FIRST, _SLOW_SECONDS = 1000, 6, 100_001, 8.0


def only(product: Product, name: str) -> None:
    """Every other schedule is paused."""
    rows = [
        {"connection_id": product.world.connection.id, "name": job.name, "paused_by": "test"}
        for job in JOBS
        if job.name != name
    ]
    with product.world.engine.begin() as connection:
        connection.execute(insert(paused_schedules), rows)


def runs(product: Product) -> list[Any]:
    """Every run, oldest first: what came of it and who asked for it."""
    with product.world.engine.begin() as connection:
        query = select(scheduled_runs.c.name, scheduled_runs.c.outcome, scheduled_runs.c.asked_by)
        return [tuple(row) for row in connection.execute(query.order_by(scheduled_runs.c.id))]


def read_so_far(product: Product) -> int:
    """Items that were read."""
    with product.world.engine.begin() as connection:
        return int(connection.execute(select(func.count()).select_from(items)).scalar_one())


def hears_no_more(worker: Managed) -> bool:
    """True when a second SIGTERM cannot come in the middle of the first; as Linux tells."""
    told = Path(f"/proc/{worker.child.pid}/status").read_text("utf-8")
    ignored = next(line for line in told.splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_a_worker_ends_in_the_middle_of_a_long_run_and_the_next_one_does_it(product: Product) -> None:
    only(product, READING)
    account = product.world.account
    account.add_items(
        [{"id": str(number), "itemid": f"S{number}", "itemtype": "InvtPart"}
         for number in range(_FIRST, _FIRST + _PAGE * _PAGES)]
    )  # fmt: skip
    account.faults.add({"kind": "slow", "path": "suiteql", "seconds": _SLOW_SECONDS, "times": 1000})
    worker = product.start_worker()
    # Five pages and more are still to come, forty seconds of them.
    eventually(lambda: read_so_far(product) >= _PAGE, within=60)
    worker.child.send_signal(signal.SIGTERM)
    # To the process and to its group, as platforms do.
    worker.child.send_signal(signal.SIGTERM)
    eventually(lambda: hears_no_more(worker))
    assert worker.child.wait(28) == 0
    assert read_so_far(product) < _PAGE * _PAGES
    assert runs(product) == [(READING, "lost", None)]
    account.faults.clear()
    product.start_worker("next")
    eventually(lambda: len(runs(product)) == 2 and runs(product)[1][1], within=60)
    assert runs(product) == [(READING, "lost", None), (READING, "done", "after a lost run")]
    assert read_so_far(product) >= _PAGE * _PAGES
