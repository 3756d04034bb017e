"""Seals with the first key of CONNECTOR_KEYS whatever another key sealed, in small transactions, while workers run.

It can be broken off and begun again: what is sealed by the first key already is left alone, and found without opening it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from connector.store import operator_actions, seals
from connector.store.seals import SEALED, Batch, Sealed, Window
from connector.vault import Vault

# Some hundred bodies are opened and sealed in a few milliseconds, which is how long their rows are locked.
_BATCH = 200
# One statement looks at the heads of so many rows at most.
_WINDOW = 50_000

# Told of what is being sealed and how many of it were done so far.
Step = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Tally:
    """One sealed column: what was sealed anew, which key seals how much now, and what did not open although its key is here."""

    what: str
    name: str
    sealed: int
    keys: dict[str, int]
    closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The state of all sealed columns."""

    sealing_key: str
    tallies: tuple[Tally, ...]
    needless: tuple[str, ...]
    missing: tuple[str, ...]
    seconds: float

    @property
    def sealed(self) -> int:
        """Values that were sealed anew."""
        return sum(tally.sealed for tally in self.tallies)

    @property
    def is_done(self) -> bool:
        """True when the first key seals everything."""
        return all(set(tally.keys) <= {self.sealing_key} for tally in self.tallies)


def counted(engine: Engine, vault: Vault) -> Report:
    """Which key seals how much; changes nothing."""
    started = time.monotonic()
    return _report(vault, [Tally(s.what, s.name, 0, _keys(engine, s)) for s in SEALED], started)


def reseal(engine: Engine, vault: Vault, step: Step, *, actor: str) -> Report:
    """Seals anew whatever can be, and says what cannot; the act is written down."""
    started = time.monotonic()
    report = _report(vault, [_resealed(engine, vault, sealed, step) for sealed in SEALED], started)
    details: dict[str, Any] = {"key": report.sealing_key, "sealed": {t.name: t.sealed for t in report.tallies}}
    with engine.begin() as connection:
        operator_actions.write_down(connection, None, actor=actor, action="keys rotated", details=details)
    return report


def _resealed(engine: Engine, vault: Vault, sealed: Sealed, step: Step) -> Tally:
    """First what is free, many at a time; then what somebody held meanwhile, one at a time and waiting for it."""

    def some(connection: Connection, window: Window) -> Batch:
        return seals.seal_batch(connection, vault, sealed, window, limit=_BATCH)

    def one(connection: Connection, window: Window) -> Batch:
        return seals.seal_next(connection, vault, sealed, window)

    count = 0
    closed: set[str] = set()
    for take in (some, one):
        for batch in _batches(engine, sealed, take):
            count += batch.sealed
            closed |= set(batch.closed)
            step(sealed.what, count)
    return Tally(sealed.what, sealed.name, count, _keys(engine, sealed), tuple(sorted(closed)))


def _batches(engine: Engine, sealed: Sealed, take: Callable[[Connection, Window], Batch]) -> Iterator[Batch]:
    """Each in its own transaction, over the whole table."""
    for window in _windows(engine, sealed):
        rest = window
        while True:
            with engine.begin() as connection:
                batch = take(connection, rest)
            if batch.last_id is None:
                break
            yield batch
            rest = Window(batch.last_id, window.until)


def _keys(engine: Engine, sealed: Sealed) -> dict[str, int]:
    total: dict[str, int] = {}
    for window in _windows(engine, sealed):
        with engine.begin() as connection:
            for key_id, count in seals.keys_of(connection, sealed, window).items():
                total[key_id] = total.get(key_id, 0) + count
    return total


def _windows(engine: Engine, sealed: Sealed) -> Iterator[Window]:
    with engine.begin() as connection:
        newest = seals.newest_id(connection, sealed)
    for after in range(0, newest, _WINDOW):
        yield Window(after, min(after + _WINDOW, newest))


def _report(vault: Vault, tallies: list[Tally], started: float) -> Report:
    used = {key_id for tally in tallies for key_id in tally.keys}
    return Report(
        sealing_key=vault.sealing_key_id,
        tallies=tuple(tallies),
        needless=tuple(key_id for key_id in vault.key_ids[1:] if key_id not in used),
        missing=tuple(sorted(key_id for key_id in used if key_id and key_id not in vault.key_ids)),
        seconds=time.monotonic() - started,
    )
