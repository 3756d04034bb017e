"""Payments that stand in Shopify because we said so: their money is in NetSuite's books already, as an invoice's payment."""

from collections.abc import Iterable
from decimal import Decimal

from connector.flows.planning import Made
from connector.shopify.records import Order, Transaction
from connector.store.effects import Image

_MONEY = ("SALE", "CAPTURE")
# In the image of an order that we marked as paid: payments that stood before, those that came of it, the amount.
BEFORE, OWN, AMOUNT = "before", "own", "amount"


def payment_ids(order: Order) -> list[str]:
    """The payments that succeeded."""
    return [item.id for item in order.transactions if _succeeded(item)]


def caused_by_marking(transactions: Iterable[Transaction], image: Image) -> list[str]:
    """The payments that came of a marking whose answer we have; those by hand, or else those over the amount."""
    before, amount = set(image.get(BEFORE, ())), Decimal(str(image.get(AMOUNT, 0)))
    new = [item for item in transactions if _succeeded(item) and item.id not in before]
    own = [item for item in new if item.is_manual] or [item for item in new if _is_over(item, amount)]
    return sorted({*image.get(OWN, ()), *(item.id for item in own)})


def own_payments(order: Order, marked: Made | None) -> frozenset[str]:
    """The ids of our own, by what we know of the marking.

    While its answer is not written down, a payment by hand over that amount that was not there before is ours.
    """
    if marked is None or marked.image is None:
        return frozenset()
    own = set(marked.image.get(OWN, ()))
    if marked.is_in_doubt:
        own |= set(_newer(order.transactions, marked.image))
    return frozenset(own)


def _newer(transactions: Iterable[Transaction], image: Image) -> list[str]:
    before, amount = set(image.get(BEFORE, ())), Decimal(str(image.get(AMOUNT, 0)))
    return [
        item.id
        for item in transactions
        if _succeeded(item) and item.is_manual and item.id not in before and _is_over(item, amount)
    ]


def _succeeded(payment: Transaction) -> bool:
    return payment.kind in _MONEY and payment.status == "SUCCESS"


def _is_over(payment: Transaction, amount: Decimal) -> bool:
    return amount in (payment.amount.shop.amount, payment.amount.presentment.amount)
