"""Many rows at once: COPY into a temporary table, one row after the other, never all of them in memory."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# From so many new rows on a table is counted anew; that takes some tenths of a second.
_MANY = 5000


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, none at the end."""


def copy_rows(connection: Connection, table: str, columns: str, rows: Iterable[Sequence[object]]) -> int:
    """Makes the temporary table `table` with these columns and fills it; how many rows came. It goes with the transaction."""
    source = _Source(rows)
    copy_lines(connection, table, columns, source)
    return source.count


def copy_lines(connection: Connection, table: str, columns: str, source: Readable) -> None:
    """The same with lines that are written in COPY's text format already."""
    connection.exec_driver_sql(f"create temporary table {table} ({columns}) on commit drop")
    cursor: Any = connection.connection.cursor()
    cursor.copy_expert(f"copy {table} from stdin", source)
    cursor.close()
    # Without it the planner takes a temporary table for a small one.
    connection.exec_driver_sql(f"analyze {table}")


def count_anew(connection: Connection, table: str, *, came: int) -> None:
    """Lets the planner count a table that many rows just came into: what is asked next would be planned for an empty one.

    The server does so by itself within minutes; the first push comes at once.
    """
    if came >= _MANY:
        connection.exec_driver_sql(f"analyze {table}")


class _Source:
    """What psycopg2 reads from like from a file."""

    def __init__(self, rows: Iterable[Sequence[object]]) -> None:
        self.count = 0
        self._lines = self._encoded(rows)
        self._rest = b""

    def read(self, size: int = 8192, /) -> bytes:
        """The next bytes, none at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size and (line := next(self._lines, None)) is not None:
            parts.append(line)
            length += len(line)
        content = b"".join(parts)
        self._rest = content[size:]
        return content[:size]

    def _encoded(self, rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
        for row in rows:
            self.count += 1
            yield ("\t".join(_cell(value) for value in row) + "\n").encode()


def _cell(value: object) -> str:
    if value is None:
        return "\\N"
    # NUL has no place in Postgres's texts.
    return str(value).replace("\0", "").translate(_ESCAPES)
