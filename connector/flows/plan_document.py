"""The order itself in NetSuite: made once, as a sales order or a cash sale, then changed where Shopify changed it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.flows.plan_returns import went_out_of_deposits
from connector.flows.planning import IN_DOUBT, Effect, Made, Plan, Subject, Want
from connector.flows.read_lines import as_read, item_of
from connector.mapping import external_ids
from connector.mapping.images import ImageLine, OrderChange, OrderImage, image_of, order_change
from connector.mapping.money import booked
from connector.mapping.orders import is_cash_sale, sales_order
from connector.mapping.payments import cash_method, received
from connector.mapping.remaining import Remaining, remaining
from connector.mapping.rules import TaxMode
from connector.netsuite.documents import CashSale
from connector.netsuite.records import Reference, SalesOrder
from connector.netsuite.states import SalesOrderState
from connector.netsuite.writes import Change, Create
from connector.shopify.fulfillments import Fulfillment
from connector.shopify.refunds import Refund
from connector.store.tables import EffectKind

# Stands for a value nobody knows: it differs from every other.
_UNKNOWN = object()
# The status of a fulfilment that left the house.
SHIPPED = "SUCCESS"


def planned_document(subject: Subject, buyer: Reference) -> Plan:
    """What has to be made or changed of the order itself."""
    key = external_ids.sales_order(subject.shop_id, subject.order.id)
    standing = subject.known.standing(key)
    if standing is not None:
        return _changed(subject, buyer, standing)
    sold = subject.known.standing(external_ids.cash_sale(subject.shop_id, subject.order.id))
    if sold is not None:
        total, money = booked(subject.order.total, subject.rules).amount, received(subject.order, subject.rules)
        return Plan() if total == money == sold.amount else _too_late(subject, "it was sold for cash")
    if is_cash_sale(subject.order, subject.rules):
        return Plan((_cash_sale(subject, buyer),))
    left = remaining(subject.order, subject.order.refunds)
    record = _record(subject, buyer, left)
    image = _with_refunds(image_of(record).numbered(), subject.order.refunds)
    effect = subject.effect(
        EffectKind.SALES_ORDER, key, Create("salesOrder", record.to_json()), image=image, amount=record.total
    )
    # It is made open, whatever is left of it.
    return Plan((effect,), again=left.is_closed)


def reduced_by(subject: Subject) -> Sequence[Refund]:
    """The refunds that the sales order carries, or would carry now: all before it is billed, later ones do not.

    Of shipped goods nothing is taken off the order: that their money came out of its deposits tells.
    """
    standing = subject.known.standing(external_ids.sales_order(subject.shop_id, subject.order.id))
    if standing is None or standing.image is None or not is_billed(subject):
        return subject.order.refunds
    carried = set(standing.image.get("refunds", ()))
    return [item for item in subject.order.refunds if item.id in carried or went_out_of_deposits(subject, item)]


def is_billed(subject: Subject) -> bool:
    """True once an invoice or a cash sale was made from the sales order."""
    state = subject.known.order_state
    return bool(subject.known.billing) or (state is not None and state.is_billed)


def standing_image(subject: Subject, made: Made, *, pending: Sequence[ImageLine] = ()) -> OrderImage | None:
    """What stands of a sales order: as we wrote it, with its lines as they were read where they were.

    `pending`: lines that may have arrived although no answer said so.
    """
    if made.image is None:
        return None
    image, state = OrderImage.from_json(made.image), subject.known.order_state
    if made.is_in_doubt:
        image = replace(image, fields={**image.fields, **dict.fromkeys(_doubtful(made), _UNKNOWN)})
    if state is None:
        return image
    known = {item.reference for item in image.lines}
    candidates = [*image.lines, *(item for item in pending if item.reference not in known)]
    return as_read(image, state, candidates, subject.rules.orders.line_id_field)


def goods_of(subject: Subject, fulfillment: Fulfillment, image: OrderImage) -> Fulfillment:
    """The fulfilment without what NetSuite has nothing to ship of: a gift card, a charge."""
    items = {item.reference: item_of(item) for item in image.lines}
    never = subject.known.never_shipped
    return replace(fulfillment, lines=tuple(line for line in fulfillment.lines if items.get(line.line_id) not in never))


def has_to_ship(subject: Subject) -> bool:
    """True while goods of a sales order that stands are to be shipped there because the shop shipped them."""
    made = subject.known.standing(external_ids.sales_order(subject.shop_id, subject.order.id))
    image = None if made is None else standing_image(subject, made)
    if image is None or subject.rules.fulfillments.source != "shopify":
        return False
    unknown = [
        item
        for item in subject.order.fulfillments
        if subject.known.standing(external_ids.item_fulfillment(subject.shop_id, item.id)) is None
    ]
    return any(goods_of(subject, item, image).lines for item in unknown if item.status == SHIPPED)


@dataclass(frozen=True, slots=True)
class _Case:
    """A sales order that stands: how it stands and how it should."""

    subject: Subject
    standing: Made
    image: OrderImage
    left: Remaining
    record: SalesOrder
    carried: Sequence[Refund]

    def wanted(self) -> OrderImage:
        """The image it should have; a closed order keeps the lines and charges it has."""
        wanted = image_of(self.record)
        return self.image.closing(wanted) if self.left.is_closed else wanted


def _changed(subject: Subject, buyer: Reference, standing: Made) -> Plan:
    if standing.is_in_doubt and Want.ORDER_STATE not in subject.known.facts:
        return Plan(wants=frozenset({Want.ORDER_STATE}))
    carried = reduced_by(subject)
    left = remaining(subject.order, carried)
    if left.is_closed and has_to_ship(subject):
        # Nothing can be shipped of what is closed.
        left = replace(left, is_closed=False)
    subject = _as_entered(subject, standing)
    record = _record(subject, buyer, left)
    image = _compared(subject, standing, image_of(record))
    if image is None:
        # Written before images were kept: it stands as it was made, and a person changes it where Shopify did.
        return Plan()
    case = _Case(subject, standing, image, left, record, carried)
    if image.is_closed and not left.is_closed and _alters(replace(image, is_closed=False), case):
        return _too_late(subject, "the sales order was closed")
    change = order_change(image, case.wanted(), owned=subject.rules.orders.owned_fields)
    if change is not None and change.touches_lines and not _matches(standing):
        return _not_ours(subject)
    if change is None and standing.is_in_doubt:
        key = external_ids.sales_order(subject.shop_id, subject.order.id)
        return Plan(found=((key, _with_refunds(image, carried)),))
    return Plan() if change is None else _allowed(case, change)


def _compared(subject: Subject, standing: Made, wanted: OrderImage) -> OrderImage | None:
    """What stands, to be compared with what is wanted.

    Lines that were read are compared as we wrote them where that is enough to change them: what a person made of the
    others stays.
    """
    image = standing_image(subject, standing, pending=wanted.lines if standing.is_in_doubt else ())
    state = subject.known.order_state
    if image is None or standing.image is None or state is None or standing.is_in_doubt:
        return image
    written = replace(OrderImage.from_json(standing.image), is_closed=image.is_closed)
    items = {line.line: line.item for line in state.lines}
    if not written.are_keys_sure or any(items.get(item.line or 0) != item_of(item) for item in written.lines):
        return image
    change = order_change(written, wanted, owned=subject.rules.orders.owned_fields)
    return image if change is not None and change.replace is not None else written


def _as_entered(subject: Subject, standing: Made) -> Subject:
    """Of an order that was entered in NetSuite the tax is NetSuite's own, and never a line of ours."""
    if not (standing.image or {}).get("entered_for"):
        return subject
    tax = subject.rules.tax.model_copy(update={"mode": TaxMode.NETSUITE_COMPUTES})
    return replace(subject, rules=subject.rules.model_copy(update={"tax": tax}))


