"""A long stretch of orders listed by a bulk operation: read line by line, and gone on with where a killed listing stood.

Only an order's id and name are needed before its own pass, so nothing hangs below an order and nothing is to be grouped.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from connector.errors import InvalidAnswer, Unavailable
from connector.flows.sku_map import until_told
from connector.flows.systems import Systems, Workplace
from connector.shopify import bulk
from connector.shopify.changes import PlacedOrder, placed_between
from connector.store import jobs

# From so many orders on a bulk operation lists them; forty pages take less time than one to begin with.
FROM = 10_000
_BATCH = 500
# Lines that cannot be read and are named; more are counted.
_NAMED = 20


@dataclass(slots=True)
class Progress:
    """How far a listing is: the operation, the byte behind the last order that was listed, and lines nobody can read."""

    operation: str
    position: int = 0
    unread: list[str] = field(default_factory=list)
    unread_count: int = 0

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Progress":
        """From the job."""
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """As the job keeps it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def skip(self, why: str) -> None:
        """One line that is not understood is left out and named; the others are not its hostages."""
        self.unread_count += 1
        if len(self.unread) < _NAMED:
            self.unread.append(f"byte {self.position}: {why}")


@dataclass(frozen=True, slots=True)
class BulkListing:
    """The orders of a stretch. `keep` stores a batch with how far the listing is, in one transaction."""

    systems: Systems
    workplace: Workplace
    between: tuple[datetime, datetime]
    keep: Callable[[Sequence[PlacedOrder], Progress], None]

    def run(self, left: Progress | None) -> bool:
        """Lists everything; False where the operation failed: then only what it had found is listed.

        `left`: how far an earlier process came.
        """
        progress = left or self._begun()
        pause = until_told(self.workplace.engine, self.systems.connection.id)
        done = bulk.ended(self.systems.shopify, progress.operation, pause)
        url = done.url or done.partial_url
        if url is not None:
            # Of what a failed operation had found Shopify says no size.
            size = done.size if done.status == "COMPLETED" else None
            for batch in self._batches(url, progress, size):
                self.keep(batch, progress)
        return done.status == "COMPLETED"

    def _begun(self) -> Progress:
        """The operation's id is kept before anything is waited for: one killed meanwhile is not started twice."""
        search = placed_between(*self.between)
        progress = Progress(bulk.start(self.systems.shopify, "BulkOrders", search=search))
        self.keep((), progress)
        return progress

    def _batches(self, url: str, progress: Progress, size: int | None) -> Iterator[Sequence[PlacedOrder]]:
        """Some hundred orders at a time: a million take no more memory than that."""
        batch: list[PlacedOrder] = []
        for position, line in bulk.lines_from(self.systems.shopify, url, progress.position, size=size):
            order = _read(line, progress)
            progress.position = position
            batch += [order] if order is not None else []
            if len(batch) >= _BATCH:
                yield batch
                batch = []
        yield batch


def left_over(systems: Systems, workplace: Workplace, since: str, until: str | None) -> tuple[int, Progress] | None:
    """The listing of the same stretch that a killed process left, if Shopify still knows its operation."""
    with workplace.engine.begin() as connection:
        found = jobs.left_listing(connection, systems.connection.id, since=since, until=until)
    if found is None:
        return None
    job_id, kept = found
    progress = Progress.from_json(kept)
    try:
        standing = bulk.seen(systems.shopify, progress.operation)
    except (InvalidAnswer, Unavailable):
        return None
    is_usable = standing.is_running or standing.status == "COMPLETED"
    return (job_id, progress) if is_usable else None


def _read(line: bytes, progress: Progress) -> PlacedOrder | None:
    try:
        return PlacedOrder.from_json(orjson.loads(line))
    except (InvalidAnswer, ValueError) as error:
        progress.skip(str(error))
        return None
