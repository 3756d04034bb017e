"""/orders/<name>/adopt: a person says which document of another connector an order is, after a look at all that may be."""

from dataclasses import dataclass
from decimal import Decimal

from connector.errors import ConnectorError
from connector.flows import order_acts
from connector.flows.order_candidates import Candidate, Candidates, candidates
from connector.netsuite.ledger import CASH_SALE
from connector.store.connections import StoredConnection
from connector.store.records import RecordView
from connector.store.tables import EffectKind
from web.console.asking import Asked, Because
from web.console.order import listed_order, parts_of
from web.console.order_choice import the_order
from web.console.order_links import in_netsuite, order_path
from web.console.orders import OrderRow
from web.console.refusals import BadInput
from web.console.screens import Console, Done
from web.console.site import Visit, environment


class AdoptForm(Because):
    """`document`: NetSuite's internal id of the sales order or cash sale; `store` says which of several orders."""

    document: str
    store: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A document that may be the order. `differs`: both sums in words; None where they are equal.

    `currency`: the document's own; None where the rules do not know it.
    """

    id: str
    kind: EffectKind
    number: str
    total: Decimal
    currency: str | None
    page: str
    differs: str | None


@dataclass(frozen=True, slots=True)
class OrderAdoptPage:
    """What another connector wrote of the order. `stopped`: why that cannot be told.

    `field`, `value`: by what it was looked for; `total` and `currency`: the shop's.
    """

    row: OrderRow
    environment: str
    field: str | None
    value: str | None
    total: Decimal | None
    currency: str | None
    candidates: tuple[CandidateRow, ...]
    stopped: str | None
    parts: dict[str, str]


def order_adopt_screen(console: Console) -> None:
    """Registers the page and its act."""

    @console.screen("order_adopt", "/orders/<name>/adopt", Asked, OrderAdoptPage)
    def preview(visit: Visit, asked: Asked, name: str) -> OrderAdoptPage:
        """Which documents may be the order, and whether they come to its total; nothing is done yet."""
        order = the_order(visit, name, asked.store)
        stored, row = visit.store_of(order.connection_id), listed_order(visit, order)
        found, stopped = _looked(visit, order, row)
        return OrderAdoptPage(
            row=row,
            environment=environment(stored),
            field=found.field if found else None,
            value=found.value if found else None,
            total=found.total.amount if found else None,
            currency=found.total.currency if found else None,
            candidates=tuple(_candidate(one, stored) for one in found.found) if found else (),
            stopped=stopped,
            parts=parts_of(visit, order),
        )

    @console.act("order_adopt_one", "/orders/<name>/adopt", AdoptForm, asks_password=True)
    def adopt(visit: Visit, form: AdoptForm, name: str) -> Done:
        """Take a document of another connector as the order, with the total it has there."""
        order = the_order(visit, name, form.store)
        found = candidates(visit.site.runtime, order)
        if form.document not in {one.document.id for one in found.found}:
            said = f"NetSuite has no such document with {found.field} {found.value}"
            raise BadInput(said, fields={"document": said})
        with visit.engine.begin() as database:
            ids = order_acts.adopt(database, order, document=form.document, because=form.why, actor=visit.who.name)
        visit.site.wakes.put(ids)
        return Done("A worker adopts it within seconds.", order_path(visit, order))


def _looked(visit: Visit, order: RecordView, row: OrderRow) -> tuple[Candidates | None, str | None]:
    """What stands in NetSuite, or why nothing is to be said of it."""
    if row.netsuite_id is not None:
        return None, f"it stands in NetSuite already, by internal id {row.netsuite_id}"
    try:
        return candidates(visit.site.runtime, order), None
    except ConnectorError as error:
        return None, str(error)


def _candidate(one: Candidate, stored: StoredConnection) -> CandidateRow:
    document = one.document
    kind = EffectKind.CASH_SALE if document.type == CASH_SALE else EffectKind.SALES_ORDER
    differs = one.differs and f"it comes to {one.differs[0]}, Shopify's order to {one.differs[1]}"
    page = in_netsuite(stored, kind, document.id)
    return CandidateRow(document.id, kind, document.number, document.total, one.currency, page, differs)
