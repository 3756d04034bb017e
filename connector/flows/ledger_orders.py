"""Where each order of a window stands, and what NetSuite has too much or too little of. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.flows.ledger import Ledger, order_id_of
from connector.netsuite.ledger import LedgerDocument
from connector.shopify.changes import PaidOrder
from connector.store.ledger import KnownOrder
from connector.store.tables import RecordState


class Place(StrEnum):
    """Where an order is. Each is in exactly one."""

    WRITTEN = "written"
    HELD = "held"
    PARKED = "parked"
    IGNORED = "ignored"
    EXCLUDED = "excluded"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Placed:
    """An order and where it is; `why` is empty for one that is written."""

    order: PaidOrder
    place: Place
    why: str
    documents: Sequence[LedgerDocument]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that nobody can explain. `order_id` is Shopify's, None where it is of no order of the window."""

    order_id: str | None
    name: str
    sentence: str


_AT_REST = {
    RecordState.HELD: Place.HELD,
    RecordState.PARKED: Place.PARKED,
    RecordState.IGNORED: Place.IGNORED,
    RecordState.EXCLUDED: Place.EXCLUDED,
}


def placed(ledger: Ledger) -> list[Placed]:
    """Every order of the window, in the order they were placed."""
    documents = _documents_of(ledger)
    return [_placed(ledger, order, documents.get(order_id, ())) for order_id, order in ledger.orders.items()]


def findings(ledger: Ledger, orders: Sequence[Placed]) -> list[Finding]:
    """What is lost, doubled or deleted."""
    return [*_unknown(orders), *_let_go(ledger, orders), *_doubled(orders), *_gone(ledger), *_strange(ledger)]


def _placed(ledger: Ledger, order: PaidOrder, documents: Sequence[LedgerDocument]) -> Placed:
    record = ledger.known.get(order.placed.order_id)
    place, why = _unheard(ledger, order) if record is None else _standing(ledger, record, documents)
    return Placed(order, place, why, documents)


def _unheard(ledger: Ledger, order: PaidOrder) -> tuple[Place, str]:
    """Of an order without a record."""
    created, rules = order.placed.created_at, ledger.rules.orders
    if created < ledger.began:
        return Place.EXCLUDED, "placed before the connection was added; `ml-connector history import` brings it"
    if rules.created_after is not None and created < rules.created_after:
        return Place.EXCLUDED, "placed before orders.created_after"
    if order.placed.is_test and not rules.include_test:
        return Place.EXCLUDED, "a test order (orders.include_test)"
    if ledger.is_young(created):
        return Place.PENDING, "placed a moment ago"
    return Place.UNKNOWN, "nobody told us of it"


def _standing(ledger: Ledger, record: KnownOrder, documents: Sequence[LedgerDocument]) -> tuple[Place, str]:
    """Of an order with a record."""
    if record.state in _AT_REST:
        return _AT_REST[record.state], record.reason or record.reason_code or ""
    if any(_is_ours(ledger, record, document) for document in documents):
        return Place.WRITTEN, ""
    if record.is_undone:
        return _waiting(ledger, record)
    return Place.UNKNOWN, "it is in sync by its record, and NetSuite has no order of it"


def _waiting(ledger: Ledger, record: KnownOrder) -> tuple[Place, str]:
    if record.waits_for_a_job:
        return Place.PENDING, "on the list of an import"
    if not ledger.is_at_work:
        return Place.PENDING, "the connection is paused or halted"
    if late := overdue(ledger, record):
        return Place.UNKNOWN, late
    if record.attempts:
        return Place.PENDING, f"tried again: {record.reason or record.reason_code or 'no reason was written down'}"
    return Place.PENDING, "heard of a moment ago"


def overdue(ledger: Ledger, record: KnownOrder) -> str | None:
    """What is wrong with an undone order that a worker should have taken by now; None where it may still wait."""
    due = max(record.changed_at, record.next_attempt_at)
    if not ledger.is_at_work or ledger.is_young(due):
        return None
    return f"due since {due:%Y-%m-%d %H:%M} UTC, and no worker has taken it"


