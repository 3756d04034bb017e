"""/problems: what needs a person, grouped by its cause; /problems/<store>/<code>: the orders of one cause, and its fix."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from sqlalchemy import Connection

from connector.errors import ConnectorError
from connector.flows.rule_lookup import entry_names
from connector.mapping.rule_gaps import Gap, gaps
from connector.mapping.rule_values import Moment, NetSuiteList
from connector.mapping.rules import Rules
from connector.store import items, problem_care, problems
from connector.store.connections import StoredConnection
from connector.store.problem_care import Care
from connector.store.problems import Cause, Group
from web.console.asking import Asked
from web.console.paging import ROWS, Rows, id_of, page
from web.console.problem_acts import problem_acts
from web.console.problem_views import ProblemRow, WaitingRecord, problem_row, waiting_record
from web.console.screens import Console
from web.console.site import Visit

# The causes that are shown; behind these there are hundreds of one order each.
_SHOWN = 200
# How many of the items near a SKU are compared with it, and how many are offered.
_NEAR, _OFFERED = 50, 8

_READ = {
    "open": problems.open_groups,
    "snoozed": problems.open_groups,
    "retrying": problems.retried_groups,
    "resolved": problems.resolved_groups,
}


class ProblemsAsked(Asked):
    """The list. `reason`: only of this code; `mine`: only those assigned to who asks; `seen`: for the count of new ones, when
    the list was shown."""

    tab: Literal["open", "retrying", "snoozed", "resolved"] = "open"
    reason: str | None = None
    mine: bool = False
    seen: Moment | None = None


@dataclass(frozen=True, slots=True)
class ProblemNews:
    """How many causes have new records since the list was shown, and where they are shown."""

    count: int
    is_more: bool
    location: str


class CauseAsked(Asked):
    """One cause. `subject`: what its reason names; `names`: ask NetSuite what there is to choose from."""

    subject: str = ""
    names: bool = False
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ProblemsPage:
    """The causes of one tab. `left_out`: how many more causes there are; `codes`: those of the tab, to choose from."""

    tab: str
    rows: tuple[ProblemRow, ...]
    left_out: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapField:
    """A rule to fill in. `list`: of which NetSuite list an internal id or a name is wanted; `offered`: names to choose from."""

    name: str
    setting: str
    list: str
    is_needed: bool
    offered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CausePage:
    """One cause and what waits for it; `problem` is None when nothing does any more.

    `gaps`: the rules that would release it; `unasked`: why NetSuite could not be asked for names.
    """

    problem: ProblemRow | None
    waiting: Rows[WaitingRecord]
    gaps: tuple[GapField, ...]
    unasked: str | None


def problems_screen(console: Console) -> None:
    """Registers the list, the page of a cause, and what is done about it."""
    console.screen("problems", "/problems", ProblemsAsked, ProblemsPage)(_read)
    console.part("problems_news", "/problems/news", ProblemsAsked)(_news)
    console.screen("problems_cause", "/problems/<store>/<code>", CauseAsked, CausePage)(_read_cause)
    problem_acts(console)


def _read(visit: Visit, asked: ProblemsAsked) -> ProblemsPage:
    """What needs a person, what is tried again, what is put aside, and what is resolved, by cause."""
    chosen = visit.chosen(asked.store)
    with visit.engine.begin() as database:
        found = _READ[asked.tab](database, chosen)
        care = problem_care.of_connections(database, chosen)
    rows = [row for group in found if _fits(row := problem_row(visit, group, care), visit, asked)]
    shown = [row for row in rows if asked.reason in (None, row.code)]
    codes = tuple(sorted({row.code for row in rows}))
    return ProblemsPage(asked.tab, tuple(shown[:_SHOWN]), max(len(shown) - _SHOWN, 0), codes)


def _news(visit: Visit, asked: ProblemsAsked) -> ProblemNews:
    """How many causes grew or came up since."""
    seen = asked.seen or visit.now
    with visit.engine.begin() as database:
        fresh = [group for group in problems.open_groups(database, visit.chosen(asked.store)) if group.last_at > seen]
    return ProblemNews(len(fresh), False, f"/problems?store={quote(asked.store)}" if asked.store else "/problems")


def _read_cause(visit: Visit, asked: CauseAsked, store: str, code: str) -> CausePage:
    """The orders that wait for one cause, and the rules that would release them."""
    stored = visit.store(store)
    cause = Cause(stored.id, code, asked.subject)
    with visit.engine.begin() as database:
        group = problems.group_of(database, cause)
        care = problem_care.of_connections(database, [stored.id])
        found = problems.waiting(database, cause, limit=ROWS + 1, before=id_of(asked.after))
        near = _near(database, cause)
    paged = page(found, lambda record: (record.id,))
    rows = Rows(tuple(waiting_record(store, record) for record in paged.rows), paged.after)
    wanted = gaps(asked.subject, Rules.from_json(stored.rules))
    offered, unasked = _offered(visit, stored, wanted) if asked.names else ({}, None)
    fields = tuple(_field(n, gap, offered.get(gap.list, near)) for n, gap in enumerate(wanted))
    return CausePage(_shown(visit, group, care), rows, fields, unasked)


def _fits(row: ProblemRow, visit: Visit, asked: ProblemsAsked) -> bool:
    """What is put aside is not open; it is seen again when its time is over."""
    is_of_tab = asked.tab not in ("open", "snoozed") or (row.snoozed_until is not None) == (asked.tab == "snoozed")
    return is_of_tab and (not asked.mine or row.assigned_to == visit.who.name)


def _shown(visit: Visit, group: Group | None, care: Mapping[Cause, Care]) -> ProblemRow | None:
    return None if group is None else problem_row(visit, group, care)


def _near(database: Connection, cause: Cause) -> tuple[str, ...]:
    """SKUs of NetSuite that look like the missing one."""
    kind, _, sku = cause.subject.partition(":")
    if kind != "sku" or not sku:
        return ()
    known = items.near(database, cause.connection_id, sku, limit=_NEAR)
    return tuple(difflib.get_close_matches(sku, known, n=_OFFERED, cutoff=0.4))


def _offered(
    visit: Visit, stored: StoredConnection, wanted: Sequence[Gap]
) -> tuple[dict[NetSuiteList, tuple[str, ...]], str | None]:
    """What NetSuite has of each list, or why it could not be asked."""
    try:
        netsuite = visit.site.runtime.open_unchecked(stored.id).netsuite
        return {gap.list: tuple(entry_names(gap.list, netsuite)) for gap in wanted}, None
    except ConnectorError as error:
        return {}, str(error)


def _field(number: int, gap: Gap, offered: tuple[str, ...]) -> GapField:
    return GapField(("value", "second")[number], gap.setting, gap.list, gap.is_needed, offered)
