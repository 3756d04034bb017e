"""What the inventory screens say of one item at one location, and of the store's stock as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from connector.flows.stock_drift import Standing
from connector.flows.stock_listing import Listed, StockView
from connector.flows.stock_sentences import left_alone, spelled
from connector.flows.stock_sync import PUSH
from connector.store import scheduled_runs, stock
from connector.store.connections import StoredConnection

_UNKNOWN = "no active item of NetSuite has this SKU; make one, or change the SKU in the shop"
_NO_STOCK = "NetSuite keeps no stock of this kind of item"


@dataclass(frozen=True, slots=True)
class StockLine:
    """One item at one of the shop's locations, in units.

    `available` per NetSuite location, of a kit what its members make; `waiting`: sold, and not yet committed in NetSuite;
    `unseen`: gone from the shop a moment ago, perhaps by orders that cannot be found yet;
    `publishable` = (the sum of available - waiting - unseen - buffer) x percent, rounded down, at most `cap`; `drift` =
    publishable - shop. `state`: equal, differs, problem or frozen; `problem`: why nothing of it is pushed. What is None is not
    known or does not apply.
    """

    sku: str
    inventory_item: int
    netsuite_item: int | None
    location: str | None
    shopify_location: int | None
    state: str
    problem: str | None
    available: Mapping[str, Decimal]
    total: Decimal | None
    waiting: Decimal | None
    unseen: Decimal | None
    buffer: int | None
    percent: Decimal | None
    cap: int | None
    formula: str | None
    publishable: int | None
    shop: int | None
    drift: int | None
    is_pushed_next: bool
    netsuite_told_at: datetime | None
    shop_seen_at: datetime | None
    published: int | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class StockPlaceName:
    """One of the shop's locations, as the rules name it, and the NetSuite locations (internal ids) it sells from."""

    shopify_location: int
    name: str
    netsuite_locations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StockSummary:
    """Levels of the last whole comparison, made after every push and every night."""

    compared: int
    on_sale: int
    different: int
    problems: int
    compared_at: datetime


@dataclass(frozen=True, slots=True)
class PushState:
    """How the push of this store stands. `outcome`: running, done, failed, lost; `reason`: why it failed."""

    last_at: datetime | None
    outcome: str | None
    reason: str | None
    wanted_by: str | None
    paused_by: str | None


def stock_line(one: Listed) -> StockLine:
    """A row of a list."""
    return _unknown(one) if one.standing is None else _known(one.standing)


def places_of(view: StockView) -> tuple[StockPlaceName, ...]:
    """The locations that may be chosen."""
    return tuple(StockPlaceName(place.location, place.name, place.sources) for place in view.places)


def summary(view: StockView) -> StockSummary | None:
    """What the last comparison counted."""
    if view.comparison is None:
        return None
    counts = view.comparison.counts
    return StockSummary(counts.compared, counts.on_sale, counts.different, counts.problems, view.comparison.compared_at)


def push_state(database: Connection, stored: StoredConnection, now: datetime) -> PushState:
    """The newest run of the push, and who wants or paused it."""
    (standing,) = scheduled_runs.standings(database, [(stored.id, PUSH)])
    last = standing.last
    outcome = None if last is None else last.outcome or ("running" if last.is_going_on(now) else "lost")
    return PushState(
        last_at=last.started_at if last else None,
        outcome=outcome,
        reason=last.reason if last else None,
        wanted_by=standing.wanted_by,
        paused_by=standing.paused_by,
    )


def netsuite_failure(database: Connection, stored: StoredConnection) -> str | None:
    """Why NetSuite's stock is older than it should be; None while it is not."""
    reading = stock.reading(database, stored.id)
    if not reading.is_partial:
        return None
    return reading.failure or "it was not read yet"


def _known(one: Standing) -> StockLine:
    row, terms = one.row, one.terms
    return StockLine(
        sku=row.sku,
        inventory_item=row.item,
        netsuite_item=row.netsuite_item,
        location=one.place.name,
        shopify_location=one.place.location,
        state=_state(one),
        problem=one.said or left_alone(one),
        available=dict(terms.available),
        total=terms.total,
        waiting=terms.waiting,
        unseen=terms.unseen,
        buffer=terms.buffer,
        percent=terms.percent,
        cap=terms.cap,
        formula=spelled(terms),
        publishable=one.wanted,
        shop=row.shop,
        drift=one.difference,
        is_pushed_next=one.is_pushed,
        netsuite_told_at=row.told_at,
        shop_seen_at=row.seen_at,
        published=row.published,
        published_at=row.published_at,
    )


def _state(one: Standing) -> str:
    if one.is_frozen:
        return "frozen"
    if one.said is not None:
        return "problem"
    return "differs" if one.is_different else "equal"


def _unknown(one: Listed) -> StockLine:
    return StockLine(
        sku=one.item.sku,
        inventory_item=one.item.item,
        netsuite_item=None,
        location=None,
        shopify_location=None,
        state="problem",
        problem=_NO_STOCK if one.item.is_known else _UNKNOWN,
        available={},
        total=None,
        waiting=None,
        unseen=None,
        buffer=None,
        percent=None,
        cap=None,
        formula=None,
        publishable=None,
        shop=None,
        drift=None,
        is_pushed_next=False,
        netsuite_told_at=None,
        shop_seen_at=None,
        published=None,
        published_at=None,
    )