def _matches(standing: Made) -> bool:
    """False for an order entered in NetSuite of which some line of Shopify's is another one there, such as a discount."""
    image = standing.image or {}
    return not image.get("entered_for") or OrderImage.from_json(image).is_whole


def _not_ours(subject: Subject) -> Plan:
    return subject.question(
        "its lines were changed in Shopify; the sales order was entered in NetSuite and has other lines, such as discounts: "
        "change it there",
        "order:entered_in_netsuite",
    )


def _doubtful(made: Made) -> list[str]:
    """The fields that a change may have changed whose answer was lost; its lines are read."""
    return [name for name in (made.image or {}).get(IN_DOUBT, ()) if name != "item"]


def _alters(image: OrderImage, case: _Case) -> bool:
    """True when lines would have to change."""
    change = order_change(image, case.wanted(), owned=case.subject.rules.orders.owned_fields)
    return change is not None and change.touches_lines


def _allowed(case: _Case, change: OrderChange) -> Plan:
    """The change, once all is known that it needs, and only where NetSuite's books still take it."""
    known = case.subject.known
    alters_lines = change.touches_lines and not change.after.is_closed
    if alters_lines and is_billed(case.subject):
        return _too_late(case.subject, "it was billed")
    if change.touches_lines and not _may_be_sent_unread(case, change) and Want.ORDER_STATE not in known.facts:
        return Plan(wants=frozenset({Want.ORDER_STATE}))
    blocked = _blocked(known.order_state, case.image, change) if alters_lines and known.order_state else None
    if blocked is not None:
        return _too_late(case.subject, blocked)
    return Plan((_change_effect(case, change),))


