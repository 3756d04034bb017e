"""/orders/<name>/fields: every field that was written for the order, with the source value and the rule that made it."""

from dataclasses import dataclass

from connector.errors import ConnectorError
from connector.flows.explaining import ExplainedField, ExplainedRecord, explained_order
from connector.mapping.masking import MASK, may_stay, source_name
from connector.store.connections import StoredConnection
from web.console.order import listed_order, parts_of
from web.console.order_choice import RevealAsked, reveals, the_order
from web.console.order_links import in_netsuite
from web.console.orders import OrderRow
from web.console.screens import Console
from web.console.site import Visit


@dataclass(frozen=True, slots=True)
class FieldWhy:
    """One field. `stands`: what stands there where it is not what would be written now, None where it is."""

    field: str
    value: str
    stands: str | None
    source: str
    rule: str
    note: str


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """One record that was written; `note` says why there is nothing to explain."""

    kind: str
    external_id: str
    netsuite_id: str | None
    netsuite_page: str | None
    rules_version: int
    note: str | None
    fields: tuple[FieldWhy, ...]


@dataclass(frozen=True, slots=True)
class OrderFieldsPage:
    """Every record of the order; `why_not`: why Shopify could not be asked."""

    row: OrderRow
    records: tuple[WrittenRecord, ...]
    why_not: str | None
    is_revealed: bool
    parts: dict[str, str]


def order_fields_screen(console: Console) -> None:
    """Registers the page."""

    @console.screen("order_fields", "/orders/<name>/fields", RevealAsked, OrderFieldsPage)
    def read(visit: Visit, asked: RevealAsked, name: str) -> OrderFieldsPage:
        """Every field that was written, and why; Shopify is asked for the order now."""
        order = the_order(visit, name, asked.store)
        is_revealed = reveals(visit, asked, order, "fields")
        found: list[ExplainedRecord] = []
        why_not = None
        try:
            found = explained_order(visit.site.runtime.open_unchecked(order.connection_id), visit.site.runtime, order)
        except ConnectorError as error:
            why_not = str(error)
        stored = visit.store_of(order.connection_id)
        written = tuple(written_record(one, stored, is_revealed=is_revealed) for one in found)
        return OrderFieldsPage(listed_order(visit, order), written, why_not, is_revealed, parts_of(visit, order))


def written_record(one: ExplainedRecord, stored: StoredConnection, *, is_revealed: bool) -> WrittenRecord:
    """One record with its fields; what may say something of a person is a mask unless it is revealed."""
    effect = one.effect
    return WrittenRecord(
        kind=effect.kind,
        external_id=effect.natural_key,
        netsuite_id=effect.remote_id,
        netsuite_page=in_netsuite(stored, effect.kind, effect.remote_id) if effect.remote_id else None,
        rules_version=effect.rules_version,
        note=one.note,
        fields=tuple(_field(field, is_revealed=is_revealed) for field in one.fields),
    )


def _field(one: ExplainedField, *, is_revealed: bool) -> FieldWhy:
    said = one.explanation
    if is_revealed or may_stay(said.field):
        return FieldWhy(said.field, said.value, one.stands, said.source, said.rule, said.note)
    stands = None if one.stands is None else MASK
    return FieldWhy(said.field, MASK, stands, source_name(said.source), said.rule, said.note)
