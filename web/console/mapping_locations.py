"""/mapping/<store>/locations: every location of the shop, where its goods are booked, and whose stock it sells."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.errors import ConnectorError
from connector.flows.rule_changes import version_of
from connector.mapping.rule_gaps import STOCK_LOCATION
from connector.mapping.rule_names import Known, known_from_json
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules
from connector.shopify.shop import Location, locations
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from web.console.asking import Asked
from web.console.screens import Console
from web.console.site import Visit, environment


@dataclass(frozen=True, slots=True)
class LocationRow:
    """One location of the shop, or a name in the rules that is none (`id` is None then).

    `key`: what the rules would call it; `booked_at`: the NetSuite location that its goods leave and come back to, by a rule
    of its own where `is_booked`; `sells_from`: the NetSuite locations whose stock it shows, None where none is pushed to it;
    `stock_key`: what `inventory.locations` calls it.
    """

    id: str | None
    name: str
    is_active: bool
    key: str
    booked_at: str | None
    is_booked: bool
    sells_from: str | None
    stock_key: str
    stock_subject: str | None


@dataclass(frozen=True, slots=True)
class LocationsPage:
    """The shop's locations as it tells them now. `problem`: why it could not be asked."""

    store: str
    environment: str
    rows: tuple[LocationRow, ...]
    problem: str | None


def mapping_locations_screen(console: Console) -> None:
    """Registers the screen."""

    @console.screen("mapping_locations", "/mapping/<store>/locations", Asked, LocationsPage, role=Role.OPERATOR)
    def read(visit: Visit, _asked: Asked, store: str) -> LocationsPage:
        """The shop's locations beside NetSuite's."""
        stored = visit.store(store)
        try:
            places = locations(visit.site.runtime.open_unchecked(stored.id).shopify)
        except ConnectorError as error:
            return LocationsPage(store, environment(stored), (), str(error))
        return LocationsPage(store, environment(stored), tuple(_rows(visit, stored, places)), None)


def _rows(visit: Visit, stored: StoredConnection, places: Sequence[Location]) -> Iterator[LocationRow]:
    rules = Rules.from_json(stored.rules)
    known = known_from_json(version_of(visit.site.runtime, stored, None).looked_up)
    names = Counter(_plain(place.name) for place in places)
    stock = {_plain(key): key for key in rules.inventory.locations}
    seen = set[str]()
    for place in sorted(places, key=lambda place: (not place.is_active, place.name.casefold())):
        is_only = names[_plain(place.name)] == 1
        key = next(
            (one for one in (place.id, place.name) if one in rules.locations), place.name if is_only else place.id
        )
        stock_key = stock.get(place.id) or (stock.get(_plain(place.name)) if is_only else None)
        seen |= {stock_key} if stock_key else set()
        booked = rules.locations.get(key)
        yield LocationRow(
            place.id, place.name, place.is_active, key, _named(booked or rules.location, known), booked is not None,
            _sold(rules, stock_key, known) if stock_key else None, stock_key or key, None,
        )  # fmt: skip
    for key in rules.inventory.locations:
        if key not in seen:
            sold = _sold(rules, key, known)
            yield LocationRow(None, key, False, key, None, False, sold, key, f"{STOCK_LOCATION}:{key}")


def _plain(name: str) -> str:
    """As the push compares names."""
    return name.strip().casefold()


def _sold(rules: Rules, key: str, known: Known) -> str:
    return ", ".join(str(_named(one, known)) for one in rules.inventory.locations[key])


def _named(value: str | None, known: Known) -> str | None:
    """A NetSuite location as the rules have it, with what NetSuite calls it."""
    entries: Mapping[str, object] = known.get(NetSuiteList.LOCATION, {})
    if value is None or value not in entries:
        return value
    entry = known[NetSuiteList.LOCATION][value]
    return f"{entry.name} ({entry.id})"
