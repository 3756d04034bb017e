"""Counts over the tables for metrics and health: one cheap query each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from connector.store.connection_tables import connections
from connector.store.tables import RecordState, effects, heartbeats, records


@dataclass(frozen=True, slots=True)
class Census:
    """How many records stand where, how old the oldest undone one is (seconds), how many effects of each kind."""

    records: dict[str, int]
    oldest_pending_seconds: float
    effects: dict[tuple[str, str], int]
    accounts: tuple[str, ...]


def census(connection: Connection, *, now: datetime) -> Census:
    """Counts everything once."""
    by_state = connection.execute(select(records.c.state, func.count()).group_by(records.c.state))
    undone = records.c.state.in_((RecordState.PENDING, RecordState.WORKING))
    oldest = connection.execute(select(func.min(records.c.changed_at)).where(undone)).scalar_one()
    made = connection.execute(
        select(effects.c.kind, effects.c.state, func.count()).group_by(effects.c.kind, effects.c.state)
    )
    accounts = connection.execute(select(connections.c.netsuite_account).distinct()).scalars()
    return Census(
        records={row[0]: row[1] for row in by_state},
        oldest_pending_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        effects={(row[0], row[1]): row[2] for row in made},
        accounts=tuple(accounts),
    )


def heartbeat(connection: Connection, name: str) -> datetime | None:
    """When a part of the product was last heard of."""
    return connection.execute(select(heartbeats.c.at).where(heartbeats.c.name == name)).scalar_one_or_none()
