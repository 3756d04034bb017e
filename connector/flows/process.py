"""The runner: leases one record, runs its flow, writes down what came of it. Only here is every error caught."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from connector.crash import Moment, crash_at
from connector.errors import (
    ConnectorError,
    Forbidden,
    MayYetCome,
    NeedsDecision,
    NotMapped,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    TransientError,
    Unauthorized,
    Unavailable,
    WrongEnvironment,
)
from connector.flows import canary
from connector.flows.circuit import Halting, open_circuit
from connector.flows.customer_merges import sync_merge
from connector.flows.customer_status import sync_company_status, sync_customer_status
from connector.flows.customers import sync_customer
from connector.flows.draft_orders import sync_draft_order
from connector.flows.order_status import sync_status
from connector.flows.orders import sync_order
from connector.flows.privacy import PRIVACY_FLOWS
from connector.flows.result import Result
from connector.flows.schedule import delay, is_used_up
from connector.flows.systems import Workplace, behind_everybody
from connector.limits import Lane
from connector.store import attempts, clock, connections, halts, order_totals, records, retries
from connector.store.attempts import Attempt
from connector.store.clock import Clock
from connector.store.halts import Halt
from connector.store.records import (
    CANARY,
    COMPANY_STATUS,
    CUSTOMER,
    CUSTOMER_MERGE,
    CUSTOMER_STATUS,
    DRAFT_ORDER,
    ORDER,
    ORDER_STATUS,
    WAITING,
    Lease,
    Standing,
)
from connector.store.tables import RecordState
from connector.transport import Call, answering, recorded_calls

log = structlog.get_logger(__name__)

# Seconds until a record is tried again whose connection was changed while it was worked on: every process has read it
# again by then (runtime). Sooner tries would use up the few before the long waits.
_CHANGED_AGAIN = 6.0
# Seconds that a pass of the history waits for a slot of the account: while it does, it keeps a thread from new orders.
_HISTORY_WAITS = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a pass; `again_in` is seconds until the record wants another one, None when it does not.

    `wakes`: ids of other records that became due by it.
    """

    state: str
    again_in: float | None = None
    wakes: tuple[int, ...] = ()


def process(record_id: int, workplace: Workplace, *, worker: str) -> Outcome | None:
    """One pass over one record; None when there is nothing to do or somebody else is at it.

    An error that is not ours is written down, the record stays due, and the error is raised again.
    """
    crash_at(Moment.BEFORE_CLAIM)
    with workplace.engine.begin() as connection:
        time = clock.read(connection)
        started = time.now()
        lease = records.claim(connection, record_id, owner=worker, now=started)
        if lease is None:
            return None
        revision = connections.by_id(connection, lease.connection_id).revision
        halt = halts.of(connection, lease.connection_id) if lease.kind in WAITING else None
        if halt is not None:
            records.settle(connection, lease, _halted(halt), now=started)
            return Outcome(RecordState.HELD)
    with workplace.leases.kept(lease):
        return _passed(_Run(lease, time, worker, workplace, revision))


def _passed(run: "_Run") -> Outcome:
    """The pass under its lease, and what it led to, written down."""
    with recorded_calls() as calls:
        try:
            result = run.flow()
        except (Unauthorized, WrongEnvironment) as error:
            return run.halt(error, calls)
        except PermanentError as error:
            return run.end(_held(error), calls)
        except TransientError as error:
            return run.try_again(error, calls, retry_after=error.retry_after)
        except Exception as error:
            run.try_again(TransientError(f"{type(error).__name__} in this product; see the log"), calls)
            raise
    outcome = run.end(_standing(result), calls)
    return replace(outcome, wakes=(*result.wakes, *outcome.wakes))


_SYNCS = {
    ORDER: sync_order,
    CUSTOMER: sync_customer,
    CUSTOMER_MERGE: sync_merge,
    ORDER_STATUS: sync_status,
    CUSTOMER_STATUS: sync_customer_status,
    COMPANY_STATUS: sync_company_status,
    DRAFT_ORDER: sync_draft_order,
}
# Kinds for which neither system is opened.
_AT_HOME = {**PRIVACY_FLOWS, CANARY: canary.arrive}


