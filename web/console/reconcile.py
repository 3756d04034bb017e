"""/reconcile: the money of both sides by day, currency and gateway, each difference with its cause, and what is unknown.

It shows the proof that was kept last; making one reads both systems and is a worker's job.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy import Connection

from connector.flows.asking import run_soon
from connector.flows.ledger_orders import Place
from connector.mapping.rule_values import Moment
from connector.mapping.rules import Rules
from connector.store import operator_actions, proofs, scheduled_runs
from connector.store.connections import StoredConnection
from connector.store.proofs import Days, StoredProof
from web.console.asking import Asked, AskedList, Form
from web.console.one_store import NoStore, first_store, the_store
from web.console.paging import cursor, id_of
from web.console.reconcile_proof import (
    DifferenceLine,
    FindingLine,
    GapLine,
    GatewayMoney,
    KeptProof,
    NotWritten,
    read_proof,
    totals,
)
from web.console.refusals import BadInput, NotFound
from web.console.screens import Console, Done
from web.console.sheets import csv_file
from web.console.site import Visit, environment

JOB = "orders.reconcile"
_ROWS = 100


class ReconcileAsked(AskedList):
    """The query. `since` and `until`: days of the books, both included; `whole`: all rows on one page, for paper."""

    since: date | None = None
    until: date | None = None
    currency: str | None = None
    gateway: str | None = None
    cause: str | None = None
    whole: bool = False


class ProofNewsAsked(Asked):
    """The query of a page that waits: when the proof it shows was made, and of which days it must be."""

    made_at: Moment | None = None
    since: date | None = None
    until: date | None = None


class ProofForm(Form):
    """A proof that is wanted now: of the last 30 days, or of these."""

    store: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ProofHead:
    """Which proof is shown: when it was made, of which days of the books, and whether everything in it has its cause."""

    made_at: datetime
    asked_by: str | None
    since: date
    until: date
    time_zone: str
    explained: bool
    orders: int


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many differences have one cause."""

    cause: str
    count: int
    explained: bool


@dataclass(frozen=True, slots=True)
class ProofWish:
    """A proof that somebody asked for and that is not made yet."""

    since: date
    until: date
    asked_by: str | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ProofRun:
    """The newest run of the proof. `outcome`: running, done, failed or lost."""

    started_at: datetime | None
    outcome: str | None
    reason: str | None
    wanted_by: str | None


@dataclass(frozen=True, slots=True)
class ReconcilePage:
    """One store's books. `proof` is None while no kept one covers the days that are asked; then all lists are empty.

    `places`: orders by where they are, together all of the proof; `left_out`: by how many long lists are cut; `after`: the
    cursor of the next page of differences.
    """

    store: str
    environment: str
    proof: ProofHead | None
    run: ProofRun
    wanted: tuple[ProofWish, ...]
    places: dict[str, int]
    totals: tuple[GatewayMoney, ...]
    days: tuple[GatewayMoney, ...]
    causes: tuple[CauseCount, ...]
    differences: tuple[DifferenceLine, ...]
    findings: tuple[FindingLine, ...]
    gaps: tuple[GapLine, ...]
    not_written: tuple[NotWritten, ...]
    left_out: dict[str, int]
    after: str | None


def reconcile_screen(console: Console) -> None:
    """Registers the page, its files and its act."""

    @console.screen("reconcile", "/reconcile", ReconcileAsked, ReconcilePage | NoStore)
    def read(visit: Visit, asked: ReconcileAsked) -> ReconcilePage | NoStore:
        """The money of both sides, each difference with its cause, and what nobody can explain."""
        stored = first_store(visit, asked.store)
        if stored is None:
            return NoStore()
        with visit.engine.begin() as database:
            kept = proofs.newest(database, stored.id, since=asked.since, until=asked.until)
            wanted = proofs.wanted(database, stored.id)
            run = _run(database, stored, visit.now)
        wishes = tuple(ProofWish(one.days.since, one.days.until, one.asked_by, one.asked_at) for one in wanted)
        return _page(stored, asked, kept, run, wishes)

    @console.part("reconcile_news", "/reconcile/news", ProofNewsAsked)
    def news(visit: Visit, asked: ProofNewsAsked) -> bool:
        """Whether a newer proof was made than the one that is shown."""
        stored = the_store(visit, asked.store)
        with visit.engine.begin() as database:
            kept = proofs.newest(database, stored.id, since=asked.since, until=asked.until)
        return kept is not None and (asked.made_at is None or kept.made_at > asked.made_at)

    @console.act("reconcile_run", "/reconcile", ProofForm)
    def run(visit: Visit, form: ProofForm) -> Done:
        """Ask for a proof now; a worker reads both systems for it."""
        stored = visit.store(form.store)
        days = _days(stored, form, visit.now)
        with visit.engine.begin() as database:
            if days is not None:
                proofs.want(database, stored.id, days, asked_by=visit.who.name)
            details = {"since": str(days.since), "until": str(days.until)} if days else {}
            operator_actions.write_down(
                database, stored.id, actor=visit.who.name, action="proof asked", details=details
            )
        run_soon(visit.engine, stored.id, JOB, asked_by=visit.who.name)
        visit.site.wakes.put_run(stored.id, JOB)
        query = {"store": stored.name} | details
        return Done(
            "The proof is asked for: both systems are read, which takes a while.", f"/reconcile?{urlencode(query)}"
        )

    _register_files(console)


