"""Which deposit each refunded amount comes out of: the payment it belongs to, then whatever is left of the others. Pure.

Found from the order alone, over all its refunds in their order, so that it never depends on which was booked first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.mapping.money import booked
from connector.mapping.payments import deposited, is_money
from connector.mapping.refunds import gives_back
from connector.mapping.rules import Rules
from connector.shopify.records import Order, Transaction


@dataclass(frozen=True, slots=True)
class Allocation:
    """An amount out of the deposit of one payment."""

    payment_id: str
    amount: Decimal


def allocations(order: Order, rules: Rules) -> tuple[Mapping[str, tuple[Allocation, ...]], Mapping[str, str]]:
    """By refund transaction: what comes out of which deposit; and, for those the deposits do not cover, the sentence."""
    left = {item.id: deposited(item, order, rules) for item in order.transactions if is_money(item, rules)}
    found: dict[str, tuple[Allocation, ...]] = {}
    problems: dict[str, str] = {}
    for payment in sorted(_refunds(order, rules), key=lambda item: int(item.id)):
        wanted = booked(payment.amount, rules)
        parts, rest = _taken(payment, wanted.amount, left, order)
        found[payment.id] = tuple(parts)
        if rest:
            problems[payment.id] = (
                f"transaction {payment.id} gave back {wanted.amount} {wanted.currency}, but only "
                f"{wanted.amount - rest} is left of its deposits; book the rest in NetSuite"
            )
    return found, problems


def _refunds(order: Order, rules: Rules) -> Iterator[Transaction]:
    return (item for item in order.transactions if gives_back(item, rules))


def _taken(
    payment: Transaction, wanted: Decimal, left: dict[str, Decimal], order: Order
) -> tuple[list[Allocation], Decimal]:
    """Takes what is wanted out of what is left, in the order of likelihood; what could not be taken."""
    parts = []
    for payment_id in _likely(payment, left, order):
        part = min(wanted, left[payment_id])
        if part > 0:
            left[payment_id] -= part
            wanted -= part
            parts.append(Allocation(payment_id, part))
    return parts, wanted


def _likely(payment: Transaction, left: Mapping[str, Decimal], order: Order) -> list[str]:
    """The refund's own payment (or the capture of its authorisation), then the same gateway's, then the others."""
    by_id = {item.id: item for item in order.transactions}

    def distance(payment_id: str) -> tuple[int, int]:
        other = by_id[payment_id]
        own = payment.parent_id in (other.id, other.parent_id)
        return (0 if own and payment.parent_id else 1 if other.gateway == payment.gateway else 2, int(payment_id))

    return sorted(left, key=distance)
