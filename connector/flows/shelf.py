"""Which fulfilment orders ship which units: by the location that shipped, never more than remains. Pure but for its own count."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.flows.parcels import Goods
from connector.mapping.rules import Rules
from connector.shopify.fulfillment_orders import FulfillmentOrder, OpenLine
from connector.store.shipments import Shipment, ShipmentLine


@dataclass(slots=True)
class Load:
    """What one location ships: units by fulfilment order and its line, by order line, and by item."""

    picked: dict[str, Counter[str]] = field(default_factory=dict)
    lines: Counter[str] = field(default_factory=Counter)
    items: Goods = field(default_factory=Counter)

    def input(self) -> list[dict[str, Any]]:
        """As `lineItemsByFulfillmentOrder`."""
        return [
            {
                "fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{order}",
                "fulfillmentOrderLineItems": [
                    {"id": f"gid://shopify/FulfillmentOrderLineItem/{line}", "quantity": quantity}
                    for line, quantity in lines.items()
                ],
            }
            for order, lines in self.picked.items()
        ]


class Shelf:
    """What is left to ship of one order while its shipments are planned one after the other."""

    def __init__(self, orders: Sequence[FulfillmentOrder], by_item: Mapping[str, Sequence[str]], rules: Rules) -> None:
        self._orders = orders
        self._by_item = by_item
        self._rules = rules
        self._left = {line.id: line.remaining for order in orders for line in order.lines}

    def load(self, goods: Goods, shipment: Shipment) -> tuple[list[Load], Goods]:
        """Loads by location, and the units that nothing is open for. Nothing is taken off until `take`."""
        left = dict(self._left)
        loads: dict[str | None, Load] = {}
        missing: Goods = Counter()
        for item, quantity in goods.items():
            rest = quantity
            for order, line, part in self._parts(item, quantity, shipment, left):
                load = loads.setdefault(order.location_id, Load())
                load.picked.setdefault(order.id, Counter())[line.id] += part
                load.lines[line.line_id] += part
                load.items[item] += part
                rest -= part
            if rest:
                missing[item] = rest
        return list(loads.values()), missing

    def take(self, loads: Sequence[Load]) -> None:
        """These are shipped: what is left is left for the next shipment."""
        for load in loads:
            for lines in load.picked.values():
                for line, quantity in lines.items():
                    self._left[line] -= quantity

    def open_units(self, item: str) -> int:
        """Units that may be shipped now."""
        lines = self._by_item.get(item, ())
        return sum(
            self._left[line.id]
            for order in self._orders
            if order.can_fulfill
            for line in order.lines
            if line.line_id in lines
        )

    def blocked(self, missing: Goods) -> list[FulfillmentOrder]:
        """Those that hold missing units and that Shopify does not let go now; none when they hold too few."""
        found, units = list[FulfillmentOrder](), Counter[str]()
        for order in self._orders:
            if order.can_fulfill or order.is_over:
                continue
            held = Counter({item: self._held(order, item) for item in missing})
            if any(held.values()):
                found.append(order)
                units += held
        return found if all(units[item] >= quantity for item, quantity in missing.items()) else []

    def _held(self, order: FulfillmentOrder, item: str) -> int:
        lines = self._by_item.get(item, ())
        return sum(self._left[line.id] for line in order.lines if line.line_id in lines)

    def _parts(
        self, item: str, quantity: int, shipment: Shipment, left: dict[str, int]
    ) -> Iterator[tuple[FulfillmentOrder, OpenLine, int]]:
        """As many units of each location as NetSuite shipped from there, then the rest from wherever they are open."""
        lines, rest = self._by_item.get(item, ()), quantity
        places = [
            (order, line)
            for order in sorted((order for order in self._orders if order.can_fulfill), key=lambda order: int(order.id))
            for line in order.lines
            if line.line_id in lines
        ]
        shipped = _by_location(item, shipment)
        for is_from_there in (True, False):
            for order, line in places:
                location = self._location(order)
                part = min(rest, left[line.id], shipped[location] if is_from_there else rest)
                if part > 0:
                    left[line.id], rest = left[line.id] - part, rest - part
                    shipped[location] -= part
                    yield order, line, part

    def _location(self, order: FulfillmentOrder) -> str | None:
        rules = self._rules.locations
        return rules.get(order.location_id or "") or rules.get(order.location_name)


def whole_units(line: ShipmentLine) -> int:
    """A part of a unit counts as the whole, for Shopify knows no parts."""
    return -int(-line.quantity // 1)


def _by_location(item: str, shipment: Shipment) -> Counter[str | None]:
    found = Counter[str | None]()
    for line in shipment.lines:
        if line.item == item:
            found[line.location] += whole_units(line)
    return found
