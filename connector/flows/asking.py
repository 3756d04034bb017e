"""Asks for a run of a schedule before its turn. The wish stands in Postgres; a wake only makes it come sooner."""

from sqlalchemy import Engine

from connector.store import scheduled_runs


def run_soon(engine: Engine, connection_id: int, name: str, *, asked_by: str) -> bool:
    """Wants a run of that job as soon as can be; however often it is asked for before it begins, it is one run.

    True for the first who asks: only then a wake is worth sending. A wish that comes while the job runs makes one more
    run after it, for the present one may have read already what changed.
    """
    with engine.begin() as connection:
        return scheduled_runs.ask(connection, connection_id, name, asked_by=asked_by)
