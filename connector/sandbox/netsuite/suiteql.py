"""SuiteQL over SQLite: the Oracle expressions we use are rewritten or registered; answers have NetSuite's shape.

A date is stored as it sorts, behind a mark: TO_CHAR takes the mark off, and a bare one prints in the user's format.
"""

import re
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.netsuite.dialect import rewritten
from connector.sandbox.netsuite.errors import Refusal, user_error

# SYSDATE is the server's clock, and the servers stand in California.
_SERVER_ZONE = ZoneInfo("America/Los_Angeles")
_CLOCK = "%Y-%m-%d %H:%M:%S"
# Oracle's patterns in use, as strptime writes them.
_PATTERNS = {"YYYY-MM-DD HH24:MI:SS": _CLOCK, "YYYY-MM-DD HH24:MI": "%Y-%m-%d %H:%M", "YYYY-MM-DD": "%Y-%m-%d"}
_USER_DATE = "%m/%d/%Y"
_MARK = "\x01"
_PAGE = 1000
_MOST_ROWS = 100_000

Row = Mapping[str, Any]


def server_today() -> str:
    """Today in the account, as a record's date."""
    return datetime.now(_SERVER_ZONE).strftime("%Y-%m-%d")


def marked(moment: datetime) -> str:
    """A moment as a date column keeps it."""
    return _MARK + moment.strftime(_CLOCK)


class Tables:
    """The tables of the account, kept beside its records."""

    def __init__(self, *, body_fields: Sequence[str] = ()) -> None:
        self.body_fields = tuple(body_fields)
        self._lock = threading.Lock()
        self.offset_seconds = 0.0
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.create_function("sysdate", 0, self.now)
        # Deterministic, so that an index serves a comparison with a constant.
        self._db.create_function("to_char", 2, _as_text, deterministic=True)
        self._db.create_function("to_timestamp", 2, _as_date, deterministic=True)
        self._db.create_function("to_date", 2, _as_date, deterministic=True)
        self._db.create_function("nvl", 2, lambda value, other: other if value is None else value, deterministic=True)
        self._db.executescript(resources.files("connector.sandbox.netsuite").joinpath("schema.sql").read_text("utf-8"))
        for name in body_fields:
            self._db.execute(f'alter table "transaction" add column "{name}" text')

    def now(self) -> str:
        """NetSuite's clock, as a date column keeps it."""
        return marked(self._moment())

    def minute(self) -> str:
        """The same to the minute: finer, `lastmodifieddate` has never been seen over REST, and SuiteQL's is not known."""
        return marked(self._moment().replace(second=0))

    def _moment(self) -> datetime:
        return datetime.now(_SERVER_ZONE) + timedelta(seconds=self.offset_seconds)

    def show_as(self, name: str, table: str, *, is_empty: bool) -> None:
        """Makes a table visible under another name, with its rows or without any."""
        with self._lock:
            self._db.execute(f'drop view if exists "{name}"')
            self._db.execute(f'create view "{name}" as select * from "{table}"{" where 0" if is_empty else ""}')

    def put(self, table: str, row: Row) -> None:
        """Adds a row or replaces the one with its id."""
        self.put_all(table, [row])

    def put_all(self, table: str, rows: Sequence[Row]) -> None:
        """Adds rows of the same columns, or replaces those with their ids."""
        if not rows:
            return
        names = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join("?" for _ in rows[0])
        with self._lock:
            statement = f'insert or replace into "{table}" ({names}) values ({marks})'
            self._db.executemany(statement, [list(row.values()) for row in rows])

    def delete(self, table: str, column: str, value: Any) -> None:
        """Takes out the rows with a value."""
        with self._lock:
            self._db.execute(f'delete from "{table}" where "{column}" = ?', [value])

    def run(self, statement: str) -> None:
        """Changes rows by hand, as a test that lets time go by does."""
        with self._lock:
            self._db.execute(statement)

    def clear(self, table: str) -> None:
        """Empties a table."""
        with self._lock:
            self._db.execute(f'delete from "{table}"')

    def query(self, text: str, parameters: list[str], *, limit: int, offset: int) -> dict[str, Any]:
        """One page of an answer. Raises Refusal for what NetSuite refuses."""
        if limit > _PAGE or limit < 1 or offset % limit:
            raise user_error("Invalid limit or offset: offset must be a multiple of limit, limit at most 1000.")
        try:
            with self._lock:
                rows = self._db.execute(rewritten(text), parameters).fetchmany(_MOST_ROWS + 1)
        except sqlite3.Error as error:
            raise _refused(error) from error
        if len(rows) > _MOST_ROWS:
            raise user_error("The query returns more than 100000 rows.")
        page = rows[offset : offset + limit]
        return {
            "links": [],
            "count": len(page),
            "hasMore": offset + limit < len(rows),
            "offset": offset,
            "totalResults": len(rows),
            "items": [{"links": []} | _row(row) for row in page],
        }


def _row(row: sqlite3.Row) -> dict[str, str]:
    """Every value as text, nulls and empty strings (Oracle's nulls) left out, keys in lower case."""
    told = zip(row.keys(), row, strict=True)
    return {key.lower(): _text(value) for key, value in told if value is not None and value != ""}


def _text(value: Any) -> str:
    if isinstance(value, str):
        if value[0] != _MARK:
            return value
        return datetime.strptime(value[1:11], "%Y-%m-%d").strftime(_USER_DATE)  # noqa: DTZ007  a date only
    return format(value, ".15g") if isinstance(value, float) else str(value)


def _as_text(value: str | None, pattern: str) -> str | None:
    if value is None:
        return None
    if not value.startswith(_MARK):
        raise ValueError("TO_CHAR wants a date")
    if _pattern(pattern) == _CLOCK:
        # As it is kept.
        return value[1:]
    return datetime.strptime(value[1:], _CLOCK).strftime(_pattern(pattern))  # noqa: DTZ007  the server's own clock


def _as_date(value: str | None, pattern: str) -> str | None:
    if value is None:
        return None
    return marked(datetime.strptime(value, _pattern(pattern)))  # noqa: DTZ007  the server's own clock


def _pattern(oracle: str) -> str:
    if oracle not in _PATTERNS:
        raise ValueError(f"the sandbox knows the patterns {sorted(_PATTERNS)} only")
    return _PATTERNS[oracle]


def _refused(error: sqlite3.Error) -> Refusal:
    text = str(error)
    if found := re.search(r"no such column: (?:\w+\.)?(\w+)", text):
        return user_error(f"Invalid search query. Search error occurred: Field '{found[1]}' was not found.")
    if found := re.search(r"no such table: (\w+)", text):
        return user_error(f"Invalid search query. Search error occurred: Record '{found[1]}' was not found.")
    return user_error(f"Invalid search query. {text}")
