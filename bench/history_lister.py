"""The process whose listing of orders is measured: `python -m bench.history_lister` prints JSON."""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bench.stock_reader import peak_mb
from connector.config import Settings
from connector.flows.history import Span, begin
from connector.logs import configure
from connector.runtime import build
from connector.store import jobs
from connector.store.connection_tables import connections

_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """One listing, which is stopped afterwards, so that the next one finds as many new orders."""
    configure(os.environ["LOG_LEVEL"])
    runtime = build(Settings.from_env(os.environ))
    with runtime.engine.begin() as connection:
        connection_id = connection.execute(select(connections.c.id)).scalar_one()
    systems = runtime.open_systems(connection_id)
    first: list[float] = []
    listed = 0

    def tell(found: int, new: int) -> None:
        nonlocal listed
        listed = new
        # Until the first orders come a bulk operation is Shopify's work, not ours.
        if found and not first:
            first.append(time.monotonic())

    span = Span(_SINCE, _SINCE + timedelta(days=365))
    start_mb, began, cpu = peak_mb(), time.monotonic(), time.process_time()
    job_id = begin(systems, runtime, span, actor="bench", now=datetime.now(UTC), tell=tell)
    ended = time.monotonic()
    told = {"listed": listed, "wall": ended - began, "reading": ended - first[0], "cpu": time.process_time() - cpu}
    sys.stdout.write(json.dumps(told | {"peak_mb": peak_mb(), "start_mb": start_mb}))
    with runtime.engine.begin() as connection:
        jobs.change(connection, job_id, jobs.JobState.STOPPED, now=datetime.now(UTC))
    runtime.close()


if __name__ == "__main__":
    main()
