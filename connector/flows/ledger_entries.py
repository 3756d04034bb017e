"""The money of a window on both sides as entries under the same keys, our external ids. Pure.

NetSuite's payment methods are not asked for: the key of a document tells the gateway of the payment it stands for.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from connector.flows.ledger import Ledger, order_id_of
from connector.mapping import external_ids
from connector.mapping.money import booked
from connector.mapping.payments import is_money
from connector.netsuite.ledger import CASH_REFUND, CUSTOMER_DEPOSIT, LedgerDocument
from connector.shopify.changes import PaidOrder
from connector.shopify.payments import Transaction

# What stands for a gateway where no payment tells it.
BY_HAND, NO_GATEWAY = "by hand in NetSuite", "not in Shopify"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that came (positive) or went back (negative) by one payment.

    `at` and `payment_id` are Shopify's, `document` is NetSuite's; one side has no more than its own.
    """

    key: str
    order_id: str
    day: date
    currency: str
    gateway: str
    amount: Decimal
    at: datetime | None = None
    payment_id: str | None = None
    document: LedgerDocument | None = None


def shop_entries(ledger: Ledger) -> list[Entry]:
    """What Shopify received and gave back for the orders of the window."""
    return [
        _entry(ledger, order, payment, sign)
        for order in ledger.orders.values()
        for payment in order.transactions
        if (sign := _sign(ledger, payment))
    ]


def book_entries(ledger: Ledger, shop: Sequence[Entry]) -> list[Entry]:
    """What NetSuite has of the same orders: documents of one payment, then those that stand for several."""
    by_key = {entry.key: entry for entry in shop}
    mine = [(document, _key(ledger, document, by_key)) for document in ledger.documents]
    whose = [(document, key, _order_id(ledger, document, key, by_key)) for document, key in mine]
    ours = [(document, key, order_id) for document, key, order_id in whose if order_id in ledger.orders]
    found = [
        _single(ledger, document, key, order_id, by_key.get(key))
        for document, key, order_id in ours
        if document.is_of_one_payment and (key in by_key or not document.is_voided)
    ]
    unbooked = _Unbooked(ledger, shop, {entry.key for entry in found})
    for document, _, order_id in ours:
        if document.is_over_many:
            found += unbooked.shares(document, order_id)
    return found + unbooked.voided()


class _Unbooked:
    """What is left of each payment that no document stands for yet."""

    def __init__(self, ledger: Ledger, shop: Iterable[Entry], booked_keys: Collection[str]) -> None:
        self._ledger = ledger
        self._left = {entry.key: abs(entry.amount) for entry in shop if entry.key not in booked_keys}
        self._by_order: defaultdict[str, list[Entry]] = defaultdict(list)
        self._voided: list[tuple[LedgerDocument, str]] = []
        for entry in shop:
            self._by_order[entry.order_id].append(entry)

    def shares(self, document: LedgerDocument, order_id: str) -> Iterator[Entry]:
        """A document over several payments, shared among them; what is left over, beyond rounding, stands alone.

        Two refunds can be booked in the other order: a payment of just that amount is the document's own.
        """
        if document.is_voided:
            self._voided.append((document, order_id))
            return
        payments = self._payments(document, order_id)
        chosen = [entry for entry in payments if self._left[entry.key] == document.total][:1] or payments
        rest, shared = document.total, []
        for payment in chosen:
            share = min(rest, self._left[payment.key])
            rest, self._left[payment.key] = rest - share, self._left[payment.key] - share
            if share:
                shared.append((payment, share))
        if shared and rest <= self._ledger.rules.rounding.max:
            payment, share = shared.pop()
            shared.append((payment, share + rest))
            rest = _ZERO
        for payment, share in shared:
            yield self._of(document, payment, share)
        if rest:
            key = document.external_id or document.id
            alone = Entry(key, order_id, document.day, "", NO_GATEWAY, _ZERO)
            yield self._of(document, alone, rest)

    def voided(self) -> list[Entry]:
        """Voided documents, as nothing, of the payments that no other one stands for."""
        return [
            self._of(document, payment, _ZERO)
            for document, order_id in self._voided
            for payment in self._payments(document, order_id)
            if self._left[payment.key] == abs(payment.amount)
        ]

    def _payments(self, document: LedgerDocument, order_id: str) -> list[Entry]:
        sign = -1 if document.type == CASH_REFUND else 1
        return [entry for entry in self._by_order[order_id] if entry.amount * sign > 0 and self._left.get(entry.key)]

    def _of(self, document: LedgerDocument, payment: Entry, share: Decimal) -> Entry:
        sign = -1 if document.type == CASH_REFUND else 1
        currency = _currency(self._ledger, document)
        return replace(payment, day=document.day, currency=currency, amount=sign * share, document=document)


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
        at=payment.processed_at or order.processed_at,
        payment_id=payment.id,
    )


def _change(ledger: Ledger, order: PaidOrder, payment: Transaction) -> Decimal:
    """Cash that was handed back at once."""
    back = [
        booked(item.amount, ledger.rules).amount
        for item in order.transactions
        if item.kind == "CHANGE" and item.status == "SUCCESS" and item.parent_id == payment.id
    ]
    return sum(back, _ZERO)


def _key(ledger: Ledger, document: LedgerDocument, by_key: Mapping[str, Entry]) -> str:
    """Our name of a document; one whose external id somebody changed is known by its internal id."""
    key = document.external_id or ""
    if key in by_key or key in ledger.by_key:
        return key
    made = ledger.by_remote_id.get(document.id)
    return key if made is None else made.natural_key


def _order_id(ledger: Ledger, document: LedgerDocument, key: str, by_key: Mapping[str, Entry]) -> str:
    """The order that a document's money belongs to, empty where nobody knows."""
    if key in by_key:
        return by_key[key].order_id
    made = ledger.by_key.get(key)
    return made.shopify_id if made is not None else order_id_of(document, ledger.shop_id) or ""


def _single(ledger: Ledger, document: LedgerDocument, key: str, order_id: str, known: Entry | None) -> Entry:
    """A document that stands for one payment, or for one that only NetSuite knows."""
    sign = 1 if document.type == CUSTOMER_DEPOSIT else -1
    unknown = NO_GATEWAY if key.startswith(ledger.ours) else BY_HAND
    return Entry(
        key=key or document.id,
        order_id=order_id,
        day=document.day,
        currency=_currency(ledger, document),
        gateway=known.gateway if known else unknown,
        amount=sign * document.total,
        document=document,
    )


def _currency(ledger: Ledger, document: LedgerDocument) -> str:
    """The currency's code as the rules know it."""
    codes = {number: code for code, number in ledger.rules.currencies.items()}
    return codes.get(document.currency, f"currency {document.currency}")
