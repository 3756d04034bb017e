"""/mapping/<store>/value: one entry of a look-up table, with what would come of it: published at once, or put into the draft."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connector.errors import ConfigError, ConnectorError
from connector.flows import rule_draft_acts
from connector.flows.problem_acts import WOKEN_AT_ONCE, put_and_release, with_values
from connector.flows.rule_changes import Draft, version_of
from connector.flows.rule_names_offered import names_for
from connector.flows.rules_file import read_rules, rules_as_toml
from connector.mapping.rule_gaps import are_mended_by, filled, gaps
from connector.mapping.rule_names import setting
from connector.mapping.rule_tables import Gap, entry_of, present
from connector.mapping.rules import Rules
from connector.store import held, rule_drafts
from connector.store.connections import StoredConnection
from connector.store.problems import Cause
from connector.store.roles import Role
from web.console.asking import Asked, Because, Form
from web.console.mapping_draft import ChangedRule, changed_rules
from web.console.problem_acts import Releasing, known_as, what_waits
from web.console.refusals import BadInput, NotFound, Stale
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment

# The code of what is held for a rule that is missing.
_NOT_MAPPED = "not_mapped"


class AskedValue(Asked):
    """Either a `subject` that orders wait for, or a `table` and a `key` of it.

    `value`, `second`: what is to stand there, for a look at what comes of it; `take_out`: nothing is to stand there.
    """

    subject: str | None = None
    table: str | None = None
    key: str | None = None
    value: str = ""
    second: str = ""
    take_out: bool = False


class EntryForm(Form):
    """Ids or names in NetSuite; all empty takes the entry out. `version`: of the rules that were looked at."""

    subject: str = ""
    table: str = ""
    key: str = ""
    value: str = ""
    second: str = ""
    version: int


class ValueForm(EntryForm, Because):
    """An entry that is in force at once, and why."""


@dataclass(frozen=True, slots=True)
class ValueField:
    """One part of an entry. `list`: of what it is; `choices`: names to choose from, empty where there are none to show."""

    name: str
    setting: str
    list: str
    value: str
    is_needed: bool
    is_several: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValuePreview:
    """What would come of the values. `found`: what NetSuite says they are; `refused`: why they cannot stand there.

    `releasing`: what waits for the entry, and goes on once it is in force.
    """

    changes: tuple[ChangedRule, ...]
    found: tuple[str, ...]
    releasing: tuple[Releasing, ...]
    refused: str | None


@dataclass(frozen=True, slots=True)
class ValuePage:
    """One entry. `preview`: once values were given; `needs_admin`: nothing waits for it, so that only an admin publishes it.

    `problem`: why there are no names to choose from; `draft_by`: who saved the draft there is.
    """

    store: str
    environment: str
    version: int
    key: str
    setting: str
    fields: tuple[ValueField, ...]
    is_set: bool
    needs_admin: bool
    draft_by: str | None
    preview: ValuePreview | None
    problem: str | None


def mapping_values_screen(console: Console) -> None:
    """Registers the form and its two acts."""

    @console.screen("mapping_value", "/mapping/<store>/value", AskedValue, ValuePage, role=Role.OPERATOR)
    def read(visit: Visit, asked: AskedValue, store: str) -> ValuePage:
        """What stands there now, the names there are for it, and what would come of another value."""
        stored = visit.store(store)
        entry = _entry(stored, asked.subject or "", asked.table or "", asked.key or "")
        return _page(visit, stored, entry, asked)

    @console.act(
        "mapping_map", "/mapping/<store>/value", ValueForm, asks_password=True, again="mapping_value", reach=Reach.MONEY
    )
    def publish(visit: Visit, form: ValueForm, store: str) -> Done:
        """Map one entry at once: a new version of the rules, and exactly what waited for it goes on."""
        stored, because = visit.store(store), form.why
        entry = _entry(stored, form.subject, form.table, form.key)
        causes = _causes(visit, stored, entry)
        if _needs_admin(causes):
            visit.who.must_be(Role.ADMIN)
        values = _as_seen(stored, entry, form)
        made = _made(visit, stored, values)
        if not made.changes:
            return Done("It was so already; nothing was changed.", f"/mapping?store={store}")
        said = f"{_said(form.subject, form.key)} {_becomes(values)}: {because}"
        ids = put_and_release(
            visit.site.runtime, stored, made, causes, note=said, because=because, actor=visit.who.name
        )
        visit.site.wakes.put(ids[:WOKEN_AT_ONCE])
        goes = f"{len(ids)} records go on" if len(ids) != 1 else "1 record goes on"
        return Done(f"{said}: version {stored.rules_version + 1}; {goes}.", f"/mapping?store={store}")

    @console.act("mapping_value_draft", "/mapping/<store>/value/draft", EntryForm, again="mapping_value")
    def put_aside(visit: Visit, form: EntryForm, store: str) -> Done:
        """Put one entry into the draft, or begin a draft with it: nothing is in force before the draft is published."""
        stored = visit.store(store)
        entry = _entry(stored, form.subject, form.table, form.key)
        _put_into_draft(visit, stored, _as_seen(stored, entry, form))
        return Done("It stands in the draft. Test it on the newest orders, then publish it.", f"/mapping/{store}/draft")


def _page(visit: Visit, stored: StoredConnection, entry: tuple[Gap, ...], asked: AskedValue) -> ValuePage:
    causes = _causes(visit, stored, entry)
    choices, problem = _choices(visit, stored, entry)
    with visit.engine.begin() as database:
        draft = rule_drafts.of(database, stored.id)
    fields = tuple(
        ValueField(
            name,
            gap.setting,
            gap.wants,
            present(stored.rules, gap),
            gap.is_needed,
            gap.is_several,
            choices.get(gap, ()),
        )
        for name, gap in zip(("value", "second"), entry, strict=False)
    )
    is_asked = bool(asked.value or asked.second or asked.take_out)
    return ValuePage(
        stored.name, environment(stored), stored.rules_version, _said(asked.subject or "", asked.key or ""),
        setting(entry[0].path), fields, any(field.value for field in fields), _needs_admin(causes),
        draft.actor if draft else None, _preview(visit, stored, entry, asked, causes) if is_asked else None, problem,
    )  # fmt: skip


def _preview(
    visit: Visit, stored: StoredConnection, entry: tuple[Gap, ...], asked: AskedValue, causes: list[Cause]
) -> ValuePreview:
    releasing = tuple(what_waits(visit, stored, cause) for cause in causes)
    try:
        made = _made(visit, stored, _values(entry, asked))
    except ConnectorError as error:
        return ValuePreview((), (), releasing, str(error))
    return ValuePreview(changed_rules(made.changes), known_as(made, (asked.value, asked.second)), releasing, None)


def _made(visit: Visit, stored: StoredConnection, values: Mapping[Gap, str]) -> Draft:
    """The rules with the values, looked up. Raises BadInput for what cannot stand there."""
    try:
        made = with_values(visit.site.runtime, stored, values)
    except ConfigError as error:
        raise BadInput(str(error), fields={"value": str(error)}) from error
    names = {gap.path: name for name, gap in zip(("value", "second"), values, strict=False)}
    for fault in made.found.faults:
        for path, name in names.items():
            if fault.path[: len(path)] == path:
                raise BadInput(fault.sentence, fields={name: fault.sentence})
    if made.found.faults:
        wrong = made.found.faults[0]
        raise ConfigError(f"another rule stops it: {wrong.reference.setting}: {wrong.sentence}")
    return made


def _put_into_draft(visit: Visit, stored: StoredConnection, values: Mapping[Gap, str]) -> None:
    """Changes the draft there is, or begins one. Comments in its text are not kept: it is written anew."""
    version, actor = version_of(visit.site.runtime, stored, None), visit.who.name
    with visit.engine.begin() as database:
        before = rule_drafts.locked(database, stored.id)
        rules = read_rules(before.text, named="draft").rules if before else Rules.from_json(stored.rules)
        try:
            changed = filled(rules, values)
        except ConfigError as error:
            raise BadInput(str(error), fields={"value": str(error)}) from error
        text = rules_as_toml(stored.name, replace(version, rules=changed.to_json()), with_defaults=False)
        if before is not None:
            rule_draft_acts.save(database, stored, text, base_version=before.base_version, actor=actor)
        else:
            rule_draft_acts.propose(database, stored, text, base_version=stored.rules_version, actor=actor)


def _entry(stored: StoredConnection, subject: str, table: str, key: str) -> tuple[Gap, ...]:
    """Raises NotFound for what no rule helps."""
    if not subject:
        try:
            return entry_of(table, key)
        except ConfigError as error:
            raise NotFound(str(error)) from error
    found = gaps(subject, Rules.from_json(stored.rules))
    if not found:
        raise NotFound(f"no rule helps what waits for {subject}")
    return found


def _causes(visit: Visit, stored: StoredConnection, entry: tuple[Gap, ...]) -> list[Cause]:
    """What waits for one of these rules."""
    rules = Rules.from_json(stored.rules)
    with visit.engine.begin() as database:
        subjects = held.subjects(database, stored.id, prefix="")
    return [Cause(stored.id, _NOT_MAPPED, one) for one in sorted(subjects) if are_mended_by(one, rules, entry)]


def _needs_admin(causes: list[Cause]) -> bool:
    """Whoever fills a gap of single orders is an operator; what holds for more than these is an admin's."""
    return not causes or any(cause.subject.startswith("rule:") for cause in causes)


