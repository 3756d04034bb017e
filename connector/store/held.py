"""Records that wait for a person or a mapping: held, and made due again once what they waited for is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from connector.store.due import due_now, due_unheard
from connector.store.tables import RecordState, records


def hold(connection: Connection, record_id: int, *, code: str, reason: str) -> None:
    """Holds a record that was in sync until now."""
    connection.execute(
        update(records)
        .where(records.c.id == record_id, records.c.state == RecordState.IN_SYNC)
        .values(
            state=RecordState.HELD,
            reason_code=code,
            reason_subject=None,
            reason=reason,
            changed_at=func.now(),
            open_since=func.now(),
        )
    )


def release_settled(connection: Connection, record_ids: Sequence[int]) -> None:
    """Makes due those of some records that were held for a total, for the next sweep to find: it is the right one now."""
    settled = update(records).where(
        records.c.id.in_(list(record_ids)),
        records.c.state == RecordState.HELD,
        records.c.reason_code == "total_mismatch",
    )
    connection.execute(settled.values(due_unheard()))


def release(connection: Connection, connection_id: int, subjects: Sequence[str]) -> list[int]:
    """Makes due every record that was held for one of the subjects (`sku:MUG-1`); returns their ids."""
    rows = connection.execute(
        update(records)
        .where(
            records.c.connection_id == connection_id,
            records.c.state == RecordState.HELD,
            records.c.reason_subject.in_(list(subjects)),
        )
        .values(due_now())
        .returning(records.c.id)
    )
    return list(rows.scalars())


def release_unmapped(connection: Connection, connection_id: int, subjects: Sequence[str] | None = None) -> int:
    """Makes due what was held for a missing mapping or a rule, for the next sweep to find; returns how many records.

    All of it, or what was held for these subjects, and for nothing that has a name.
    """
    which = [_is_unmapped(connection_id)]
    if subjects is not None:
        which.append(or_(records.c.reason_subject.in_(list(subjects)), records.c.reason_subject.is_(None)))
    return connection.execute(update(records).where(*which).values(due_unheard())).rowcount


def unmapped(connection: Connection, connection_id: int) -> list[str]:
    """What records wait for that are held for a missing mapping or a rule, each once."""
    found = connection.execute(select(records.c.reason_subject).where(_is_unmapped(connection_id)).distinct())
    return sorted(subject for subject in found.scalars() if subject)


def _is_unmapped(connection_id: int) -> ColumnElement[bool]:
    return and_(
        records.c.connection_id == connection_id,
        records.c.state == RecordState.HELD,
        or_(records.c.reason_code == "not_mapped", records.c.reason_subject.startswith("rule:")),
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What records wait for (`gateway:paypal`), how many, and since when the first is not in step."""

    subject: str
    records: int
    since: datetime


def waiting(connection: Connection, connection_id: int, *, limit: int) -> list[Waiting]:
    """What held records wait for, what most wait for first."""
    count = func.count()
    found = connection.execute(
        select(records.c.reason_subject, count.label("records"), func.min(records.c.open_since).label("since"))
        .where(
            records.c.connection_id == connection_id,
            records.c.state == RecordState.HELD,
            records.c.reason_subject.is_not(None),
        )
        .group_by(records.c.reason_subject)
        .order_by(count.desc(), records.c.reason_subject)
        .limit(limit)
    )
    return [Waiting(row.reason_subject, row.records, row.since) for row in found]


def subjects(connection: Connection, connection_id: int, *, prefix: str) -> list[str]:
    """What held records wait for, each once, where it begins with the prefix."""
    found = connection.execute(
        select(records.c.reason_subject)
        .where(
            records.c.connection_id == connection_id,
            records.c.state == RecordState.HELD,
            records.c.reason_subject.startswith(prefix, autoescape=True),
        )
        .distinct()
    )
    return [subject for subject in found.scalars() if subject]


def ignore(connection: Connection, record_ids: Sequence[int], *, reason: str) -> list[int]:
    """Leaves records alone until a person asks for them; the ids of those that no worker is at."""
    rows = connection.execute(
        update(records)
        .where(records.c.id.in_(list(record_ids)), records.c.state != RecordState.WORKING)
        .values(
            state=RecordState.IGNORED, reason_code="ignored", reason_subject=None, reason=reason, changed_at=func.now()
        )
        .returning(records.c.id)
    )
    return list(rows.scalars())
