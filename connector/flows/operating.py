"""What a person does to a connection as a whole: each act is done and written down in one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.errors import WrongEnvironment
from connector.flows import circuit, guard
from connector.flows.guard import Pair
from connector.flows.sweep import left_to_sweeper
from connector.flows.systems import Workplace
from connector.shopify.shop import shop
from connector.store import connections, operator_actions
from connector.store.connections import StoredConnection


def pause(connection: Connection, stored: StoredConnection, *, because: str, actor: str) -> None:
    """Stops the work; deliveries are still kept."""
    connections.pause(connection, stored.id, because=because)
    _write_down(connection, stored, "paused", actor, because=because)


def resume(connection: Connection, stored: StoredConnection, *, actor: str, because: str | None = None) -> None:
    """Lets the work go on; within seconds the workers' sweeper finds what has gathered."""
    connections.resume(connection, stored.id)
    _write_down(connection, stored, "resumed", actor, **_reason(because))


def remove(connection: Connection, stored: StoredConnection, *, actor: str, because: str | None = None) -> None:
    """Ends a connection; its history stays."""
    connections.remove(connection, stored)
    _write_down(connection, stored, "removed", actor, name=stored.name, **_reason(because))


def answering_pair(workplace: Workplace, stored: StoredConnection) -> Pair:
    """Who answers on both sides now. Raises WrongEnvironment when it is not what is configured, and what clients raise."""
    systems = workplace.open_unchecked(stored.id)
    return guard.seen(systems, shop(systems.shopify))


def approve(workplace: Workplace, stored: StoredConnection, pair: Pair, *, actor: str, now: datetime) -> bool:
    """Approves a pair; True when that lifted a halt. The records that were held for it go on by the next sweep."""
    with workplace.engine.begin() as connection:
        guard.keep_approved(connection, stored.id, pair)
        _write_down(connection, stored, "pair approved", actor, **pair.to_json())
    if stored.halt_code != WrongEnvironment("").code:
        return False
    return circuit.probe(workplace, stored.id, left_to_sweeper(workplace.engine), now=now)


def _reason(because: str | None) -> dict[str, str]:
    return {"because": because} if because else {}


def _write_down(connection: Connection, stored: StoredConnection, action: str, actor: str, **details: Any) -> None:
    operator_actions.write_down(connection, stored.id, actor=actor, action=action, details=details)