def _register_files(console: Console) -> None:
    @console.file("reconcile_csv", "/reconcile.csv", ReconcileAsked)
    def days(visit: Visit, asked: ReconcileAsked) -> Response:
        """The money of every day as CSV."""
        stored, found = _the_proof(visit, asked)
        sides = [f"{side}_{name}" for side in ("shopify", "netsuite") for name in ("captured", "refunded", "net")]
        rows = ([row.day, row.currency, row.gateway, *_amounts(row), row.difference] for row in _money(found, asked))
        return csv_file(f"reconcile-{stored.name}.csv", ["day", "currency", "gateway", *sides, "difference"], rows)

    @console.file("reconcile_differences_csv", "/reconcile-differences.csv", ReconcileAsked)
    def differences(visit: Visit, asked: ReconcileAsked) -> Response:
        """Every difference with its cause as CSV."""
        stored, found = _the_proof(visit, asked)
        names = tuple(DifferenceLine.__dataclass_fields__)
        rows = ([getattr(one, name) for name in names] for one in _differences(found, asked))
        return csv_file(f"differences-{stored.name}.csv", names, rows)


def _the_proof(visit: Visit, asked: ReconcileAsked) -> tuple[StoredConnection, KeptProof]:
    stored = the_store(visit, asked.store)
    with visit.engine.begin() as database:
        kept = proofs.newest(database, stored.id, since=asked.since, until=asked.until)
    if kept is None:
        raise NotFound(f"no proof of {stored.name} covers these days; ask for one on /reconcile")
    return stored, read_proof(kept.document)


def _page(
    stored: StoredConnection,
    asked: ReconcileAsked,
    kept: StoredProof | None,
    run: ProofRun,
    wanted: tuple[ProofWish, ...],
) -> ReconcilePage:
    found = None if kept is None else read_proof(kept.document)
    money = _money(found, asked)
    differences = _differences(found, asked)
    start = id_of(asked.after) or 0
    end = len(differences) if asked.whole else start + _ROWS
    return ReconcilePage(
        store=stored.name,
        environment=environment(stored),
        proof=_head(kept, found) if kept and found else None,
        run=run,
        wanted=wanted,
        places={place: found.places.get(place, 0) for place in Place} if found else {},
        totals=totals(money),
        days=money,
        causes=_causes(differences),
        differences=differences[start:end],
        findings=found.findings if found else (),
        gaps=found.gaps if found else (),
        not_written=found.not_written if found else (),
        left_out={name: count for name, count in found.left_out.items() if count} if found else {},
        after=cursor([end]) if end < len(differences) else None,
    )


def _head(kept: StoredProof, found: KeptProof) -> ProofHead:
    return ProofHead(
        kept.made_at, kept.asked_by, kept.days.since, kept.days.until, found.time_zone, found.explained, found.orders
    )


def _money(found: KeptProof | None, asked: ReconcileAsked) -> tuple[GatewayMoney, ...]:
    rows = () if found is None else found.money
    return tuple(row for row in rows if row.day and _is_asked(row, row.day, asked))


def _differences(found: KeptProof | None, asked: ReconcileAsked) -> tuple[DifferenceLine, ...]:
    rows = () if found is None else found.differences
    return tuple(one for one in rows if _is_asked(one, one.day, asked) and asked.cause in (None, one.cause))


def _is_asked(row: GatewayMoney | DifferenceLine, day: date, asked: ReconcileAsked) -> bool:
    """An order's money may move after the last day of the proof: without days that are asked, all is shown."""
    is_inside = (asked.since or day) <= day <= (asked.until or day)
    return is_inside and asked.currency in (None, row.currency) and asked.gateway in (None, row.gateway)


def _causes(differences: tuple[DifferenceLine, ...]) -> tuple[CauseCount, ...]:
    """What nobody can explain first, then the most frequent."""
    counted = Counter((one.explained, one.cause) for one in differences)
    ordered = sorted(counted.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
    return tuple(CauseCount(cause, count, explained) for (explained, cause), count in ordered)


def _amounts(row: GatewayMoney) -> list[object]:
    return [getattr(side, name) for side in (row.shopify, row.netsuite) for name in ("captured", "refunded", "net")]


def _run(database: Connection, stored: StoredConnection, now: datetime) -> ProofRun:
    (standing,) = scheduled_runs.standings(database, [(stored.id, JOB)])
    last = standing.last
    if last is None:
        return ProofRun(None, None, None, standing.wanted_by)
    outcome = last.outcome or ("running" if last.is_going_on(now) else "lost")
    return ProofRun(last.started_at, outcome, last.reason, standing.wanted_by)


def _days(stored: StoredConnection, form: ProofForm, now: datetime) -> Days | None:
    """The days that are wanted; None for those of every night. Raises BadInput for days that cannot be."""
    if form.since is None and form.until is None:
        return None
    today = now.astimezone(ZoneInfo(Rules.from_json(stored.rules).time_zone)).date()
    until = form.until or today
    if form.since is None or form.since > until or until > today:
        raise BadInput("the first day must not be after the last, nor the last in the future", fields={"since": "days"})
    return Days(form.since, until)
