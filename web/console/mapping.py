"""/mapping: the rules of a store by section, what orders wait for, the look-up tables, and where each written value came from."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import BaseModel

from connector.flows.rule_changes import version_of
from connector.flows.rules_file import rules_as_toml
from connector.mapping.rule_gaps import gaps
from connector.mapping.rule_names import Known, known_from_json, references, setting
from connector.mapping.rule_tables import TABLES, LookUpTable, entries_of
from connector.mapping.rules import Rules
from connector.store import held, rule_drafts
from connector.store.connections import StoredConnection
from connector.store.held import Waiting
from connector.store.rule_versions import RuleVersion
from web.console.asking import Asked
from web.console.mapping_example import RuleExample, RuleExamples, rule_examples
from web.console.one_store import NoStore, first_store
from web.console.screens import Console
from web.console.site import Visit, environment

_WAITING = 50


class AskedRules(Asked):
    """`example`: whether the newest written order is read, to say beside each rule what it did there."""

    example: bool = False


class AskedVersion(Asked):
    """`version`: one before, the present one without."""

    version: int | None = None
    defaults: bool = False


@dataclass(frozen=True, slots=True)
class WaitingValue:
    """What orders wait for, and how many. `what` and `value` are its two parts; `can_be_mapped`: a value here helps, and
    stands in the look-up table `table` then, where that is one."""

    subject: str
    what: str
    value: str
    records: int
    since: datetime
    can_be_mapped: bool
    table: str | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of a look-up table. `known_as`: what NetSuite calls the id, or the id of the name; None before it was asked.

    `example`: a field that was written by it, None where none is known.
    """

    key: str
    value: str
    known_as: str | None
    example: RuleExample | None


@dataclass(frozen=True, slots=True)
class TableView:
    """One look-up table. `waiting`: keys that orders wait for, and that it does not have yet."""

    name: str
    title: str
    setting: str
    keys: str
    list: str
    entries: tuple[EntryRow, ...]
    waiting: tuple[WaitingValue, ...]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One rule. `value` as TOML would say it, None where it is not set; `is_default`: nobody changed it.

    `example`: a field that was written by it, None where none is known.
    """

    name: str
    value: str | None
    known_as: str | None
    is_default: bool
    example: RuleExample | None


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section of the rules, with what its settings do."""

    name: str
    explanation: str
    settings: tuple[SettingRow, ...]


@dataclass(frozen=True, slots=True)
class MappingPage:
    """The present rules of a store. `example`: the order that the examples are of, and why there are none."""

    store: str
    environment: str
    version: int
    actor: str
    note: str
    made_at: datetime
    draft_by: str | None
    waiting: tuple[WaitingValue, ...]
    tables: tuple[TableView, ...]
    sections: tuple[SectionView, ...]
    example: RuleExamples | None


def mapping_screen(console: Console) -> None:
    """Registers the screen and the file."""

    @console.screen("mapping", "/mapping", AskedRules, MappingPage | NoStore)
    def read(visit: Visit, asked: AskedRules) -> MappingPage | NoStore:
        """The present rules, and what orders wait for."""
        stored = first_store(visit, asked.store)
        if stored is None:
            return NoStore()
        return _page(visit, stored, rule_examples(visit, stored) if asked.example else None)

    @console.file("mapping_toml", "/mapping/<store>/rules.toml", AskedVersion)
    def toml(visit: Visit, asked: AskedVersion, store: str) -> Response:
        stored = visit.store(store)
        found = version_of(visit.site.runtime, stored, asked.version)
        text = rules_as_toml(store, found, with_defaults=asked.defaults)
        disposition = f"attachment; filename={store}-rules-{found.version}.toml"
        return Response(text, content_type="application/toml", headers={"Content-Disposition": disposition})


@dataclass(frozen=True, slots=True)
class _Said:
    """What is known of single rules: what NetSuite says of each value by its path, and what the rule did by its name."""

    names: Mapping[tuple[str, ...], str]
    examples: Mapping[str, RuleExample]


