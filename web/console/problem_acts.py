"""What is done about one cause: map what is missing and release what waited, try all again, assign, put aside.

What touches many orders has a page before it that says what would happen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field

from connector.errors import ConnectorError
from connector.flows import problem_acts as acts
from connector.flows.advice import advice
from connector.flows.problem_acts import WOKEN_AT_ONCE, mapped
from connector.flows.rule_changes import Draft
from connector.mapping.rule_gaps import gaps
from connector.mapping.rule_tables import Gap
from connector.mapping.rules import Rules
from connector.store import problems
from connector.store.connections import StoredConnection
from connector.store.problems import Cause
from connector.store.roles import Role
from web.console.asking import Asked, Because, Form
from web.console.problem_views import Amount, amounts, names, problem_path
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment

_NAMED = 10


class SubjectAsked(Asked):
    """One cause, by what its reason names."""

    subject: str = ""


class MapAsked(SubjectAsked):
    """What is to stand in the rules: internal ids or names of NetSuite, in the order of the gaps."""

    value: str = ""
    second: str = ""


class AgainForm(Because):
    """All that waits for a cause is tried again."""

    subject: str = ""


class MapForm(Because):
    """A gap is filled, and what waited is released."""

    subject: str
    value: str = ""
    second: str = ""


class AssignForm(Form):
    """`to`: who looks after it; empty: nobody."""

    subject: str = ""
    to: str = ""


class SnoozeForm(Form):
    """`hours`: for how long nobody wants to see it; 0: it is shown again."""

    subject: str = ""
    hours: int = Field(default=0, ge=0, le=8760)


@dataclass(frozen=True, slots=True)
class Releasing:
    """What would be tried again: `count` records, the `first` by name, the money of its orders."""

    title: str
    environment: str
    count: int
    first: tuple[str, ...]
    money: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule before and after."""

    rule: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class MapPreview:
    """What filling the gap would change and release; `refused`: why it cannot be done, None when it can."""

    releasing: Releasing
    changes: tuple[RuleChange, ...]
    found: tuple[str, ...]
    refused: str | None


def problem_acts(console: Console) -> None:
    """Registers the pages before the acts, and the acts."""
    console.screen("problems_again", "/problems/<store>/<code>/again", SubjectAsked, Releasing)(_before_again)
    console.act(
        "problems_again_act", "/problems/<store>/<code>/again", AgainForm, asks_password=True, reach=Reach.MONEY
    )(_again)
    console.screen("problems_map", "/problems/<store>/<code>/map", MapAsked, MapPreview)(_before_map)
    console.act("problems_map_act", "/problems/<store>/<code>/map", MapForm, asks_password=True, reach=Reach.MONEY)(
        _map
    )
    console.act("problems_assign", "/problems/<store>/<code>/assign", AssignForm)(_assign)
    console.act("problems_snooze", "/problems/<store>/<code>/snooze", SnoozeForm)(_snooze)


def _before_again(visit: Visit, asked: SubjectAsked, store: str, code: str) -> Releasing:
    """What trying all again would touch."""
    stored = visit.store(store)
    return what_waits(visit, stored, Cause(stored.id, code, asked.subject))


def _again(visit: Visit, form: AgainForm, store: str, code: str) -> Done:
    """Try everything that waits for one cause again."""
    cause = Cause(visit.store(store).id, code, form.subject)
    because = form.why
    with visit.engine.begin() as database:
        released = acts.try_again(database, cause, because=because, actor=visit.who.name)
    return _released(visit, released, "are" if len(released) != 1 else "is")


def _before_map(visit: Visit, asked: MapAsked, store: str, code: str) -> MapPreview:
    """What filling the gap would change in the rules, as NetSuite knows the values, and what it would release."""
    stored = visit.store(store)
    releasing = what_waits(visit, stored, Cause(stored.id, code, asked.subject))
    try:
        made = _draft(visit, stored, asked)
    except ConnectorError as error:
        return MapPreview(releasing, (), (), str(error))
    faults = "; ".join(f"{fault.reference.setting}: {fault.sentence}" for fault in made.found.faults)
    changes = tuple(RuleChange(item.field, item.before, item.after) for item in made.changes)
    return MapPreview(releasing, changes, known_as(made, (asked.value, asked.second)), faults or None)


def _map(visit: Visit, form: MapForm, store: str, code: str) -> Done:
    """Fill a gap in the rules and release exactly what waited for it."""
    stored = visit.store(store)
    if form.subject.startswith("rule:"):
        visit.who.must_be(Role.ADMIN)
    because = form.why
    made = _draft(visit, stored, form)
    cause = Cause(stored.id, code, form.subject)
    released = acts.map_and_release(visit.site.runtime, stored, made, cause, because=because, actor=visit.who.name)
    return _released(visit, released, "go on" if len(released) != 1 else "goes on", mapped=True)


def _assign(visit: Visit, form: AssignForm, store: str, code: str) -> Done:
    """Say who looks after a problem."""
    cause = Cause(visit.store(store).id, code, form.subject)
    with visit.engine.begin() as database:
        acts.assign(database, cause, form.to or None, actor=visit.who.name)
    return Done(f"{form.to or 'Nobody'} looks after this.", problem_path(store, code, form.subject))


def _snooze(visit: Visit, form: SnoozeForm, store: str, code: str) -> Done:
    """Put a problem aside for some hours."""
    cause = Cause(visit.store(store).id, code, form.subject)
    until = visit.now + timedelta(hours=form.hours) if form.hours > 0 else None
    with visit.engine.begin() as database:
        acts.snooze(database, cause, until, actor=visit.who.name)
    said = f"It is put aside for {form.hours} hours." if until else "It is shown again."
    return Done(said, problem_path(store, code, form.subject))


def _draft(visit: Visit, stored: StoredConnection, said: MapAsked | MapForm) -> Draft:
    return mapped(visit.site.runtime, stored, said.subject, _values(stored, said))


def _values(stored: StoredConnection, said: MapAsked | MapForm) -> dict[Gap, str]:
    wanted = gaps(said.subject, Rules.from_json(stored.rules))
    return {gap: value for gap, value in zip(wanted, (said.value, said.second), strict=False)}


def known_as(made: Draft, said: Sequence[str]) -> tuple[str, ...]:
    """What NetSuite says the values are."""
    parts = [part.strip() for value in said for part in (value, *value.split(","))]
    known = [entry for value in parts for entries in made.found.known.values() if (entry := entries.get(value))]
    return tuple(dict.fromkeys(f"{entry.name} ({entry.id})" for entry in known))


def what_waits(visit: Visit, stored: StoredConnection, cause: Cause) -> Releasing:
    """What is released with a cause."""
    with visit.engine.begin() as database:
        group = problems.group_of(database, cause)
        first = problems.waiting(database, cause, limit=_NAMED)
    title, count = advice(cause.code, cause.subject).title, group.count if group else 0
    return Releasing(title, environment(stored), count, names(first), amounts(group.money) if group else ())


def _released(visit: Visit, released: Sequence[int], verb: str, *, mapped: bool = False) -> Done:
    visit.site.wakes.put(released[:WOKEN_AT_ONCE])
    what = f"{len(released)} {'record' if len(released) == 1 else 'records'}"
    said = f"It is mapped; {what} {verb}." if mapped else f"{what} {verb} tried again."
    return Done(said, "/problems?tab=retrying")