def _may_be_sent_unread(case: _Case, change: OrderChange) -> bool:
    """True for a cancellation and for units whose money goes back: they do no harm to lines that a person closed."""
    if not case.image.are_keys_sure or change.replace is not None:
        return False
    before = {item.reference: item.body.get("quantity", 0) for item in case.image.lines}
    is_raised = any(item.body.get("quantity", 0) > before.get(item.reference, 0) for item in change.after.lines)
    carried = set((case.standing.image or {}).get("refunds", ()))
    is_refunded = any(refund.transactions for refund in case.carried if refund.id not in carried)
    return change.after.is_closed or (is_refunded and not is_raised)


def _change_effect(case: _Case, change: OrderChange) -> Effect:
    subject = case.subject
    return subject.effect(
        EffectKind.SALES_ORDER,
        external_ids.sales_order(subject.shop_id, subject.order.id),
        Change("salesOrder", str(case.standing.remote_id), change.body, change.replace),
        image=_with_refunds(change.after, case.carried),
        # A closed line keeps its amount in NetSuite's total.
        amount=case.standing.amount if change.after.is_closed else case.record.total,
    )


def _blocked(state: SalesOrderState, image: OrderImage, change: OrderChange) -> str | None:
    """Why NetSuite's books do not take the change any more, or None."""
    by_key = {line.line: line for line in state.lines}
    for sent in change.body["item"]["items"]:
        changed = by_key.get(sent.get("line", 0))
        if changed is not None and changed.is_closed and len(sent) > 1:
            return f"line {changed.line} was closed"
    wanted = {item.line: item.body.get("quantity", 0) for item in change.after.lines}
    for item in image.lines:
        line = by_key.get(item.line or 0)
        if line is not None and line.fulfilled > Decimal(str(wanted.get(item.line, 0))):
            return f"{format(line.fulfilled, 'f')} of line {line.line} were fulfilled"
    return None


def _too_late(subject: Subject, why: str) -> Plan:
    return subject.question(
        f"it was changed in Shopify after {why} in NetSuite: "
        "correct it there by a credit memo, an invoice for what was added, or a second order",
        "order:changed_too_late",
    )


def _record(subject: Subject, buyer: Reference, left: Remaining) -> SalesOrder:
    return sales_order(left, shop_id=subject.shop_id, entity=buyer, items=subject.known.items, rules=subject.rules)


def _cash_sale(subject: Subject, buyer: Reference) -> Effect:
    """The order as it was sold: what was given back of it is a cash refund of its own."""
    record = _record(subject, buyer, Remaining(subject.order))
    method = cash_method(subject.order, subject.rules)
    key = external_ids.cash_sale(subject.shop_id, subject.order.id)
    body = CashSale(key, record.to_json(), method.method, method.account).to_json()
    return subject.effect(EffectKind.CASH_SALE, key, Create("cashSale", body), amount=record.total)


def _with_refunds(image: OrderImage, refunds: Sequence[Refund]) -> Mapping[str, Any]:
    """The image as it is stored, with the refunds it carries."""
    return {**image.to_json(), "refunds": sorted(refund.id for refund in refunds)}
