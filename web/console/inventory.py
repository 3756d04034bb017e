"""/inventory: what NetSuite has of each item, what the shop should have of it and has, and what differs."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response
from sqlalchemy import Connection

from connector.flows import stock_listing
from connector.flows.stock_listing import Listed, StockView
from connector.mapping.rule_values import Moment
from connector.store import shop_items, stock_findings
from connector.store.stock_findings import FindingKind
from connector.store.stock_page import ListedItem
from web.console.asking import Asked, AskedList
from web.console.inventory_force import inventory_force_screen
from web.console.inventory_item import inventory_item_screen
from web.console.inventory_lines import (
    PushState,
    StockLine,
    StockPlaceName,
    StockSummary,
    netsuite_failure,
    places_of,
    push_state,
    stock_line,
    summary,
)
from web.console.inventory_push import inventory_push_screen
from web.console.one_store import NoStore, first_store, the_store
from web.console.paging import ROWS, cursor, key_of, number_of
from web.console.screens import Console
from web.console.sheets import csv_file
from web.console.site import Visit, environment

_FEWEST = 10
_AT_ONCE = 500
_COLUMNS = (
    "sku", "location", "inventory_item", "netsuite_item", "state", "total", "waiting", "buffer", "percent", "cap",
    "publishable", "shop", "drift", "published", "published_at", "problem",
)  # fmt: skip


class InventoryAsked(AskedList):
    """The query of the list. `q`: how the SKU begins; `show`: only what is on that list; `location`: Shopify's id."""

    q: str | None = None
    show: FindingKind | None = None
    location: int | None = None


class InventoryNewsAsked(Asked):
    """The query of a page that waits: which comparison its counts are of."""

    compared_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class InventoryPage:
    """One store's stock. `rows` by SKU, each item at every location; `after`: the cursor of the next page.

    `is_ruled`: the rules name locations to push to; `is_known`: the shop's items were read; `netsuite_failure`: why
    NetSuite's figures are older than they should be.
    """

    store: str
    environment: str
    is_ruled: bool
    is_known: bool
    netsuite_failure: str | None
    places: tuple[StockPlaceName, ...]
    summary: StockSummary | None
    push: PushState
    rows: tuple[StockLine, ...]
    after: str | None


def inventory_screen(console: Console) -> None:
    """Registers the list, its file, the page of one SKU and the push."""

    @console.screen("inventory", "/inventory", InventoryAsked, InventoryPage | NoStore)
    def read(visit: Visit, asked: InventoryAsked) -> InventoryPage | NoStore:
        """What NetSuite has of each item, what the shop should have of it, and what it has."""
        stored = first_store(visit, asked.store)
        if stored is None:
            return NoStore()
        with visit.engine.begin() as database:
            view = stock_listing.stock_view(database, stored)
            limit = max(_FEWEST, ROWS // max(1, len(view.at(asked.location))))
            items = _items(database, view, asked, _after(asked), limit + 1)
            after = cursor([items[limit - 1].sku, items[limit - 1].item]) if len(items) > limit else None
            return InventoryPage(
                store=stored.name,
                environment=environment(stored),
                is_ruled=bool(view.rules.locations),
                is_known=not shop_items.is_empty(database, stored.id),
                netsuite_failure=netsuite_failure(database, stored) if view.rules.locations else None,
                places=places_of(view),
                summary=summary(view),
                push=push_state(database, stored, visit.now),
                rows=tuple(stock_line(one) for one in _lines(database, view, asked, items[:limit])),
                after=after,
            )

    @console.part("inventory_news", "/inventory-news", InventoryNewsAsked)
    def news(visit: Visit, asked: InventoryNewsAsked) -> bool:
        """Whether the stock was compared again since."""
        stored = the_store(visit, asked.store)
        with visit.engine.begin() as database:
            last = stock_findings.comparison(database, stored.id)
        return last is not None and (asked.compared_at is None or last.compared_at > asked.compared_at)

    @console.file("inventory_csv", "/inventory.csv", InventoryAsked)
    def export(visit: Visit, asked: InventoryAsked) -> Response:
        """The whole list as CSV."""
        stored = the_store(visit, asked.store)
        with visit.engine.begin() as database:
            view = stock_listing.stock_view(database, stored)
        rows = ([getattr(stock_line(one), name) for name in _COLUMNS] for one in _every(visit, view, asked))
        return csv_file(f"inventory-{stored.name}.csv", _COLUMNS, rows)

    inventory_push_screen(console)
    inventory_force_screen(console)
    inventory_item_screen(console)


def _every(visit: Visit, view: StockView, asked: InventoryAsked) -> Iterator[Listed]:
    after = _after(asked)
    while True:
        with visit.engine.begin() as database:
            items = _items(database, view, asked, after, _AT_ONCE)
            found = _lines(database, view, asked, items)
        yield from found
        if len(items) < _AT_ONCE:
            return
        after = items[-1].sku, items[-1].item


def _items(
    database: Connection, view: StockView, asked: InventoryAsked, after: tuple[str, int], limit: int
) -> list[ListedItem]:
    places = view.at(asked.location)
    if not places:
        return []
    if asked.show is None:
        return stock_listing.listed(database, view, prefix=asked.q or "", after=after, limit=limit)
    return stock_listing.found(database, view, asked.show, places, prefix=asked.q or "", after=after, limit=limit)


def _lines(database: Connection, view: StockView, asked: InventoryAsked, items: list[ListedItem]) -> list[Listed]:
    """The rows of these items; on a list of what was found, only those that still belong there."""
    found = stock_listing.lines(database, view, view.at(asked.location), items)
    return [one for one in found if asked.show is None or stock_listing.is_kind(one, asked.show)]


def _after(asked: InventoryAsked) -> tuple[str, int]:
    key = key_of(asked.after, 2)
    return ("", 0) if key is None else (key[0], number_of(key[1]))
