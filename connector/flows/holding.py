"""Which units of an order the shop's stock must not be given back for: those that NetSuite does not hold where they ship from.

Shopify holds the open units of every order that stands, paid or not, each at the location that is to ship it. NetSuite holds
what was written to it, at the location of the line.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.flows.stock_places import StockPlace, stock_places
from connector.flows.systems import Systems
from connector.mapping.images import OrderImage
from connector.shopify.fulfillment_orders import fulfillment_orders
from connector.shopify.records import Order
from connector.store.unseen import Units

Json = Mapping[str, Any]
# What stands in the documents of an order, by their keys; one without an image is taken to hold everything.
Standing = Mapping[str, OrderImage | None]


@dataclass(frozen=True, slots=True)
class Sold:
    """One order line: `units` the buyer is still to have or has, `open` those that did not leave yet."""

    id: str
    variant: int | None
    sku: str
    units: int
    open: int


@dataclass(frozen=True, slots=True)
class Routes:
    """From where an order ships. `open`: units by line and Shopify location, as far as Shopify has routed them."""

    places: tuple[StockPlace, ...] = ()
    open: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def unrouted(self, line: Sold) -> int:
        """Open units of which nobody says where they are."""
        return max(0, line.open - sum(units for (line_id, _), units in self.open.items() if line_id == line.id))


NOWHERE = Routes()


def anywhere(systems: Systems) -> Routes:
    """Of an order that nobody asks about: where stock is sold from more than one location, each of them may ship it."""
    return Routes(stock_places(systems)) if len(systems.rules.inventory.locations) > 1 else NOWHERE


def routes(order: Order, systems: Systems) -> Routes:
    """Asks the shop where an order ships from, once, where stock is sold from more than one location."""
    if len(systems.rules.inventory.locations) < 2 or not any(line.open for line in lines(order)):
        return NOWHERE
    found: Counter[tuple[str, int]] = Counter()
    for routed in fulfillment_orders(systems.shopify, order.id):
        if routed.location_id is not None and not routed.is_over:
            for line in routed.lines:
                found[line.line_id, int(routed.location_id)] += line.remaining
    return Routes(stock_places(systems), found)


def lines(order: Order) -> list[Sold]:
    """The lines of an order that takes stock; none of one that was cancelled."""
    if order.cancelled_at is not None:
        return []
    return [
        Sold(
            line.id, int(line.variant_id) if line.variant_id else None, line.sku, line.current_quantity,
            min(line.current_quantity, line.unfulfilled_quantity),
        )
        for line in order.lines
        if not line.is_gift_card
    ]  # fmt: skip


def told_lines(body: Json) -> list[Sold]:
    """The same of what a webhook says."""
    if body.get("cancelled_at"):
        return []
    found = []
    for item in body["line_items"]:
        if not item.get("gift_card"):
            units = item.get("current_quantity", item.get("quantity") or 0)
            still_open = min(units, item.get("fulfillable_quantity", units))
            found.append(Sold(str(item.get("id")), item.get("variant_id"), item.get("sku") or "", units, still_open))
    return found


def unwritten(sold: Iterable[Sold], standing: Standing, routed: Routes = NOWHERE) -> list[Units]:
    """Of an order that is written, or will be: what NetSuite does not hold."""
    return list(_missing(sold, standing, routed))


def unshipped(sold: Iterable[Sold], standing: Standing, routed: Routes = NOWHERE) -> list[Units]:
    """Of an order that is not to be written: what the shop still holds for it, and nobody else does."""
    still_open = (Sold(line.id, line.variant, line.sku, line.open, line.open) for line in sold)
    return list(_missing(still_open, standing, routed))


def _missing(sold: Iterable[Sold], standing: Standing, routed: Routes) -> Iterator[Units]:
    if any(image is None for image in standing.values()):
        return
    written = _written(standing)
    for line in sold:
        for location, units in _of_line(line, written.get(line.id, Counter()), routed):
            if units > 0:
                yield Units(line.variant, line.sku, units, location)


def _of_line(line: Sold, there: Counter[int | None], routed: Routes) -> Iterator[tuple[int | None, int]]:
    """Shopify's location and units. Units that are nobody's to ship any more may be of any location: None."""
    missing = line.units - there.total()
    if not routed.places:
        yield None, missing
        return
    unrouted = routed.unrouted(line)
    for place in routed.places:
        here = routed.open.get((line.id, place.location), 0) + unrouted
        yield place.location, here - sum(there[source] for source in place.sources)
    yield None, missing - line.open


def _written(standing: Standing) -> dict[str, Counter[int | None]]:
    """Units by line and NetSuite's location."""
    found: dict[str, Counter[int | None]] = {}
    for image in standing.values():
        for line in image.lines if image else ():
            units = int(Decimal(str(line.body.get("quantity") or 0)))
            found.setdefault(line.reference, Counter())[_location(line.body)] += units
    return found


def _location(body: Json) -> int | None:
    place = body.get("location")
    return int(place["id"]) if place else None
