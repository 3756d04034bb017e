"""Shipped goods that come back: which lines, and the return authorisation and receipt the rules want. Pure."""

from connector.flows.planning import Effect, Plan, Subject
from connector.mapping import external_ids
from connector.mapping.refunds import booking_date, payments_back, returned_goods
from connector.mapping.remaining import unshipped_lines
from connector.netsuite.documents import ReturnAuthorization
from connector.netsuite.records import Reference
from connector.netsuite.writes import Create, Transform
from connector.shopify.refunds import Refund, RefundLine
from connector.store.tables import EffectKind


def returned_lines(subject: Subject, refund: Refund) -> list[RefundLine]:
    """What the refund says of units that were shipped."""
    unshipped = unshipped_lines(subject.order)
    return [line for line in refund.lines if (refund.id, line.line_id) not in unshipped]


def went_out_of_deposits(subject: Subject, refund: Refund) -> bool:
    """True for shipped goods whose money went back before they were billed: no credit memo of it stands."""
    if subject.known.standing(external_ids.credit_memo(subject.shop_id, refund.id)) is not None:
        return False
    payments = payments_back(refund, subject.rules)
    keys = (external_ids.customer_refund(subject.shop_id, payment.id) for payment in payments)
    is_paid = bool(payments) and all(subject.known.standing(key) is not None for key in keys)
    return is_paid and bool(returned_lines(subject, refund))


def planned_return(subject: Subject, buyer: Reference, refund: Refund) -> Plan:
    """Shipped goods that come back before the order was billed: the warehouse has to expect them."""
    standing = subject.known.standing(external_ids.sales_order(subject.shop_id, subject.order.id))
    if standing is None or standing.remote_id is None:
        return Plan()
    return Plan(tuple(return_effects(subject, buyer, refund, Reference(id=standing.remote_id))))


def return_effects(subject: Subject, buyer: Reference, refund: Refund, source: Reference) -> list[Effect]:
    """The return authorisation and its receipt, where the rules want them and goods come back."""
    rules = subject.rules.refunds
    lines = [line for line in returned_lines(subject, refund) if line.restock_type == "RETURN"]
    key = external_ids.return_authorization(subject.shop_id, refund.id)
    if rules.returns != "return_authorization" or not lines:
        return []
    effects = []
    if subject.known.standing(key) is None:
        goods = returned_goods(
            subject.order, refund, lines, external_id=key, entity=buyer, items=subject.known.items, rules=subject.rules
        )
        body = ReturnAuthorization(goods, source).to_json()
        effects.append(subject.effect(EffectKind.RETURN_AUTHORIZATION, key, Create("returnAuthorization", body)))
    return effects + _receipt(subject, refund, key)


def _receipt(subject: Subject, refund: Refund, authorization: str) -> list[Effect]:
    key = external_ids.item_receipt(subject.shop_id, refund.id)
    if not subject.rules.refunds.receive or subject.known.standing(key) is not None:
        return []
    body = {
        "externalId": key,
        "tranDate": booking_date(refund, subject.rules).isoformat(),
        "memo": f"Shopify {subject.order.name} refund {refund.id}",
    }
    write = Transform("itemReceipt", "returnAuthorization", f"eid:{authorization}", body)
    return [subject.effect(EffectKind.ITEM_RECEIPT, key, write)]
