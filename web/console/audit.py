"""/audit: who did what, in the console, by the API and on the command line; rows are only ever added."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response

from connector.store import operator_actions
from connector.store.operator_actions import ActFilter, OperatorAction
from web.console.asking import AskedDays
from web.console.paging import ROWS, cursor, id_of
from web.console.screens import Console
from web.console.sheets import csv_file
from web.console.site import Visit

_MOST_IN_FILE = 1000


class AuditAsked(AskedDays):
    """The query of the list."""

    actor: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act; `store` is None for what belongs to no connection. `details` holds ids and counts."""

    at: datetime
    actor: str
    action: str
    store: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Acts, the newest first. `after`: the cursor of the next page."""

    rows: tuple[AuditRow, ...]
    after: str | None


def audit_screen(console: Console) -> None:
    """Registers the list and its file."""

    @console.screen("audit", "/audit", AuditAsked, AuditPage)
    def read(visit: Visit, asked: AuditAsked) -> AuditPage:
        """Who did what, newest first."""
        found = _acts(visit, _wanted(visit, asked), limit=ROWS + 1, before=id_of(asked.after))
        after = cursor([found[ROWS - 1].id]) if len(found) > ROWS else None
        names = {stored.id: stored.name for stored in visit.stores}
        return AuditPage(tuple(_row(act, names) for act in found[:ROWS]), after)

    @console.file("audit_csv", "/audit.csv", AuditAsked)
    def export(visit: Visit, asked: AuditAsked) -> Response:
        """The whole list as CSV."""
        names = {stored.id: stored.name for stored in visit.stores}
        # Before the first line is sent: what cannot be answered is refused, not a file that breaks off.
        wanted, before = _wanted(visit, asked), id_of(asked.after)
        found = _every(visit, wanted, before, names)
        rows = ((row.at, row.actor, row.action, row.store, dict(row.details)) for row in found)
        return csv_file("audit.csv", ("at", "actor", "action", "store", "details"), rows)


def _every(visit: Visit, wanted: ActFilter, before: int | None, names: Mapping[int, str]) -> Iterator[AuditRow]:
    while found := _acts(visit, wanted, limit=_MOST_IN_FILE, before=before):
        yield from (_row(act, names) for act in found)
        before = found[-1].id


def _wanted(visit: Visit, asked: AuditAsked) -> ActFilter:
    return ActFilter(
        connection_ids=visit.chosen(asked.store),
        with_others=asked.store is None and visit.who.connection_ids is None,
        actor=asked.actor,
        action=asked.action,
        since=asked.begins,
        until=asked.ends,
    )


def _acts(visit: Visit, wanted: ActFilter, *, limit: int, before: int | None) -> list[OperatorAction]:
    with visit.engine.begin() as database:
        return operator_actions.listed(database, wanted, limit=limit, before=before)


def _row(act: OperatorAction, names: Mapping[int, str]) -> AuditRow:
    store = None if act.connection_id is None else names.get(act.connection_id, "a removed connection")
    return AuditRow(act.at, act.actor, act.action, store, act.details)
