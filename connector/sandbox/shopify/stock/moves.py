"""What an order does to stock, made anew from what happened to it: units it holds, and units it took away."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connector.sandbox.shopify.acts.standing import is_tip, refund_lines, units

Json = dict[str, Any]
# Item and location.
Place = tuple[int, int]

_RESTOCKED = ("cancel", "return", "legacy_restock")


@dataclass(frozen=True, slots=True)
class Moves:
    """`held` units are committed, `taken` ones no longer lie there; `lines` says from where each line ships."""

    lines: dict[int, Place]
    held: dict[Place, int]
    taken: dict[Place, int]

    @classmethod
    def of(cls, order: Json, before: "Moves", assigned: Callable[[Json, Json], Place | None]) -> "Moves":
        """Those of an order as it is; a line stays where it was assigned first."""
        lines: dict[int, Place] = {}
        held: Counter[Place] = Counter()
        taken: Counter[Place] = Counter()
        for line in order["line_items"]:
            place = None if is_tip(line) else before.lines.get(line["id"]) or assigned(line, order)
            if place is not None:
                lines[line["id"]] = place
                _add(order, line, place, held, taken)
        return cls(lines, dict(held), dict(taken))

    def since(self, before: "Moves") -> dict[Place, tuple[int, int]]:
        """How many more units are held and taken than before, where that changed."""
        places = {*self.held, *self.taken, *before.held, *before.taken}
        changes = {
            place: (
                self.held.get(place, 0) - before.held.get(place, 0),
                self.taken.get(place, 0) - before.taken.get(place, 0),
            )
            for place in sorted(places)
        }
        return {place: change for place, change in changes.items() if any(change)}


def _add(order: Json, line: Json, place: Place, held: Counter[Place], taken: Counter[Place]) -> None:
    """Units that were removed without restocking are gone from where the line ships; what came back lies where it went."""
    gone, shipped = units(order, line["id"])
    still_open = max(0, line["quantity"] - gone - shipped)
    held[place] += still_open
    away = line["quantity"] - still_open
    for location_id, quantity in _shipped(order, line["id"]):
        taken[place[0], location_id or place[1]] += quantity
        away -= quantity
    for item in refund_lines(order, line["id"]):
        if item.get("restock_type") in _RESTOCKED:
            away -= _restock(item, place, taken)
    taken[place] += max(0, away)


def _restock(item: Json, place: Place, taken: Counter[Place]) -> int:
    """Units of an open line only stop being held; units that come back lie where the merchant says. How many were open."""
    if item["restock_type"] == "cancel":
        return int(item["quantity"])
    taken[place[0], item.get("location_id") or place[1]] -= item["quantity"]
    return 0


def _shipped(order: Json, line_id: int) -> list[tuple[int | None, int]]:
    return [
        (fulfillment.get("location_id"), item["quantity"])
        for fulfillment in order.get("fulfillments") or []
        if fulfillment["status"] == "success"
        for item in fulfillment["line_items"]
        if item["id"] == line_id
    ]
