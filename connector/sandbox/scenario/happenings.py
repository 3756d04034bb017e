"""What buyers and staff do to an order before it is shipped: change, pay, call off, give back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.drafts import text
from connector.sandbox.scenario.placed import ACCOUNT, LAST, LATER, LOCATION, WHILE, Act, Placed
from connector.sandbox.scenario.world import order_key

Json = dict[str, Any]


def address(placed: Placed) -> list[Act]:
    """The parcel shall go elsewhere."""
    if placed.order["shipping_address"] is None:
        return note(placed)
    changes = {"address1": f"{placed.random.randint(1, 99)} Other Street", "city": "Shelbyville"}
    return [placed.shop(LATER, "update", changes={"shipping_address": changes})]


def note(placed: Placed) -> list[Act]:
    """The buyer has a wish; sometimes while the order is being written."""
    return [placed.shop(placed.random.choice((WHILE, LATER)), "update", changes={"note": "please ring twice"})]


def memo_by_hand(placed: Placed) -> list[Act]:
    """Somebody writes a memo in NetSuite, then the address is changed in Shopify."""
    key = order_key(placed.order["id"])
    edited = Act(
        LATER,
        ACCOUNT,
        {"act": "edit", "record": key, "fields": {"memo": f"call before delivery ({placed.order['name']})"}},
    )
    if placed.order["shipping_address"] is None:
        return [edited]
    return [edited, placed.shop(LATER, "update", changes={"shipping_address": {"city": "Capital City"}})]


def raised(placed: Placed) -> list[Act]:
    """One more of something, paid at once; sometimes while the order is being written."""
    moment = placed.random.choice((WHILE, LATER))
    return _more(placed, moment, placed.random.choice(placed.goods)) if placed.goods else []


def _more(placed: Placed, moment: int, line: Json) -> list[Act]:
    wanted = {"line_id": line["id"], "quantity": line["quantity"] + 1}
    return [placed.shop(moment, "edit", changes=[{"set_quantity": wanted}]), placed.shop(moment, "pay")]


def added(placed: Placed) -> list[Act]:
    """Something else as well, paid an hour later."""
    return [
        placed.shop(LATER, "edit", changes=[{"add_line": placed.new_line()}]),
        placed.shop(placed.random.choice((LATER, LAST)), "pay"),
    ]


def swapped(placed: Placed) -> list[Act]:
    """One thing off, a dearer one instead, the rest paid."""
    if not placed.goods:
        return []
    line = placed.random.choice(placed.goods)
    less = {"set_quantity": {"line_id": line["id"], "quantity": line["quantity"] - 1}}
    return [
        placed.shop(LATER, "edit", changes=[less, {"add_line": placed.new_line(price="399.00")}]),
        placed.shop(LATER, "pay"),
    ]


def captured_in_parts(placed: Placed) -> list[Act]:
    """A third of the promised money now, the rest later."""
    third = text(placed.total / 3, placed.currency)
    return [placed.shop(WHILE, "capture", amount=third), placed.shop(LATER, "capture")]


def lowered(placed: Placed) -> list[Act]:
    """One unit less before the money is taken."""
    line = max(placed.goods, key=lambda item: item["quantity"], default=None)
    if line is None or sum(item["quantity"] for item in placed.order["line_items"]) < 2:
        return captured_in_parts(placed)
    return _less(placed, line, line["quantity"] - 1)


def removed(placed: Placed) -> list[Act]:
    """A whole line less before the money is taken."""
    if len(placed.goods) < 2:
        return lowered(placed)
    return _less(placed, placed.random.choice(placed.goods), 0)


def _less(placed: Placed, line: Json, quantity: int) -> list[Act]:
    """The edit, then a sale of what is owed; the promise is let go first, for it is over more."""
    wanted = {"line_id": line["id"], "quantity": quantity}
    edit = placed.shop(LATER, "edit", changes=[{"set_quantity": wanted}])
    return [edit, placed.shop(LATER, "void"), placed.shop(LAST, "pay")]


def rest_paid(placed: Placed) -> list[Act]:
    """What was still owed."""
    return [placed.shop(LATER, "pay")]


def cancelled_in(round_number: int) -> Callable[[Placed], list[Act]]:
    """Called off as a whole."""

    def acts(placed: Placed) -> list[Act]:
        reason = placed.random.choice(("customer", "fraud", "inventory", "other"))
        return [placed.shop(round_number, "cancel", reason=reason, location_id=LOCATION)]

    return acts


def cancelled_in_part(placed: Placed) -> list[Act]:
    """One unit is shipped, the rest is called off."""
    if sum(line["quantity"] for line in placed.goods) < 2:
        return []
    one = [{"line_id": placed.goods[0]["id"], "quantity": 1}]
    return [
        placed.shop(LATER, "fulfill", lines=one, location_id=LOCATION, tracking=placed.tracking()),
        placed.shop(LAST, "cancel", reason="inventory", location_id=LOCATION),
    ]


def unit_back(placed: Placed) -> list[Act]:
    """The money of a unit that will not be shipped."""
    return [placed.shop(LATER, "refund", lines=[placed.unit_back("cancel")])] if placed.goods else []


def pending_back(placed: Placed) -> list[Act]:
    """The same, but the money takes its time."""
    if not placed.goods:
        return []
    return [
        placed.shop(LATER, "refund", lines=[placed.unit_back("cancel")], pending=True),
        placed.shop(LAST, "settle_refund"),
    ]


def shipping_back(placed: Placed) -> list[Act]:
    """The shipping charge is given back."""
    has_charge = any(Decimal(line["price"]) for line in placed.order["shipping_lines"])
    return [placed.shop(LATER, "refund", shipping="full")] if has_charge else amount_back(placed)


def amount_back(placed: Placed) -> list[Act]:
    """Some money out of goodwill."""
    return [placed.shop(LATER, "refund", amount=placed.goodwill())]
