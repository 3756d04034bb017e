"""Which NetSuite locations each of Shopify's locations sells from, by the rules, with names turned into ids."""

from collections.abc import Mapping
from dataclasses import dataclass

from connector.errors import NotMapped
from connector.flows.systems import Systems
from connector.mapping.rule_gaps import STOCK_LOCATION
from connector.mapping.rules_to_shopify import InventoryRules
from connector.shopify.shop import locations


@dataclass(frozen=True, slots=True)
class StockPlace:
    """One of Shopify's locations. `name` is what the rules call it, `sources` are NetSuite's internal ids."""

    location: int
    name: str
    sources: tuple[int, ...]


def stock_places(systems: Systems) -> tuple[StockPlace, ...]:
    """The locations that stock is pushed to. Asks the shop once where a rule says a name.

    Raises NotMapped for a name that no location of the shop has, or more than one.
    """
    ruled = systems.rules.inventory.locations
    known = _by_name(systems) if any(not name.isdecimal() for name in ruled) else {}
    return tuple(
        StockPlace(
            int(name) if name.isdecimal() else _one(name, known), name, tuple(_source(place) for place in sources)
        )
        for name, sources in ruled.items()
    )


def known_places(rules: InventoryRules, known: Mapping[str, int]) -> tuple[StockPlace, ...]:
    """The same from what a comparison has kept of the names, without asking; one that is new since then is left out."""
    return tuple(
        StockPlace(int(name) if name.isdecimal() else known[name], name, tuple(_source(place) for place in sources))
        for name, sources in rules.locations.items()
        if name.isdecimal() or name in known
    )


def _source(place: str) -> int:
    if not place.isdecimal():
        raise NotMapped(
            f"NetSuite's location {place!r} in inventory.locations is not looked up yet; run `mapping show`",
            subject=f"location:{place}",
        )
    return int(place)


def _by_name(systems: Systems) -> Mapping[str, list[int]]:
    known: dict[str, list[int]] = {}
    for place in locations(systems.shopify):
        known.setdefault(place.name.strip().casefold(), []).append(int(place.id))
    return known


def _one(name: str, known: Mapping[str, list[int]]) -> int:
    found = known.get(name.strip().casefold(), [])
    if len(found) != 1:
        how_many = "no location" if not found else f"{len(found)} locations"
        raise NotMapped(
            f"the shop has {how_many} named {name!r}; write its id in inventory.locations",
            subject=f"{STOCK_LOCATION}:{name}",
        )
    return found[0]
