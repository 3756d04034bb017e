"""Which conditions of a connection stand now, each as one sentence that says what to do. Reads only Postgres."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.flows.alert_rules import AlertKind, AlertRule
from connector.flows.endings import of_lives
from connector.flows.schedule_overview import schedule_views
from connector.flows.scheduled import Job
from connector.store import alert_readings, credentials, last_deliveries, scheduled_runs
from connector.store.alerts import Condition
from connector.store.connections import StoredConnection
from connector.store.scheduled_runs import RunOutcome

# Fewer orders than these make no rate.
_FEWEST = 5
_HOUR = timedelta(hours=1)
_DRIFT = "inventory.drift"


def standing(
    connection: Connection, stored: StoredConnection, rules: Sequence[AlertRule], jobs: Sequence[Job], *, now: datetime
) -> list[Condition]:
    """What stands now. Of a paused connection only what ends: everything else waits on purpose."""
    readings: dict[AlertKind, Callable[[AlertRule], Iterator[Condition]]] = {
        AlertKind.CREDENTIAL_END: lambda rule: _endings(connection, stored, rule, now),
    }
    if stored.enabled:
        readings |= {
            AlertKind.OLDEST_ORDER: lambda rule: _oldest(connection, stored, rule, now),
            AlertKind.PROBLEM_RATE: lambda rule: _problem_rate(connection, stored, rule, now),
            AlertKind.WEBHOOK_SILENCE: lambda rule: _silence(connection, stored, rule, now),
            AlertKind.STOCK_DRIFT: lambda rule: _drift(connection, stored, rule),
            AlertKind.SCHEDULE_LATE: lambda rule: _schedules(connection, stored, jobs, rule, now),
            AlertKind.HALTED: lambda rule: _halted(stored, rule),
        }
    watched = [rule for rule in rules if rule.enabled and rule.kind in readings]
    return [condition for rule in watched for condition in readings[rule.kind](rule)]


def _oldest(connection: Connection, stored: StoredConnection, rule: AlertRule, now: datetime) -> Iterator[Condition]:
    waiting = alert_readings.oldest_undone(connection, stored.id)
    if waiting and now - waiting.since > timedelta(minutes=float(rule.threshold)):
        minutes = int((now - waiting.since).total_seconds() // 60)
        what = "look whether workers run"
        if waiting.failing_for is not None:
            what = f"its last try failed ({waiting.failing_for.replace('_', ' ')}), see Problems, Retrying"
        yield Condition(rule.kind, "", f"order {waiting.name} has waited {minutes} minutes; {what}")


def _problem_rate(
    connection: Connection, stored: StoredConnection, rule: AlertRule, now: datetime
) -> Iterator[Condition]:
    total, problems = alert_readings.counted_since(connection, stored.id, now - _HOUR)
    if total >= _FEWEST and problems * 100 > rule.threshold * total:
        yield Condition(rule.kind, "", f"{problems} of the last hour's {total} orders are held or parked; see Problems")


def _silence(connection: Connection, stored: StoredConnection, rule: AlertRule, now: datetime) -> Iterator[Condition]:
    last = last_deliveries.of_shops(connection, [stored.id]).get(stored.id, stored.created_at)
    if now - last > timedelta(hours=float(rule.threshold)):
        hours = int((now - last).total_seconds() // 3600)
        yield Condition(
            rule.kind,
            "",
            f"no webhook came from {stored.shop} for {hours} hours; look at its subscriptions in Connections",
        )


def _endings(connection: Connection, stored: StoredConnection, rule: AlertRule, now: datetime) -> Iterator[Condition]:
    lives = {life.side: life for life in credentials.lives(connection, stored.id)}
    for ending in of_lives(lives, stored.name, user=None, now=now):
        if ending.ends_at - now <= timedelta(days=float(rule.threshold)):
            said = "has ended" if ending.ends_at <= now else f"ends on {ending.ends_at:%Y-%m-%d %H:%M} UTC"
            yield Condition(
                rule.kind, f"{ending.side} {ending.what}", f"{ending.side} {ending.what} {said}: {ending.advice}"
            )


def _drift(connection: Connection, stored: StoredConnection, rule: AlertRule) -> Iterator[Condition]:
    (found,) = scheduled_runs.standings(connection, [(stored.id, _DRIFT)])
    different = (found.last.counts or {}).get("different", 0) if found.last and found.last.outcome else 0
    if different > rule.threshold:
        yield Condition(rule.kind, "", f"{different} stock levels of the shop differed when they were last compared")


def _schedules(
    connection: Connection, stored: StoredConnection, jobs: Sequence[Job], rule: AlertRule, now: datetime
) -> Iterator[Condition]:
    for view in schedule_views(connection, [stored], jobs, now=now):
        last = view.standing.last
        if last is not None and last.outcome == RunOutcome.FAILED:
            yield Condition(rule.kind, view.standing.name, f"{view.standing.name} fails: {last.reason}")
        elif view.late_by is not None and view.late_by > timedelta(minutes=float(rule.threshold)):
            minutes = int(view.late_by.total_seconds() // 60)
            yield Condition(rule.kind, view.standing.name, f"{view.standing.name} is late by {minutes} minutes")


def _halted(stored: StoredConnection, rule: AlertRule) -> Iterator[Condition]:
    if stored.halt_code is not None:
        yield Condition(rule.kind, "", f"nothing is written: {stored.halt_reason}")
