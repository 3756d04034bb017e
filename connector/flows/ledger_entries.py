"""The money of a window on both sides as entries under the same keys, our external ids. Pure.

NetSuite's payment methods are not asked for: the key of a document tells the gateway of the payment it stands for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from connector.flows.ledger import Ledger, order_id_of
from connector.mapping import external_ids
from connector.mapping.money import booked
from connector.mapping.payments import is_money
from connector.netsuite.ledger import (
    CASH_REFUND,
    CASH_SALE,
    CUSTOMER_DEPOSIT,
    CUSTOMER_REFUND,
    LedgerDocument,
)
from connector.shopify.changes import PaidOrder
from connector.shopify.payments import Transaction
from connector.store.ledger import KnownEffect
from connector.store.tables import EffectKind

# What stands for a gateway where no payment tells it.
BY_HAND, NO_GATEWAY = "by hand in NetSuite", "not in Shopify"
_ZERO = Decimal(0)
# Payments of which another connector made no deposit stand for themselves in its bill.
_PAID_IN = (EffectKind.CUSTOMER_DEPOSIT,)


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that came (positive) or went back (negative) by one payment."""

    key: str
    order_id: str
    day: date
    currency: str
    gateway: str
    amount: Decimal
    is_manual: bool = False
    document: str | None = None


def shop_entries(ledger: Ledger) -> list[Entry]:
    """What Shopify received and gave back for the orders of the window."""
    return [
        _entry(ledger, order, payment, sign)
        for order in ledger.orders.values()
        for payment in order.transactions
        if (sign := _sign(ledger, payment))
    ]


def book_entries(ledger: Ledger, shop: Sequence[Entry]) -> list[Entry]:
    """What NetSuite has of the same orders."""
    by_key = {entry.key: entry for entry in shop}
    by_order: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in shop:
        by_order[entry.order_id].append(entry)
    found: list[Entry] = []
    stands_for = ledger.by_remote_id
    for listed in ledger.documents:
        made = stands_for.get(listed.id, ())
        document = _under_our_key(ledger, listed, made)
        order_id = _order_id(ledger, document, by_key)
        if order_id not in ledger.orders:
            continue
        if document.type in (CUSTOMER_DEPOSIT, CUSTOMER_REFUND):
            found.append(_single(ledger, document, order_id, by_key))
        elif document.is_order and document.type == CASH_SALE:
            received = [entry for entry in by_order[order_id] if entry.amount > 0]
            found += _shared(ledger, document, order_id, received, sign=1)
        elif document.type == CASH_REFUND:
            used = {entry.key for entry in found}
            given = [entry for entry in by_order[order_id] if entry.amount < 0 and entry.key not in used]
            found += _shared(ledger, document, order_id, given, sign=-1)
        elif document.type not in (CUSTOMER_DEPOSIT, CUSTOMER_REFUND):
            paid = [by_key[one.natural_key] for one in made if one.natural_key in by_key and one.kind in _PAID_IN]
            found += _shared(ledger, replace(document, total=_sum(paid)), order_id, paid, sign=1)
    return found


def _under_our_key(ledger: Ledger, document: LedgerDocument, made: Sequence[KnownEffect]) -> LedgerDocument:
    """A document of another connector is known by the key of what it stands for."""
    if not made or (document.external_id or "").startswith(ledger.ours):
        return document
    return replace(document, external_id=made[0].natural_key)


def _sum(entries: Sequence[Entry]) -> Decimal:
    return sum((entry.amount for entry in entries), _ZERO)


def _sign(ledger: Ledger, payment: Transaction) -> int:
    """1 for money that came, -1 for money that went back, 0 for what is no money."""
    if is_money(payment, ledger.rules):
        return 1
    is_test = payment.is_test and not ledger.rules.orders.include_test
    return -1 if payment.kind == "REFUND" and payment.status == "SUCCESS" and not is_test else 0


def _entry(ledger: Ledger, order: PaidOrder, payment: Transaction, sign: int) -> Entry:
    money = booked(payment.amount, ledger.rules)
    key = external_ids.customer_deposit if sign > 0 else external_ids.customer_refund
    return Entry(
        key=key(ledger.shop_id, payment.id),
        order_id=order.placed.order_id,
        day=ledger.day(payment.processed_at or order.processed_at),
        currency=money.currency,
        gateway=payment.gateway,
        amount=sign * (money.amount - _change(ledger, order, payment)),
        is_manual=payment.is_manual,
    )


def _change(ledger: Ledger, order: PaidOrder, payment: Transaction) -> Decimal:
    """Cash that was handed back at once."""
    back = [
        booked(item.amount, ledger.rules).amount
        for item in order.transactions
        if item.kind == "CHANGE" and item.status == "SUCCESS" and item.parent_id == payment.id
    ]
    return sum(back, _ZERO)


def _order_id(ledger: Ledger, document: LedgerDocument, by_key: Mapping[str, Entry]) -> str:
    """The order that a document's money belongs to, empty where nobody knows."""
    key = document.external_id or ""
    if key in by_key:
        return by_key[key].order_id
    made = ledger.by_key.get(key)
    return made.shopify_id if made is not None else order_id_of(document, ledger.shop_id) or ""


def _single(ledger: Ledger, document: LedgerDocument, order_id: str, by_key: Mapping[str, Entry]) -> Entry:
    """A document that stands for one payment, or for one that only NetSuite knows."""
    key = document.external_id or ""
    sign = 1 if document.type == CUSTOMER_DEPOSIT else -1
    gateway = NO_GATEWAY if key.startswith(ledger.ours) else BY_HAND
    blank = Entry(
        key or document.id, order_id, document.day, _currency(ledger, document), gateway, sign * document.total
    )
    known = by_key.get(key)
    return replace(blank, gateway=known.gateway if known else gateway, document=document.number)


def _shared(
    ledger: Ledger, document: LedgerDocument, order_id: str, payments: Iterable[Entry], *, sign: int
) -> Iterator[Entry]:
    """A document over several payments, shared among them; what is left over stands alone."""
    left = document.total
    currency = _currency(ledger, document)
    for payment in payments:
        share = min(left, abs(payment.amount))
        left -= share
        if share:
            yield replace(payment, day=document.day, currency=currency, amount=sign * share, document=document.number)
    if left:
        key = document.external_id or document.id
        yield Entry(key, order_id, document.day, currency, NO_GATEWAY, sign * left, document=document.number)


def _currency(ledger: Ledger, document: LedgerDocument) -> str:
    """The currency's code as the rules know it."""
    codes = {number: code for code, number in ledger.rules.currencies.items()}
    return codes.get(document.currency, f"currency {document.currency}")
