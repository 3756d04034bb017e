"""Sends quantities to the shop: several calls at once, each row once, and one that is refused never keeps the others back."""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

import structlog

from connector.errors import ConnectorError, InvalidAnswer, OutcomeUnknown, Unavailable
from connector.flows.systems import Systems, Workplace
from connector.shopify.inventory import (
    KEY_FAILED,
    KEY_IN_USE,
    ROWS_PER_CALL,
    STALE,
    Quantity,
    activate,
    set_available,
)
from connector.shopify.refusals import Refusal
from connector.store import pushes
from connector.store.levels import Problem
from connector.store.pushes import Numbered

if TYPE_CHECKING:
    from connector.flows.stock_push import Change

log = structlog.get_logger(__name__)

# Calls on their way at once: a standard shop restores ten of them a second, and one takes a few tenths.
_AT_ONCE = 4
# The same request sent again where no answer came; its key makes that harmless.
_TRIES = 3
# Before a request that Shopify is still at work on is sent again, under the same key; the second time twice as long.
_PAUSE_SECONDS = 0.5
# A shop that loses so many answers is away.
_MOST_LOST = 8
# How the sentences of what Shopify refuses begin.
REFUSED = ("Shopify refuses %",)
_NAMESPACE = uuid.UUID("6b1f1f0e-2f0e-5c58-9d8e-5f0c6f1f7a11")


