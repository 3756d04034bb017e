"""Two faults at once, in two different places, drawn by the seed: what nobody thought of as one."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaos import faults, strikes
from chaos import login_faults as logins
from chaos.cell import Cell
from chaos.faults import Fault
from chaos.stage import Setting, Stage
from chaos.traffic import Traffic

_TIMES = 2


@dataclass(frozen=True, slots=True)
class Blow:
    """One of the two. `starts_server`: it must run in the cell's own thread, which what it starts lives as long as."""

    name: str
    fault: Fault
    starts_server: bool = False
    kills: bool = False
    breaks_calls: bool = False
    has_late_changes: bool = False


def _calls(
    path: str, kind: str, *, method: str = "POST", times: int = 4, seconds: float | None = None
) -> dict[str, object]:
    late = {} if seconds is None else {"seconds": seconds}
    return {"kind": kind, "method": method, "path": path, "times": times} | late


# By where they strike. Two of one place would hide each other.
PLACES: Mapping[str, Sequence[Blow]] = {
    "processes": (
        Blow("workers killed", faults.killed("worker"), kills=True),
        Blow("web killed", faults.killed("web"), kills=True),
        Blow("SIGTERM to all", faults.struck(strikes.rolled_out, _TIMES)),
        Blow("a worker stopped 70 s", faults.worker_paused),
    ),
    "Redis": (
        Blow("Redis flushed", faults.flushed),
        Blow("Redis killed", faults.struck(strikes.redis_killed, _TIMES), starts_server=True, kills=True),
        Blow("Redis frozen 15 s", faults.struck(strikes.redis_frozen(15))),
        Blow("Redis half-open", faults.struck(strikes.redis_half_open)),
        Blow("Redis slow and reset", faults.redis_slow_and_reset),
    ),
    "PostgreSQL": (
        Blow("PostgreSQL restarted", faults.struck(strikes.postgres_restarted, _TIMES), starts_server=True, kills=True),
        Blow("PostgreSQL frozen 8 s", faults.struck(strikes.postgres_frozen(8))),
        Blow("PostgreSQL's connections used up 15 s", faults.struck(strikes.connections_used_up(15))),
    ),
    "calls": (
        Blow("answers lost", faults.netsuite(_calls("salesOrder", "commit_then_drop", times=6)), breaks_calls=True),
        Blow("orders not made", faults.netsuite(_calls("salesOrder", "drop_before")), breaks_calls=True),
        Blow("deposits not made", faults.netsuite(_calls("customerDeposit", "drop_before")), breaks_calls=True),
        Blow(
            "changes 6 s late",
            faults.netsuite(_calls("salesOrder", "late_commit", method="PATCH", seconds=6.0)),
            breaks_calls=True,
            has_late_changes=True,
        ),
        Blow(
            "deposits 6 s late",
            faults.netsuite(_calls("customerDeposit", "late_commit", seconds=6.0)),
            breaks_calls=True,
        ),
        Blow(
            "429 and 503 storm",
            faults.netsuite(*({"kind": "status_before", "status": status, "times": 25} for status in (429, 503))),
            breaks_calls=True,
        ),
    ),
    "log-ins": (
        Blow("NetSuite 401 10 s", logins.refused_everywhere(10)),
        Blow("renewals lost", logins.renewals_lost),
    ),
}  # fmt: skip


def pair(seed: int) -> Cell:
    """The cell that a seed stands for."""
    seeded = random.Random(seed)
    blows = [seeded.choice(PLACES[place]) for place in seeded.sample(sorted(PLACES), 2)]
    first, second = sorted(blows, key=lambda blow: not blow.starts_server)
    at_once = _in_turn if second.starts_server else faults.together
    return Cell(
        f"{first.name}, {second.name}",
        at_once(first.fault, second.fault),
        Setting(workers=2),
        # Who meets both several times waits for minutes before the next try.
        within=600.0,
        kills=any(blow.kills for blow in blows),
        breaks_calls=any(blow.breaks_calls for blow in blows),
        has_late_changes=any(blow.has_late_changes for blow in blows),
        found_within=None,
    )


def _in_turn(first: Fault, second: Fault) -> Fault:
    def fault(stage: Stage, traffic: Traffic, seeded: random.Random) -> None:
        first(stage, traffic, seeded)
        second(stage, traffic, seeded)

    return fault
