"""Money and goods that go back, by how the order stands in the books. Pure.

Not billed: a customer refund out of the deposits. Invoiced: a credit memo and a customer refund of it. Sold for cash: a
cash refund. Money goes back only for transactions that succeeded; a refund without money moves none.
"""

from collections.abc import Sequence
from decimal import Decimal

from connector.flows.plan_document import is_billed, reduced_by
from connector.flows.plan_money import is_on_terms, is_sold_for_cash
from connector.flows.plan_returns import planned_return, return_effects, returned_lines, went_out_of_deposits
from connector.flows.planning import Effect, Plan, Subject, Want
from connector.mapping import external_ids
from connector.mapping.customers import currency_id
from connector.mapping.deposits_left import Allocation, allocations
from connector.mapping.money import booked
from connector.mapping.payments import method_of, received, refund_method
from connector.mapping.refunds import (
    balanced,
    booking_date,
    credited_goods,
    goods_back,
    payments_back,
)
from connector.mapping.remaining import is_pending
from connector.mapping.taxes import NETSUITE_COMPUTES
from connector.netsuite.documents import (
    Applied,
    CashRefund,
    CreditMemo,
    CustomerRefund,
)
from connector.netsuite.records import Reference
from connector.netsuite.writes import Create
from connector.shopify.records import Transaction
from connector.shopify.refunds import Refund
from connector.store.billing import CASH_SALE, INVOICE
from connector.store.tables import EffectKind


def planned_refunds(subject: Subject, buyer: Reference) -> Plan:
    """What every refund of the order still needs, in Shopify's order."""
    refunds = sorted(subject.order.refunds, key=lambda item: int(item.id))
    if not refunds or all(_is_booked(subject, refund) for refund in refunds):
        return Plan()
    if is_sold_for_cash(subject):
        steps = [_cash_refund(subject, buyer, refund) for refund in refunds]
        return _all(steps)
    if Want.BILLING not in subject.known.facts:
        return Plan(wants=frozenset({Want.BILLING}))
    if is_billed(subject) and len({document.kind for document in subject.known.billing}) != 1:
        return _partly_billed(subject)
    carried = {refund.id for refund in reduced_by(subject)}
    if any(_is_open_in_part(subject, refund) for refund in refunds if refund.id not in carried):
        return _partly_billed(subject)
    return _all([_refund(subject, buyer, refund, is_carried=refund.id in carried) for refund in refunds])


def _refund(subject: Subject, buyer: Reference, refund: Refund, *, is_carried: bool) -> Plan:
    if is_carried:
        result = _from_deposits(subject, buyer, refund).then(planned_return(subject, buyer, refund))
        return result.then(_credited_when_billed(subject, buyer, refund)) if _owes_credit(subject, refund) else result
    if subject.known.billing[0].kind != CASH_SALE:
        return _from_invoice(subject, buyer, refund)
    # Money that went back out of a deposit does not go back a second time, in cash.
    return (
        _from_deposits(subject, buyer, refund) if _went_back(subject, refund) else _cash_refund(subject, buyer, refund)
    )


def _went_back(subject: Subject, refund: Refund) -> bool:
    """True when some of a refund's money was given back by a customer refund already."""
    keys = (external_ids.customer_refund(subject.shop_id, item.id) for item in payments_back(refund, subject.rules))
    return any(subject.known.standing(key) is not None for key in keys)


def _from_deposits(subject: Subject, buyer: Reference, refund: Refund) -> Plan:
    """One customer refund for each transaction that gave money back, out of the deposit it came in by."""
    result = Plan(notes=_waiting(subject, refund))
    found, problem = allocations(subject.order, subject.rules)
    for payment in payments_back(refund, subject.rules):
        key = external_ids.customer_refund(subject.shop_id, payment.id)
        if subject.known.standing(key) is not None:
            continue
        if is_on_terms(subject):
            why = f"transaction {payment.id} gave money back of an order on terms that is not billed and has no deposit"
            return result.then(subject.question(f"{why}; book it in NetSuite", "order:refund_without_deposit"))
        if payment.id in problem:
            return result.then(subject.question(problem[payment.id], "order:refund_without_deposit"))
        deposits = [_out_of(subject, part) for part in found[payment.id]]
        result = result.then(Plan((_money_back(subject, buyer, refund, payment, deposits=deposits),)))
    return result


