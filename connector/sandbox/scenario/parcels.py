"""Orders that are shipped, in the shop or by the warehouse, billed by the accountant, and what comes back of them."""

from typing import Any

from connector.sandbox.scenario.placed import LAST, LATER, LOCATION, WHILE, Act, Placed

_TRACKED_AT_ONCE = 0.6


def shipped(placed: Placed) -> list[Act]:
    """All in one parcel; its number is known at once or comes later."""
    if placed.random.random() < _TRACKED_AT_ONCE:
        return [_parcel(placed, LATER, tracking=placed.tracking())]
    return [_parcel(placed, LATER), placed.shop(LAST, "update_tracking", tracking=placed.tracking())]


def shipped_while(placed: Placed) -> list[Act]:
    """Shipped before the order may have been written."""
    return [_parcel(placed, WHILE, tracking=placed.tracking())]


def shipped_in_parts(placed: Placed) -> list[Act]:
    """One unit first, the rest in another parcel."""
    if sum(line["quantity"] for line in placed.goods) < 2:
        return shipped(placed)
    one = [{"line_id": placed.goods[-1]["id"], "quantity": 1}]
    return [
        _parcel(placed, LATER, lines=one, tracking=placed.tracking()),
        _parcel(placed, LAST, tracking=placed.tracking()),
    ]


def shipped_again(placed: Placed) -> list[Act]:
    """A parcel is taken back and another one sent."""
    return [
        _parcel(placed, LATER),
        placed.shop(LAST, "cancel_fulfillment"),
        _parcel(placed, LAST, tracking=placed.tracking()),
    ]


def shipped_by_hand(placed: Placed) -> list[Act]:
    """The warehouse ships a unit in NetSuite; then the buyer calls it off in the shop."""
    if not placed.goods or placed.goods[0] is not placed.order["line_items"][0]:
        return []
    return [
        placed.account(LATER, "fulfill", lines=[{"line": 1, "quantity": 1}]),
        placed.shop(LAST, "cancel", reason="customer", location_id=LOCATION),
    ]


def invoiced_back(placed: Placed) -> list[Act]:
    """Shipped in the shop, invoiced by the accountant, a unit comes back."""
    if not placed.goods:
        return []
    return [
        _parcel(placed, LATER, tracking=placed.tracking()),
        placed.account(LAST, "bill", **{"as": "invoice"}),
        placed.shop(LAST, "refund", lines=[placed.unit_back("return")]),
    ]


def sold_for_cash(placed: Placed) -> list[Act]:
    """Shipped in the shop, billed by the accountant as a cash sale, then some money back.

    Goods are not given back here: that is cash or a question, by whether the bill was heard of.
    """
    return [
        _parcel(placed, LATER, tracking=placed.tracking()),
        placed.account(LAST, "bill", **{"as": "cashSale"}),
        placed.shop(LAST, "refund", amount=placed.goodwill()),
    ]


def invoiced_amount_back(placed: Placed) -> list[Act]:
    """Shipped and invoiced in NetSuite, then some money back."""
    return [placed.account(LATER, "bill", **{"as": "invoice"}), placed.shop(LAST, "refund", amount=placed.goodwill())]


def too_late(placed: Placed) -> list[Act]:
    """The accountant billed it; then one more is wanted."""
    if not placed.goods:
        return []
    wanted = {"line_id": placed.goods[0]["id"], "quantity": placed.goods[0]["quantity"] + 1}
    return [
        placed.account(LATER, "bill", **{"as": "invoice"}),
        placed.shop(LAST, "edit", changes=[{"set_quantity": wanted}]),
    ]


def exchanged(placed: Placed) -> list[Act]:
    """The buyer sends something back and wants another thing instead."""
    if not placed.goods:
        return []
    unit = {"line_id": placed.goods[0]["id"], "quantity": 1}
    return [
        _parcel(placed, LATER, tracking=placed.tracking()),
        placed.shop(LAST, "return", lines=[unit], exchange=[placed.new_line()]),
    ]


def _parcel(placed: Placed, round_number: int, **asked: Any) -> Act:
    return placed.shop(round_number, "fulfill", location_id=LOCATION, **asked)
