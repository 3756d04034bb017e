"""The process whose reading of stock is measured: `python -m bench.stock_reader all|changes` prints JSON."""

import json
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, select

from connector.config import Settings
from connector.flows.stock_poll import poll, read_all
from connector.flows.systems import Systems
from connector.logs import configure
from connector.mapping.rules import Rules
from connector.runtime import Runtime, build
from connector.store.connection_tables import connections

# The location of the sandbox's shop.
MAIN = 655441491
_INVENTORY: dict[str, Any] = {"inventory": {"locations": {str(MAIN): ["2"]}, "table": "inventoryitemlocations"}}


def main() -> None:
    """One reading; the log-in and the opening of the connection are not counted."""
    configure(os.environ["LOG_LEVEL"])
    runtime = build(Settings.from_env(os.environ))
    systems = opened(runtime)
    systems.netsuite.server_time()
    database = _Database(runtime.engine)
    start_mb, began, cpu = peak_mb(), time.monotonic(), time.process_time()
    if sys.argv[1] == "all":
        counts = read_all(systems, runtime).counts()
    else:
        counts = dict(poll(systems, runtime, lambda _record_id: None))
    told = counts | {"wall": time.monotonic() - began, "cpu": time.process_time() - cpu}
    told["database"] = database.seconds
    sys.stdout.write(json.dumps(told | {"peak_mb": peak_mb(), "start_mb": start_mb}))
    runtime.close()


def opened(runtime: Runtime) -> Systems:
    """The only connection, with rules that push stock."""
    with runtime.engine.begin() as connection:
        connection_id = connection.execute(select(connections.c.id)).scalar_one()
    systems = runtime.open_systems(connection_id)
    return replace(systems, rules=Rules.from_json({**systems.connection.rules, **_INVENTORY}))


class _Database:
    """How long transactions were open, in all."""

    def __init__(self, engine: Engine) -> None:
        self.seconds = 0.0
        self._began: dict[Connection, float] = {}
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "commit", self._commit)

    def _begin(self, connection: Connection) -> None:
        self._began[connection] = time.monotonic()

    def _commit(self, connection: Connection) -> None:
        # What the commit itself takes is not seen here.
        self.seconds += time.monotonic() - self._began.pop(connection)


def peak_mb() -> float:
    """The most memory this process had. What `getrusage` tells begins with the size of the process that started this one."""
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(told[1]) / 1024 if told else 0.0


if __name__ == "__main__":
    main()