def _owes_credit(subject: Subject, refund: Refund) -> bool:
    """True for shipped goods whose money went back before they were billed: the bill says too much."""
    is_paid = bool(payments_back(refund, subject.rules)) and not is_pending(refund)
    return is_billed(subject) and is_paid and bool(returned_lines(subject, refund))


def _credited_when_billed(subject: Subject, buyer: Reference, refund: Refund) -> Plan:
    """A credit memo laid against the invoice, in place of the money that went back out of the deposit."""
    key = external_ids.credit_memo(subject.shop_id, refund.id)
    if _is_right(subject, key):
        return Plan()
    bill = subject.known.billing[0]
    if bill.kind == CASH_SALE:
        return subject.question(
            f"refund {refund.id} went out of its deposit before the order was billed as cash sale {bill.netsuite_id}: "
            "correct the cash sale in NetSuite",
            "order:refunded_before_cash_sale",
        )
    lines, known = returned_lines(subject, refund), subject.known
    goods = credited_goods(
        subject.order, refund, lines, external_id=key, entity=buyer, items=known.items, rules=subject.rules
    )
    memo = CreditMemo(goods, [Applied(Reference(id=str(bill.netsuite_id)), goods.total)])
    return Plan(
        (subject.effect(EffectKind.CREDIT_MEMO, key, Create("creditMemo", memo.to_json()), amount=goods.total),)
    )


def _from_invoice(subject: Subject, buyer: Reference, refund: Refund) -> Plan:
    """The credit memo of what was given back, then a customer refund of it for each transaction."""
    key = external_ids.credit_memo(subject.shop_id, refund.id)
    result = Plan(notes=_waiting(subject, refund))
    standing = subject.known.standing(key)
    if not _is_right(subject, key):
        if not (refund.lines or refund.shipping_lines or refund.duties or payments_back(refund, subject.rules)):
            return result
        result = result.then(Plan(tuple(_credit_effects(subject, buyer, refund, key))))
    memo = Reference(id=standing.remote_id) if standing else Reference(external_id=key)
    for payment in payments_back(refund, subject.rules):
        if subject.known.standing(external_ids.customer_refund(subject.shop_id, payment.id)) is None:
            credits = [Applied(memo, booked(payment.amount, subject.rules).amount)]
            result = result.then(Plan((_money_back(subject, buyer, refund, payment, credits=credits),)))
    return result


def _credit_effects(subject: Subject, buyer: Reference, refund: Refund, key: str) -> list[Effect]:
    """A credit memo of its own lines, or after a return authorisation that takes the goods back.

    Where no money was to move, the buyer owes that much less, as far as he owes anything; goods that only went back into
    stock credit nothing.
    """
    invoice = next(document for document in subject.known.billing if document.kind == INVOICE)
    bill = Reference(id=str(invoice.netsuite_id))
    goods = goods_back(
        subject.order, refund, external_id=key, entity=buyer, items=subject.known.items, rules=subject.rules
    )
    if refund.transactions and not is_pending(refund):
        goods = balanced(goods, subject.order, refund, subject.rules)
    effects = return_effects(subject, buyer, refund, bill)
    if goods.total:
        owed = booked(subject.order.total, subject.rules).amount - received(subject.order, subject.rules)
        applied = Decimal(0) if refund.transactions else min(goods.total, owed)
        memo = CreditMemo(goods, [Applied(bill, applied)] if applied > 0 else ())
        write = Create("creditMemo", memo.to_json())
        effects.append(subject.effect(EffectKind.CREDIT_MEMO, key, write, amount=goods.total))
    return effects


def _is_right(subject: Subject, key: str) -> bool:
    """True for a credit that stands with its right total; where NetSuite computes its tax, only a reading tells."""
    standing = subject.known.standing(key)
    return standing is not None and (standing.is_verified or subject.rules.tax.mode not in NETSUITE_COMPUTES)


