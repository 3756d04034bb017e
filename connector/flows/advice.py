"""What to do about a reason, in one sentence for whoever runs the shop, and in which part of the product it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.store import halts


class Where(StrEnum):
    """Where it is mended."""

    HERE = "here"
    NETSUITE = "NetSuite"
    SHOPIFY = "Shopify"
    MAPPING = "mapping"
    CONNECTION = "connection"
    ORDER = "order"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Advice:
    """`title`: what is the matter, short; `sentence`: what to do."""

    title: str
    sentence: str
    where: Where


# By what a subject begins with. `{}` is what follows.
_BY_SUBJECT: Mapping[str, tuple[str, str, Where]] = {
    "sku": (
        "No NetSuite item for SKU {}",
        "Choose its NetSuite item, or create or rename it there: then it goes on by itself within 15 minutes.",
        Where.HERE,
    ),
    "variant": (
        "Variant {} has no SKU",
        "Choose its item, or give the variant a SKU in Shopify and try again.",
        Where.HERE,
    ),
    "gateway": ("Payments by {} have no place in the books", "Choose payment method and account.", Where.HERE),
    "shipping": ("No shipping item for {}", "Choose the NetSuite shipping item.", Where.HERE),
    "tax": ("No tax code for {} %", "Choose the NetSuite tax code.", Where.HERE),
    "currency": ("No currency for {}", "Choose the NetSuite currency.", Where.HERE),
    "terms": ("No payment terms for {}", "Choose the NetSuite terms.", Where.HERE),
    "location": ("NetSuite location {} is not known", "Correct inventory.locations in the mapping.", Where.MAPPING),
    "shopify-location": (
        "No NetSuite location for Shopify's {}",
        "Choose the NetSuite location that its goods leave and come back to.",
        Where.HERE,
    ),
    "stock-location": (
        "The shop has no one location {}",
        "Choose which location of the shop is meant: stock is sold there.",
        Where.HERE,
    ),
    "shared_sku": (
        "Two variants share the SKU {}",
        "Give each variant a SKU of its own in Shopify, then try again.",
        Where.SHOPIFY,
    ),
    "line": (
        "A line is missing in NetSuite",
        "Put the line back in NetSuite, or book this by hand there.",
        Where.NETSUITE,
    ),
    "customer": (
        "Customer {} is not clear",
        "Merge the customers of that e-mail address in NetSuite, or make all but one inactive; then try again.",
        Where.NETSUITE,
    ),
    "inventory": ("A stock push was stopped", "Look at the stock, then push it by hand.", Where.NOWHERE),
    "privacy": (
        "A request about somebody's data",
        "Hand the export to the merchant: ml-connector privacy.",
        Where.NOWHERE,
    ),
    "permission": (
        "A permission is missing",
        "Grant the permission or scope that the sentence names; it goes on within the hour.",
        Where.CONNECTION,
    ),
    "rule": ("The rule {} is missing or wrong", "Fill it in; what waits for it goes on.", Where.MAPPING),
    halts.SUBJECT: (
        "The connection is halted",
        "Mend the connection; everything goes on by itself when a probe succeeds.",
        Where.CONNECTION,
    ),
}
# What one whole subject is about.
_BY_WHOLE: Mapping[str, tuple[str, str, Where]] = {
    "rule:books.closed_period": (
        "The accounting period is closed",
        "Open the period in NetSuite and try again, or set books.closed_period to today.",
        Where.NETSUITE,
    ),
    "order:changed_too_late": (
        "Changed after NetSuite billed or shipped it",
        "Correct the order in NetSuite by hand, then mark it as done.",
        Where.NETSUITE,
    ),
    "order:deleted_in_netsuite": (
        "Its sales order was deleted in NetSuite",
        "It is not made again: book there by hand what still happens to it.",
        Where.NETSUITE,
    ),
    "parcel:blocked": (
        "Shopify holds the fulfilment back",
        "Release the fulfilment order in Shopify; it is looked at every hour.",
        Where.SHOPIFY,
    ),
    "parcel:not_open": (
        "The shipment has more than Shopify has open",
        "Fulfil the rest by hand in Shopify, or correct the shipment in NetSuite.",
        Where.SHOPIFY,
    ),
    "parcel:cancelled_in_shopify": (
        "A fulfilment was cancelled in Shopify",
        "Fulfil the same goods again in Shopify, or take the shipment back in NetSuite.",
        Where.SHOPIFY,
    ),
    "order:paid_differently": (
        "Paid differently on both sides",
        "Make both equal, or mark the order as paid in Shopify.",
        Where.ORDER,
    ),
    "order:paid_and_authorized": (
        "Paid in NetSuite while a card is authorised",
        "Void the authorisation in Shopify, or take the payment back in NetSuite.",
        Where.SHOPIFY,
    ),
    "order:not_captured": ("A capture failed", "Capture in Shopify, ask the buyer, or void the bill.", Where.SHOPIFY),
    "rule:status.closed": (
        "Closed in NetSuite with nothing shipped",
        "Cancel the order in Shopify, open the sales order again, or set status.closed.",
        Where.NETSUITE,
    ),
    "order:entered_in_netsuite": (
        "Changed in Shopify, entered in NetSuite",
        "Change the lines in NetSuite: there the order was entered.",
        Where.NETSUITE,
    ),
}
_BY_CODE: Mapping[str, tuple[str, str, Where]] = {
    "not_mapped": ("A value has no counterpart", "Fill in the rule that the sentence names.", Where.MAPPING),
    "needs_decision": (
        "A person has to decide",
        "Read the sentence of each order: it says what stands where. Book the rest by hand, then try again.",
        Where.ORDER,
    ),
    "rejected": (
        "NetSuite refuses it",
        "Read NetSuite's own words on the order, correct the field it names, then try again.",
        Where.ORDER,
    ),
    "closed_period": (
        "The accounting period is closed",
        "Open the period in NetSuite, or set books.closed_period to today; then try again.",
        Where.NETSUITE,
    ),
    "missing": (
        "Something it needs is gone",
        "A person deleted or merged the record it is about: put it right there, then try again.",
        Where.NETSUITE,
    ),
    "already_exists": (
        "It stands there already",
        "A record with our external id was made by somebody else: look at it in NetSuite, then try again.",
        Where.NETSUITE,
    ),
    "unauthorized": (
        "The log-in is refused",
        "Give the connection a good log-in; everything goes on by itself when a probe succeeds.",
        Where.CONNECTION,
    ),
    "wrong_environment": (
        "Another shop or account answers",
        "Look at who answers and approve it, or correct the connection.",
        Where.CONNECTION,
    ),
    "forbidden": (
        "A permission is missing",
        "Grant the permission or scope that the sentence names.",
        Where.CONNECTION,
    ),
    "invalid_answer": (
        "An answer that cannot be read",
        "Try again; when it stays, the system's own log has to tell what it answers.",
        Where.ORDER,
    ),
    "total_mismatch": (
        "The totals differ",
        "The arithmetic stands on the order: find the line that is off, correct it or the mapping, then try again.",
        Where.ORDER,
    ),
    "rate_limited": ("The other system asks us to wait", "Nothing: it goes on by itself.", Where.NOWHERE),
    "unavailable": ("The other system does not answer", "Nothing: it is tried again by itself.", Where.NOWHERE),
    "outcome_unknown": (
        "An answer was lost",
        "Nothing: before anything is sent again, it is looked up what stands there.",
        Where.NOWHERE,
    ),
    "may_yet_come": (
        "An answer was lost to what is not wanted any more",
        "Nothing: for a quarter of an hour it is looked for, and closed or given back if it comes to stand after all.",
        Where.NOWHERE,
    ),
    "conflict": ("Somebody else changes the same thing", "Nothing: it is tried again by itself.", Where.NOWHERE),
    "stopped": ("A worker left meanwhile", "Nothing: another worker goes on.", Where.NOWHERE),
    "transient_error": ("It failed for now", "Nothing: it is tried again by itself.", Where.NOWHERE),
}
_GIVEN_UP = "It failed for three days and was given up: mend the cause, then try again."


def advice(code: str, subject: str, *, is_given_up: bool = False) -> Advice:
    """What to do about a reason; `is_given_up`: it was tried for days."""
    kind, _, name = subject.partition(":")
    found = _BY_WHOLE.get(subject) or _BY_SUBJECT.get(kind) or _BY_CODE.get(code) or _unknown(code)
    title, sentence, where = found
    by_itself = where is Where.NOWHERE and code in _BY_CODE
    return Advice(title.format(name or subject), _GIVEN_UP if is_given_up and by_itself else sentence, where)


def _unknown(code: str) -> tuple[str, str, Where]:
    return code.replace("_", " ").capitalize(), "Read the sentence of each order, mend it, then try again.", Where.ORDER
