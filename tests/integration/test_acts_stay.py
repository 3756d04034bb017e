"""Who did what is only ever added to: PostgreSQL itself refuses every change, however it is asked."""

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import ProgrammingError

from connector.store import operator_actions, schema
from connector.store.connection_tables import operator_actions as table


def test_an_act_is_added(database: Engine) -> None:
    _one(database)
    _one(database)
    assert _actors(database) == ["ada", "ada"]


@pytest.mark.parametrize(
    "statement",
    [
        "update operator_actions set actor = 'nobody'",
        "update operator_actions set actor = 'nobody' where false",
        "delete from operator_actions",
        "truncate operator_actions",
        "truncate connections cascade",
        "insert into operator_actions (id, actor, action, details) overriding system value values (1, 'nobody', 'x', '{}') "
        "on conflict (id) do update set actor = 'nobody'",
        "merge into operator_actions o using (select 1 as id) m on m.id = o.id when matched then delete",
    ],
)
def test_whatever_would_change_an_act_is_refused(database: Engine, statement: str) -> None:
    _one(database)
    with (
        pytest.raises(ProgrammingError, match="rows of operator_actions are only ever added"),
        database.begin() as asking,
    ):
        asking.execute(text(statement))
    assert _actors(database) == ["ada"]


def test_the_migration_goes_back_and_forth(database: Engine, database_url: str) -> None:
    _one(database)
    command.downgrade(schema.alembic_config(database_url), "0026")
    with database.begin() as connection:
        connection.execute(table.delete())
    schema.upgrade(database_url)
    with pytest.raises(ProgrammingError), database.begin() as connection:
        connection.execute(table.delete())


def _one(database: Engine) -> None:
    with database.begin() as connection:
        _write_down(connection)


def _write_down(connection: Connection) -> None:
    operator_actions.write_down(connection, None, actor="ada", action="counted")


def _actors(database: Engine) -> list[str]:
    with database.begin() as connection:
        return list(connection.execute(select(table.c.actor).order_by(table.c.id)).scalars())
