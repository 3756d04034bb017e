"""Which conditions are watched, and from which threshold on they are worth an alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection

from connector.errors import ConfigError
from connector.store import alerts
from connector.store.alerts import StoredRule

# Of whatever unit; a span of time beyond it could not be reckoned with.
MOST = 1_000_000


class AlertKind(StrEnum):
    """What an alert can be about."""

    OLDEST_ORDER = "oldest_order"
    PROBLEM_RATE = "problem_rate"
    WEBHOOK_SILENCE = "webhook_silence"
    CREDENTIAL_END = "credential_end"
    STOCK_DRIFT = "stock_drift"
    SCHEDULE_LATE = "schedule_late"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule as it stands. `unit` of the threshold; None: it has none."""

    kind: AlertKind
    says: str
    unit: str | None
    enabled: bool
    threshold: Decimal


_DEFAULTS: tuple[AlertRule, ...] = (
    AlertRule(AlertKind.OLDEST_ORDER, "An order waits longer than", "minutes", True, Decimal(30)),
    AlertRule(AlertKind.PROBLEM_RATE, "Held or parked of an hour's orders, of 5 at least, over", "percent", True, Decimal(20)),
    AlertRule(AlertKind.WEBHOOK_SILENCE, "No webhook came from the shop for", "hours", True, Decimal(24)),
    AlertRule(AlertKind.CREDENTIAL_END, "A certificate, token or session ends within", "days", True, Decimal(30)),
    AlertRule(AlertKind.STOCK_DRIFT, "The last comparison of stock found more different levels than", "levels", True, Decimal(0)),
    AlertRule(AlertKind.SCHEDULE_LATE, "A schedule fails, or is late by more than", "minutes", True, Decimal(30)),
    AlertRule(AlertKind.HALTED, "The connection is halted: a side refuses, or is not the approved one", None, True, Decimal(0)),
)  # fmt: skip


def rules(connection: Connection, connection_id: int) -> tuple[AlertRule, ...]:
    """Every rule of a connection, as a person set it or by its default."""
    kept = alerts.rules(connection, connection_id)
    return tuple(_as_set(rule, kept) for rule in _DEFAULTS)


def set_rule(connection: Connection, connection_id: int, kind: str, *, enabled: bool, threshold: Decimal) -> None:
    """Changes a rule. Raises ConfigError for one that does not exist or a threshold below nothing."""
    if kind not in set(AlertKind):
        raise ConfigError(f"there is no alert {kind}; there are {', '.join(AlertKind)}")
    if not 0 <= threshold <= MOST:
        raise ConfigError(f"the threshold of {kind} cannot be {threshold}; it is between 0 and {MOST}")
    alerts.set_rule(connection, connection_id, kind, StoredRule(enabled, threshold))


def _as_set(rule: AlertRule, kept: Mapping[str, StoredRule]) -> AlertRule:
    stored = kept.get(rule.kind)
    return rule if stored is None else AlertRule(rule.kind, rule.says, rule.unit, stored.enabled, stored.threshold)