def _cash_refund(subject: Subject, buyer: Reference, refund: Refund) -> Plan:
    """One cash refund for the whole refund, once all its money has gone back."""
    key = external_ids.cash_refund(subject.shop_id, refund.id)
    payments = payments_back(refund, subject.rules)
    if _is_right(subject, key):
        return Plan()
    if is_pending(refund) or not payments:
        return Plan(notes=_waiting(subject, refund))
    goods = goods_back(
        subject.order, refund, external_id=key, entity=buyer, items=subject.known.items, rules=subject.rules
    )
    goods = balanced(goods, subject.order, refund, subject.rules)
    method = method_of(subject.order, payments[0], subject.rules)
    body = CashRefund(goods, method.method, method.account).to_json()
    return Plan((subject.effect(EffectKind.CASH_REFUND, key, Create("cashRefund", body), amount=goods.total),))


def _money_back(
    subject: Subject, buyer: Reference, refund: Refund, payment: Transaction, *,
    deposits: Sequence[Applied] = (), credits: Sequence[Applied] = (),
) -> Effect:  # fmt: skip
    method = refund_method(subject.order, payment, subject.rules)
    key = external_ids.customer_refund(subject.shop_id, payment.id)
    record = CustomerRefund(
        external_id=key,
        customer=buyer,
        tran_date=booking_date(refund, subject.rules),
        currency=currency_id(subject.currency, subject.rules),
        payment_option=method.method,
        account=method.account,
        memo=f"Shopify {subject.order.name} refund {refund.id}",
        deposits=deposits,
        credits=credits,
    )
    return subject.effect(
        EffectKind.CUSTOMER_REFUND, key, Create("customerRefund", record.to_json()), amount=record.amount
    )


def _out_of(subject: Subject, part: Allocation) -> Applied:
    key = external_ids.customer_deposit(subject.shop_id, part.payment_id)
    standing = subject.known.standing(key)
    reference = Reference(id=standing.remote_id) if standing else Reference(external_id=key)
    return Applied(reference, part.amount)


def _is_booked(subject: Subject, refund: Refund) -> bool:
    """True when nothing of a refund is left to be booked, whichever way it went."""
    known, shop_id = subject.known, subject.shop_id
    if _is_right(subject, external_ids.cash_refund(shop_id, refund.id)):
        return True
    payments = payments_back(refund, subject.rules)
    is_paid = all(known.standing(external_ids.customer_refund(shop_id, payment.id)) for payment in payments)
    is_returned = subject.rules.refunds.returns != "return_authorization" or known.standing(
        external_ids.return_authorization(shop_id, refund.id)
    )
    order = known.standing(external_ids.sales_order(shop_id, subject.order.id))
    is_carried = bool(order and order.image and refund.id in order.image.get("refunds", ()))
    is_carried = is_carried or went_out_of_deposits(subject, refund)
    is_credited = _is_right(subject, external_ids.credit_memo(shop_id, refund.id))
    is_settled = is_carried and not _owes_credit(subject, refund)
    return bool(is_paid and is_returned and (is_settled or is_credited))


def _waiting(subject: Subject, refund: Refund) -> tuple[str, ...]:
    if not is_pending(refund):
        return ()
    return (f"refund {refund.id} of {subject.order.name} waits until Shopify has paid it out",)


def _is_open_in_part(subject: Subject, refund: Refund) -> bool:
    """True for units that never ship of an order of which a part is still to be billed: are they in that part?"""
    order = subject.known.standing(external_ids.sales_order(subject.shop_id, subject.order.id))
    billed = sum((document.total for document in subject.known.billing), Decimal(0))
    is_open = order is not None and order.amount is not None and billed < order.amount
    return is_open and not _is_booked(subject, refund) and len(returned_lines(subject, refund)) < len(refund.lines)


def _partly_billed(subject: Subject) -> Plan:
    kinds = ", ".join(f"{item.kind} {item.netsuite_id} over {item.total}" for item in subject.known.billing)
    money = sum((booked(item.total, subject.rules).amount for item in subject.order.refunds), Decimal(0))
    return subject.question(
        f"{money} {subject.currency} were refunded, and the order was billed in several ways or in part ({kinds}): "
        "book the refund against the right one in NetSuite",
        "order:refund_partly_billed",
    )


def _all(steps: Sequence[Plan]) -> Plan:
    result = Plan()
    for step in steps:
        result = result.then(step)
    return result
