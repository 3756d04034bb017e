"""An authorised card is captured when its order is billed, by rule. Pure.

Real money: planned from what is open of the invoices at this moment, and never for an authorisation that was captured,
unless Shopify says that it can be captured in parts.
"""

from collections.abc import Sequence
from decimal import Decimal

from connector.flows.status_balance import Balance
from connector.flows.status_planning import Capture, StatusEffect, StatusPlan, StatusSubject, StatusWant
from connector.mapping import external_ids
from connector.mapping.money import booked, rounded
from connector.shopify.money import Money, MoneyBag
from connector.shopify.records import Order, Transaction
from connector.store.tables import EffectKind

_AUTHORIZATIONS = ("AUTHORIZATION", "EMV_AUTHORIZATION")
_UNDER_WAY = ("PENDING", "AWAITING_RESPONSE")
_FAILED = ("FAILURE", "ERROR")
_EXPIRED = "EXPIRED"


def planned_captures(subject: StatusSubject) -> StatusPlan:
    """The captures of what is billed and not paid."""
    balance = Balance.of(subject)
    owed = min(balance.billed - balance.paid, balance.outstanding)
    if not subject.rules.status.capture or not subject.bills or owed <= 0 or is_under_way(subject):
        return StatusPlan()
    found = promises(subject)
    if balance.is_settled and not found:
        return StatusPlan()
    if problem := _problem(subject, balance, owed):
        return subject.question(problem, "order:not_captured")
    if not found:
        return StatusPlan()
    if not balance.is_whole and not all(promise.is_multi_capturable for promise, _ in found):
        note = "the authorisation can be captured once, so this waits until the whole order is billed"
        return StatusPlan(notes=(note,))
    if subject.open_amounts is None:
        return StatusPlan(wants=frozenset({StatusWant.OPEN_AMOUNTS}))
    return _captures(subject, min(owed, sum(subject.open_amounts.values(), Decimal(0))))


def promises(subject: StatusSubject) -> list[tuple[Transaction, MoneyBag]]:
    """The authorisations that can be captured, with what is left of each."""
    if subject.order.financial_status == _EXPIRED:
        return []
    found = []
    for item in _authorizations(subject.order):
        taken = captures_of(subject.order, item.id)
        if (taken and not item.is_multi_capturable) or (item.expires_at is not None and item.expires_at <= subject.now):
            continue
        left = item.amount
        for capture in taken:
            left -= capture.amount
        if subject.amount(left) > 0:
            found.append((item, left))
    return found


def still_promised(subject: StatusSubject) -> bool:
    """True while money is authorised, which marking as paid would capture."""
    return bool(promises(subject))


def captures_of(order: Order, authorization_id: str) -> list[Transaction]:
    """Captures of one authorisation that took money, or are about to, oldest first."""
    taken = [
        item
        for item in order.transactions
        if item.kind == "CAPTURE" and item.parent_id == authorization_id and item.status in ("SUCCESS", *_UNDER_WAY)
    ]
    return sorted(taken, key=lambda item: int(item.id))


def is_under_way(subject: StatusSubject) -> bool:
    """True while a payment's end is not known; one that is made by hand waits for a person."""
    return any(
        item.kind in ("SALE", "CAPTURE") and item.status in _UNDER_WAY and not item.is_manual
        for item in subject.order.transactions
    )


def _authorizations(order: Order) -> Sequence[Transaction]:
    voided = {item.parent_id for item in order.transactions if item.kind == "VOID" and item.status == "SUCCESS"}
    return [
        item
        for item in order.transactions
        if item.kind in _AUTHORIZATIONS and item.status == "SUCCESS" and item.id not in voided
    ]


def _problem(subject: StatusSubject, balance: Balance, owed: Decimal) -> str | None:
    """Why nothing can be captured that should be, with what to do."""
    money = f"{owed} {subject.currency}"
    known = {item.id for item in _authorizations(subject.order)}
    failed = [
        item
        for item in subject.order.transactions
        if item.kind == "CAPTURE" and item.status in _FAILED and item.parent_id in known
    ]
    if failed and promises(subject):
        return f"the capture {failed[-1].id} failed ({failed[-1].error_code}); capture {money} in Shopify, or ask the buyer"
    if known and not promises(subject) and not any(captures_of(subject.order, number) for number in known):
        return f"{money} are billed, and the authorisation has expired; ask the buyer to pay again, or void the bill"
    if balance.is_settled and promises(subject):
        return (
            f"NetSuite has its bills paid, of which Shopify does not know {money}, while the card is authorised; void the "
            "authorisation in Shopify, or take the payment back in NetSuite"
        )
    return None


def _captures(subject: StatusSubject, amount: Decimal) -> StatusPlan:
    plan, rest = StatusPlan(), rounded(amount, subject.currency)
    for promise, left in promises(subject):
        part = min(rest, subject.amount(left))
        if part <= 0:
            continue
        money = _shown(subject, part, left)
        if money is None:
            return plan.then(
                subject.question(
                    f"{part} {subject.currency} are billed of {subject.amount(left)} authorised, and the buyer pays in "
                    f"{left.presentment.currency}; capture it in Shopify",
                    "order:not_captured",
                )
            )
        plan, rest = plan.then(StatusPlan((_effect(subject, promise, part, money),))), rest - part
    if rest > 0:
        return plan.then(StatusPlan(notes=(f"{rest} {subject.currency} are billed and not authorised",)))
    return plan


def _shown(subject: StatusSubject, part: Decimal, left: MoneyBag) -> Money | None:
    """A booked amount in the buyer's currency; of a part of it no rate is known. None where it cannot be told."""
    if part == subject.amount(left):
        return left.presentment
    is_shown = booked(left, subject.rules).currency == left.presentment.currency
    return Money(part, left.presentment.currency) if is_shown else None


def _effect(subject: StatusSubject, promise: Transaction, part: Decimal, money: Money) -> StatusEffect:
    nth = len(captures_of(subject.order, promise.id))
    key = external_ids.capture(subject.shop_id, promise.id, nth)
    return subject.effect(EffectKind.SHOP_CAPTURE, key, Capture(subject.order.id, promise.id, money), amount=part)