class _Run:
    """The bookkeeping of one pass."""

    def __init__(self, lease: Lease, time: Clock, worker: str, workplace: Workplace, revision: int) -> None:
        self.lease = lease
        self.time = time
        self.started = time.at
        self.worker = worker
        self.workplace = workplace
        self.engine = workplace.engine
        self.revision = revision
        self.rules_version = 0

    def flow(self) -> Result:
        """Runs what belongs to the record's kind."""
        if self.lease.kind in _AT_HOME:
            return _AT_HOME[self.lease.kind](self.workplace, self.lease)
        systems = self.workplace.open_systems(self.lease.connection_id)
        self.rules_version = systems.connection.rules_version
        self.revision = systems.connection.revision
        if self.lease.lane == Lane.HISTORY:
            systems = behind_everybody(systems)
            systems = replace(systems, netsuite=systems.netsuite.waiting_at_most(_HISTORY_WAITS))
        return _SYNCS[self.lease.kind](systems, self.workplace, self.lease)

    def halt(self, error: Halting, calls: list[Call]) -> Outcome:
        """Not this record's fault: the whole connection notes, and its records with the reason, until a probe succeeds."""
        now = self.time.now()
        with self.engine.begin() as connection:
            is_halted = open_circuit(connection, self.lease.connection_id, error, revision=self.revision, now=now)
            if is_halted:
                standing = _halted(Halt(error.code, str(error)))
                records.settle(connection, self.lease, standing, now=now)
                attempts.write_down(connection, self._attempt(standing, calls))
                return Outcome(RecordState.HELD)
        return self.overtaken(calls)

    def overtaken(self, calls: list[Call]) -> Outcome:
        """The connection was changed since it was read: what was found may hold no more."""
        changed = TransientError("the connection was changed meanwhile")
        return self.try_again(changed, calls, retry_after=_CHANGED_AGAIN)

    def end(self, standing: Standing, calls: list[Call]) -> Outcome:
        """Nothing more to do until something new arrives or a person acts.

        A record that is held waits to be released: not by the change that has just happened, whose release is over.
        """
        if self.lease.kind != CANARY:
            crash_at(Moment.BEFORE_SETTLE)
        now = self.time.now()
        with self.engine.begin() as connection:
            is_overtaken = standing.state is RecordState.HELD and self.revision != connections.revision_kept(
                connection, self.lease.connection_id
            )
            if not is_overtaken:
                is_due_again = self._settled(connection, standing, calls, now)
                forwarded = retries.bring_forward(
                    connection, self.lease.connection_id, answering(calls), limit=retries.AT_ONCE
                )
        if is_overtaken:
            return self.overtaken(calls)
        self._log(standing, calls)
        return Outcome(standing.state, 0.0 if is_due_again else None, tuple(forwarded))

    def _settled(self, connection: Connection, standing: Standing, calls: list[Call], now: datetime) -> bool:
        """Settles the record and writes the pass down; True when something new came meanwhile."""
        is_due_again = records.settle(connection, self.lease, standing, now=now)
        # The canary comes by a hundred thousand times a year and nobody asks for its time line.
        if self.lease.kind != CANARY:
            attempts.write_down(connection, self._attempt(standing, calls))
            order_totals.judge(connection, [self.lease.record_id])
        return is_due_again

    def try_again(self, error: ConnectorError, calls: list[Call], *, retry_after: float | None = None) -> Outcome:
        """The record stays due; who waits for room, or for what may yet come, makes no attempt and waits no longer each time."""
        now = self.time.now()
        only_waits = isinstance(error, RateLimited | MayYetCome)
        count = self.lease.attempts + (0 if only_waits else 1)
        is_away = isinstance(error, Unavailable | OutcomeUnknown) and calls and calls[-1].system not in answering(calls)
        away = calls[-1].system if is_away else None
        standing = Standing(RecordState.PENDING, error.code, None, str(error), away)
        if is_used_up(self.lease.first_failed_at, now=now):
            standing = Standing(RecordState.PARKED, error.code, None, f"given up after three days: {error}")
        wait = delay(1 if only_waits else count, retry_after=retry_after)
        with self.engine.begin() as connection:
            until = now + timedelta(seconds=wait)
            retries.postpone(connection, self.lease, standing, until=until, attempts=count)
            order_totals.judge(connection, [self.lease.record_id])
            attempts.write_down(connection, self._attempt(standing, calls))
        self._log(standing, calls)
        return Outcome(standing.state, None if standing.state is RecordState.PARKED else wait)

    def _attempt(self, standing: Standing, calls: list[Call]) -> Attempt:
        return Attempt(
            record_id=self.lease.record_id,
            worker=self.worker,
            rules_version=self.rules_version,
            started_at=self.started,
            finished_at=self.time.now(),
            outcome=standing.reason_code or standing.state,
            reason=standing.reason,
            calls=[call.to_json() for call in calls],
            held_for=standing.reason_subject or "" if standing.state is RecordState.HELD else None,
        )

    def _log(self, standing: Standing, calls: list[Call]) -> None:
        """Ids and codes only: a reason can name what a customer typed."""
        log.info(
            "record_processed",
            record_id=self.lease.record_id,
            connection_id=self.lease.connection_id,
            state=standing.state,
            reason=standing.reason_code,
            subject=standing.reason_subject,
            calls=len(calls),
            ms=round((self.time.now() - self.started).total_seconds() * 1000),
        )


def _held(error: PermanentError) -> Standing:
    subject = error.subject if isinstance(error, NotMapped | NeedsDecision | Forbidden) else None
    return Standing(RecordState.HELD, error.code, subject, str(error))


def _halted(halt: Halt) -> Standing:
    return Standing(RecordState.HELD, halt.code, halts.SUBJECT, halt.reason)


def _standing(result: Result) -> Standing:
    if result.exclusion is not None:
        return Standing(RecordState.EXCLUDED, "excluded", result.exclusion.rule, result.exclusion.reason)
    if result.open_question is not None:
        return _held(result.open_question)
    return Standing(RecordState.IN_SYNC, reason="; ".join(result.notes) or None)
