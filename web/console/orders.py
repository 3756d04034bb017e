"""/orders: every order with its totals on both sides; search, filters, what came in meanwhile, and the same as CSV."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Response
from pydantic import Field

from connector.flows.order_search import LIMIT, found_orders
from connector.store import order_documents, order_filter
from connector.store.order_documents import OrderDocument
from connector.store.order_filter import OrderFilter
from connector.store.records import RecordView
from connector.store.tables import RecordState
from web.console.asking import LAST_DAY, AskedDays, beginning, end
from web.console.order_links import document_link, order_path
from web.console.paging import ROWS, Rows, id_of, page
from web.console.screens import Console
from web.console.sheets import csv_file
from web.console.site import Visit

# What an order can be held, parked or tried again for.
REASONS = (
    "not_mapped", "needs_decision", "total_mismatch", "rejected", "closed_period", "missing", "already_exists", "forbidden",
    "unauthorized", "wrong_environment", "invalid_answer", "rate_limited", "unavailable", "outcome_unknown", "may_yet_come",
    "conflict", "stopped", "excluded",
)  # fmt: skip
# Tabs of the list: the states that one question of a person means.
TABS: tuple[tuple[str, tuple[RecordState, ...]], ...] = (
    ("All", ()),
    ("Need attention", (RecordState.HELD, RecordState.PARKED)),
    ("In progress", (RecordState.PENDING, RecordState.WORKING)),
    ("In sync", (RecordState.IN_SYNC,)),
    ("Left alone", (RecordState.IGNORED, RecordState.EXCLUDED)),
)
_EXPORTED_AT_ONCE = 500
_MORE_NEWS = 99
_HEAD = (
    "store", "order", "shopify_id", "state", "reason", "reason_subject", "why", "shopify_total", "netsuite_total",
    "currency", "netsuite_total_due", "netsuite_total_read", "totals_differ", "netsuite_number",
    "netsuite_id", "first_heard", "last_change", "placed", "paid", "shipped",
)  # fmt: skip


class OrdersAsked(AskedDays):
    """`q`: a name, a Shopify id, NetSuite's number or id, or an e-mail address. Days are those of UTC, both included: `since`
    and `until` those on which orders were placed, `heard_since` and `heard_until` those on which we first heard of them.

    `subject`: what orders are held for, such as `sku:MUG-1`. `differs`: only those whose totals are not the same on both sides.
    `in_step_since`: only those in step that came so on this day or later.
    """

    q: str | None = None
    state: tuple[RecordState, ...] = ()
    reason: str | None = None
    subject: str | None = None
    differs: bool = False
    heard_since: date | None = Field(default=None, le=LAST_DAY)
    heard_until: date | None = Field(default=None, le=LAST_DAY)
    in_step_since: date | None = None


class NewsAsked(OrdersAsked):
    """`than`: the newest order that is shown."""

    than: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order. `netsuite_total`: as NetSuite said it where `is_read`, else as we wrote it; None before that.

    `placed_at`, `paid` and `shipped`: as Shopify said when it was read last, None before.
    `due`: what NetSuite's has to be, Shopify's total less what was given back before it was billed; None while nothing stands.
    `differs`: it is another one as far as known, or the totals could not be made the same.
    """

    id: int
    store: str
    name: str
    shopify_id: str
    path: str
    state: str
    reason_code: str | None
    reason_subject: str | None
    reason: str | None
    placed_at: datetime | None
    paid: str | None
    shipped: str | None
    shopify_total: Decimal | None
    due: Decimal | None
    netsuite_total: Decimal | None
    currency: str | None
    is_read: bool
    differs: bool
    netsuite_number: str | None
    netsuite_id: str | None
    netsuite_page: str | None
    first_heard_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """One page of orders, newest first. `opens`: the page of the only order a search has found.

    `any_known`: False before the first order of all.
    """

    orders: Rows[OrderRow]
    any_known: bool
    opens: str | None

    @property
    def tabs(self) -> tuple[tuple[str, tuple[RecordState, ...]], ...]:
        """Tabs with their states."""
        return TABS

    @property
    def states(self) -> list[tuple[str, str]]:
        """What can be chosen as a state."""
        return [(state.value, state.value.replace("_", " ")) for state in RecordState]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """What can be chosen as a reason."""
        return [(reason, reason.replace("_", " ")) for reason in REASONS]


@dataclass(frozen=True, slots=True)
class News:
    """What came in since a page was shown."""

    count: int
    is_more: bool
    location: str


