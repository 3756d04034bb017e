"""/inventory-push: what a push would send and what would keep it from that; and the wish for one.

Looking asks neither system. A push sends everything that differs, so rows that were chosen are shown first, not alone.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from sqlalchemy import Connection

from connector.flows import stock_listing
from connector.flows.asking import run_soon
from connector.flows.stock_listing import StockView
from connector.flows.stock_sync import PUSH
from connector.store import operator_actions, stock_page
from connector.store.connections import StoredConnection
from connector.store.stock_findings import FindingKind
from connector.store.stock_page import ListedItem
from web.console.asking import Asked, Because
from web.console.inventory_lines import PushState, StockLine, netsuite_failure, push_state, stock_line
from web.console.one_store import the_store
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment

_SHOWN = 100


class PushAsked(Asked):
    """Which rows are looked at: Shopify inventory items; none means all that differs."""

    item: tuple[int, ...] = ()


class PushForm(Because):
    """A push of everything that differs in one store, with the rows that were looked at."""

    store: str
    item: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PushGuard:
    """How much of what is on sale would fall to nothing, in levels. More than `allowed_percent` waits for a person."""

    on_sale: int
    emptied: int
    percent: Decimal
    allowed_percent: Decimal
    stops: bool


@dataclass(frozen=True, slots=True)
class PushPage:
    """What a push would send. `kept_back`: rows that were chosen or differ, and are not sent, each with why.

    `different`: all levels that differed at `compared_at`, the last whole comparison; None before the first. `is_stopped`:
    a guard would stop it, so that only an admin sends it.
    """

    store: str
    environment: str
    is_chosen: bool
    items: tuple[int, ...]
    sent: tuple[StockLine, ...]
    kept_back: tuple[StockLine, ...]
    different: int | None
    compared_at: datetime | None
    guard: PushGuard | None
    netsuite_failure: str | None
    push: PushState
    is_stopped: bool


def inventory_push_screen(console: Console) -> None:
    """Registers the preview and the act."""

    @console.screen("inventory_push", "/inventory-push", PushAsked, PushPage)
    def preview(visit: Visit, asked: PushAsked) -> PushPage:
        """What a push would send now, by what is known; nothing is sent and neither system is asked."""
        return push_page(visit, the_store(visit, asked.store), asked.item)

    @console.act("inventory_push_now", "/inventory-push", PushForm, reach=Reach.MANY)
    def push(visit: Visit, form: PushForm) -> Done:
        """Ask for a push of everything that differs; a worker begins it within a second."""
        stored = visit.store(form.store)
        details = {"because": form.why, "looked_at": list(form.item)}
        with visit.engine.begin() as database:
            operator_actions.write_down(
                database, stored.id, actor=visit.who.name, action="stock push asked", details=details
            )
        is_new = run_soon(visit.engine, stored.id, PUSH, asked_by=visit.who.name)
        visit.site.wakes.put_run(stored.id, PUSH)
        said = f"A push to {stored.name} {'is asked for' if is_new else 'was asked for already'}."
        return Done(said, f"/inventory?{urlencode({'store': stored.name})}")


def push_page(visit: Visit, stored: StoredConnection, chosen: tuple[int, ...]) -> PushPage:
    """What a push of a store would do by what is known now."""
    with visit.engine.begin() as database:
        view = stock_listing.stock_view(database, stored)
        items = _items(database, view, chosen)
        guard, failure = _guard(view), netsuite_failure(database, stored)
        found = [stock_line(one) for one in stock_listing.lines(database, view, view.places, items)]
        return PushPage(
            store=stored.name,
            environment=environment(stored),
            is_chosen=bool(chosen),
            items=chosen,
            sent=tuple(one for one in found if one.is_pushed_next),
            kept_back=tuple(one for one in found if not one.is_pushed_next),
            different=view.comparison.counts.different if view.comparison else None,
            compared_at=view.comparison.compared_at if view.comparison else None,
            guard=guard,
            netsuite_failure=failure,
            push=push_state(database, stored, visit.now),
            is_stopped=failure is not None or (guard is not None and guard.stops),
        )


def _items(database: Connection, view: StockView, chosen: tuple[int, ...]) -> list[ListedItem]:
    if chosen:
        return stock_page.of_numbers(database, view.connection_id, chosen[:_SHOWN])
    return stock_listing.found(database, view, FindingKind.DRIFT, view.places, prefix="", after=("", 0), limit=_SHOWN)


def _guard(view: StockView) -> PushGuard | None:
    """What the push's own guard would say of the last whole comparison."""
    if view.comparison is None:
        return None
    counts, rules = view.comparison.counts, view.rules
    percent = Decimal(counts.emptied * 100) / max(1, counts.on_sale)
    return PushGuard(
        on_sale=counts.on_sale,
        emptied=counts.emptied,
        percent=round(percent, 1),
        allowed_percent=rules.guard_percent,
        stops=counts.on_sale >= rules.guard_items and percent > rules.guard_percent,
    )
