"""Engines: one pool per process, every wait bounded."""

from sqlalchemy import Engine, create_engine

from connector.config import sqlalchemy_url


def make_engine(url: str, *, pool_size: int = 5, statement_timeout: float = 30.0) -> Engine:
    """An engine on Postgres. `statement_timeout` in seconds; waits 2 s for a connection."""
    options = f"-c statement_timeout={int(statement_timeout * 1000)} -c jit=off -c timezone=UTC"
    return create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=2,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 3,
            "options": options,
            "application_name": "ml-connector",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