@dataclass(slots=True)
class Sent:
    """What came of sending. `again`: items and locations of which the shop has something else than we saw.

    `failed`: what the first call raised that did not come to its end.
    """

    rows: int = 0
    mutations: int = 0
    stale: int = 0
    again: list[tuple[int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    failed: ConnectorError | None = None

    def add(self, other: "Sent") -> None:
        """Both."""
        self.rows += other.rows
        self.mutations += other.mutations
        self.again += other.again
        self.problems += other.problems
        self.failed = self.failed or other.failed


class Sender:
    """Sends for one connection."""

    def __init__(self, systems: Systems, workplace: Workplace) -> None:
        self._systems = systems
        self._workplace = workplace
        self._connection_id = systems.connection.id
        self._failures: list[ConnectorError] = []

    def send(self, changes: Sequence["Change"]) -> Sent:
        """Sends all of them. What Shopify refuses is named in the level; an answer that stays lost is asked for next time.

        A call that fails keeps the others from neither being sent nor being counted; see `failed`.
        """
        total = Sent()
        stocked = [one for one in changes if one.was is not None]
        names = {(one.item, one.location): one.sku for one in changes}
        rows = [Quantity(one.item, one.location, one.quantity, one.was) for one in stocked]
        batches = [rows[start : start + ROWS_PER_CALL] for start in range(0, len(rows), ROWS_PER_CALL)]
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            running = [pool.submit(copy_context().run, self._batch, batch, names) for batch in batches]
            for sent in running:
                total.add(sent.result())
        for one in changes:
            if one.was is None:
                total.add(self._stock(one))
        return total

    def _batch(self, rows: Sequence[Quantity], names: dict[tuple[int, int], str]) -> Sent:
        """One call; without the rows it refuses, another one. Where it does not say which, by halves."""
        if not rows or self._is_over:
            return Sent()
        sent, refused = self._call(self._numbered(rows))
        if not refused:
            return sent
        bad = {refusal.position for refusal in refused}
        if None in bad:
            return self._halved(rows, refused, names, sent)
        for refusal in refused:
            row = rows[refusal.position or 0]
            if refusal.code == STALE:
                sent.again.append((row.item, row.location))
            else:
                sent.problems.append(_problem(row, refusal, names))
        sent.add(self._batch([row for number, row in enumerate(rows) if number not in bad], names))
        return sent

    def _halved(
        self, rows: Sequence[Quantity], refused: Sequence[Refusal], names: dict[tuple[int, int], str], sent: Sent
    ) -> Sent:
        if len(rows) == 1:
            sent.problems.append(_problem(rows[0], refused[0], names))
            return sent
        middle = len(rows) // 2
        sent.add(self._batch(rows[:middle], names))
        sent.add(self._batch(rows[middle:], names))
        return sent

    def _call(self, numbered: Sequence[Numbered]) -> tuple[Sent, Sequence[Refusal]]:
        """One set of quantities: all of it was set, or nothing with the refusals or with what was raised.

        A key whose first attempt failed inside Shopify is never used again.
        """
        for tries in range(1, _TRIES + 1):
            try:
                refused = self._set(numbered)
            except (OutcomeUnknown, Unavailable, InvalidAnswer) as error:
                lost: ConnectorError = error
                continue
            except ConnectorError as error:
                self._refused(numbered, tries)
                return self._failed(error, tries), ()
            codes = {refusal.code for refusal in refused}
            if not codes & {KEY_IN_USE, KEY_FAILED}:
                return self._answered(numbered, refused, tries), refused
            lost = OutcomeUnknown("Shopify is still at work on the same request")
            if KEY_FAILED in codes:
                numbered = self._numbered([one.row for one in numbered])
            elif tries < _TRIES:
                Event().wait(_PAUSE_SECONDS * tries)
        self._doubt(numbered)
        return self._failed(lost, _TRIES), ()

    def _answered(self, numbered: Sequence[Numbered], refused: Sequence[Refusal], tries: int) -> Sent:
        if refused:
            self._refused(numbered, tries)
            return Sent(mutations=tries)
        with self._workplace.engine.begin() as connection:
            pushes.published(connection, self._connection_id, numbered)
        return Sent(rows=len(numbered), mutations=tries)

    def _numbered(self, rows: Sequence[Quantity]) -> list[Numbered]:
        with self._workplace.engine.begin() as connection:
            return pushes.take(connection, self._connection_id, rows)

    def _set(self, numbered: Sequence[Numbered]) -> Sequence[Refusal]:
        key = self._key(numbered)
        reference = f"gid://ml-connector/InventoryRun/{key}"
        return set_available(self._systems.shopify, [one.row for one in numbered], key=key, reference=reference)

    def _failed(self, error: ConnectorError, tries: int) -> Sent:
        self._failures.append(error)
        return Sent(mutations=tries, failed=error)

    @property
    def _is_over(self) -> bool:
        """True where one more call would fail as well: what is not sent yet waits for the next run."""
        lost = [one for one in self._failures if isinstance(one, OutcomeUnknown | Unavailable | InvalidAnswer)]
        return len(lost) < len(self._failures) or len(lost) >= _MOST_LOST

    def _doubt(self, numbered: Sequence[Numbered]) -> None:
        with self._workplace.engine.begin() as connection:
            pushes.doubt(connection, self._connection_id, numbered)

    def _refused(self, numbered: Sequence[Numbered], tries: int) -> None:
        """Nothing was set by this try; one before it, whose answer did not come, may have set it all."""
        if tries == 1:
            self._not_set(numbered)
        else:
            self._doubt(numbered)

    def _not_set(self, numbered: Sequence[Numbered]) -> None:
        with self._workplace.engine.begin() as connection:
            pushes.not_set(connection, self._connection_id, numbered)

    def _stock(self, change: "Change") -> Sent:
        """Stocks an item at a location, with its first quantity."""
        if self._is_over:
            return Sent()
        row = Quantity(change.item, change.location, change.quantity, None)
        (numbered,) = self._numbered([row])
        try:
            refused = activate(self._systems.shopify, row.item, row.location, row.quantity, key=self._key([numbered]))
        except ConnectorError as error:
            self._doubt([numbered])
            return self._failed(error, 1)
        if refused:
            self._not_set([numbered])
            return Sent(mutations=1, problems=[_problem(row, refused[0], {(row.item, row.location): change.sku})])
        with self._workplace.engine.begin() as connection:
            pushes.published(connection, self._connection_id, [numbered])
        return Sent(rows=1, mutations=1)

    def _key(self, numbered: Sequence[Numbered]) -> str:
        """The same for the same quantities of the same run, another one for anything else."""
        said = ";".join(
            f"{one.row.item}@{one.row.location}:{one.row.was}>{one.row.quantity}#{one.sequence}" for one in numbered
        )
        return str(uuid.uuid5(_NAMESPACE, f"{self._systems.connection.key}/{said}"))


def _problem(row: Quantity, refusal: Refusal, names: dict[tuple[int, int], str]) -> Problem:
    sku = names.get((row.item, row.location), str(row.item))
    return Problem(row.item, row.location, f"Shopify refuses {row.quantity} of {sku}: {refusal.message}")
