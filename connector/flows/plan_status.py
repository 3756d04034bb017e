"""What Shopify is still to be told of an order: paid, captured, cancelled. Pure.

Lost answers come first: what became of them is read from the order as it is now, and nothing is sent while one is in doubt.
"""

from decimal import Decimal

from connector.flows.leasing import seconds_until_over
from connector.flows.own_payments import AMOUNT, BEFORE, OWN, own_payments, payment_ids
from connector.flows.plan_capture import captures_of, is_under_way, planned_captures, promises, still_promised
from connector.flows.planning import Made
from connector.flows.status_balance import Balance
from connector.flows.status_planning import (
    Cancel,
    Finding,
    MarkPaid,
    StatusEffect,
    StatusPlan,
    StatusSubject,
    StatusWant,
)
from connector.mapping import external_ids
from connector.mapping.remaining import remaining
from connector.netsuite.states import CLOSED
from connector.store.tables import EffectKind

_SHIPPED = "SUCCESS"


def plan_status(subject: StatusSubject) -> StatusPlan:
    """Everything the shop is still to be told of the order."""
    in_doubt = _in_doubt(subject)
    if in_doubt != StatusPlan():
        return in_doubt
    if subject.order.cancelled_at is not None:
        return StatusPlan()
    return planned_payment(subject).then(planned_captures(subject)).then(planned_cancellation(subject))


def planned_payment(subject: StatusSubject) -> StatusPlan:
    """The order is marked as paid when all that was billed is paid, and is what the buyer owes: Shopify knows no part."""
    balance = Balance.of(subject)
    if not subject.rules.status.mark_paid or not balance.is_settled or balance.outstanding <= 0:
        return StatusPlan()
    if subject.order.financial_status == "PAID":
        return StatusPlan()
    if still_promised(subject):
        return paid_elsewhere(subject, balance)
    if is_under_way(subject):
        return StatusPlan(notes=("a payment is on its way in Shopify; the order is not marked as paid meanwhile",))
    if balance.billed == balance.due:
        return StatusPlan((_payment_effect(subject, balance),))
    if balance.billed < balance.due and not balance.is_whole:
        return StatusPlan()
    return subject.question(
        f"NetSuite has {balance.billed} {subject.currency} billed and paid, of which Shopify knows {balance.paid}, but "
        f"{balance.outstanding} {subject.currency} are outstanding in Shopify; make them equal, or mark the order as paid "
        "in Shopify",
        "order:paid_differently",
    )


def paid_elsewhere(subject: StatusSubject, balance: Balance) -> StatusPlan:
    """Marking as paid would capture the card, and the buyer would pay twice."""
    promised = sum((subject.amount(left) for _, left in promises(subject)), Decimal(0))
    return subject.question(
        f"NetSuite has its invoices paid ({balance.billed} {subject.currency}) while {promised} {subject.currency} are "
        "authorised in Shopify; void the authorisation there, or take the payment back in NetSuite",
        "order:paid_and_authorized",
    )


def planned_cancellation(subject: StatusSubject) -> StatusPlan:
    """An order that is closed in NetSuite with nothing shipped is asked about, or cancelled by rule."""
    order, rule = subject.order, subject.rules.status.closed
    is_over = order.closed_at is not None or remaining(order, order.refunds).is_closed
    if rule == "leave" or is_over or subject.sales_order.status not in CLOSED:
        return StatusPlan()
    state = subject.order_state
    if state is None:
        return StatusPlan(wants=frozenset({StatusWant.ORDER_STATE}))
    if not state.is_closed:
        return StatusPlan()
    if any(line.fulfilled or line.billed for line in state.lines) or any(
        item.status == _SHIPPED for item in order.fulfillments
    ):
        return StatusPlan(notes=(f"{subject.number} is closed in NetSuite, and a part of it was shipped or billed",))
    return _unshipped(subject)


def _unshipped(subject: StatusSubject) -> StatusPlan:
    what = f"its sales order {subject.number} is closed in NetSuite and nothing of it was shipped"
    if subject.rules.status.closed == "hold":
        return subject.question(
            f"{what}; cancel the order in Shopify, open the sales order again, or set rules.status.closed",
            "rule:status.closed",
        )
    paid = Balance.of(subject).paid
    if paid > 0:
        return subject.question(
            f"{what}, but {paid} {subject.currency} were paid in Shopify; cancel and refund it there, "
            "for money never goes back by itself",
            "order:closed_in_netsuite",
        )
    key = external_ids.cancellation(subject.shop_id, subject.order.id)
    note = f"Sales order {subject.number} was closed in NetSuite"
    return StatusPlan((subject.effect(EffectKind.SHOP_CANCELLATION, key, Cancel(subject.order.id, note)),))


def _payment_effect(subject: StatusSubject, balance: Balance) -> StatusEffect:
    key = external_ids.marked_paid(subject.shop_id, subject.order.id)
    own = sorted(own_payments(subject.order, subject.made.get(key)))
    image = {BEFORE: payment_ids(subject.order), OWN: own, AMOUNT: str(balance.outstanding)}
    return subject.effect(
        EffectKind.SHOP_PAYMENT, key, MarkPaid(subject.order.id), amount=balance.outstanding, image=image
    )


def _in_doubt(subject: StatusSubject) -> StatusPlan:
    found = {
        EffectKind.SHOP_PAYMENT: _doubtful_payment,
        EffectKind.SHOP_CAPTURE: _doubtful_capture,
        EffectKind.SHOP_CANCELLATION: _doubtful_cancellation,
    }
    plan = StatusPlan()
    for key, made in subject.made.items():
        if made.is_in_doubt and made.kind in found:
            plan = plan.then(found[made.kind](subject, key, made))
    return plan


def _doubtful_payment(subject: StatusSubject, key: str, made: Made) -> StatusPlan:
    image = made.image or {}
    own = sorted(own_payments(subject.order, made))
    new = [number for number in own if number not in image.get(OWN, ())]
    if new:
        return StatusPlan(findings=(Finding(key, new[-1], {**image, OWN: own}),))
    return _not_done(subject, key, made)


def _doubtful_capture(subject: StatusSubject, key: str, made: Made) -> StatusPlan:
    """The key ends with the authorisation and how many captures it had."""
    authorization_id, nth = key.split("-")[-2:]
    captures = captures_of(subject.order, authorization_id)
    if len(captures) > int(nth):
        return StatusPlan(findings=(Finding(key, captures[int(nth)].id),))
    return _not_done(subject, key, made)


def _doubtful_cancellation(subject: StatusSubject, key: str, made: Made) -> StatusPlan:
    if subject.order.cancelled_at is not None:
        return StatusPlan(findings=(Finding(key, made.remote_id or subject.order.id),))
    if made.remote_id is not None:
        return StatusPlan(job=key)
    return _not_done(subject, key, made)


def _not_done(subject: StatusSubject, key: str, made: Made) -> StatusPlan:
    """Nothing came of it, once it cannot be at work any more."""
    wait = seconds_until_over(made.sent_at, now=subject.now)
    return StatusPlan(wait_seconds=wait) if wait else StatusPlan(findings=(Finding(key),))
