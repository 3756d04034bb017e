"""Proofs of the books that were made, and those that somebody wants: of which days, by whom, and what they said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.store.proof_tables import proofs

# So many of a connection are kept; a month of nights.
KEPT = 30


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the books, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class WantedProof:
    """A proof that somebody wants and that is not made yet."""

    id: int
    days: Days
    asked_by: str | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class StoredProof:
    """A proof that was made. `document`: as `connector.flows.proof_document` writes it."""

    id: int
    days: Days
    asked_by: str | None
    made_at: datetime
    document: Mapping[str, Any]


def keep(connection: Connection, connection_id: int, days: Days, document: Mapping[str, Any]) -> None:
    """Keeps a proof that nobody asked for, and the newest KEPT of all."""
    connection.execute(insert(proofs).values(connection_id=connection_id, **_values(days), **_made(document)))
    _forget(connection, connection_id)


def fulfil(connection: Connection, connection_id: int, wanted_id: int, document: Mapping[str, Any]) -> None:
    """Keeps a proof that was wanted."""
    connection.execute(update(proofs).where(proofs.c.id == wanted_id).values(**_made(document)))
    _forget(connection, connection_id)


def want(connection: Connection, connection_id: int, days: Days, *, asked_by: str) -> bool:
    """Wants a proof of these days; False when it is wanted already."""
    values = {"connection_id": connection_id, "asked_by": asked_by} | _values(days)
    return connection.execute(upsert(proofs).values(values).on_conflict_do_nothing()).rowcount == 1


def wanted(connection: Connection, connection_id: int) -> list[WantedProof]:
    """What is wanted and not made yet, the oldest wish first."""
    found = connection.execute(
        select(proofs.c.id, proofs.c.since, proofs.c.until, proofs.c.asked_by, proofs.c.asked_at)
        .where(proofs.c.connection_id == connection_id, proofs.c.made_at.is_(None))
        .order_by(proofs.c.id)
    )
    return [WantedProof(row.id, Days(row.since, row.until), row.asked_by, row.asked_at) for row in found]


def newest(connection: Connection, connection_id: int, *, since: date | None, until: date | None) -> StoredProof | None:
    """The newest proof that covers these days; an end that is None is not asked."""
    ends = [] if since is None else [proofs.c.since <= since]
    ends += [] if until is None else [proofs.c.until >= until]
    row = connection.execute(
        select(proofs)
        .where(proofs.c.connection_id == connection_id, proofs.c.made_at.is_not(None), *ends)
        .order_by(proofs.c.made_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return StoredProof(row.id, Days(row.since, row.until), row.asked_by, row.made_at, row.document)


def _values(days: Days) -> dict[str, object]:
    return {"since": days.since, "until": days.until}


def _made(document: Mapping[str, Any]) -> dict[str, object]:
    return {
        "made_at": func.clock_timestamp(), "is_explained": document["explained"], "document": dict(document),
    }  # fmt: skip


def _forget(connection: Connection, connection_id: int) -> None:
    made = (proofs.c.connection_id == connection_id, proofs.c.made_at.is_not(None))
    new = select(proofs.c.id).where(*made).order_by(proofs.c.made_at.desc()).limit(KEPT)
    connection.execute(delete(proofs).where(*made, proofs.c.id.not_in(new)))
