"""Engines: one pool per process, every wait bounded."""

import re
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext

from connector.config import sqlalchemy_url

# A piece of the statement with a mark below it, and the row or key that was refused.
_QUOTED = re.compile(r"\n(?:LINE \d+:.*\n\s*\^|DETAIL: .*)")


def make_engine(url: str, *, pool_size: int = 5, statement_timeout: float = 30.0) -> Engine:
    """An engine on Postgres. `statement_timeout` in seconds; notes 2 s for a connection."""
    return _engine(url, pool_size, statement_timeout, pool_pre_ping=True)


def make_receiving_engine(url: str, *, pool_size: int = 4, statement_timeout: float = 3.0) -> Engine:
    """An engine for single statements, each its own transaction: one round trip instead of four.

    A connection that went stale is noticed by the statement itself; see `web.receiver`, which repeats it once.
    """
    return _engine(url, pool_size, statement_timeout, isolation_level="AUTOCOMMIT")


def _engine(url: str, pool_size: int, statement_timeout: float, **options: Any) -> Engine:
    settings = f"-c statement_timeout={int(statement_timeout * 1000)} -c jit=off -c timezone=UTC"
    engine = create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=2,
        # The text of a failed statement goes to the log; what it was asked with does not.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 3,
            "options": settings,
            "application_name": "ml-connector",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
        **options,
    )
    event.listen(engine, "handle_error", _without_values)
    return engine


def _without_values(failure: ExceptionContext) -> None:
    """Takes from an error's text what Postgres quotes: psycopg2 writes values into the statement it sends."""
    for error in (failure.original_exception, failure.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (_QUOTED.sub("", str(error.args[0])), *error.args[1:])
