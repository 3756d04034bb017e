"""What needs a person, by its cause: the code of the reason and what it names. Read by indices of the open records alone."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Subquery,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from connector.store.due import due_unheard
from connector.store.records import ORDER, RecordView
from connector.store.tables import RecordState, attempts, records

OPEN = (RecordState.HELD, RecordState.PARKED)
_UNDONE = (RecordState.PENDING, RecordState.WORKING)
_AT_REST = (RecordState.IN_SYNC, RecordState.EXCLUDED, RecordState.IGNORED)
# So many of the newest passes that held something are looked through for what is resolved.
LOOKED_THROUGH = 5000
# Behind all that had a place when the list was begun.
_LAST = 2**62


@dataclass(frozen=True, slots=True)
class Cause:
    """Why records wait: one code and what it names, empty where it names nothing, of one connection."""

    connection_id: int
    code: str
    subject: str


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one cause. `money`: of its orders, by currency; what the shop is told of them counts no money.

    `first_at`: since when the first of them is not in step, whatever was tried meanwhile; `last_at`: when one of them changed
    last; `next_at`: when the next is tried again.
    `place`: where it stands in its list, the smallest first.
    """

    cause: Cause
    count: int
    parked: int
    money: Mapping[str, Decimal]
    first_at: datetime
    last_at: datetime
    next_at: datetime | None = None
    place: tuple[int, int] = (0, _LAST)


def open_groups(connection: Connection, connection_ids: Sequence[int], *, at: datetime | None = None) -> list[Group]:
    """What is held or parked, the causes of most records first.

    `at`: in the order of that moment. What comes to wait later brings no cause forward, and what goes only sends one back:
    whoever reads on behind a place meets each cause at least once.
    """
    is_open = (records.c.connection_id.in_(list(connection_ids)), records.c.state.in_(OPEN))
    return _groups(connection, _counted(records.c.changed_at, at).where(*is_open))


def retried_groups(connection: Connection, connection_ids: Sequence[int], *, at: datetime | None = None) -> list[Group]:
    """What failed and is tried again by itself, or was released and is not through yet. `at`: as of `open_groups`."""
    is_retried = (records.c.connection_id.in_(list(connection_ids)), *_is_retried())
    return _groups(connection, _counted(_failing_since(), at).where(*is_retried))


def resolved_groups(
    connection: Connection, connection_ids: Sequence[int], *, at: datetime | None = None
) -> list[Group]:
    """What the newest passes were held for, of records that have come to rest since; the newest first.

    `first_at`: the first of those passes; `last_at`: when the last of the records came to rest. `at`: as of `open_groups`.
    """
    return _groups(connection, _resolved(records.c.connection_id.in_(list(connection_ids)), at))


def group_of(connection: Connection, cause: Cause) -> Group | None:
    """The open records of one cause; None where there are none."""
    return next(iter(_groups(connection, _counted(records.c.changed_at).where(*_of(cause)))), None)


def retried_group(connection: Connection, cause: Cause) -> Group | None:
    """The records of one cause that are tried again; None where there are none."""
    return next(iter(_groups(connection, _counted(_failing_since()).where(*_named(cause), *_is_retried()))), None)


def resolved_group(connection: Connection, cause: Cause) -> Group | None:
    """The records that were held for one cause and have come to rest since; None where there are none."""
    found = _groups(connection, _resolved(records.c.connection_id == cause.connection_id))
    return next((group for group in found if group.cause == cause), None)


def waiting(connection: Connection, cause: Cause, *, limit: int, before: int | None = None) -> list[RecordView]:
    """The open records of one cause, newest first; `before`: only those behind the record of this id."""
    return _newest(connection, _of(cause), limit, before)


def retried(connection: Connection, cause: Cause, *, limit: int, before: int | None = None) -> list[RecordView]:
    """The records of one cause that are tried again, as `waiting` has those that wait."""
    return _newest(connection, (*_named(cause), *_is_retried()), limit, before)


def resolved(connection: Connection, cause: Cause, *, limit: int, before: int | None = None) -> list[RecordView]:
    """The records that were held for one cause and have come to rest since, as `waiting` has those that wait."""
    held = _held()
    ids = select(held.c.record_id).where(
        held.c.outcome == cause.code, func.coalesce(held.c.held_for, "") == cause.subject
    )
    is_of_it = (records.c.connection_id == cause.connection_id, records.c.state.in_(_AT_REST), records.c.id.in_(ids))
    return _newest(connection, is_of_it, limit, before)


def release(connection: Connection, cause: Cause) -> list[int]:
    """Makes due exactly the open records of one cause; their ids. The next sweep finds those that nobody wakes."""
    found = connection.execute(update(records).where(*_of(cause)).values(due_unheard()).returning(records.c.id))
    return sorted(found.scalars())


