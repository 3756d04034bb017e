"""How Postgres answers what a function asks: the plan and the time of each of its statements."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event


@dataclass(frozen=True, slots=True)
class Explained:
    """One statement as it was answered. `milliseconds`: planning and execution, as Postgres measured them."""

    statement: str
    plan: tuple[str, ...]

    @property
    def milliseconds(self) -> float:
        """Of the last lines, where the statement was carried out."""
        return sum(float(line.split()[2]) for line in self.plan if line.startswith(("Planning Time", "Execution Time")))

    @property
    def in_vain(self) -> int:
        """The most rows that one step read and threw away, where the statement was carried out."""
        thrown_away = (re.search(r"Rows Removed by .*: (\d+)", line) for line in self.plan)
        return max((int(found[1]) for found in thrown_away if found), default=0)

    @property
    def scanned(self) -> set[str]:
        """The tables that are read from their first row to their last."""
        return {line.split("Seq Scan on ")[1].split()[0] for line in self.plan if "Seq Scan on " in line}


def scanned(engine: Engine, statement: str, values: Any) -> Iterator[tuple[str, Explained]]:
    """The tables that one statement reads from their first row to their last, each with the plan."""
    if not statement.lstrip().lower().startswith(("select", "with", "update", "delete", "insert")):
        return
    with engine.begin() as connection:
        found = _explained(connection, statement, values, "explain")
    for table in found.scanned:
        yield table, found


def explained(engine: Engine, ask: Callable[[Connection], object], *, analyze: bool) -> list[Explained]:
    """The statements that `ask` sends, each explained; with `analyze` each is carried out once more for it."""
    sent: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        sent.append((statement, parameters))

    with engine.begin() as connection:
        event.listen(connection, "before_cursor_execute", keep)
        ask(connection)
        event.remove(connection, "before_cursor_execute", keep)
        words = "explain (analyze, buffers)" if analyze else "explain"
        return [_explained(connection, text, values, words) for text, values in sent]


def _explained(connection: Connection, statement: str, values: Any, words: str) -> Explained:
    plan = connection.exec_driver_sql(f"{words} {statement}", values)
    return Explained(statement, tuple(row[0] for row in plan))