def _page(visit: Visit, stored: StoredConnection, examples: RuleExamples | None) -> MappingPage:
    found = version_of(visit.site.runtime, stored, None)
    with visit.engine.begin() as database:
        waiting = held.waiting(database, stored.id, limit=_WAITING)
        draft = rule_drafts.of(database, stored.id)
    rules = Rules.from_json(found.rules)
    rows = tuple(_waiting(one, rules) for one in waiting)
    said = _Said(_names(rules, known_from_json(found.looked_up)), examples.by_setting if examples else {})
    return MappingPage(
        stored.name, environment(stored), found.version, found.actor, found.note, found.made_at,
        draft.actor if draft else None,
        rows,
        tuple(_table(table, found, said, rows) for table in TABLES),
        tuple(_sections(rules, said)),
        examples,
    )  # fmt: skip


def _names(rules: Rules, known: Known) -> dict[tuple[str, ...], str]:
    """What NetSuite says of each value, by its path."""
    found = {}
    for reference in references(rules):
        entry = known.get(reference.list, {}).get(reference.value)
        if entry is not None:
            found[reference.path] = entry.name if reference.is_id else entry.id
    return found


def _waiting(one: Waiting, rules: Rules) -> WaitingValue:
    what, _, value = one.subject.partition(":")
    wanted = gaps(one.subject, rules)
    into = next((table.name for table in TABLES for gap in wanted if gap.path[: len(table.path)] == table.path), None)
    words = what.replace("_", " ").replace("-", " ")
    return WaitingValue(one.subject, words, value, one.records, one.since, bool(wanted), into)


def _table(table: LookUpTable, version: RuleVersion, said: _Said, waiting: tuple[WaitingValue, ...]) -> TableView:
    entries = entries_of(version.rules, table)
    return TableView(
        table.name,
        table.title,
        setting(table.path),
        table.keys,
        table.list.value,
        tuple(_entry(table, key, value, said) for key, value in sorted(entries.items())),
        tuple(row for row in waiting if row.table == table.name),
    )


def _entry(table: LookUpTable, key: str, value: Any, said: _Said) -> EntryRow:
    path = (*table.path, key)
    known = [name for at, name in said.names.items() if at[: len(path)] == path]
    return EntryRow(key, _spelled(value), ", ".join(known) or None, _example(path, said))


def _example(path: tuple[str, ...], said: _Said) -> RuleExample | None:
    """Of the rule itself, or of one of the members of its value."""
    name = setting(path)
    inside = (one for rule, one in said.examples.items() if rule.startswith(f"{name}."))
    return said.examples.get(name) or next(inside, None)


def _sections(rules: Rules, said: _Said) -> Iterator[SectionView]:
    """What has no section of its own comes first."""
    tables = {table.path for table in TABLES}
    own = [name for name in Rules.model_fields if not isinstance(getattr(rules, name), BaseModel)]
    yield SectionView("general", "", tuple(_setting(rules, name, (), said) for name in own if (name,) not in tables))
    for name in Rules.model_fields:
        part = getattr(rules, name)
        if isinstance(part, BaseModel):
            rows = tuple(
                _setting(part, member, (name,), said)
                for member in type(part).model_fields
                if (name, member) not in tables
            )
            yield SectionView(name, inspect.cleandoc(type(part).__doc__ or ""), rows)


def _setting(part: BaseModel, name: str, above: tuple[str, ...], said: _Said) -> SettingRow:
    field = type(part).model_fields[name]
    path = (*above, field.alias or name)
    value = part.model_dump(mode="json")[name]
    is_default = getattr(part, name) == field.get_default()
    spelled = _spelled(value) if value not in (None, {}, []) else None
    return SettingRow(path[-1], spelled, said.names.get(path), is_default, _example(path, said))


def _spelled(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_spelled(one)}" for name, one in value.items() if one is not None)
    return ", ".join(_spelled(one) for one in value) if isinstance(value, list | tuple) else str(value)
