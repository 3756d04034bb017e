"""Runs the jobs of each connection: one at a time for each job, once for each slot, whoever asks and however often.

A connection that is paused or halted is left alone; what is wanted of it waits. The runner writes down every failure.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine

from connector.errors import (
    ConfigError,
    Conflict,
    ConnectorError,
    Stopped,
    TransientError,
    Unauthorized,
    WrongEnvironment,
)
from connector.flows.circuit import open_circuit
from connector.flows.systems import Systems, Wake, Workplace
from connector.mapping.rules_to_shopify import ScheduleRules
from connector.stopping import ends_when
from connector.store import connections, cursors, retries, scheduled_runs
from connector.store.connections import StoredConnection
from connector.store.scheduled_runs import RunOutcome, Standing
from connector.transport import Call, answering, recorded_calls

log = structlog.get_logger(__name__)


# The heartbeat of beat.
BEAT = "beat"
# A run that failed where it helps to try later is tried again after this long, or after what was asked for.
_AGAIN_AFTER = timedelta(minutes=5)
_KEPT = timedelta(days=14)
# A run of once a day begins at three in the morning of the connection's own time zone.
_A_DAY, _NIGHT = 86_400, timedelta(hours=3)
_CLEAN_EVERY_SECONDS = 3600
_CLEANED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Job:
    """What is done again and again for a connection. `cadence`: a field of ScheduleRules, or seconds that are the same
    for all. `run` returns what it did, as counts by name."""

    name: str
    cadence: str | int
    run: Callable[[Systems, Workplace, Wake], Mapping[str, int]]

    def every(self, stored: StoredConnection) -> int:
        """Seconds between two runs of this connection's."""
        if isinstance(self.cadence, int):
            return self.cadence
        rules = ScheduleRules.model_validate(stored.rules.get("schedules", {}))
        return int(getattr(rules, self.cadence))

    def rhythm(self, stored: StoredConnection, now: datetime) -> "Rhythm":
        """When its stretches begin: those of a day at night, where the connection is."""
        seconds = self.every(stored)
        if seconds < _A_DAY:
            return Rhythm(seconds)
        zone = ZoneInfo(str(stored.rules.get("time_zone", "UTC")))
        offset = now.astimezone(zone).utcoffset() or timedelta()
        return Rhythm(seconds, int((offset - _NIGHT).total_seconds()))


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run. `reason` is None when it is done."""

    outcome: RunOutcome
    reason: str | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A cadence in seconds; its stretches begin `shift` seconds before those of UTC."""

    seconds: int
    shift: int = 0

    def slot(self, moment: datetime) -> int:
        """The stretch that a moment lies in, by its first second: another cadence makes no slot come twice."""
        return (int(moment.timestamp()) + self.shift) // self.seconds * self.seconds - self.shift


def heard_of_beat(engine: Engine) -> None:
    """A message of beat has come through."""
    with engine.begin() as connection:
        cursors.beat(connection, BEAT)


def due(engine: Engine, jobs: Sequence[Job], *, now: datetime) -> list[tuple[int, str]]:
    """(connection id, name) of every run that is to begin: its slot has come, it is wanted, or the last one was lost."""
    with engine.begin() as connection:
        at_work = [stored for stored in connections.every(connection) if is_at_work(stored)]
        rhythms = {(stored.id, job.name): job.rhythm(stored, now) for stored in at_work for job in jobs}
        found = scheduled_runs.standings(connection, list(rhythms))
    return [
        (one.connection_id, one.name) for one in found if is_due(one, rhythms[one.connection_id, one.name], now=now)
    ]


def is_at_work(stored: StoredConnection) -> bool:
    """True unless a person paused the connection or its circuit is open."""
    return stored.enabled and stored.halt_code is None


def is_due(standing: Standing, rhythm: Rhythm, *, now: datetime) -> bool:
    """True when a run is to begin now."""
    if standing.paused_by is not None:
        return False
    last = standing.last
    if last is None:
        return True
    if last.is_going_on(now):
        return False
    is_new_slot = rhythm.slot(last.started_at) < rhythm.slot(now)
    return is_new_slot or standing.wanted_by is not None or last.is_lost(now) or _is_tried_again(standing, now)


def _is_tried_again(standing: Standing, now: datetime) -> bool:
    """A run that failed for a while does not wait for its next slot, which may be a day away."""
    last = standing.last
    return last is not None and last.again_at is not None and last.again_at <= now


