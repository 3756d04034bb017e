"""SuiteQL over SQLite: the Oracle expressions we use are rewritten or registered; answers have NetSuite's shape."""

import re
import sqlite3
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.netsuite.errors import Refusal, user_error

# SYSDATE is the server's clock, and the servers stand in California.
_SERVER_ZONE = ZoneInfo("America/Los_Angeles")
_CLOCK = "%Y-%m-%d %H:%M:%S"
_ORACLE_CLOCK = "YYYY-MM-DD HH24:MI:SS"
_FETCH = re.compile(r"FETCH\s+FIRST\s+(\d+)\s+ROWS\s+ONLY", re.IGNORECASE)
_SYSDATE = re.compile(r"\bSYSDATE\b", re.IGNORECASE)
_PAGE = 1000
_MOST_ROWS = 100_000

_TABLES = """
create table item (id integer primary key, itemid text, externalid text, upccode text, displayname text, itemtype text,
                   isinactive text, parent integer, fullname text, lastmodifieddate text);
create table customer (id integer primary key, entityid text, externalid text, email text, subsidiary text, isperson text,
                       firstname text, lastname text, companyname text, phone text, isinactive text, lastmodifieddate text);
create table "transaction" (id integer primary key, type text, recordtype text, tranid text, externalid text, status text,
                            entity integer, otherrefnum text, foreigntotal numeric, currency integer, lastmodifieddate text);
create table transactionline (transaction_id integer, id integer, item integer, quantity numeric, foreignamount numeric,
                              mainline text, taxline text);
create table subsidiary (id integer primary key, name text, isinactive text);
create table location (id integer primary key, name text, isinactive text, subsidiary text);
create table currency (id integer primary key, symbol text, name text, isinactive text);
create table account (id integer primary key, fullname text, isinactive text);
create table paymentmethod (id integer primary key, name text, isinactive text);
create table shipitem (id integer primary key, itemid text, isinactive text);
create table salestaxitem (id integer primary key, itemid text, isinactive text);
create table department (id integer primary key, name text, isinactive text);
create table classification (id integer primary key, name text, isinactive text);
create table companyfeaturesetup (id text primary key, name text, isavailable text, isactive text);
create table dual (dummy text);
insert into dual values ('X');
"""


def server_now() -> str:
    """NetSuite's clock as TO_CHAR prints it."""
    return datetime.now(_SERVER_ZONE).strftime(_CLOCK)


class Tables:
    """The tables of the account, kept beside its records."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.create_function("sysdate", 0, server_now)
        self._db.create_function("to_char", 2, _formatted)
        self._db.create_function("to_timestamp", 2, _formatted)
        self._db.create_function("nvl", 2, lambda value, other: other if value is None else value)
        self._db.executescript(_TABLES)

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Adds a row or replaces the one with its id."""
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        with self._lock:
            self._db.execute(f'insert or replace into "{table}" ({names}) values ({marks})', list(row.values()))

    def clear(self, table: str) -> None:
        """Empties a table."""
        with self._lock:
            self._db.execute(f'delete from "{table}"')

    def query(self, text: str, parameters: list[str], *, limit: int, offset: int) -> dict[str, Any]:
        """One page of an answer. Raises Refusal for what NetSuite refuses."""
        if limit > _PAGE or limit < 1 or offset % limit:
            raise user_error("Invalid limit or offset: offset must be a multiple of limit, limit at most 1000.")
        statement = _SYSDATE.sub("sysdate()", _FETCH.sub(r"LIMIT \1", text))
        statement = re.sub(r"\b(FROM|JOIN)\s+transaction\b", r'\1 "transaction"', statement, flags=re.IGNORECASE)
        try:
            with self._lock:
                rows = self._db.execute(statement, parameters).fetchall()
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
    """Every value as text, nulls left out, keys in lower case."""
    return {key.lower(): _text(row[key]) for key in row.keys() if row[key] is not None}  # noqa: SIM118  sqlite3.Row


def _text(value: Any) -> str:
    return format(value, ".15g") if isinstance(value, float) else str(value)


def _formatted(value: str | None, pattern: str) -> str | None:
    """Times are stored as they are printed, so only the one pattern in use is understood."""
    if pattern != _ORACLE_CLOCK:
        raise ValueError(f"the sandbox knows the pattern {_ORACLE_CLOCK} only")
    return value


def _refused(error: sqlite3.Error) -> Refusal:
    text = str(error)
    if found := re.search(r"no such column: (?:\w+\.)?(\w+)", text):
        return user_error(f"Invalid search query. Search error occurred: Field '{found[1]}' was not found.")
    if found := re.search(r"no such table: (\w+)", text):
        return user_error(f"Invalid search query. Search error occurred: Record '{found[1]}' was not found.")
    return user_error(f"Invalid search query. {text}")
