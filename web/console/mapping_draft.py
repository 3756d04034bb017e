"""/mapping/<store>/draft: rules are written as a draft, tried on the newest orders, and published with a note."""

from dataclasses import dataclass
from datetime import datetime

from flask import request
from pydantic import Field

from connector.errors import ConfigError, ConnectorError
from connector.flows import rule_draft_acts
from connector.flows.rule_changes import Draft, change, draft, rule_differences, version_of
from connector.flows.rule_trial import Trial, trials
from connector.flows.rules_file import read_rules, rules_as_toml
from connector.mapping.differences import Difference
from connector.mapping.rules import Rules
from connector.store import rule_drafts
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from connector.store.rule_drafts import RuleDraft
from web.console.asking import Asked, Form, Noted
from web.console.refusals import BadInput, NotFound, Stale
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment

_NAMED = "draft"
_LARGEST = 256 * 1024


class AskedDraft(Asked):
    """`from_version`: begin with the rules of that version instead of the draft there is."""

    from_version: int | None = None


class AskedTrial(Asked):
    """`last`: how many of the newest orders."""

    last: int = Field(default=10, ge=0, le=50)


class DraftForm(Form):
    """The rules as TOML; a file that is sent along stands for `toml`. `version`: of the rules they were compared with."""

    toml: str = ""
    version: int


class PublishForm(Noted):
    """Why the rules change; `saved_at`: of the draft that was looked at."""

    saved_at: datetime


@dataclass(frozen=True, slots=True)
class ChangedRule:
    """One rule that differs; None where it is not set."""

    rule: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DraftPage:
    """The draft. `is_stale`: the rules were changed since it was begun; `fault`: why it cannot be used as it is."""

    store: str
    environment: str
    version: int
    toml: str
    saved_by: str | None
    saved_at: datetime | None
    base_version: int
    is_stale: bool
    changes: tuple[ChangedRule, ...]
    fault: str | None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record that the draft would write differently. `how`: changed, written only now, not written any more."""

    kind: str
    external_id: str
    how: str
    fields: tuple[ChangedRule, ...]


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One order under both rules. `before`, `after`: written, or why not."""

    order: str
    is_example: bool
    before: str
    after: str
    is_changed: bool
    is_worse: bool
    records: tuple[RecordRow, ...]


@dataclass(frozen=True, slots=True)
class TrialPage:
    """What the draft would change. `problem`: why it cannot be tried."""

    store: str
    environment: str
    orders: int
    examples: int
    changed: int
    worse: int
    rows: tuple[TrialRow, ...]
    problem: str | None


def mapping_draft_screen(console: Console) -> None:
    """Registers the draft, its trial and its acts."""
    _register_reading(console)
    _register_acts(console)


def _register_reading(console: Console) -> None:
    @console.screen("mapping_draft", "/mapping/<store>/draft", AskedDraft, DraftPage, role=Role.OPERATOR)
    def read(visit: Visit, asked: AskedDraft, store: str) -> DraftPage:
        """The draft beside the rules in force."""
        return _page(visit, visit.store(store), asked.from_version)

    @console.screen("mapping_test", "/mapping/<store>/draft/test", AskedTrial, TrialPage, role=Role.OPERATOR)
    def test(visit: Visit, asked: AskedTrial, store: str) -> TrialPage:
        """What the draft would change of the newest orders and of the examples, field by field. Writes nothing."""
        stored = visit.store(store)
        try:
            made = _made(visit, stored, the_draft(visit, stored))
            found = trials(visit.site.runtime, stored, made, last=asked.last)
        except ConnectorError as error:
            if isinstance(error, NotFound):
                raise
            return TrialPage(store, environment(stored), 0, 0, 0, 0, (), str(error))
        rows = sorted((_trial(one) for one in found), key=lambda row: (not row.is_worse, not row.is_changed))
        return TrialPage(
            store, environment(stored), sum(not row.is_example for row in rows), sum(row.is_example for row in rows),
            sum(row.is_changed for row in rows), sum(row.is_worse for row in rows), tuple(rows), None,
        )  # fmt: skip


