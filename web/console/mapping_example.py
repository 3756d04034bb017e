"""/mapping/<store>/example: how a real order was written, and what each rule did to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.errors import ConnectorError
from connector.flows.explaining import ExplainedRecord, explained_order
from connector.store import order_list
from connector.store.connections import StoredConnection
from connector.store.records import RecordView
from connector.store.roles import Role
from connector.store.tables import RecordState
from web.console.asking import Asked
from web.console.order_fields import FieldWhy, WrittenRecord, written_record
from web.console.refusals import NotFound
from web.console.screens import Console
from web.console.site import Visit, environment

_CANDIDATES = 5


class AskedExample(Asked):
    """`order`: the name of the order, the newest that was written without."""

    order: str | None = None


@dataclass(frozen=True, slots=True)
class ExamplePage:
    """Where everything came from that was written for one order. `problem`: why that cannot be said."""

    store: str
    environment: str
    order: str | None
    orders: tuple[str, ...]
    records: tuple[WrittenRecord, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class RuleExample:
    """A field that one rule had a say in. `record`: the kind of NetSuite record it stands in."""

    record: str
    field: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class RuleExamples:
    """The first field that each rule had a say in, by the rule's name. `order` is None where none was written yet."""

    order: str | None
    by_setting: Mapping[str, RuleExample]
    problem: str | None = None


def mapping_example_screen(console: Console) -> None:
    """Registers the page."""

    @console.screen("mapping_example", "/mapping/<store>/example", AskedExample, ExamplePage, role=Role.OPERATOR)
    def read(visit: Visit, asked: AskedExample, store: str) -> ExamplePage:
        """Where every value of an order came from: its source in Shopify, and the rule that made it."""
        return _page(visit, visit.store(store), asked.order)


def rule_examples(visit: Visit, stored: StoredConnection) -> RuleExamples:
    """What the rules did to the newest order that was written; Shopify is asked for it now."""
    newest = _newest(visit, stored, limit=1)
    if not newest:
        return RuleExamples(None, {})
    order = newest[0]
    try:
        found = _explained(visit, stored, order)
    except ConnectorError as error:
        return RuleExamples(order.name, {}, str(error))
    by_setting: dict[str, RuleExample] = {}
    for one in found:
        shown = written_record(one, stored, is_revealed=False)
        for said, field in zip(one.fields, shown.fields, strict=True):
            for setting in said.explanation.settings:
                by_setting.setdefault(setting, _example(shown, field))
    return RuleExamples(order.name, by_setting)


def _example(record: WrittenRecord, field: FieldWhy) -> RuleExample:
    return RuleExample(record.kind, field.field, field.value, field.source)


def _newest(visit: Visit, stored: StoredConnection, *, limit: int) -> Sequence[RecordView]:
    with visit.engine.begin() as database:
        found = order_list.listed(database, connection_id=stored.id, states=(RecordState.IN_SYNC,), limit=limit)
    return [one for one in found if one.name]


def _page(visit: Visit, stored: StoredConnection, wanted: str | None) -> ExamplePage:
    newest = _newest(visit, stored, limit=_CANDIDATES)
    names = tuple(one.name or "" for one in newest)
    chosen = next((one for one in newest if wanted in (None, one.name)), None)
    place = environment(stored)
    if chosen is None and wanted is not None:
        raise NotFound(f"{wanted} is none of the newest orders that were written")
    if chosen is None:
        return ExamplePage(stored.name, place, None, names, (), None)
    try:
        found = _explained(visit, stored, chosen)
    except ConnectorError as error:
        return ExamplePage(stored.name, place, chosen.name, names, (), str(error))
    records = tuple(written_record(one, stored, is_revealed=False) for one in found)
    return ExamplePage(stored.name, place, chosen.name, names, records, None)


def _explained(visit: Visit, stored: StoredConnection, order: RecordView) -> Sequence[ExplainedRecord]:
    runtime = visit.site.runtime
    return explained_order(runtime.open_systems(stored.id), runtime, order)
