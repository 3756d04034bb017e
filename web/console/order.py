"""/orders/<name>: where one order stands, what is expected next, and its time line in two lanes; and what to do with it."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from connector.flows import order_acts
from connector.flows.expecting import expected
from connector.store import order_documents, order_notes, timeline, wanted
from connector.store.records import UNTIL_SENT, RecordView
from connector.store.tables import RecordState
from web.console.order_choice import OrderAsked, OrderForm, orders_named, the_order
from web.console.order_line import Entry, time_line
from web.console.order_links import in_shop, order_part, order_path
from web.console.orders import OrderRow, order_row
from web.console.screens import Console, Done
from web.console.site import Visit, environment

# A longer line is shown whole when it is asked for.
_SHOWN = 100


class LineAsked(OrderAsked):
    """`than`: how many things had happened when the page was shown."""

    than: int = Field(ge=0)


class NoteForm(OrderForm):
    """`said`: for the others."""

    said: str = ""


@dataclass(frozen=True, slots=True)
class LineNews:
    """How many things happened to an order since its page was shown, and where they are shown."""

    count: int
    location: str


@dataclass(frozen=True, slots=True)
class Told:
    """What NetSuite says of an order and the shop is told: how that stands."""

    state: str
    reason_code: str | None
    reason_subject: str | None
    reason: str | None
    expected: str
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """One order. `expected`: what happens next; `failed_tries`: in a row; `line`: newest first.

    `hidden`: how many older entries are left out of `happened`; `parts`: paths of its other pages by name.
    """

    row: OrderRow
    environment: str
    shop_page: str
    expected: str
    next_try_at: datetime | None
    failed_tries: int
    told: Told | None
    line: tuple[Entry, ...]
    hidden: int
    happened: int
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """The order, or, where several have the name, the choice between them."""

    order: WholeOrder | None
    choices: tuple[OrderRow, ...]


def order_screen(console: Console) -> None:
    """Registers the page and the note."""

    @console.screen("order", "/orders/<name>", OrderAsked, OrderPage)
    def read(visit: Visit, asked: OrderAsked, name: str) -> OrderPage:
        """One order, by its name or Shopify id, with all that happened to it."""
        found = orders_named(visit, name, asked.store)
        if len(found) > 1:
            return OrderPage(None, tuple(listed_order(visit, order) for order in found))
        return OrderPage(_whole(visit, found[0], every=asked.every), ())

    @console.part("order_news", "/orders/<name>/news", LineAsked)
    def news(visit: Visit, asked: LineAsked, name: str) -> LineNews:
        """What the time line does not show yet."""
        order = the_order(visit, name, asked.store)
        with visit.engine.begin() as database:
            count = timeline.counted(database, order)
        location = order_part(visit, order)
        every = ("&" if "?" in location else "?") + "every=true" if asked.every else ""
        return LineNews(max(count - asked.than, 0), f"{location}{every}")

    @console.act("order_note", "/orders/<name>/note", NoteForm)
    def note(visit: Visit, form: NoteForm, name: str) -> Done:
        """Keep a note on the order, for the others."""
        order = the_order(visit, name, form.store)
        with visit.engine.begin() as database:
            order_acts.note(database, order, said=form.said, actor=visit.who.name)
        return Done("Your note stands in the time line.", order_path(visit, order))


def parts_of(visit: Visit, order: RecordView) -> dict[str, str]:
    """The pages of an order, by name."""
    names = ("money", "fields", "plan", "sync", "ignore", "look-again", "adopt", "note", "news")
    return {"order": order_part(visit, order)} | {name: order_part(visit, order, f"/{name}") for name in names}


def listed_order(visit: Visit, order: RecordView) -> OrderRow:
    """The order as it is listed."""
    with visit.engine.begin() as database:
        document = order_documents.of_records(database, [order.id]).get(order.id)
    return order_row(visit, order, document)


def _whole(visit: Visit, order: RecordView, *, every: bool) -> WholeOrder:
    stored = visit.store_of(order.connection_id)
    with visit.engine.begin() as database:
        document = order_documents.of_records(database, [order.id]).get(order.id)
        told = wanted.status_of(database, order)
        happened = timeline.happened(database, order.shopify_id)
        notes = order_notes.of_record(database, order.id)
    line = time_line(visit, order, [one for one in happened if one.order_id == order.id], notes)
    shown = line if every else line[:_SHOWN]
    return WholeOrder(
        row=order_row(visit, order, document),
        environment=environment(stored),
        shop_page=in_shop(stored, order),
        expected=expected(order, document, now=visit.now),
        next_try_at=_next_try(order, visit.now),
        failed_tries=order.attempts,
        told=None if told is None else _told(told, visit.now),
        line=tuple(shown),
        hidden=len(line) - len(shown),
        happened=len(line),
        parts=parts_of(visit, order),
    )


def _told(record: RecordView, now: datetime) -> Told:
    return Told(
        state=record.state,
        reason_code=record.reason_code,
        reason_subject=record.reason_subject,
        reason=record.reason,
        expected=expected(record, None, now=now),
        next_try_at=_next_try(record, now),
    )


def _next_try(record: RecordView, now: datetime) -> datetime | None:
    is_waiting = record.state == RecordState.PENDING and now < record.next_attempt_at < UNTIL_SENT
    return record.next_attempt_at if is_waiting else None
