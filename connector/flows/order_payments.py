"""An order's money that came and went, payment by payment, beside the documents that stand for it in NetSuite. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from connector.flows.own_payments import own_payments
from connector.flows.planning import Made
from connector.mapping import external_ids
from connector.mapping.money import booked
from connector.mapping.payments import deposited, is_money
from connector.mapping.refunds import gives_back
from connector.mapping.rules import Rules
from connector.shopify.payments import Transaction
from connector.shopify.records import Order

_NOTHING = Decimal(0)
_TOLD_BY_NETSUITE = "NetSuite told the shop of this money: it stands there as the payment of an invoice"
_ON_TERMS = "the company pays its invoice: that money comes into NetSuite's books there"


@dataclass(frozen=True, slots=True)
class Payment:
    """One capture or sale (positive) or refund (negative), as it is booked. `key`: the external id of its document.

    `made`: that document, None where none stands; `there`: what of it is this payment's, as far as we wrote or adopted it.
    `note`: why none is to stand there.
    """

    transaction: Transaction
    here: Decimal
    key: str
    made: Made | None = None
    there: Decimal | None = None
    note: str | None = None

    @property
    def at(self) -> datetime | None:
        """When the money moved."""
        return self.transaction.processed_at

    @property
    def difference(self) -> Decimal | None:
        """What Shopify has more; None where nothing is to stand in NetSuite."""
        return None if self.note is not None else self.here - (self.there or _NOTHING)


def order_payments(order: Order, made: Mapping[str, Made], *, shop_id: int, rules: Rules) -> tuple[Payment, ...]:
    """All of them in Shopify's order. `made`: what was made of the order, by natural key."""
    standing = {key: one for key, one in made.items() if one.stands}
    came = [_deposit(one, order, shop_id, rules) for one in order.transactions if is_money(one, rules)]
    went = [_refund(one, shop_id, rules) for one in order.transactions if gives_back(one, rules)]
    found = {one.transaction.id: _with_own(one, standing) for one in (*came, *went)}
    wholes = [(external_ids.cash_sale(shop_id, order.id), [one.transaction.id for one in came])]
    wholes += [
        (external_ids.cash_refund(shop_id, refund.id), [one.id for one in refund.transactions if one.id in found])
        for refund in order.refunds
    ]
    for key, ids in wholes:
        if key in standing:
            found |= _shared([found[number] for number in ids], key, standing[key])
    own = own_payments(order, made.get(external_ids.marked_paid(shop_id, order.id)))
    return tuple(_excused(one, order, is_own=number in own) for number, one in found.items())


def _deposit(payment: Transaction, order: Order, shop_id: int, rules: Rules) -> Payment:
    return Payment(payment, deposited(payment, order, rules), external_ids.customer_deposit(shop_id, payment.id))


def _refund(payment: Transaction, shop_id: int, rules: Rules) -> Payment:
    return Payment(payment, -booked(payment.amount, rules).amount, external_ids.customer_refund(shop_id, payment.id))


def _with_own(payment: Payment, standing: Mapping[str, Made]) -> Payment:
    """With the document of its own, where one stands."""
    made = standing.get(payment.key)
    if made is None or made.amount is None:
        return payment
    return replace(payment, made=made, there=made.amount if payment.here > 0 else -made.amount)


def _shared(payments: Sequence[Payment], key: str, whole: Made) -> dict[str, Payment]:
    """Those without a document of their own share the one that stands for all; the last has what is left of it."""
    alone = [one for one in payments if one.made is None]
    rest, shared = whole.amount or _NOTHING, {}
    for one in alone:
        share = rest if one is alone[-1] else min(rest, abs(one.here))
        rest -= share
        shared[one.transaction.id] = replace(one, key=key, made=whole, there=share if one.here > 0 else -share)
    return shared


def _excused(payment: Payment, order: Order, *, is_own: bool) -> Payment:
    if payment.made is not None or payment.here < 0:
        return payment
    if is_own:
        return replace(payment, note=_TOLD_BY_NETSUITE)
    is_on_terms = order.is_business and order.payment_terms is not None
    return replace(payment, note=_ON_TERMS) if is_on_terms else payment
