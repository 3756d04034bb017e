"""The database's clock. Leases and due times are told by it alone: the clock of a machine may be wrong."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, select


@dataclass(frozen=True, slots=True)
class Clock:
    """The database's time, read once and carried on by what has passed since."""

    at: datetime
    read_at: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """This moment, by the database."""
        return self.at + timedelta(seconds=time.monotonic() - self.read_at)


def read(connection: Connection) -> Clock:
    """Asks the database for its time."""
    return Clock(connection.execute(select(func.clock_timestamp())).scalar_one())


def database_now(engine: Engine) -> datetime:
    """This moment, by the database."""
    with engine.begin() as connection:
        return read(connection).at
