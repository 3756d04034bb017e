"""The stock of one connection as lists and pages show it, reckoned from what Postgres knows; asks neither system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from connector.flows.stock_drift import Standing, stood
from connector.flows.stock_noting import kinds
from connector.flows.stock_places import StockPlace, known_places
from connector.mapping.rule_names import known_from_json, resolved
from connector.mapping.rules import Rules
from connector.mapping.rules_to_shopify import InventoryRules
from connector.store import frozen_skus, rule_versions, stock_findings, stock_page
from connector.store.connections import StoredConnection
from connector.store.frozen_skus import FrozenSku
from connector.store.stock_findings import FindingKind, StoredComparison
from connector.store.stock_page import ListedItem


@dataclass(frozen=True, slots=True)
class StockView:
    """What every list of a connection's stock needs. `comparison`: the last whole one, None before the first."""

    connection_id: int
    rules: InventoryRules
    places: tuple[StockPlace, ...]
    comparison: StoredComparison | None
    frozen: Mapping[str, FrozenSku]

    def at(self, location: int | None) -> tuple[StockPlace, ...]:
        """The places that are looked at: one of Shopify's locations, or all."""
        return tuple(place for place in self.places if location in (None, place.location))


@dataclass(frozen=True, slots=True)
class Listed:
    """One item, at one place where NetSuite has stock of it; `standing` is None where it has none."""

    item: ListedItem
    standing: Standing | None


def stock_view(connection: Connection, stored: StoredConnection) -> StockView:
    """Opens the stock of a connection. Raises NotMapped where the rules name what was not looked up."""
    version = rule_versions.at(connection, stored.id, stored.rules_version)
    known = known_from_json(version.looked_up if version else None)
    rules = resolved(Rules.from_json(stored.rules), known).inventory
    comparison = stock_findings.comparison(connection, stored.id)
    places = known_places(rules, comparison.counts.places if comparison else {})
    return StockView(stored.id, rules, places, comparison, frozen_skus.of_connection(connection, stored.id))


def listed(
    connection: Connection, view: StockView, *, prefix: str, after: tuple[str, int], limit: int
) -> list[ListedItem]:
    """Items whose SKU begins so, by SKU."""
    return stock_page.listed(connection, view.connection_id, prefix=prefix, after=after, limit=limit)


def found(
    connection: Connection,
    view: StockView,
    kind: FindingKind,
    places: Sequence[StockPlace],
    *,
    prefix: str,
    after: tuple[str, int],
    limit: int,
) -> list[ListedItem]:
    """Items that the last comparison found, by SKU."""
    keys = stock_findings.found_items(
        connection, view.connection_id, kind, locations=[place.location for place in places], prefix=prefix,
        after=after, limit=limit,
    )  # fmt: skip
    return stock_page.of_numbers(connection, view.connection_id, [item for _, item in keys])


def lines(
    connection: Connection, view: StockView, places: Sequence[StockPlace], items: Sequence[ListedItem]
) -> list[Listed]:
    """The items as they stand now, each at every place, in their order."""
    numbers = [one.item for one in items]
    standings: dict[int, list[Standing]] = {}
    for place in places:
        rows = stock_page.rows(connection, view.connection_id, place.location, place.sources, numbers)
        for standing in stood(rows, place, view.rules, view.frozen):
            standings.setdefault(standing.row.item, []).append(standing)
    return [Listed(item, standing) for item in items for standing in standings.get(item.item) or (None,)]


def is_kind(one: Listed, kind: FindingKind) -> bool:
    """True where an item belongs on that list as it stands now."""
    return kind is FindingKind.PROBLEM if one.standing is None else kind in kinds(one.standing)
