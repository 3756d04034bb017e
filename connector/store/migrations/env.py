"""Runs the migrations of ml-connector; the URL comes from connector.store.schema."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from connector.store import (  # noqa: F401  they put their tables into the metadata
    alert_tables,
    connection_tables,
    console_tables,
    job_tables,
    mirror_tables,
    progress_tables,
    proof_tables,
    stock_tables,
    tables,
    user_tables,
)
from connector.store.columns import metadata

# Any constant: it only has to be the same for everyone who migrates this database.
_MIGRATION_LOCK = 7_431_902_210


def run() -> None:
    """Migrates inside one transaction, behind an advisory lock: release commands can overlap."""
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=True
        )
        with context.begin_transaction():
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            context.run_migrations()
    engine.dispose()


run()