def orders_screen(console: Console) -> None:
    """Registers the list, what came in since, and the file."""

    @console.screen("orders", "/orders", OrdersAsked, OrdersPage)
    def read(visit: Visit, asked: OrdersAsked) -> OrdersPage:
        """Orders with their totals on both sides, newest first."""
        before = id_of(asked.after)
        listed = _listed(visit, wanted_orders(visit, asked), asked.q, before, ROWS)
        shown = page(listed, lambda order: (order.id,))
        rows = Rows(_rows(visit, shown.rows), shown.after)
        is_hit = bool(asked.q) and before is None and len(listed) == 1
        opens = order_path(visit, listed[0]) if is_hit else None
        return OrdersPage(rows, any_known=bool(asked.q or shown.rows) or _any_known(visit), opens=opens)

    @console.part("news", "/orders/news", NewsAsked)
    def news(visit: Visit, asked: NewsAsked) -> News:
        """How many orders of the filter came since."""
        with visit.engine.begin() as database:
            wanted = wanted_orders(visit, asked)
            count = order_filter.newer(database, wanted, than=asked.than, limit=_MORE_NEWS + 1)
        return News(min(count, _MORE_NEWS), count > _MORE_NEWS, "/orders" + _query(asked))

    @console.file("orders_csv", "/orders.csv", OrdersAsked)
    def export(visit: Visit, asked: OrdersAsked) -> Response:
        """The same orders, all of them, as a file."""
        name = f"orders-{visit.now:%Y-%m-%d}.csv"
        # Before the first line is sent: what cannot be answered is refused, not a file that breaks off.
        wanted = wanted_orders(visit, asked)
        return csv_file(name, _HEAD, (_line(row) for row in _every(visit, wanted, asked.q)))


def wanted_orders(visit: Visit, asked: OrdersAsked) -> OrderFilter:
    """The filter that was asked for, over the connections that are seen."""
    return OrderFilter(
        connection_ids=visit.chosen(asked.store),
        states=asked.state,
        reason=asked.reason,
        subject=asked.subject,
        differs=asked.differs,
        since=asked.begins,
        until=asked.ends,
        heard_since=beginning(asked.heard_since),
        heard_until=end(asked.heard_until),
        in_step_since=datetime.combine(asked.in_step_since, time(), UTC) if asked.in_step_since else None,
    )


def _listed(visit: Visit, wanted: OrderFilter, term: str | None, before: int | None, limit: int) -> list[RecordView]:
    """One more than the limit, where there are more."""
    if term:
        return _found(visit, wanted, term, before, limit)
    with visit.engine.begin() as database:
        return order_filter.chosen(database, wanted, limit=limit + 1, before=before)


def _found(visit: Visit, wanted: OrderFilter, term: str, before: int | None, limit: int) -> list[RecordView]:
    """As `_listed`, of what a search finds."""
    orders: list[RecordView] = []
    while len(orders) <= limit:
        hits = found_orders(visit.site.runtime, term, connection_ids=wanted.connection_ids, before=before)
        orders += [order for order in hits if wanted.fits(order)]
        if len(hits) < LIMIT:
            break
        before = hits[-1].id
    return orders[: limit + 1]


def _any_known(visit: Visit) -> bool:
    with visit.engine.begin() as database:
        return bool(order_filter.chosen(database, OrderFilter(visit.chosen(None)), limit=1))


def _every(visit: Visit, wanted: OrderFilter, term: str | None) -> Iterator[OrderRow]:
    """Every order of the filter, read a few hundred at a time."""
    before: int | None = None
    while True:
        found = _listed(visit, wanted, term, before, _EXPORTED_AT_ONCE)
        yield from _rows(visit, found[:_EXPORTED_AT_ONCE])
        if len(found) <= _EXPORTED_AT_ONCE:
            return
        before = found[_EXPORTED_AT_ONCE - 1].id


def _rows(visit: Visit, orders: Sequence[RecordView]) -> tuple[OrderRow, ...]:
    with visit.engine.begin() as database:
        documents = order_documents.of_records(database, [order.id for order in orders])
    return tuple(order_row(visit, order, documents.get(order.id)) for order in orders)


def order_row(visit: Visit, order: RecordView, document: OrderDocument | None) -> OrderRow:
    """One order as it is listed."""
    stored = visit.store_of(order.connection_id)
    return OrderRow(
        id=order.id,
        store=stored.name,
        name=order.name or order.shopify_id,
        shopify_id=order.shopify_id,
        path=order_path(visit, order),
        state=order.state,
        reason_code=order.reason_code,
        reason_subject=order.reason_subject,
        reason=order.reason,
        placed_at=order.placed_at,
        paid=words(order.financial_status),
        shipped=words(order.fulfillment_status),
        shopify_total=order.total,
        due=document.due if document else None,
        netsuite_total=document.total if document else None,
        currency=order.currency,
        is_read=document is not None and document.is_read,
        differs=order.differs,
        netsuite_number=document.number if document else None,
        netsuite_id=document.remote_id if document else None,
        netsuite_page=document_link(stored, document),
        first_heard_at=order.created_at,
        changed_at=order.changed_at,
    )


def words(status: str | None) -> str | None:
    """A status of Shopify's as people read it."""
    return status and status.lower().replace("_", " ")


def _line(row: OrderRow) -> Sequence[object]:
    return (
        row.store, row.name, row.shopify_id, row.state, row.reason_code, row.reason_subject, row.reason, row.shopify_total,
        row.netsuite_total, row.currency, row.due, row.is_read, row.differs, row.netsuite_number, row.netsuite_id,
        row.first_heard_at.isoformat(), row.changed_at.isoformat(), row.placed_at and row.placed_at.isoformat(),
        row.paid, row.shipped,
    )  # fmt: skip


def _query(asked: OrdersAsked) -> str:
    """The list's filters as a query, at its first page."""
    said: dict[str, Any] = asked.model_dump(mode="json", exclude_defaults=True, exclude={"after", "than"})
    return f"?{urlencode(said, doseq=True)}" if said else ""