def run(workplace: Workplace, job: Job, connection_id: int, wake: Wake, *, now: datetime) -> Ran | None:
    """Runs a job for a connection where it is due; None where it is not, or runs already. Failures are written down.

    A process that leaves begins none, and ends what it is at between two calls: that run is lost, and due again at once.
    """
    if workplace.leaving.is_set():
        return None
    with workplace.engine.begin() as connection:
        stored = connections.by_id(connection, connection_id)
        (standing,) = scheduled_runs.standings(connection, [(connection_id, job.name)])
        rhythm = job.rhythm(stored, now)
        if not is_at_work(stored) or not is_due(standing, rhythm, now=now):
            return None
        if _is_tried_again(standing, now):
            was_stopped = standing.last is not None and standing.last.outcome == RunOutcome.LOST
            asked_by = "after a lost run" if was_stopped else "after a failure"
            scheduled_runs.ask(connection, connection_id, job.name, asked_by=asked_by)
        run_id = scheduled_runs.begin(
            connection, connection_id, job.name, slot=rhythm.slot(now), now=now, lease_until=_lease(now)
        )
    return None if run_id is None else _carried_out(workplace, job, stored, run_id, wake, now=now)


def run_by_hand(
    workplace: Workplace, job: Job, stored: StoredConnection, wake: Wake, *, actor: str, now: datetime
) -> Ran:
    """Runs a job now, a paused one too. Raises ConfigError for a connection that is not at work, Conflict while it runs."""
    if not is_at_work(stored):
        raise ConfigError(
            f"{stored.name} is {'halted' if stored.enabled else 'paused'}: nothing is run for it; "
            f"see `ml-connector connection show {stored.name}`"
        )
    with workplace.engine.begin() as connection:
        run_id = scheduled_runs.begin_by_hand(
            connection, stored.id, job.name, asked_by=actor, now=now, lease_until=_lease(now)
        )
    if run_id is None:
        raise Conflict(
            f"{job.name} of {stored.name} is running already; see `ml-connector schedules list {stored.name}`"
        )
    return _carried_out(workplace, job, stored, run_id, wake, now=now)


def wanted(engine: Engine, connection_id: int, jobs: Sequence[Job]) -> list[str]:
    """Names of the runs that somebody wants of a connection now, such as the run that just ended."""
    names = {job.name for job in jobs}
    with engine.begin() as connection:
        return [name for name in scheduled_runs.wanted(connection, connection_id) if name in names]


def clean(engine: Engine, *, now: datetime) -> int:
    """Deletes runs of more than 14 days ago, in batches, once an hour; returns how many."""
    with engine.begin() as connection:
        if not cursors.begin_slot(connection, "schedules.clean", Rhythm(_CLEAN_EVERY_SECONDS).slot(now)):
            return 0
    total = 0
    while True:
        with engine.begin() as connection:
            count = scheduled_runs.delete_older(connection, now - _KEPT, limit=_CLEANED_AT_ONCE)
        total += count
        if count < _CLEANED_AT_ONCE:
            return total


def _carried_out(
    workplace: Workplace, job: Job, stored: StoredConnection, run_id: int, wake: Wake, *, now: datetime
) -> Ran:
    """Does the work and writes down what came of it; what nobody expected is raised again after that."""
    began = time.monotonic()

    def finished(ran: Ran, *, again_in: timedelta | None = None) -> Ran:
        ended = now + timedelta(seconds=time.monotonic() - began)
        with workplace.engine.begin() as connection:
            scheduled_runs.finish(
                connection, run_id, ran.outcome, now=ended, reason=ran.reason, counts=ran.counts,
                again_at=None if again_in is None else ended + again_in,
            )  # fmt: skip
        return ran

    try:
        with workplace.leases.of_run(run_id), recorded_calls() as calls, ends_when(workplace.leaving):
            counts = job.run(workplace.open_systems(stored.id), workplace, wake)
    except Stopped as error:
        log.info("scheduled_run_stopped", run=job.name, connection_id=stored.id)
        return finished(Ran(RunOutcome.LOST, str(error), {}), again_in=timedelta(0))
    except ConnectorError as error:
        if isinstance(error, Unauthorized | WrongEnvironment):
            with workplace.engine.begin() as connection:
                open_circuit(connection, stored.id, error, revision=stored.revision, now=now)
        log.warning("scheduled_run_failed", run=job.name, connection_id=stored.id, reason=error.code)
        return finished(Ran(RunOutcome.FAILED, str(error), {}), again_in=_again_in(error))
    except BaseException as error:
        # The name only: the text may hold what was asked with.
        finished(Ran(RunOutcome.FAILED, f"unexpected {type(error).__name__}; the log has more", {}))
        raise
    _bring_forward(workplace, stored.id, calls, wake)
    return finished(Ran(RunOutcome.DONE, None, counts))


def _bring_forward(workplace: Workplace, connection_id: int, calls: Sequence[Call], wake: Wake) -> None:
    """What waits for systems that were away: where no order is due, the polls are the first to hear that they answer."""
    with workplace.engine.begin() as connection:
        found = retries.bring_forward(connection, connection_id, answering(calls), limit=retries.AT_ONCE)
    for record_id in found:
        wake(record_id)


def _again_in(error: ConnectorError) -> timedelta | None:
    """None for what a person must mend: the next slot sees whether somebody did."""
    if not isinstance(error, TransientError):
        return None
    return max(_AGAIN_AFTER, timedelta(seconds=error.retry_after or 0))


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=scheduled_runs.LEASE_SECONDS)
