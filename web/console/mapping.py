"""/mapping: the rules of a store by section, what orders wait for, the look-up tables, and where each written value came from."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import BaseModel

from connector.errors import ConnectorError
from connector.flows.explaining import explained_order
from connector.flows.rule_changes import version_of
from connector.flows.rules_file import rules_as_toml
from connector.mapping.rule_names import Known, known_from_json, references, setting
from connector.mapping.rule_tables import TABLES, LookUpTable, entries_of, place_of
from connector.mapping.rules import Rules, TaxMode
from connector.store import held, order_list, rule_drafts
from connector.store.connections import StoredConnection
from connector.store.held import Waiting
from connector.store.records import RecordView
from connector.store.roles import Role
from connector.store.rule_versions import RuleVersion
from connector.store.tables import RecordState
from web.console.asking import Asked
from web.console.order_fields import WrittenRecord, written_record
from web.console.refusals import NotFound
from web.console.screens import Console
from web.console.site import Visit, environment

_WAITING = 50
_CANDIDATES = 5


class AskedVersion(Asked):
    """`version`: one before, the present one without."""

    version: int | None = None
    defaults: bool = False


class AskedExample(Asked):
    """`order`: the name of the order, the newest that was written without."""

    order: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """What orders wait for, and how many. `what` and `value` are its two parts; `can_be_mapped`: a value here helps."""

    subject: str
    what: str
    value: str
    records: int
    since: datetime
    can_be_mapped: bool


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of a look-up table. `known_as`: what NetSuite calls the id, or the id of the name; None before it was asked."""

    key: str
    value: str
    known_as: str | None


@dataclass(frozen=True, slots=True)
class TableView:
    """One look-up table."""

    name: str
    setting: str
    keys: str
    list: str
    entries: tuple[EntryRow, ...]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One rule. `value` as TOML would say it, None where it is not set; `is_default`: nobody changed it."""

    name: str
    value: str | None
    known_as: str | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section of the rules, with what its settings do."""

    name: str
    explanation: str
    settings: tuple[SettingRow, ...]


@dataclass(frozen=True, slots=True)
class MappingPage:
    """The present rules of a store."""

    store: str
    environment: str
    version: int
    actor: str
    note: str
    made_at: datetime
    draft_by: str | None
    waiting: tuple[WaitingRow, ...]
    tables: tuple[TableView, ...]
    sections: tuple[SectionView, ...]


@dataclass(frozen=True, slots=True)
class NoStore:
    """There is no connection yet."""

    store: None = None


@dataclass(frozen=True, slots=True)
class ExamplePage:
    """Where everything came from that was written for one order. `problem`: why that cannot be said."""

    store: str
    environment: str
    order: str | None
    orders: tuple[str, ...]
    records: tuple[WrittenRecord, ...]
    problem: str | None


def mapping_screen(console: Console) -> None:
    """Registers both screens and the file."""

    @console.screen("mapping", "/mapping", Asked, MappingPage | NoStore)
    def read(visit: Visit, asked: Asked) -> MappingPage | NoStore:
        """The present rules, and what orders wait for."""
        if asked.store is None and not visit.stores:
            return NoStore()
        return _page(visit, visit.store(asked.store) if asked.store else visit.stores[0])

    @console.screen("mapping_example", "/mapping/<store>/example", AskedExample, ExamplePage, role=Role.OPERATOR)
    def example(visit: Visit, asked: AskedExample, store: str) -> ExamplePage:
        """Where every value of an order came from: its source in Shopify, and the rule that made it."""
        return _example(visit, visit.store(store), asked.order)

    @console.file("mapping_toml", "/mapping/<store>/rules.toml", AskedVersion)
    def toml(visit: Visit, asked: AskedVersion, store: str) -> Response:
        stored = visit.store(store)
        found = version_of(visit.site.runtime, stored, asked.version)
        text = rules_as_toml(store, found, with_defaults=asked.defaults)
        disposition = f"attachment; filename={store}-rules-{found.version}.toml"
        return Response(text, content_type="application/toml", headers={"Content-Disposition": disposition})


