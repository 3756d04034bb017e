"""/mapping/<store>/history: the versions of the rules, who made them and what they changed; and back to one of them."""

from dataclasses import dataclass
from datetime import datetime

from connector.flows.rule_changes import change, draft, rule_differences, version_of
from connector.mapping.rules import Rules
from connector.store import rule_versions
from connector.store.roles import Role
from connector.store.rule_versions import RuleVersion
from web.console.asking import Asked, Because
from web.console.mapping_draft import ChangedRule, changed_rules
from web.console.refusals import BadInput, Stale
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment


class AskedHistory(Asked):
    """`back_to`: the version whose way back is shown."""

    back_to: int | None = None


class RollbackForm(Because):
    """Back to `version`; `present`: the version that was in force when this was decided."""

    version: int
    present: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version, and what it changed of the one before."""

    version: int
    actor: str
    note: str
    made_at: datetime
    changes: tuple[ChangedRule, ...]


@dataclass(frozen=True, slots=True)
class WayBack:
    """What would change on the way back to a version."""

    version: int
    changes: tuple[ChangedRule, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Every version, newest first."""

    store: str
    environment: str
    present: int
    rows: tuple[VersionRow, ...]
    back: WayBack | None


def mapping_history_screen(console: Console) -> None:
    """Registers the history and the way back."""

    @console.screen("mapping_history", "/mapping/<store>/history", AskedHistory, HistoryPage)
    def read(visit: Visit, asked: AskedHistory, store: str) -> HistoryPage:
        """Who changed which rules, when and why."""
        stored = visit.store(store)
        with visit.engine.begin() as database:
            found = rule_versions.of_connection(database, stored.id)
        older: list[RuleVersion | None] = [*found[1:], None]
        rows = tuple(_row(version, before) for version, before in zip(found, older, strict=True))
        back = None
        if asked.back_to is not None:
            wanted = version_of(visit.site.runtime, stored, asked.back_to)
            changes = rule_differences(Rules.from_json(stored.rules), Rules.from_json(wanted.rules))
            back = WayBack(asked.back_to, changed_rules(changes))
        return HistoryPage(store, environment(stored), stored.rules_version, rows, back)

    @console.act(
        "mapping_rollback",
        "/mapping/<store>/history",
        RollbackForm,
        role=Role.ADMIN,
        asks_password=True,
        again="mapping_history",
        reach=Reach.MONEY,
    )
    def roll_back(visit: Visit, form: RollbackForm, store: str) -> Done:
        """Go back to the rules of a version: they become a new one."""
        stored, because, runtime = visit.store(store), form.why, visit.site.runtime
        if stored.rules_version != form.present:
            raise Stale(f"the rules are version {stored.rules_version} now; look at the history again, then go back")
        before = version_of(runtime, stored, form.version)
        made = draft(runtime, stored, Rules.from_json(before.rules), before)
        if made.found.faults:
            lines = "; ".join(f"{fault.reference.setting}: {fault.sentence}" for fault in made.found.faults)
            raise BadInput(lines, fields={"because": f"version {form.version} cannot be used any more: {lines}"})
        if not made.changes:
            return Done("The rules are these already; nothing was changed.", _at(store))
        note = f"back to version {form.version}: {because}"
        changed = change(runtime, stored, made, actor=visit.who.name, note=note)
        return Done(
            f"Version {changed.connection.rules_version} is in force, with the rules of version {form.version}; "
            f"{changed.said}.",
            _at(store),
        )


def _at(store: str) -> str:
    return f"/mapping/{store}/history"


def _row(version: RuleVersion, before: RuleVersion | None) -> VersionRow:
    """The first version changed nothing."""
    changes = (
        ()
        if before is None
        else changed_rules(rule_differences(Rules.from_json(before.rules), Rules.from_json(version.rules)))
    )
    return VersionRow(version.version, version.actor, version.note, version.made_at, changes)