def _is_ours(ledger: Ledger, record: KnownOrder, document: LedgerDocument) -> bool:
    made = ledger.effects.get(record.shopify_id, ())
    return order_id_of(document, ledger.shop_id) == record.shopify_id or any(
        one.remote_id == document.id for one in made if one.is_in_netsuite
    )


def _documents_of(ledger: Ledger) -> Mapping[str, Sequence[LedgerDocument]]:
    """Documents that stand for an order: by external id, by internal id, or, entered by others, by its name."""
    by_name = {order.placed.name: order_id for order_id, order in ledger.orders.items()}
    found: defaultdict[str, list[LedgerDocument]] = defaultdict(list)
    for document in ledger.documents:
        if not document.is_order:
            continue
        made = ledger.by_remote_id.get(document.id)
        order_id = order_id_of(document, ledger.shop_id) or (made[0].shopify_id if made else None)
        if order_id is None and not (document.external_id or "").startswith("SHOPIFY-"):
            order_id = by_name.get(document.reference or "")
        if order_id in ledger.orders:
            found[str(order_id)].append(document)
    return found


def _unknown(orders: Sequence[Placed]) -> Iterator[Finding]:
    for one in orders:
        if one.place is Place.UNKNOWN:
            there = f"; NetSuite has {_numbers(one.documents)} of it" if one.documents else ""
            yield Finding(one.order.placed.order_id, one.order.placed.name, f"{one.why}{there}")


def _let_go(ledger: Ledger, orders: Sequence[Placed]) -> Iterator[Finding]:
    """What we left out and what stands under our external id all the same: NetSuite made it later than we waited for it."""
    for one in orders:
        order_id = one.order.placed.order_id
        if one.place is not Place.EXCLUDED or order_id not in ledger.known:
            continue
        ours = [item for item in one.documents if order_id_of(item, ledger.shop_id) == order_id and not item.is_voided]
        if ours:
            sentence = f"it is left out ({one.why}); NetSuite has {_numbers(ours)} of it: close or delete that there"
            yield Finding(order_id, one.order.placed.name, sentence)


def _doubled(orders: Sequence[Placed]) -> Iterator[Finding]:
    for one in orders:
        standing = [document for document in one.documents if not document.is_voided]
        if len(standing) > 1:
            sentence = f"NetSuite has {len(standing)} documents of it: {_numbers(standing)}"
            yield Finding(one.order.placed.order_id, one.order.placed.name, sentence)


def _gone(ledger: Ledger) -> Iterator[Finding]:
    """What NetSuite confirmed and has no more."""
    ids = {document.id for document in ledger.documents}
    external = {document.external_id for document in ledger.documents}
    for order_id, made in ledger.effects.items():
        for one in made:
            if one.is_in_netsuite and one.remote_id not in ids and one.natural_key not in external:
                kind = one.kind.replace("_", " ")
                sentence = f"the {kind} {one.natural_key} (internal id {one.remote_id}) was deleted in NetSuite"
                yield Finding(order_id, ledger.orders[order_id].placed.name, sentence)


def _strange(ledger: Ledger) -> Iterator[Finding]:
    """Orders under our external ids that Shopify has no such order of."""
    first, last = ledger.day(ledger.window.since), ledger.day(ledger.window.until)
    listed = [int(order_id) for order_id in ledger.orders]
    oldest, newest = min(listed, default=0), max(listed, default=0)
    for document in ledger.documents:
        order_id = order_id_of(document, ledger.shop_id)
        if not document.is_order or order_id is None or order_id in ledger.orders:
            continue
        # One of another day is of an order outside the window, and so is one older or younger than all that were read.
        is_inside = first < document.day < last and order_id.isdigit() and oldest < int(order_id) < newest
        if is_inside:
            we = "we wrote it" if document.external_id in ledger.by_key else "we do not know it either"
            sentence = f"NetSuite has {document.number} under {document.external_id}, Shopify lists no such order; {we}"
            yield Finding(None, document.reference or document.number, sentence)


def _numbers(documents: Sequence[LedgerDocument]) -> str:
    return ", ".join(f"{one.number} ({one.external_id or 'no external id'}, {one.total})" for one in documents)
