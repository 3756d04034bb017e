"""Migrated databases for the tests: copies of a template, which are emptied and used again where a test left them as they were.

Copying the fifty tables takes longer than most tests; emptying the few that a test wrote to takes a few milliseconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, cursor

from connector.embedded.servers import Server
from connector.store import schema

_TEMPLATE = "template_migrated"
# What deleted rows leave behind would grow; a database is copied anew after so many uses, or once it is so much larger.
_USES = 40
_GROWTH = 4_000_000
_EMPTY = """
do $$ declare one record; begin
    -- Neither foreign keys nor the trigger that keeps acts are asked; only a superuser can do so.
    set local session_replication_role = replica;
    for one in select c.oid::regclass as name from pg_class c
               where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'alembic_version'
                 and pg_relation_size(c.oid) > 0
    loop execute 'delete from ' || one.name; end loop;
    perform setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) from pg_sequences
    where schemaname = 'public' and last_value is not null;
    -- What the planner has learned of the rows that are gone would mislead it: plans of minutes for a thousand rows.
    delete from pg_statistic where starelid in (select oid from pg_class where relnamespace = 'public'::regnamespace);
    update pg_class set reltuples = -1 where relnamespace = 'public'::regnamespace and relkind = 'r' and reltuples <> -1;
end $$
"""
# Everything a test could have built or taken down, as one text.
_SHAPE = """
select md5(string_agg(line, ' ' order by line)) from (
    select relkind::text || relname || relnatts::text as line from pg_class where relnamespace = 'public'::regnamespace
    union all select conname || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
    union all select attrelid::text || attname || atttypid::text || attnotnull::text || attidentity::text from pg_attribute
        join pg_class on pg_class.oid = attrelid where relnamespace = 'public'::regnamespace and attnum > 0
    union all select tgname from pg_trigger where not tgisinternal
    union all select version_num from alembic_version
) shape
"""
_OTHERS = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
"""


@dataclass(slots=True)
class Databases:
    """The databases of one server."""

    server: Server
    _shape: str = ""
    _size: int = 0
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _free: list[str] = field(default_factory=list)
    _used: dict[str, int] = field(default_factory=dict)

    def make_template(self) -> None:
        """Migrates the database that all others are copies of."""
        self._execute(f"create database {_TEMPLATE}")
        schema.upgrade(self.url(_TEMPLATE))
        connection = psycopg2.connect(self.url(_TEMPLATE))
        with connection, connection.cursor() as asking:
            self._shape, self._size = (
                _value(asking, _SHAPE),
                _value(asking, "select pg_database_size(current_database())"),
            )
        connection.close()

    def url(self, name: str) -> str:
        """Where a database is."""
        return self.server.url.rpartition("/")[0] + f"/{name}"

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a migrated, empty database inside the block."""
        name = self.take()
        yield self.url(name)
        self.give_back(name)

    def take(self) -> str:
        """The name of a migrated, empty database that nobody else uses."""
        if self._free:
            return self._free.pop()
        name = f"test_{next(self._numbers)}"
        self._execute(f"create database {name} template {_TEMPLATE} strategy wal_log")
        self._used[name] = 0
        return name

    def give_back(self, name: str) -> None:
        """Empties it for the next test, or drops it where that is not enough."""
        self._used[name] += 1
        if self._used[name] < _USES and self._is_emptied(name):
            self._free.append(name)
        else:
            self._execute(f"drop database {name} with (force)")

    def _is_emptied(self, name: str) -> bool:
        """False where its tables are not those of the template any more, or have grown."""
        connection = psycopg2.connect(self.url(name))
        try:
            connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with connection.cursor() as asking:
                asking.execute(_OTHERS)
                size = _value(asking, "select pg_database_size(current_database())")
                if size > self._size + _GROWTH or _value(asking, _SHAPE) != self._shape:
                    return False
                asking.execute(_EMPTY)
                return True
        finally:
            connection.close()

    def _execute(self, statement: str) -> None:
        connection = psycopg2.connect(self.server.url)
        try:
            connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with connection.cursor() as doing:
                doing.execute(statement)
        finally:
            connection.close()


def _value(asking: cursor, question: str) -> Any:
    asking.execute(question)
    row = asking.fetchone()
    assert row is not None
    return row[0]
