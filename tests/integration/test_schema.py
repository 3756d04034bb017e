"""The tables and the migrations say the same."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, Table

from connector.store import (  # noqa: F401  they fill the metadata
    alert_tables,
    connection_tables,
    console_tables,
    job_tables,
    mirror_tables,
    progress_tables,
    proof_tables,
    schema,
    stock_tables,
    tables,
    user_tables,
)
from connector.store.columns import metadata


def differences(engine: Engine, wanted: MetaData) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, wanted))


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Engine) -> None:
    assert differences(database, metadata) == []


def test_a_table_without_a_migration_would_be_found(database: Engine) -> None:
    wanted = MetaData()
    Table("forgotten", wanted, Column("id", Integer, primary_key=True))
    assert differences(database, wanted) != []


def test_a_migrated_database_is_current_and_an_empty_one_is_not(database: Engine, postgres: object) -> None:
    assert schema.is_current(database)
    with database.begin() as connection:
        connection.exec_driver_sql("delete from alembic_version")
    assert not schema.is_current(database)


def test_migrating_twice_changes_nothing(database: Engine, database_url: str) -> None:
    schema.upgrade(database_url)
    assert differences(database, metadata) == []


def test_every_migration_lies_in_the_package() -> None:
    assert list(Path(schema.MIGRATIONS).glob("versions/*.py"))
