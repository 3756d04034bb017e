"""/events: the audit log of deliveries; /events/<id>: one delivery whole, and what it led to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from connector.flows import audit
from connector.flows.audit import Opened
from connector.store import credentials, event_list, event_outcomes
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY
from connector.store.event_list import EventView
from connector.store.event_outcomes import Led
from connector.store.records import ORDER
from connector.store.roles import Role
from web.console.asking import Asked
from web.console.event_filter import Chosen, asked, is_narrowed, the_filter
from web.console.event_replay import replay_screens
from web.console.paging import ROWS, Rows, id_of, page
from web.console.places import order_path
from web.console.refusals import NotFound
from web.console.refused_webhooks import RefusedRow, refused_rows
from web.console.screens import Console
from web.console.site import Visit

# So many new ones are counted; beyond it "100+" is said.
_NEWS = 100


class EventsAsked(Chosen, Asked):
    """The audit log. `after`: where the page begins; `newest`: for the count of new ones, the newest that is shown."""

    after: str | None = None
    newest: int = 0


@dataclass(frozen=True, slots=True)
class EventRow:
    """One delivery.

    `delay_seconds`: between what happened and its arrival; `record`, `state`, `reason`: what it speaks of and where that
    stands now; `path`: the page of its order; `duplicate_of`: the first delivery that said the same.
    """

    id: int
    store: str
    topic: str
    received_at: datetime
    delay_seconds: float | None
    delivery_id: str
    kind: str | None
    record: str | None
    state: str | None
    reason: str | None
    path: str | None
    duplicate_of: int | None


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a shop sends its webhooks. `secret_count`: how many secrets are accepted; `set_at`: since when."""

    store: str
    url: str
    secret_count: int
    set_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Deliveries, newest first. `hooks`: where webhooks are to come, while there is nothing to show.

    `refused`: what was refused in the last hour; it is counted only, and stands in no list.
    """

    events: Rows[EventRow]
    hooks: tuple[Hook, ...]
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True)
class News:
    """How many deliveries came since the list was shown, and where they are shown."""

    count: int
    is_more: bool
    location: str


@dataclass(frozen=True, slots=True)
class MadeByPass:
    """One document that a pass sent."""

    kind: str
    external_id: str
    netsuite_id: str | None
    state: str


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """The first pass that began after a delivery came, and what it sent."""

    at: datetime
    outcome: str
    reason: str | None
    worker: str
    rules_version: int
    calls: int
    written: tuple[MadeByPass, ...]


@dataclass(frozen=True, slots=True)
class EventPage:
    """One delivery whole.

    A delivery is only kept when its `signature` over the raw bytes is right. `body` is without what it says of people unless
    `is_revealed`, None once it was too old to be kept; `same_as`: deliveries that say the same; `answered`: by which pass,
    None while by none.
    """

    event: EventRow
    event_id: str | None
    triggered_at: datetime | None
    signature: str
    headers: Mapping[str, str] = field(repr=False)
    body: str | None = field(repr=False)
    body_sha256: str
    is_revealed: bool
    redacted_at: datetime | None
    same_as: tuple[int, ...]
    why: str | None
    answered: AnsweredBy | None


def events_screen(console: Console) -> None:
    """Registers the list, its news, one delivery, and what is replayed."""
    replay_screens(console)
    console.screen("events", "/events", EventsAsked, EventsPage)(_read)
    console.part("events_news", "/events/news", EventsAsked)(_news)
    console.screen("events_one", "/events/<int:event_id>", Asked, EventPage)(_read_one)
    console.screen("events_revealed", "/events/<int:event_id>/revealed", Asked, EventPage, role=Role.OPERATOR)(
        _read_revealed
    )


def _read(visit: Visit, said: EventsAsked) -> EventsPage:
    """Deliveries as they came in, newest first."""
    with visit.engine.begin() as database:
        found = event_list.found_events(database, the_filter(visit, said), limit=ROWS + 1, before=id_of(said.after))
        led = event_outcomes.outcomes(database, [event.id for event in found])
        refused = refused_rows(database, visit, said.store)
    rows = [_row(event, led[event.id]) for event in found]
    hooks = () if rows or is_narrowed(said) else _hooks(visit, said)
    return EventsPage(page(rows, lambda row: (row.id,)), hooks, refused)


def _news(visit: Visit, said: EventsAsked) -> News:
    """How many came in since."""
    with visit.engine.begin() as database:
        fresh = event_list.newer(database, the_filter(visit, said), than=said.newest, limit=_NEWS)
    return News(fresh, fresh == _NEWS, _location(said))


def _read_one(visit: Visit, _asked: Asked, event_id: int) -> EventPage:
    """One delivery with headers and body, without what it says of people."""
    return _whole(visit, event_id, reveal=False)


def _read_revealed(visit: Visit, _asked: Asked, event_id: int) -> EventPage:
    """One delivery as it came, with what it says of people; who looked is written down each time."""
    return _whole(visit, event_id, reveal=True)


def _whole(visit: Visit, event_id: int, *, reveal: bool) -> EventPage:
    """A delivery of others is as if it were not there, before anything of it is opened or written down."""
    with visit.engine.begin() as database:
        connection_id = event_outcomes.connection_of(database, event_id)
        if connection_id is None:
            raise NotFound(f"there is no delivery {event_id}")
        visit.store_of(connection_id)
        led = event_outcomes.outcomes(database, [event_id])[event_id]
    return _page_of(audit.opened(visit.site.runtime, event_id, actor=visit.who.name, reveal=reveal), led)


def _page_of(found: Opened, led: Led) -> EventPage:
    event = found.event
    return EventPage(
        event=_row(found.view, led),
        event_id=found.view.event_id,
        triggered_at=found.view.triggered_at,
        signature="verified",
        headers=event.headers,
        body=found.body,
        body_sha256=event.body_sha256.hex(),
        is_revealed=found.is_revealed,
        redacted_at=event.redacted_at,
        same_as=tuple(event.twins),
        why=found.record.reason if found.record else None,
        answered=_answered(found),
    )


def _answered(found: Opened) -> AnsweredBy | None:
    one = found.passed
    if one is None:
        return None
    written = tuple(MadeByPass(it.kind, it.natural_key, it.remote_id, it.state) for it in found.written)
    return AnsweredBy(one.started_at, one.outcome, one.reason, one.worker, one.rules_version, len(one.calls), written)


def _row(event: EventView, led: Led) -> EventRow:
    triggered = event.triggered_at
    is_order = event.record_kind == ORDER and event.shopify_id is not None
    return EventRow(
        id=event.id,
        store=event.connection,
        topic=event.topic,
        received_at=event.received_at,
        delay_seconds=None if triggered is None else round((event.received_at - triggered).total_seconds(), 1),
        delivery_id=event.delivery_id,
        kind=event.record_kind,
        record=led.name or event.shopify_id,
        state=led.state,
        reason=led.reason_code,
        path=order_path(led.name, event.shopify_id or "", event.connection) if is_order and led.state else None,
        duplicate_of=led.duplicate_of,
    )


def _hooks(visit: Visit, said: EventsAsked) -> tuple[Hook, ...]:
    stores: Sequence[StoredConnection] = [visit.store(said.store)] if said.store else visit.stores
    return tuple(_hook(visit, stored) for stored in stores)


def _hook(visit: Visit, stored: StoredConnection) -> Hook:
    with visit.engine.begin() as database:
        found = credentials.read(database, visit.site.runtime.vault, stored.id, SHOPIFY)
        lives = {life.side: life for life in credentials.lives(database, stored.id)}
    secrets = found.secrets.get("webhook_secrets", ()) if found else ()
    since = lives[SHOPIFY].rotated_at if SHOPIFY in lives else None
    return Hook(stored.name, f"{visit.site.address}/webhooks/shopify/{stored.key}", len(secrets), since)


def _location(said: EventsAsked) -> str:
    query = urlencode(asked(said), doseq=True)
    return f"/events?{query}" if query else "/events"
