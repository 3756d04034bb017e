"""Cells as a product: each fault at each moment where it makes sense."""

from dataclasses import dataclass

from chaos import strikes
from chaos.cell import Cell
from chaos.moments import MOMENTS, Moment, at
from chaos.orphans import AFTER_DEATH, AFTER_FLUSH
from chaos.strikes import Strike


@dataclass(frozen=True, slots=True)
class _Row:
    """A fault, the letters of its moments, and what its cells have of their own."""

    name: str
    strike: Strike
    at: str
    kills: bool = False
    within: float = 240.0
    found_within: float = AFTER_DEATH
    # Moments at which a record is left behind in any case: a sweep may come before the blow where workers live.
    leaves: str = ""


# `S`, between an answer that is kept and its settling, is treated as `J`. What dies at A to J by itself stands in chaos.cells.
_ROWS = (
    _Row("workers killed", strikes.workers_killed, "EHIKL", kills=True, leaves="HI"),
    _Row("web killed", strikes.web_killed, "L", kills=True),
    _Row("SIGTERM to all", strikes.rolled_out, "ABCDEFGHIJSKL"),
    _Row("Redis flushed", strikes.redis_flushed, "BCDEFGHIJSKL", found_within=AFTER_FLUSH, leaves="D"),
    _Row("Redis killed", strikes.redis_killed, "BCDEFGHIJSKL", kills=True),
    _Row("Redis frozen 60 s", strikes.redis_frozen(60), "BCDEFKL"),
    _Row("Redis half-open", strikes.redis_half_open, "BCDEFKL"),
    _Row("PostgreSQL restarted", strikes.postgres_restarted, "ABCFGHIJSKL", kills=True),
    _Row("PostgreSQL frozen 30 s", strikes.postgres_frozen(30), "ABFGJSL"),
    _Row("connections used up 15 s", strikes.connections_used_up(15), "ABFGJSL"),
    _Row("workers stopped 70 s", strikes.workers_paused, "FGHIJS", within=300.0),
)


def _cell(row: _Row, moment: Moment) -> Cell:
    return Cell(
        f"{moment.letter} {moment.name}: {row.name}",
        at(moment, row.strike),
        moment.setting(),
        within=row.within,
        kills=row.kills,
        found_within=row.found_within,
        leaves=moment.letter in row.leaves,
    )


MOMENT_CELLS = tuple(_cell(row, MOMENTS[letter]) for row in _ROWS for letter in row.at)
