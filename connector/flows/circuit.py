"""Opens the circuit of a connection whose credentials or environment are refused, and closes it when a probe succeeds."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from connector.errors import ConnectorError, Unauthorized, WrongEnvironment
from connector.flows import guard
from connector.flows.systems import Workplace
from connector.store import connections, halts
from connector.store.halts import Halt

log = structlog.get_logger(__name__)

# What halts a whole connection; every other error is one record's.
Halting = Unauthorized | WrongEnvironment


def open_circuit(connection: Connection, connection_id: int, error: Halting, *, revision: int, now: datetime) -> bool:
    """Halts a connection. False when it was changed since `revision` and is not halted: the reason may be gone."""
    patience = error.probe_after if isinstance(error, Unauthorized) else halts.FIRST_PROBE
    is_halted = halts.impose(
        connection, connection_id, Halt(error.code, str(error), patience), revision=revision, now=now
    )
    log.warning("connection_halted", connection_id=connection_id, reason=error.code, is_halted=is_halted)
    return is_halted


def probe_halted(workplace: Workplace, wake: Callable[[int], object], *, now: datetime) -> int:
    """Looks, where it is time to, whether the reason of a halt is gone; returns how many halts were lifted.

    A paused connection is left alone: its app may be gone from the shop.
    """
    with workplace.engine.begin() as connection:
        waiting = [
            stored.id
            for stored in connections.every(connection)
            if stored.enabled and stored.halt_code is not None and halts.take_probe(connection, stored.id, now=now)
        ]
    return sum(probe(workplace, connection_id, wake, now=now) for connection_id in waiting)


def probe(workplace: Workplace, connection_id: int, wake: Callable[[int], object], *, now: datetime) -> bool:
    """Asks both sides who they are; when both answer well the halt is lifted and its records go on."""
    try:
        guard.check(workplace.open_unchecked(connection_id), workplace.engine)
    except ConnectorError as error:
        if isinstance(error, Unauthorized):
            with workplace.engine.begin() as connection:
                halts.wait_at_least(connection, connection_id, error.probe_after, now=now)
        log.info("probe_failed", connection_id=connection_id, reason=error.code)
        return False
    with workplace.engine.begin() as connection:
        released = halts.lift(connection, connection_id)
    log.info("halt_lifted", connection_id=connection_id, records=len(released))
    for record_id in released:
        wake(record_id)
    return True
