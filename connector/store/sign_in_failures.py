"""Tries to come in that failed, by name and by address. In Postgres: they are counted while Redis is away too."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.user_tables import sign_in_failures as failures

# After so long without one, failures are forgotten.
FORGOTTEN_AFTER = timedelta(hours=24)


def take(connection: Connection, whose_hash: bytes, *, free: int, most: timedelta, now: datetime) -> datetime | None:
    """Counts a try as failed before it is looked at, so that many at once are no way around the wait.

    None when it may be made; else when the next one may. After `free` failures the wait doubles from one second to `most`.
    """
    is_old = failures.c.failed_at <= now - FORGOTTEN_AFTER
    count = case((is_old, literal(1)), else_=failures.c.failures + 1)
    # Capped before it is raised to a power: the count of a long attack would leave what a number can hold.
    doublings = func.least(func.greatest(count - free - 1, 0), 20)
    seconds = func.least(func.power(2, doublings), most.total_seconds())
    wait = case((count > free, func.make_interval(0, 0, 0, 0, 0, 0, seconds)), else_=timedelta())
    statement = (
        insert(failures)
        .values(whose_hash=whose_hash, failures=1, failed_at=now, waits_until=now)
        .on_conflict_do_update(
            index_elements=["whose_hash"],
            set_={"failures": count, "failed_at": now, "waits_until": literal(now) + wait},
            where=failures.c.waits_until <= now,
        )
        .returning(failures.c.whose_hash)
    )
    if connection.execute(statement).first() is not None:
        return None
    return connection.execute(
        select(failures.c.waits_until).where(failures.c.whose_hash == whose_hash)
    ).scalar_one_or_none()


def forget(connection: Connection, whose_hash: bytes) -> None:
    """The failures of a name end with the right password."""
    connection.execute(delete(failures).where(failures.c.whose_hash == whose_hash))


def give_back(connection: Connection, whose_hash: bytes, *, now: datetime) -> None:
    """A try that was right counts no failure; those of others at the same address stay."""
    connection.execute(
        failures.update()
        .where(failures.c.whose_hash == whose_hash)
        .values(failures=func.greatest(failures.c.failures - 1, 0), waits_until=now)
    )


def sweep(connection: Connection, *, now: datetime) -> None:
    """Lets go of failures that are forgotten."""
    connection.execute(delete(failures).where(failures.c.failed_at <= now - FORGOTTEN_AFTER))
