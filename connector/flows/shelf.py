"""Which fulfilment orders ship which units: by location, never more than remains. Pure but for its own count."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.flows.parcels import Goods
from connector.mapping.rules import Rules
from connector.shopify.fulfillment_orders import FulfillmentOrder
from connector.store.shipments import Shipment


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
            for order, line_id, own_line in self._places(item, shipment):
                part = min(rest, left[line_id])
                if part > 0:
                    load = loads.setdefault(order.location_id, Load())
                    load.picked.setdefault(order.id, Counter())[line_id] += part
                    load.lines[own_line] += part
                    load.items[item] += part
                    left[line_id], rest = left[line_id] - part, rest - part
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

    def _places(self, item: str, shipment: Shipment) -> list[tuple[FulfillmentOrder, str, str]]:
        """Lines of fulfilment orders that ship an item, those at the location that NetSuite shipped it from first."""
        wanted = {line.location for line in shipment.lines if line.item == item}
        orders = sorted(
            (order for order in self._orders if order.can_fulfill),
            key=lambda order: (self._location(order) not in wanted, int(order.id)),
        )
        lines = self._by_item.get(item, ())
        return [(order, line.id, line.line_id) for order in orders for line in order.lines if line.line_id in lines]

    def _location(self, order: FulfillmentOrder) -> str | None:
        rules = self._rules.locations
        return rules.get(order.location_id or "") or rules.get(order.location_name)
