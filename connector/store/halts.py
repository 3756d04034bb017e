"""The open circuit of a connection: its reason stands with it, its records are held, and a probe closes it again.

A record is held for a halt only while the halt stands, under a lock, so that none is left behind when it is lifted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from connector.store import held
from connector.store.connection_tables import connections

# What a held record notes for.
SUBJECT = "connection"
# Seconds until the first probe; each further one notes twice as long.
FIRST_PROBE = 30.0
_LONGEST_WAIT = 900.0


@dataclass(frozen=True, slots=True)
class Halt:
    """Why nothing is asked of either system. `patience` is the least wait between two probes, in seconds."""

    code: str
    reason: str
    patience: float = FIRST_PROBE


def impose(connection: Connection, connection_id: int, halt: Halt, *, revision: int, now: datetime) -> bool:
    """Halts a connection; the first reason stays. False when it was changed since `revision`: the reason may be gone."""
    row = connection.execute(
        select(connections.c.revision, connections.c.halt_code)
        .where(connections.c.id == connection_id)
        .with_for_update()
    ).one()
    if row.revision != revision:
        return row.halt_code is not None
    if row.halt_code is None:
        connection.execute(
            update(connections)
            .where(connections.c.id == connection_id)
            .values(
                halt_code=halt.code,
                halt_reason=halt.reason,
                halted_at=now,
                probe_at=now + timedelta(seconds=halt.patience),
                probes=0,
            )
        )
    return True


def of(connection: Connection, connection_id: int) -> Halt | None:
    """The halt that stands, locked against being lifted until the transaction ends; None without one."""
    found = select(connections.c.halt_code, connections.c.halt_reason).where(connections.c.id == connection_id)
    row = connection.execute(found).one()
    if row.halt_code is None:
        return None
    row = connection.execute(found.with_for_update(read=True)).one()
    return None if row.halt_code is None else Halt(row.halt_code, row.halt_reason)


def take_probe(connection: Connection, connection_id: int, *, now: datetime) -> bool:
    """True for the one who may look whether the reason is gone; the next one comes after a longer wait."""
    row = connection.execute(
        select(connections.c.probe_at, connections.c.halted_at, connections.c.probes)
        .where(connections.c.id == connection_id, connections.c.halt_code.is_not(None))
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None or row.probe_at > now:
        return False
    wait = min(FIRST_PROBE * 2.0**row.probes, _LONGEST_WAIT)
    connection.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(probe_at=now + timedelta(seconds=wait), probes=row.probes + 1)
    )
    return True


def wait_at_least(connection: Connection, connection_id: int, seconds: float, *, now: datetime) -> None:
    """Puts the next probe off, where too many would do harm."""
    until = now + timedelta(seconds=seconds)
    connection.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(probe_at=func.greatest(connections.c.probe_at, until))
    )


def lift(connection: Connection, connection_id: int) -> list[int]:
    """Ends the halt and makes due every record that was held for it; returns their ids."""
    connection.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(halt_code=None, halt_reason=None, halted_at=None, probe_at=None, probes=0)
    )
    return held.release(connection, connection_id, [SUBJECT])