def _page(visit: Visit, stored: StoredConnection) -> MappingPage:
    found = version_of(visit.site.runtime, stored, None)
    with visit.engine.begin() as database:
        waiting = held.waiting(database, stored.id, limit=_WAITING)
        draft = rule_drafts.of(database, stored.id)
    rules = Rules.from_json(found.rules)
    names = _names(rules, known_from_json(found.looked_up))
    return MappingPage(
        stored.name, environment(stored), found.version, found.actor, found.note, found.made_at,
        draft.actor if draft else None,
        tuple(_waiting(one, rules) for one in waiting),
        tuple(_table(table, found, names) for table in TABLES),
        tuple(_sections(rules, names)),
    )  # fmt: skip


def _names(rules: Rules, known: Known) -> dict[tuple[str, ...], str]:
    """What NetSuite says of each value, by its path."""
    found = {}
    for reference in references(rules):
        entry = known.get(reference.list, {}).get(reference.value)
        if entry is not None:
            found[reference.path] = entry.name if reference.is_id else entry.id
    return found


def _waiting(one: Waiting, rules: Rules) -> WaitingRow:
    what, _, value = one.subject.partition(":")
    can_be_mapped = place_of(one.subject) is not None and (what != "tax" or rules.tax.mode is TaxMode.TAX_CODE)
    return WaitingRow(one.subject, what.replace("_", " "), value, one.records, one.since, can_be_mapped)


def _table(table: LookUpTable, version: RuleVersion, names: Mapping[tuple[str, ...], str]) -> TableView:
    entries = entries_of(version.rules, table)
    return TableView(
        table.name,
        setting(table.path),
        table.keys,
        table.list.value,
        tuple(EntryRow(key, _said(value), _known(table, key, names)) for key, value in sorted(entries.items())),
    )


def _known(table: LookUpTable, key: str, names: Mapping[tuple[str, ...], str]) -> str | None:
    path = (*table.path, key)
    return names.get(path) or names.get((*path, "method"))


def _sections(rules: Rules, names: Mapping[tuple[str, ...], str]) -> Iterator[SectionView]:
    """What has no section of its own comes first."""
    tables = {table.path for table in TABLES}
    own = [name for name in Rules.model_fields if not isinstance(getattr(rules, name), BaseModel)]
    yield SectionView("general", "", tuple(_setting(rules, name, (), names) for name in own if (name,) not in tables))
    for name in Rules.model_fields:
        part = getattr(rules, name)
        if isinstance(part, BaseModel):
            rows = tuple(
                _setting(part, member, (name,), names)
                for member in type(part).model_fields
                if (name, member) not in tables
            )
            yield SectionView(name, inspect.cleandoc(type(part).__doc__ or ""), rows)


def _setting(part: BaseModel, name: str, above: tuple[str, ...], names: Mapping[tuple[str, ...], str]) -> SettingRow:
    field = type(part).model_fields[name]
    spelled = field.alias or name
    value = part.model_dump(mode="json")[name]
    is_default = getattr(part, name) == field.get_default()
    return SettingRow(
        spelled, _said(value) if value not in (None, {}, []) else None, names.get((*above, spelled)), is_default
    )


def _said(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items() if one is not None)
    return ", ".join(_said(one) for one in value) if isinstance(value, list | tuple) else str(value)


def _example(visit: Visit, stored: StoredConnection, wanted: str | None) -> ExamplePage:
    with visit.engine.begin() as database:
        newest = order_list.listed(database, connection_id=stored.id, states=(RecordState.IN_SYNC,), limit=_CANDIDATES)
    names = tuple(one.name for one in newest if one.name)
    chosen = next((one for one in newest if wanted in (None, one.name)), None)
    place = environment(stored)
    if chosen is None and wanted is not None:
        raise NotFound(f"{wanted} is none of the newest orders that were written")
    if chosen is None:
        return ExamplePage(stored.name, place, None, names, (), None)
    try:
        records = _written(visit, stored, chosen)
    except ConnectorError as error:
        return ExamplePage(stored.name, place, chosen.name, names, (), str(error))
    return ExamplePage(stored.name, place, chosen.name, names, records, None)


def _written(visit: Visit, stored: StoredConnection, record: RecordView) -> tuple[WrittenRecord, ...]:
    runtime = visit.site.runtime
    found = explained_order(runtime.open_systems(stored.id), runtime, record)
    return tuple(written_record(one, stored, is_revealed=False) for one in found)
