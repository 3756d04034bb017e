"""The cells: each a fault and the moment it meets."""

from dataclasses import dataclass, replace

from chaos import faults, strikes
from chaos import login_faults as logins
from chaos.cell import Cell
from chaos.moment_cells import MOMENT_CELLS
from chaos.orphans import AFTER_FLUSH
from chaos.stage import Setting
from chaos.storm import stormed
from connector.crash import Moment

# Killed at its n-th passing, in one life after the other: more than one lease is left behind each time.
_PASSINGS = (3, 5, 2, 7, 4, 6)


def _crash(moment: Moment) -> tuple[str, ...]:
    return tuple(f"{moment}:{passing}" for passing in _PASSINGS)


_UNIQUE_OFF = {"external_id_unique": False}
_WEB_MOMENTS = {
    Moment.BEFORE_INBOX_COMMIT: "web killed before the inbox commit",
    Moment.BEFORE_200: "web killed, committed, before the 200",
    Moment.BEFORE_WAKE: "web killed, committed, before the wake",
}
_WORKER_MOMENTS = {
    Moment.BEFORE_CLAIM: "worker killed before the claim",
    Moment.BEFORE_REQUEST: "worker killed, effect sent, before the request",
    Moment.BEFORE_CONFIRM: "worker killed, answered, before it is kept",
    Moment.BEFORE_SETTLE: "worker killed, all kept, before the lease ends",
}
_LOST_ANSWERS = (
    {"kind": "commit_then_drop", "method": "POST", "path": "salesOrder", "times": 6},
    {"kind": "commit_then_drop", "method": "POST", "path": "customerDeposit", "times": 6, "after": 3},
)
_DROPPED = (
    {"kind": "drop_before", "method": "POST", "path": "salesOrder", "times": 4},
    {"kind": "drop_before", "method": "POST", "path": "customer", "times": 4, "after": 3},
    {"kind": "drop_before", "method": "PATCH", "path": "salesOrder", "times": 3},
)
_LATE = (
    {"kind": "late_commit", "method": "POST", "path": "salesOrder", "times": 4, "seconds": 6.0},
    {"kind": "late_commit", "method": "POST", "path": "customerDeposit", "times": 4, "seconds": 6.0, "after": 3},
)
_LATER = tuple(
    {"kind": "late_commit", "method": "POST", "path": path, "times": 2, "seconds": 30.0}
    for path in ("salesOrder", "customerDeposit")
)
# The first changes of the first orders: the second one of each is long written by then.
_CHANGED_LATE = {"kind": "late_commit", "method": "PATCH", "path": "salesOrder", "times": 6, "seconds": 30.0}
# Long after it was given up, as scripts may keep it: what was called off meanwhile must not come to stand unwatched.
_MUCH_LATER = tuple(
    {"kind": "late_commit", "method": method, "path": path, "times": 4, "seconds": 240.0}
    for method, path in (("POST", "salesOrder"), ("POST", "customerDeposit"), ("PATCH", "salesOrder"))
)
_STORM = (
    {"kind": "status_before", "status": 429, "times": 40},
    {"kind": "status_before", "status": 503, "times": 25},
)

DUPLICATES = Cell("each webhook four times at once", copies=4)
REDEPLOYED = Cell("SIGTERM to all, new release overlapping, twice", faults.redeployed(2))
LOST_ANSWERS = Cell("NetSuite commits, its answer is lost", faults.netsuite(*_LOST_ANSWERS), breaks_calls=True)
CHANGED_LATE = Cell(
    "NetSuite carries changes out 30 s later, behind newer ones",
    faults.netsuite(_CHANGED_LATE),
    # Who meets it several times waits for minutes before the next try.
    within=600.0,
    breaks_calls=True,
    apart=3.0,
    has_late_changes=True,
)
# What the tests play: nobody waits for a lease.
SMOKE = Cell(
    "web killed before the 200, answers lost, each webhook twice",
    faults.netsuite({**_LOST_ANSWERS[0], "times": 2}),
    Setting(web_crashes=("before-200:3",)),
    copies=2,
    within=60.0,
    breaks_calls=True,
)

# Played many times over by the bar (chaos.bar). Several leases may have to end one after the other.
STORM = Cell("storm", stormed, Setting(workers=2, webs=2, is_lean=True), within=600.0, found_within=None)