def _newest(
    connection: Connection, which: Sequence[ColumnElement[bool]], limit: int, before: int | None
) -> list[RecordView]:
    columns = [records.c[name] for name in RecordView.__dataclass_fields__]
    query = select(*columns).where(*which).order_by(records.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(records.c.id < before)
    return [RecordView(**row) for row in connection.execute(query).mappings()]


def _named(cause: Cause) -> tuple[ColumnElement[bool], ...]:
    names_nothing = or_(records.c.reason_subject.is_(None), records.c.reason_subject == "")
    return (
        records.c.connection_id == cause.connection_id,
        records.c.reason_code == cause.code,
        records.c.reason_subject == cause.subject if cause.subject else names_nothing,
    )


def _of(cause: Cause) -> tuple[ColumnElement[bool], ...]:
    return (*_named(cause), records.c.state.in_(OPEN))


def _is_retried() -> tuple[ColumnElement[bool], ...]:
    return (
        records.c.state.in_(_UNDONE),
        ~records.c.waits_for_job,
        records.c.reason_code.is_not(None),
        # Left out by a rule, and looked at again because the shop told of it.
        records.c.reason_code != RecordState.EXCLUDED,
    )


def _failing_since() -> ColumnElement[Any]:
    return func.coalesce(records.c.first_failed_at, records.c.changed_at)


def _counted(since: ColumnElement[Any], at: datetime | None = None) -> Select[Any]:
    """One row for each cause and currency; `since`: by what their order is told, which is of this cause alone."""
    return select(
        records.c.connection_id, records.c.reason_code, records.c.reason_subject,
        records.c.currency.label("paid_in"), func.count().label("count"),
        func.count().filter(records.c.state == RecordState.PARKED).label("parked"),
        _money(records.c.kind, records.c.total).label("money"), func.min(records.c.open_since).label("first_at"),
        func.max(records.c.changed_at).label("last_at"), func.min(records.c.next_attempt_at).label("next_at"),
        (-func.count().filter(_until(since, at))).label("rank"),
        _micros(func.min(since).filter(_until(since, at))).label("moment"),
    ).group_by(records.c.connection_id, records.c.reason_code, records.c.reason_subject, "paid_in")  # fmt: skip


def _held() -> Subquery:
    """The newest passes that held something."""
    return (
        select(attempts.c.record_id, attempts.c.outcome, attempts.c.held_for, attempts.c.started_at)
        .where(attempts.c.held_for.is_not(None))
        .order_by(attempts.c.id.desc())
        .limit(LOOKED_THROUGH)
        .subquery("held")
    )


def _resolved(wanted: ColumnElement[bool], at: datetime | None = None) -> Select[Any]:
    """As `_counted`, of what has come to rest."""
    held = _held()
    each = (
        select(
            records.c.id, records.c.connection_id, held.c.outcome.label("reason_code"),
            held.c.held_for.label("reason_subject"), records.c.state, records.c.kind, records.c.currency,
            records.c.total, func.min(held.c.started_at).label("first_at"), records.c.changed_at,
        )
        .select_from(held.join(records, records.c.id == held.c.record_id))
        .where(wanted, records.c.state.in_(_AT_REST))
        .group_by(records.c.id, held.c.outcome, held.c.held_for)
        .subquery("each")
    )  # fmt: skip
    newest = func.max(each.c.changed_at).filter(_until(each.c.changed_at, at))
    return select(
        each.c.connection_id, each.c.reason_code, each.c.reason_subject,
        each.c.currency.label("paid_in"), func.count().label("count"),
        _money(each.c.kind, each.c.total).label("money"), func.min(each.c.first_at).label("first_at"),
        func.max(each.c.changed_at).label("last_at"),
        literal(0).label("rank"), (-_micros(newest, never=-_LAST)).label("moment"),
    ).group_by(each.c.connection_id, each.c.reason_code, each.c.reason_subject, "paid_in")  # fmt: skip


def _until(moment: ColumnElement[Any], at: datetime | None) -> ColumnElement[bool]:
    return true() if at is None else moment <= at


def _micros(moment: ColumnElement[Any], never: int = _LAST) -> ColumnElement[int]:
    return func.coalesce(cast(extract("epoch", moment) * 1_000_000, BigInteger), never)


def _money(kind: ColumnElement[Any], total: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.sum(total).filter(kind == ORDER)


def _groups(connection: Connection, query: Select[Any]) -> list[Group]:
    """The rows of each cause put together, in the order of their places."""
    found: dict[Cause, Group] = {}
    for row in connection.execute(query).mappings():
        one = _group(row)
        found[one.cause] = _together(found[one.cause], one) if one.cause in found else one
    return sorted(found.values(), key=lambda group: (*group.place, *astuple(group.cause)))


def _group(row: RowMapping) -> Group:
    return Group(
        Cause(row["connection_id"], row["reason_code"] or "", row["reason_subject"] or ""),
        row["count"],
        row.get("parked", 0),
        {row["paid_in"]: row["money"]} if row["paid_in"] and row["money"] is not None else {},
        row["first_at"],
        row["last_at"],
        row.get("next_at"),
        (row["rank"], row["moment"]),
    )


def _together(one: Group, other: Group) -> Group:
    money = dict(one.money)
    for currency, amount in other.money.items():
        money[currency] = money.get(currency, Decimal(0)) + amount
    moments = [moment for moment in (one.next_at, other.next_at) if moment is not None]
    return Group(
        one.cause,
        one.count + other.count,
        one.parked + other.parked,
        money,
        min(one.first_at, other.first_at),
        max(one.last_at, other.last_at),
        min(moments, default=None),
        (one.place[0] + other.place[0], min(one.place[1], other.place[1])),
    )
