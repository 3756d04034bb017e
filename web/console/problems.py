"""/problems: what needs a person, grouped by its cause; /problems/<store>/<code>: the orders of one cause, and its fix."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from sqlalchemy import Connection

from connector.errors import ConnectorError
from connector.flows.rule_names_offered import names_for
from connector.mapping.rule_gaps import gaps
from connector.mapping.rule_tables import Gap
from connector.mapping.rule_values import Moment, NetSuiteList
from connector.mapping.rules import Rules
from connector.store import clock, items, problem_care, problems
from connector.store.connections import StoredConnection
from connector.store.problem_care import Care
from connector.store.problems import Cause, Group
from web.console.asking import AskedList
from web.console.paging import ROWS, Rows, id_of, key_of, moment_of, number_of, page, whole_of
from web.console.problem_acts import problem_acts
from web.console.problem_views import ProblemRow, WaitingRecord, is_aside, problem_row, waiting_record
from web.console.screens import Console
from web.console.site import Visit

# How many of the items near a SKU are compared with it, and how many are offered.
_NEAR, _OFFERED = 50, 8

_READ = {
    "open": problems.open_groups,
    "snoozed": problems.open_groups,
    "retrying": problems.retried_groups,
    "resolved": problems.resolved_groups,
}
# Of one cause: what is said of it, and its records.
_READ_ONE = {
    "open": (problems.group_of, problems.waiting),
    "retrying": (problems.retried_group, problems.retried),
    "resolved": (problems.resolved_group, problems.resolved),
}


class ProblemsAsked(AskedList):
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


class CauseAsked(AskedList):
    """One cause. `subject`: what its reason names; `names`: ask NetSuite what there is to choose from.

    `tab`: its records that wait for a person, that are tried again, or that have come to rest.
    """

    tab: Literal["open", "retrying", "resolved"] = "open"
    subject: str = ""
    names: bool = False


@dataclass(frozen=True, slots=True)
class ProblemsPage:
    """One page of the causes of one tab. `after`: the cursor of the next; `codes`: those of the tab, to choose from."""

    tab: str
    rows: tuple[ProblemRow, ...]
    after: str | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapField:
    """A rule to fill in. `list`: of which list an id or a name is wanted, of NetSuite's or of the shop's locations.

    `offered`: names to choose from.
    """

    name: str
    setting: str
    list: str
    wants: str
    is_needed: bool
    offered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CausePage:
    """One cause and its records of one tab, newest first; `problem` is None when there are none any more.

    `gaps`: the rules that would release it; `unasked`: why NetSuite could not be asked for names.
    """

    tab: str
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
    chosen, place = visit.chosen(asked.store), _place_in(asked.after)
    with visit.engine.begin() as database:
        # Every page of one walk is in the order in which its first page stood.
        at = clock.read(database).at if place is None else place.at
        found = _READ[asked.tab](database, chosen, at=at)
        care = problem_care.of_connections(database, chosen)
    cared = [group for group in found if _fits(care.get(group.cause, Care()), visit, asked)]
    wanted = [group for group in cared if asked.reason in (None, group.cause.code)]
    behind = [group for group in wanted if place is None or _key(group) > place.key]
    shown = page(behind, lambda group: (at.isoformat(), *_key(group)))
    rows = tuple(problem_row(visit, group, care, tab=asked.tab) for group in shown.rows)
    return ProblemsPage(asked.tab, rows, shown.after, tuple(sorted({group.cause.code for group in cared})))


def _news(visit: Visit, asked: ProblemsAsked) -> ProblemNews:
    """How many causes grew or came up since."""
    seen = asked.seen or visit.now
    with visit.engine.begin() as database:
        fresh = [group for group in problems.open_groups(database, visit.chosen(asked.store)) if group.last_at > seen]
    return ProblemNews(len(fresh), False, f"/problems?store={quote(asked.store)}" if asked.store else "/problems")


def _read_cause(visit: Visit, asked: CauseAsked, store: str, code: str) -> CausePage:
    """The orders that wait for one cause, and the rules that would release them."""
    stored = visit.store(store)
    cause, before = Cause(stored.id, code, asked.subject), id_of(asked.after)
    read_group, read_records = _READ_ONE[asked.tab]
    with visit.engine.begin() as database:
        group = read_group(database, cause)
        care = problem_care.of_connections(database, [stored.id])
        found = read_records(database, cause, limit=ROWS + 1, before=before)
        near = _near(database, cause)
    paged = page(found, lambda record: (record.id,))
    rows = Rows(tuple(waiting_record(store, record) for record in paged.rows), paged.after)
    wanted = gaps(asked.subject, Rules.from_json(stored.rules)) if asked.tab == "open" else ()
    offered, unasked = _offered(visit, stored, wanted) if asked.names else ({}, None)
    fields = tuple(_field(n, gap, offered.get(gap.list, near)) for n, gap in enumerate(wanted))
    problem = None if group is None else problem_row(visit, group, care, tab=asked.tab)
    return CausePage(asked.tab, problem, rows, fields, unasked)


def _fits(said: Care, visit: Visit, asked: ProblemsAsked) -> bool:
    """What is put aside is not open; it is seen again when its time is over."""
    is_of_tab = asked.tab not in ("open", "snoozed") or is_aside(said, visit.now) == (asked.tab == "snoozed")
    return is_of_tab and (not asked.mine or said.assigned_to == visit.who.name)


def _key(group: Group) -> tuple[int, int, int, str, str]:
    """Where a cause stands in its list; no two stand at one place."""
    return (*group.place, group.cause.connection_id, group.cause.code, group.cause.subject)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: behind a cause, in the order of a moment."""

    at: datetime
    key: tuple[int, int, int, str, str]


def _place_in(after: str | None) -> _Place | None:
    """Raises BadInput for what is no cursor of this list."""
    parts = key_of(after, 6)
    if parts is None:
        return None
    at, rank, moment, connection_id, code, subject = parts
    return _Place(moment_of(at), (whole_of(rank), whole_of(moment), number_of(connection_id), code, subject))


def _near(database: Connection, cause: Cause) -> tuple[str, ...]:
    """SKUs of NetSuite that look like the missing one."""
    kind, _, sku = cause.subject.partition(":")
    if kind != "sku" or not sku:
        return ()
    known = items.near(database, cause.connection_id, sku, limit=_NEAR)
    return tuple(difflib.get_close_matches(sku, known, n=_OFFERED, cutoff=0.4))


def _offered(
    visit: Visit, stored: StoredConnection, wanted: Sequence[Gap]
) -> tuple[dict[NetSuiteList | None, tuple[str, ...]], str | None]:
    """What NetSuite has of each list, and the shop of its locations, or why they could not be asked."""
    try:
        systems = visit.site.runtime.open_unchecked(stored.id)
        return {gap.list: names_for(gap, systems) for gap in wanted}, None
    except ConnectorError as error:
        return {}, str(error)


def _field(number: int, gap: Gap, offered: tuple[str, ...]) -> GapField:
    return GapField(("value", "second")[number], gap.setting, gap.list or "location", gap.wants, gap.is_needed, offered)