CELLS: tuple[Cell, ...] = (
    *(Cell(name, setting=Setting(web_crashes=_crash(moment))) for moment, name in _WEB_MOMENTS.items()),
    *(
        Cell(name, setting=Setting(worker_crashes=_crash(moment)), leaves=moment is not Moment.BEFORE_CLAIM)
        for moment, name in _WORKER_MOMENTS.items()
    ),
    Cell("worker killed at random", faults.killed("worker"), kills=True),
    Cell("web killed at random", faults.killed("web"), kills=True),
    REDEPLOYED,
    Cell("Redis flushed again and again", faults.flushed, found_within=AFTER_FLUSH),
    Cell(
        "Redis flushed before anybody read",
        faults.flushed_before_anybody_read,
        Setting(late_worker=True),
        found_within=AFTER_FLUSH,
        leaves=True,
    ),
    Cell("Redis killed and back empty, twice", faults.struck(strikes.redis_killed, 2), kills=True),
    Cell("Redis frozen 15 s", faults.struck(strikes.redis_frozen(15))),
    Cell("Redis frozen 60 s", faults.struck(strikes.redis_frozen(60))),
    Cell("Redis half-open", faults.struck(strikes.redis_half_open)),
    Cell("Redis slow, links reset", faults.redis_slow_and_reset),
    Cell("PostgreSQL immediate restart, twice", faults.struck(strikes.postgres_restarted, 2), kills=True),
    Cell("PostgreSQL frozen 8 s", faults.struck(strikes.postgres_frozen(8))),
    Cell("PostgreSQL frozen 30 s", faults.struck(strikes.postgres_frozen(30))),
    LOST_ANSWERS,
    Cell(
        "the same, external ids not unique there",
        faults.netsuite(*_LOST_ANSWERS),
        Setting(account=_UNIQUE_OFF),
        breaks_calls=True,
    ),
    Cell("NetSuite drops, commits 6 s later", faults.netsuite(*_LATE), breaks_calls=True),
    Cell("NetSuite commits 30 s later", faults.netsuite(*_LATER), breaks_calls=True),
    CHANGED_LATE,
    Cell(
        "NetSuite carries out four minutes later",
        faults.netsuite(*_MUCH_LATER),
        within=600.0,
        breaks_calls=True,
        has_late_changes=True,
    ),
    Cell("NetSuite 429 and 503 storm", faults.netsuite(*_STORM), breaks_calls=True),
    Cell("NetSuite does not answer, nothing was made", faults.netsuite(*_DROPPED), breaks_calls=True),
    Cell(
        "nothing was made, external ids not unique there",
        faults.netsuite(*_DROPPED),
        Setting(account=_UNIQUE_OFF),
        breaks_calls=True,
    ),
    Cell("Flower looks on", setting=Setting(has_flower=True)),
    Cell("beat doubled", setting=Setting(beats=2)),
    Cell("beat absent", setting=Setting(beats=0)),
    DUPLICATES,
    Cell(
        "tokens of both sides end every 3 s",
        setting=Setting(workers=2, account={"token_seconds": 3}, shop={"token_seconds": 3}),
    ),
    Cell(
        "worker stopped past its leases, then woken",
        faults.worker_paused,
        Setting(workers=2),
        within=300.0,
    ),
    Cell("all sequences of the four webhooks", is_shuffled=True),
    Cell("worker killed, message popped and nowhere else", setting=Setting(launcher="chaos.popped")),
    Cell("beat killed for good", faults.beat_killed),
    Cell("20 deploys under load", faults.redeployed(20), is_lasting=True),
    Cell("Redis frozen 10 minutes", faults.struck(strikes.redis_frozen(600))),
    Cell("PostgreSQL's connections used up 15 s", faults.struck(strikes.connections_used_up(15))),
    Cell("PostgreSQL's disk full 15 s", faults.disk_filled(15), Setting(disk=400)),
    Cell("NetSuite 401 to everything 20 s", logins.refused_everywhere(20), breaks_calls=True),
    Cell("NetSuite certificate revoked 20 s", logins.certificate_revoked(20)),
    Cell("all tokens ended, answer to the renewal lost", logins.renewals_lost, Setting(workers=2)),
    Cell(
        "clocks of web and workers five minutes apart",
        setting=Setting(workers=2, worker_clocks=(300.0, -300.0), web_clock=-300.0),
        within=700.0,
    ),
    Cell(
        "Redis flushed while workers are killed",
        faults.together(faults.flushed, faults.killed("worker")),
        Setting(workers=2),
        within=400.0,
    ),
    Cell(
        "PostgreSQL restarted while web is killed",
        faults.together(faults.struck(strikes.postgres_restarted, 2), faults.killed("web")),
    ),
    Cell(
        "answers lost while workers are killed",
        faults.together(faults.netsuite(*_LOST_ANSWERS), faults.killed("worker")),
        Setting(workers=2, account=_UNIQUE_OFF),
        within=400.0,
        breaks_calls=True,
    ),
    Cell(
        "Redis killed during a NetSuite storm",
        faults.together(faults.struck(strikes.redis_killed, 2), faults.netsuite(*_STORM)),
    ),
    *MOMENT_CELLS,
)