def _register_acts(console: Console) -> None:
    @console.act("mapping_save", "/mapping/<store>/draft", DraftForm, again="mapping_draft")
    def save(visit: Visit, form: DraftForm, store: str) -> Done:
        """Keep a draft; the rules in force stay what they are."""
        stored, text = visit.store(store), _text(form)
        try:
            read_rules(text, named=_NAMED)
        except ConfigError as error:
            raise BadInput(str(error), fields={"toml": str(error)}) from error
        with visit.engine.begin() as database:
            rule_draft_acts.save(database, stored, text, base_version=form.version, actor=visit.who.name)
        return Done("The draft is kept. Test it, then publish it.", _at(store))

    @console.act("mapping_discard", "/mapping/<store>/draft/discard", Form)
    def discard(visit: Visit, _form: Form, store: str) -> Done:
        """Forget the draft."""
        stored = visit.store(store)
        with visit.engine.begin() as database:
            rule_draft_acts.discard(database, stored, actor=visit.who.name)
        return Done("The draft is gone; the rules are what they were.", f"/mapping?store={store}")

    @console.act(
        "mapping_publish",
        "/mapping/<store>/draft/publish",
        PublishForm,
        role=Role.ADMIN,
        asks_password=True,
        again="mapping_draft",
        reach=Reach.MONEY,
    )
    def publish(visit: Visit, form: PublishForm, store: str) -> Done:
        """Put the draft in force: a new version, and what was held for a missing rule is tried again."""
        stored = visit.store(store)
        found = the_draft(visit, stored)
        _must_be_as_seen(stored, found, form)
        try:
            made = _made(visit, stored, found)
        except ConfigError as error:
            raise BadInput(str(error), fields={"toml": str(error)}) from error
        if not made.changes:
            return Done("Nothing differs from the rules in force; nothing was changed.", _at(store))
        changed = change(visit.site.runtime, stored, made, actor=visit.who.name, note=form.why)
        with visit.engine.begin() as database:
            rule_drafts.forget(database, stored.id)
        return Done(
            f"Version {changed.connection.rules_version} is in force; {changed.said}.",
            f"/mapping?store={store}",
        )


def the_draft(visit: Visit, stored: StoredConnection) -> RuleDraft:
    """The draft of a connection. Raises NotFound."""
    with visit.engine.begin() as database:
        found = rule_drafts.of(database, stored.id)
    if found is None:
        raise NotFound(f"{stored.name} has no draft")
    return found


def changed_rules(found: list[Difference]) -> tuple[ChangedRule, ...]:
    """The differences as rows."""
    return tuple(ChangedRule(one.field, one.before, one.after) for one in found)


def _at(store: str) -> str:
    return f"/mapping/{store}/draft"


def _must_be_as_seen(stored: StoredConnection, found: RuleDraft, form: PublishForm) -> None:
    if found.saved_at != form.saved_at:
        raise Stale(f"{found.actor} has saved the draft since you looked at it; look at it again, then publish")
    if found.base_version != stored.rules_version:
        raise Stale(
            f"the rules are version {stored.rules_version} now, and this draft was begun from version "
            f"{found.base_version}: look at what differs now, and save the draft again"
        )


def _text(form: DraftForm) -> str:
    """What was typed, or the file that was sent along."""
    sent = request.files.get("file")
    raw = sent.read(_LARGEST + 1) if sent is not None and sent.filename else form.toml.encode()
    if len(raw) > _LARGEST:
        raise BadInput("is too large to be rules", fields={"toml": "is too large to be rules"})
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadInput("is no text", fields={"toml": "is no text"}) from error


def _made(visit: Visit, stored: StoredConnection, found: RuleDraft) -> Draft:
    """The draft, looked up. Raises ConfigError with every line that names what is not there."""
    runtime = visit.site.runtime
    read = read_rules(found.text, named=_NAMED)
    made = draft(runtime, stored, read.rules, version_of(runtime, stored, None))
    if made.found.faults:
        raise read.refused(made.found.faults)
    return made


def _page(visit: Visit, stored: StoredConnection, from_version: int | None) -> DraftPage:
    with visit.engine.begin() as database:
        found = rule_drafts.of(database, stored.id)
    if found is None or from_version is not None:
        text = rules_as_toml(stored.name, version_of(visit.site.runtime, stored, from_version), with_defaults=False)
    else:
        text = found.text
    changes, fault = _changes(stored, text)
    base = found.base_version if found else stored.rules_version
    return DraftPage(
        stored.name, environment(stored), stored.rules_version, text, found.actor if found else None,
        found.saved_at if found else None, base, base != stored.rules_version, changes, fault,
    )  # fmt: skip


def _changes(stored: StoredConnection, text: str) -> tuple[tuple[ChangedRule, ...], str | None]:
    try:
        rules = read_rules(text, named=_NAMED).rules
    except ConfigError as error:
        return (), str(error)
    return changed_rules(rule_differences(Rules.from_json(stored.rules), rules)), None


def _trial(one: Trial) -> TrialRow:
    how = {(True, False): "written only now", (False, True): "not written any more"}
    records = tuple(
        RecordRow(
            record.kind.value, record.external_id, how.get((record.is_new, record.is_gone), "changed"),
            # A record that only one side has is named, not spelled out.
            () if record.is_new or record.is_gone else changed_rules(list(record.fields)),
        )
        for record in one.comparison.records
    )  # fmt: skip
    found = one.comparison
    return TrialRow(one.name, one.is_example, found.before, found.after, found.is_changed, found.is_worse, records)
