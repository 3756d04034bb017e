"""What a dead worker was at, or Redis forgot, is followed until another pass has it: how long is that?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import TextClause, text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from chaos.stage import Stage

# Seconds within which 99 of 100 must be found again: the lease and a sweep after a death, a few sweeps after a FLUSHALL.
AFTER_DEATH = 150.0
AFTER_FLUSH = 60.0

LEASED = text("select id, fence from records where state = 'working' and lease_until > now() and kind <> 'canary'")
# What waits to be heard: in Redis it is a wake, in Postgres a record that is due.
WAITING = text(
    "select id, fence from records where state = 'pending' and next_attempt_at <= now() and kind <> 'canary'"
)
_PASSES = text(
    "select record_id, started_at, finished_at from attempts where record_id = any(:ids) order by started_at"
)


@dataclass(frozen=True, slots=True)
class Orphan:
    """A record that was leased when a worker died, whether or not by that one, or due when Redis forgot."""

    killed_at: datetime
    record_id: int
    fence: int


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass that came to its end."""

    began: datetime
    ended: datetime


def follow(stage: "Stage", found_by: TextClause) -> None:
    """Remembers some records as they are now."""
    now = datetime.now(UTC)
    # The database may be what is broken.
    with suppress(SQLAlchemyError), stage.reading() as connection:
        stage.orphans += [Orphan(now, row.id, row.fence) for row in connection.execute(found_by)]


def found_again(stage: "Stage") -> list[float]:
    """For each record a killed worker left behind: seconds from its death until another pass had taken the record."""
    if not stage.orphans:
        return []
    passes: defaultdict[int, list[Pass]] = defaultdict(list)
    with stage.reading() as connection:
        ids = list({orphan.record_id for orphan in stage.orphans})
        for row in connection.execute(_PASSES, {"ids": ids}):
            passes[row.record_id].append(Pass(row.started_at, row.finished_at))
    return waits(stage.orphans, passes)


def waits(orphans: Iterable[Orphan], passes: Mapping[int, Sequence[Pass]]) -> list[float]:
    """As `found_again`. A successor that was killed too left no pass: then its own death stands for when it began."""
    of_record: defaultdict[int, list[Orphan]] = defaultdict(list)
    for orphan in sorted(orphans, key=lambda one: one.killed_at):
        if all(orphan.fence != other.fence for other in of_record[orphan.record_id]):
            of_record[orphan.record_id].append(orphan)
    found = []
    for record_id, left in of_record.items():
        for orphan in left:
            known = passes.get(record_id, ())
            if any(one.began <= orphan.killed_at <= one.ended for one in known):
                continue
            taken = [one.began for one in known if one.began > orphan.killed_at]
            taken += [other.killed_at for other in left if other.fence > orphan.fence]
            if taken:
                found.append((min(taken) - orphan.killed_at).total_seconds())
    return found