# A few minutes: of each kind of fault one.
SHORT_NAMES = (
    "web killed, committed, before the 200",
    "worker killed, effect sent, before the request",
    "worker killed, answered, before it is kept",
    REDEPLOYED.name,
    "Redis flushed again and again",
    "PostgreSQL immediate restart, twice",
    LOST_ANSWERS.name,
    DUPLICATES.name,
)
SHORT = tuple(cell for cell in CELLS if cell.name in SHORT_NAMES)


@dataclass(frozen=True, slots=True)
class Proof:
    """A cell that must turn red `without` a safeguard. `must_fail` False: it must be green all the same.

    `whole`: the cell as it must be green with nothing taken out, where that is another one.
    """

    without: str | None
    cell: Cell
    must_fail: bool = True
    whole: Cell | None = None


_TWICE_OVER = Cell(
    "four at once, external ids not unique there", copies=4, setting=Setting(account=_UNIQUE_OFF), within=100.0
)
_BLIND = Cell(
    "answers lost, external ids not unique there",
    faults.netsuite(*_LOST_ANSWERS),
    Setting(account=_UNIQUE_OFF),
    within=100.0,
    breaks_calls=True,
)
_KILLED = Cell(
    "worker killed, effect sent, before the request",
    setting=Setting(worker_crashes=("before-request:3",)),
    within=190.0,
)
# Redis gives another worker what a dead one did not acknowledge, five minutes later (visibility_timeout).
_KILLED_UNSWEPT = Cell(
    "worker killed, effect sent, before the request, no beat",
    setting=Setting(worker_crashes=("before-request:3",), beats=0),
    within=500.0,
    found_within=None,
)
_FLUSHED = Cell(
    "Redis flushed before anybody read",
    faults.flushed_before_anybody_read,
    Setting(late_worker=True, beats=0),
    within=90.0,
)

_QUIET = Cell("beat absent", setting=Setting(beats=0), within=60.0)
_LATER_BLIND = Cell(
    "commits 30 s later, external ids not unique there",
    faults.netsuite(*_LATER),
    Setting(account=_UNIQUE_OFF),
    breaks_calls=True,
)

PROOFS = (
    Proof("sweeper", _FLUSHED),
    Proof("lease", _TWICE_OVER),
    Proof("unique-key", _TWICE_OVER),
    Proof("dedupe", _TWICE_OVER),
    Proof("takeover", _KILLED),
    Proof("unknown-state", _BLIND),
    Proof("external-id", _BLIND),
    Proof("later-news", _QUIET),
    # Nobody waits for what nobody is going to do.
    Proof("late-changes", replace(CHANGED_LATE, has_late_changes=False), whole=CHANGED_LATE),
    # What NetSuite carries out half a minute after we looked is kept out by its own uniqueness alone.
    Proof(None, _LATER_BLIND),
    # Redis carries wakes only: what a dead worker was at is found in Postgres, whatever Celery does with the message. It is the
    # second net: with either gone the other one holds, with both gone nothing does.
    Proof("reject-on-worker-lost", _KILLED, must_fail=False),
    Proof("sweeper", _KILLED_UNSWEPT, must_fail=False),
    Proof("sweeper and reject-on-worker-lost", _KILLED_UNSWEPT),
)
