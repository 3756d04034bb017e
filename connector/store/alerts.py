"""Alerts: opened while a condition stands and closed when it is over, the messages they owe, and the rules a person set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.alert_tables import alert_channels, alert_messages, alert_rules, alerts


@dataclass(frozen=True, slots=True)
class Condition:
    """Something a person should know. `subject` tells several of one kind apart; `said` is one sentence."""

    kind: str
    subject: str
    said: str


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """A condition that came up; `closed_at` is None while it stands."""

    id: int
    connection_id: int
    kind: str
    subject: str
    said: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredRule:
    """What a person set of a rule."""

    enabled: bool
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that is to be sent now. `turn`: opened or closed."""

    id: int
    channel_id: int
    turn: str
    attempts: int
    alert: StoredAlert


_ALERT = tuple(alerts.c[name] for name in StoredAlert.__dataclass_fields__)


def keep(connection: Connection, connection_id: int, standing: Sequence[Condition], *, now: datetime) -> None:
    """Opens what is new, closes what is over, and owes each channel a message for either."""
    opened = [_open(connection, connection_id, condition, now) for condition in standing]
    over = update(alerts).where(alerts.c.connection_id == connection_id, alerts.c.closed_at.is_(None))
    if standing:
        over = over.where(tuple_(alerts.c.kind, alerts.c.subject).not_in([(c.kind, c.subject) for c in standing]))
    closed = connection.execute(over.values(closed_at=now).returning(alerts.c.id)).scalars().all()
    _owe(connection, connection_id, [number for number in opened if number is not None], "opened", now)
    _owe(connection, connection_id, closed, "closed", now)


def _open(connection: Connection, connection_id: int, condition: Condition, now: datetime) -> int | None:
    """The id of an alert that is new; one that stands already only says how it is now."""
    values = {"kind": condition.kind, "subject": condition.subject, "said": condition.said}
    standing = update(alerts).where(
        alerts.c.connection_id == connection_id, alerts.c.kind == condition.kind,
        alerts.c.subject == condition.subject, alerts.c.closed_at.is_(None),
    )  # fmt: skip
    if connection.execute(standing.values(said=condition.said)).rowcount:
        return None
    made = insert(alerts).values(connection_id=connection_id, opened_at=now, **values).on_conflict_do_nothing()
    return connection.execute(made.returning(alerts.c.id)).scalar_one_or_none()


def _owe(connection: Connection, connection_id: int, alert_ids: Sequence[int], turn: str, now: datetime) -> None:
    if alert_ids:
        of_it = alert_channels.c.connection_id == alerts.c.connection_id
        each = (
            select(alerts.c.id, alert_channels.c.id, literal(turn), literal(now))
            .join(alert_channels, of_it)
            .where(alerts.c.connection_id == connection_id, alerts.c.id.in_(alert_ids))
        )
        columns = ["alert_id", "channel_id", "turn", "next_at"]
        connection.execute(insert(alert_messages).from_select(columns, each).on_conflict_do_nothing())


def take(connection: Connection, *, now: datetime, again_in: timedelta, limit: int) -> list[Owed]:
    """Messages that are to be sent now; nobody else takes them until `again_in` has gone by."""
    is_due = (
        select(alert_messages.c.id)
        .where(
            alert_messages.c.sent_at.is_(None), alert_messages.c.given_up_at.is_(None), alert_messages.c.next_at <= now
        )
        .order_by(alert_messages.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(is_due).scalars())
    if not ids:
        return []
    connection.execute(
        update(alert_messages)
        .where(alert_messages.c.id.in_(ids))
        .values(next_at=now + again_in, attempts=alert_messages.c.attempts + 1)
    )
    message = (alert_messages.c.id.label("message_id"), alert_messages.c.channel_id, alert_messages.c.turn)
    rows = connection.execute(
        select(*message, alert_messages.c.attempts, *_ALERT)
        .join(alerts, alerts.c.id == alert_messages.c.alert_id)
        .where(alert_messages.c.id.in_(ids))
        .order_by(alert_messages.c.id)
    ).mappings()
    return [
        Owed(
            row["message_id"], row["channel_id"], row["turn"], row["attempts"],
            StoredAlert(**{name: row[name] for name in StoredAlert.__dataclass_fields__}),
        )
        for row in rows
    ]  # fmt: skip


def sent(connection: Connection, owed: Owed, *, now: datetime) -> None:
    """The message arrived."""
    connection.execute(update(alert_messages).where(alert_messages.c.id == owed.id).values(sent_at=now))


def postpone(connection: Connection, owed: Owed, *, until: datetime) -> None:
    """The message is tried again then."""
    connection.execute(update(alert_messages).where(alert_messages.c.id == owed.id).values(next_at=until))


def give_up(connection: Connection, owed: Owed, *, now: datetime) -> None:
    """The message is not tried any more."""
    connection.execute(update(alert_messages).where(alert_messages.c.id == owed.id).values(given_up_at=now))


def listed(
    connection: Connection, connection_ids: Sequence[int], *, limit: int, before: int | None = None
) -> list[StoredAlert]:
    """Alerts of these connections, the newest first; `before`: only older ones than that of this id."""
    query = select(*_ALERT).where(alerts.c.connection_id.in_(list(connection_ids)))
    if before is not None:
        query = query.where(alerts.c.id < before)
    rows = connection.execute(query.order_by(alerts.c.id.desc()).limit(limit)).mappings()
    return [StoredAlert(**row) for row in rows]


def rules(connection: Connection, connection_id: int) -> Mapping[str, StoredRule]:
    """What a person set, by kind."""
    columns = (alert_rules.c.kind, alert_rules.c.enabled, alert_rules.c.threshold)
    rows = connection.execute(select(*columns).where(alert_rules.c.connection_id == connection_id))
    return {row.kind: StoredRule(row.enabled, row.threshold) for row in rows}


def set_rule(connection: Connection, connection_id: int, kind: str, rule: StoredRule) -> None:
    """Keeps what a person set."""
    values = {"enabled": rule.enabled, "threshold": rule.threshold}
    made = insert(alert_rules).values(connection_id=connection_id, kind=kind, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["connection_id", "kind"], set_=values))


def delete_older(connection: Connection, before: datetime) -> int:
    """Takes away what was over before that moment; returns how many."""
    return connection.execute(alerts.delete().where(alerts.c.closed_at < before)).rowcount


def count_open(connection: Connection, connection_ids: Sequence[int]) -> int:
    """How many stand now."""
    query = select(func.count()).where(alerts.c.closed_at.is_(None), alerts.c.connection_id.in_(list(connection_ids)))
    return int(connection.execute(query).scalar_one())
