"""The money of one order on both sides: as Shopify has it now, as it stands in NetSuite, or as it would be written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import ConfigError, ConnectorError
from connector.flows.facts import made_under
from connector.flows.order_payments import Payment, order_payments
from connector.flows.orders import order_plan
from connector.flows.plan import natural_keys
from connector.flows.systems import Systems, Workplace
from connector.mapping.arithmetic import Arithmetic, arithmetic
from connector.mapping.remaining import Remaining, remaining
from connector.mapping.taxes import NETSUITE_COMPUTES
from connector.shopify.records import Order
from connector.store import effects, order_documents
from connector.store.order_documents import OrderDocument
from connector.store.records import RecordView
from connector.store.tables import EffectKind


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """The sum. `document`: what stands in NetSuite, None where nothing does; `note`: why that side is not told.

    `order`: as Shopify has it now; `payments`: its money that moved.
    """

    sums: Arithmetic
    document: OrderDocument | None
    note: str | None
    order: Order
    payments: Sequence[Payment]


@dataclass(frozen=True, slots=True)
class _Sides:
    """The sum of both sides, as far as NetSuite's is told."""

    sums: Arithmetic
    document: OrderDocument | None
    note: str | None = None


def order_money(workplace: Workplace, record: RecordView) -> OrderMoney:
    """Reads the order from Shopify. Raises ConfigError for one that was deleted, and what the client raises."""
    systems = workplace.open_unchecked(record.connection_id)
    order = systems.shopify.order(record.shopify_id)
    if order is None:
        raise ConfigError(f"{record.name or record.shopify_id} was deleted in Shopify")
    made = made_under(natural_keys(order, systems.shop_id), systems, workplace)
    payments = order_payments(order, made, shop_id=systems.shop_id, rules=systems.rules)
    sides = _sides(order, record, systems, workplace)
    return OrderMoney(sides.sums, sides.document, sides.note, order, payments)


def _sides(order: Order, record: RecordView, systems: Systems, workplace: Workplace) -> _Sides:
    with workplace.engine.begin() as connection:
        document = order_documents.of_records(connection, [record.id]).get(record.id)
        made = [one for one in effects.of_record(connection, record.id) if document and one.kind == document.kind]
    if document is None:
        return _planned(order, systems, workplace)
    image = effects.image_of(made[-1], workplace.vault)
    if image is None:
        sums = arithmetic(Remaining(order), None, systems.rules)
        return _Sides(sums, document, "the lines of a cash sale are not kept; its total is")
    total = document.total if systems.rules.tax.mode in NETSUITE_COMPUTES else None
    return _Sides(arithmetic(_left(order, image), image, systems.rules, total_there=total), document)


def _left(order: Order, image: Mapping[str, Any]) -> Remaining:
    """The order less the refunds that the document carries."""
    carried = set(image.get("refunds", ()))
    return remaining(order, [refund for refund in order.refunds if refund.id in carried])


def _planned(order: Order, systems: Systems, workplace: Workplace) -> _Sides:
    try:
        planned = order_plan(order, systems, workplace)
    except ConnectorError as error:
        return _Sides(arithmetic(remaining(order, order.refunds), None, systems.rules), None, str(error))
    if planned.exclusion is not None:
        return _Sides(arithmetic(Remaining(order), None, systems.rules), None, planned.exclusion.reason)
    image = next((one.intent.image for one in planned.effects if one.intent.kind is EffectKind.SALES_ORDER), None)
    left = Remaining(order) if image is None else _left(order, image)
    return _Sides(arithmetic(left, image, systems.rules), None)
