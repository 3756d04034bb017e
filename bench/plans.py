"""How Postgres answers what a function asks: the plan and the time of each of its statements."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

# One step may look at so many rows in vain, or at so many for each row of the answer, such as the deliveries of its order.
_IN_VAIN, _FOR_EACH = 200, 30


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
    def rows(self) -> int:
        """How many rows it answered with, where it was carried out."""
        found = re.search(r"actual time=\S+ rows=(\d+)", self.plan[0])
        return int(found[1]) if found else 0

    @property
    def in_vain(self) -> int:
        """The most rows that one step read and threw away, where the statement was carried out."""
        most, loops = 0, 1
        for line in self.plan:
            if found := re.search(r" loops=(\d+)", line):
                loops = int(found[1])
            # Said of one round; a step inside a loop goes round for every row outside it.
            if found := re.search(r"Rows Removed by .*: (\d+)", line):
                most = max(most, int(found[1]) * loops)
        return most

    @property
    def is_wasteful(self) -> bool:
        """True where one step read far more rows than the answer needed, where the statement was carried out."""
        return self.in_vain > max(_IN_VAIN, _FOR_EACH * self.rows)

    @property
    def scanned(self) -> set[str]:
        """The tables that are read from their first row to their last."""
        return {line.split("Seq Scan on ")[1].split()[0] for line in self.plan if "Seq Scan on " in line}


def answered(engine: Engine, ask: Callable[[], object]) -> list[Explained]:
    """The statements that are sent while `ask` runs, each carried out once more to be explained, and undone."""
    sent: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().lower().startswith(("select", "with", "update", "delete", "insert")):
            sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    ask()
    event.remove(engine, "before_cursor_execute", keep)
    with engine.connect() as connection:
        return [_undone(connection, statement, values) for statement, values in sent]


def _undone(connection: Connection, statement: str, values: Any) -> Explained:
    with connection.begin() as transaction:
        found = _explained(connection, statement, values, "explain (analyze, buffers)")
        transaction.rollback()
    return found


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
