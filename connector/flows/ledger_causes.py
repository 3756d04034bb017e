"""Why a payment does not stand alike on both sides. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from connector.flows.ledger import Ledger
from connector.flows.ledger_entries import Entry
from connector.flows.ledger_orders import Place, Placed, overdue
from connector.netsuite.ledger import CASH_REFUND, CASH_SALE, CUSTOMER_REFUND, LedgerDocument
from connector.store.ledger import KnownEffect

Told = tuple["Cause", str]

_ZERO = Decimal(0)


class Cause(StrEnum):
    """Why the two sides differ. The last three are nobody's intention."""

    HELD = "held"
    PARKED = "parked"
    IGNORED = "ignored"
    EXCLUDED = "excluded"
    WAITING = "waiting"
    ROUNDING = "tax or rounding"
    CLOSED_PERIOD = "closed period"
    ONE_DOCUMENT = "dated with its document"
    BY_HAND = "by hand in NetSuite"
    VOIDED = "voided in NetSuite"
    PAID_THERE = "was paid in NetSuite first"
    ON_TERMS = "paid with its invoice"
    DELETED = "deleted in NetSuite"
    NOT_IN_SHOPIFY = "not in Shopify"
    UNKNOWN = "unknown"

    @property
    def is_explained(self) -> bool:
        """True when nobody has to look into it."""
        return self not in (Cause.DELETED, Cause.NOT_IN_SHOPIFY, Cause.UNKNOWN)


_BY_PLACE = {
    Place.HELD: Cause.HELD,
    Place.PARKED: Cause.PARKED,
    Place.IGNORED: Cause.IGNORED,
    Place.EXCLUDED: Cause.EXCLUDED,
    Place.PENDING: Cause.WAITING,
    Place.UNKNOWN: Cause.UNKNOWN,
}
# Dated as the refund they stand for, whose money may leave days later.
_REFUNDS = (CASH_REFUND, CUSTOMER_REFUND)


def cause_of(ledger: Ledger, placed: Placed, shop: Sequence[Entry], books: Sequence[Entry]) -> Told:
    """The cause and a sentence, of what one payment is in the shop and in the books."""
    if not shop:
        return _only_there(ledger, books[0])
    if not books:
        return _missing(ledger, placed, shop[0])
    return _changed(ledger, placed, shop, books)


def _only_there(ledger: Ledger, entry: Entry) -> Told:
    number = entry.document.number if entry.document else entry.key
    made = ledger.by_key.get(entry.key)
    if made is not None and made.confirmed_at is not None and made.confirmed_at >= ledger.window.now:
        return Cause.WAITING, f"{number} was written while both sides were read"
    if entry.key.startswith(ledger.ours):
        return Cause.NOT_IN_SHOPIFY, f"NetSuite has {number}; Shopify has no such payment"
    return Cause.BY_HAND, f"{number} was entered by hand"


def _missing(ledger: Ledger, placed: Placed, entry: Entry) -> Told:
    """Of a payment that NetSuite does not have."""
    made = ledger.by_key.get(entry.key)
    if made is not None and made.is_in_netsuite:
        return Cause.DELETED, f"NetSuite confirmed it as internal id {made.remote_id} and does not have it any more"
    if placed.place in _BY_PLACE:
        return _BY_PLACE[placed.place], placed.why
    if entry.payment_id in ledger.own_payments:
        return Cause.PAID_THERE, "we marked the order as paid, because its invoice is"
    if placed.order.is_on_terms and entry.amount > 0:
        return Cause.ON_TERMS, "a company that buys on terms pays its invoice in NetSuite; there is no deposit"
    if waiting := _waiting(ledger, placed):
        return waiting
    if entry.at is not None and ledger.is_young(entry.at):
        return Cause.WAITING, "moved a moment ago"
    return Cause.UNKNOWN, "the order is in step, and the payment was not written"


def _waiting(ledger: Ledger, placed: Placed) -> Told | None:
    record = ledger.known.get(placed.order.placed.order_id)
    if record is None or not record.is_undone:
        return None
    if late := overdue(ledger, record):
        return Cause.UNKNOWN, late
    return Cause.WAITING, record.reason or "a pass over the order is still to come"


def _changed(ledger: Ledger, placed: Placed, shop: Sequence[Entry], books: Sequence[Entry]) -> Told:
    """Of a payment that both have, otherwise."""
    mine, theirs = _sum(shop), _sum(books)
    documents = list({entry.document.id: entry.document for entry in books if entry.document}.values())
    document, made = documents[0], _made(ledger, shop[0], documents[0])
    if document.is_voided:
        return Cause.VOIDED, f"{document.number} was voided"
    if document.is_over_many and 0 < abs(mine - theirs) <= ledger.rules.rounding.max:
        return Cause.ROUNDING, f"{document.number} is within rounding.max ({ledger.rules.rounding.max})"
    if made is not None and made.amount is not None and abs(made.amount) != document.total:
        return Cause.BY_HAND, f"{document.number} was written over {made.amount} and stands at {document.total}"
    if len(documents) > 1 and abs(theirs) > abs(mine):
        return Cause.UNKNOWN, f"NetSuite has it {len(documents)} times"
    if shop[0].currency != books[0].currency:
        return Cause.UNKNOWN, f"{document.number} is in {books[0].currency}"
    if mine == theirs:
        return _other_day(ledger, placed, shop[0], books)
    return _waiting(ledger, placed) or (Cause.UNKNOWN, f"{document.number} is over {abs(theirs)}")


def _other_day(ledger: Ledger, placed: Placed, mine: Entry, books: Sequence[Entry]) -> Told:
    theirs = next(entry for entry in books if entry.day != mine.day)
    document = theirs.document
    if document is None:
        return Cause.UNKNOWN, f"it is dated {theirs.day}"
    if theirs.day > mine.day and ledger.rules.books.closed_period == "today":
        return Cause.CLOSED_PERIOD, f"{document.number} is dated {theirs.day}, for the period of {mine.day} was closed"
    if document.type == CASH_SALE and theirs.day == ledger.day(placed.order.processed_at):
        return Cause.ONE_DOCUMENT, f"{document.number} stands for all payments and is dated as the order"
    if document.type in _REFUNDS and theirs.day < mine.day and _made(ledger, mine, document):
        return Cause.ONE_DOCUMENT, f"{document.number} is dated as its refund, the money left on {mine.day}"
    return Cause.BY_HAND, f"{document.number} is dated {theirs.day}"


def _made(ledger: Ledger, entry: Entry, document: LedgerDocument) -> KnownEffect | None:
    """What we wrote: under the payment's key, or under that of a document over several."""
    return ledger.by_key.get(entry.key) or ledger.by_key.get(document.external_id or "")


def _sum(entries: Sequence[Entry]) -> Decimal:
    return sum((entry.amount for entry in entries), _ZERO)