def _as_seen(stored: StoredConnection, entry: tuple[Gap, ...], form: EntryForm) -> dict[Gap, str]:
    if stored.rules_version != form.version:
        raise Stale("the rules were changed since you looked; look at the value again, then map it")
    return _values(entry, form)


def _values(entry: tuple[Gap, ...], said: AskedValue | EntryForm) -> dict[Gap, str]:
    """What is to stand in each rule of an entry. Raises BadInput for half an entry."""
    values = dict(zip(entry, (said.value, said.second), strict=False))
    for gap, name in zip(entry, ("value", "second"), strict=False):
        is_half = any(values.values()) and gap.is_needed and not values[gap] and len(entry) > 1
        if is_half or (gap.list is None and not values[gap]):
            raise BadInput(f"say which {gap.wants} it is", fields={name: f"say which {gap.wants} it is"})
    return values


def _said(subject: str, key: str) -> str:
    """What an entry is called."""
    return key or subject.partition(":")[2]


def _becomes(values: Mapping[Gap, str]) -> str:
    said = " and ".join(value for value in values.values() if value)
    return f"is {said}" if said else "is taken out"


def _choices(
    visit: Visit, stored: StoredConnection, entry: tuple[Gap, ...]
) -> tuple[dict[Gap, tuple[str, ...]], str | None]:
    """Names to choose from; they help, and are not needed."""
    try:
        systems = visit.site.runtime.open_unchecked(stored.id)
        return {gap: names_for(gap, systems) for gap in entry}, None
    except ConnectorError as error:
        return {}, str(error)
