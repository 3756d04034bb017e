"""Counts over the tables for metrics and health: one cheap query each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, true

from connector.store.connection_tables import connections, credentials
from connector.store.progress_tables import heartbeats
from connector.store.records import CANARY
from connector.store.tables import EffectState, RecordState, effects, records

_OPEN = (EffectState.PLANNED, EffectState.SENT, EffectState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Ends:
    """When one part of a connection's credentials ends; negative seconds: it has."""

    connection: str
    side: str
    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Census:
    """How many records stand where, how old the oldest undone one is (seconds), how many effects of each kind
    have not come to their end: those that have are as many as there ever were.

    `halted`: reason by the name of each halted connection; `silent`: seconds since each part was heard of.
    """

    records: dict[str, int]
    oldest_pending_seconds: float
    effects: dict[tuple[str, str], int]
    accounts: tuple[str, ...]
    credentials: tuple[Ends, ...]
    halted: dict[str, str]
    silent: dict[str, float]


def census(connection: Connection, *, now: datetime) -> Census:
    """Counts everything once."""
    real = records.c.kind != CANARY
    by_state = connection.execute(select(records.c.state, func.count()).where(real).group_by(records.c.state))
    made = connection.execute(
        select(effects.c.kind, effects.c.state, func.count())
        .where(effects.c.state.in_(_OPEN))
        .group_by(effects.c.kind, effects.c.state)
    )
    here = connections.c.removed_at.is_(None)
    accounts = connection.execute(select(connections.c.netsuite_account).where(here).distinct()).scalars()
    halted = connection.execute(
        select(connections.c.name, connections.c.halt_code).where(here, connections.c.halt_code.is_not(None))
    )
    return Census(
        records={row[0]: row[1] for row in by_state},
        oldest_pending_seconds=oldest_pending_seconds(connection, now=now),
        effects={(row[0], row[1]): row[2] for row in made},
        accounts=tuple(accounts),
        credentials=tuple(_ends(connection, now)),
        halted={row.name: row.halt_code for row in halted},
        silent={part: (now - at).total_seconds() for part, at in heard(connection).items()},
    )


def oldest_pending_seconds(connection: Connection, *, now: datetime) -> float:
    """How long the oldest record is due that is undone and waits for no job, retries included; 0 when there is none."""
    is_undone = (records.c.state.in_((RecordState.PENDING, RecordState.WORKING)), ~records.c.waits_for_job)
    query = select(func.min(records.c.due_since)).where(*is_undone, records.c.kind != CANARY)
    oldest = connection.execute(query).scalar_one()
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def heard(connection: Connection) -> dict[str, datetime]:
    """When each part of the product was last heard of."""
    return {row.name: row.at for row in connection.execute(select(heartbeats).order_by(heartbeats.c.name))}


def heartbeat(connection: Connection, name: str) -> datetime | None:
    """When a part of the product was last heard of."""
    return connection.execute(select(heartbeats.c.at).where(heartbeats.c.name == name)).scalar_one_or_none()


def every_heartbeat(connection: Connection) -> dict[str, datetime]:
    """When each part was last heard of, by its name."""
    return {row.name: row.at for row in connection.execute(select(heartbeats))}


def canary_since(connection: Connection) -> datetime | None:
    """When the first canary was put out; None before there is one."""
    first = (
        select(records.c.created_at)
        .where(records.c.connection_id == connections.c.id, records.c.kind == CANARY)
        .order_by(records.c.created_at)
        .limit(1)
        .correlate(connections)
        .lateral("first")
    )
    query = select(func.min(first.c.created_at)).select_from(connections.join(first, true()))
    return connection.execute(query).scalar_one_or_none()


def newest_orders(connection: Connection, connection_id: int, *, limit: int) -> list[str]:
    """Shopify ids of the orders of a connection that we heard of last."""
    found = connection.execute(
        select(records.c.shopify_id)
        .where(records.c.connection_id == connection_id, records.c.kind == "order")
        .order_by(records.c.id.desc())
        .limit(limit)
    )
    return list(found.scalars())


def _ends(connection: Connection, now: datetime) -> Iterator[Ends]:
    """The moments stand beside the sealed values; nothing is opened."""
    parts = {
        "token": credentials.c.token_ends_at,
        "refresh_token": credentials.c.refresh_ends_at,
        "certificate": credentials.c.certificate_ends_at,
    }
    found = connection.execute(
        select(connections.c.name, credentials.c.side, *(column.label(part) for part, column in parts.items()))
        .join(connections, connections.c.id == credentials.c.connection_id)
        .order_by(connections.c.name, credentials.c.side)
    )
    for row in found.mappings():
        for part in parts:
            if row[part] is not None:
                yield Ends(row["name"], row["side"], part, (row[part] - now).total_seconds())
