"""The acts of a history as the shop is asked for them: small numbers become a line, a parcel, a share of the money."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector.sandbox.shopify.acts.amounts import Coins
from connector.sandbox.shopify.acts.scene import given_back, received
from tests.histories import money

Json = dict[str, Any]

LOCATION = 655441491
MOMENT = "2026-11-20T10:00:00-05:00"


def request_of(act: Json, order: Json, transactions: list[Json]) -> Json | None:
    """The act as the shop is asked for it, None where this order has nothing to do it to."""
    asked = _REQUESTS[act["act"]](act, order, transactions)
    return None if asked is None else {"act": act["act"], "order_id": order["id"], "at": MOMENT, **asked}


def _part(share: int, whole: Decimal, currency: str) -> str:
    unit = Decimal(1) if currency == "JPY" else Decimal("0.01")
    return str((whole * share / 100).quantize(unit, ROUND_HALF_UP))


def _line_id(order: Json, number: int) -> int:
    found: int = order["line_items"][number % len(order["line_items"])]["id"]
    return found


def _nothing(_act: Json, _order: Json, _transactions: list[Json]) -> Json:
    return {}


def _paying(act: Json, order: Json, transactions: list[Json]) -> Json | None:
    """A share of what is owed, as the buyer sees it."""
    coins = Coins.of(order)
    owed = coins.read(order, "current_total_price" if "current_total_price" in order else "total_price")
    owed = owed - received(transactions, order) + given_back(transactions, order)
    amount = _part(act["share"], owed.shown, coins.shown)
    asked = {"amount": None if act["share"] == 100 else amount, "manual": act["gateway"] == "manual"}
    asked |= {"gateway": act["gateway"], "status": act.get("status", "success")}
    return asked if Decimal(amount) > 0 else None


def _capturing(act: Json, order: Json, transactions: list[Json]) -> Json | None:
    promised = [item for item in transactions if item["kind"] == "authorization" and item["status"] == "success"]
    if not promised:
        return None
    amount = _part(act["share"], Decimal(promised[-1]["amount"]), Coins.of(order).shown)
    return {"amount": None if act["share"] == 100 else amount} if Decimal(amount) > 0 else None


def _editing(act: Json, order: Json, _transactions: list[Json]) -> Json:
    changes: list[Json] = []
    for verb, *given in act["changes"]:
        if verb == "add_line":
            sku, cents, quantity = given
            price = str(money(cents, Coins.of(order)).shown)
            changes.append({verb: {"sku": sku or None, "title": "Mug", "price": price, "quantity": quantity}})
        elif verb == "set_quantity":
            changes.append({verb: {"line_id": _line_id(order, given[0]), "quantity": given[1]}})
        else:
            changes.append({verb: {}})
    return {"changes": changes, "restock": act["restock"]}


def _refunding(act: Json, order: Json, transactions: list[Json]) -> Json | None:
    coins = Coins.of(order)
    left = received(transactions, order) - given_back(transactions, order)
    by_line = {_line_id(order, number): (units, restock) for number, units, restock in act["units"]}
    lines = [
        {"line_id": line_id, "quantity": units, "restock_type": restock, "location_id": LOCATION}
        for line_id, (units, restock) in by_line.items()
    ]
    asked: Json = {"lines": lines, "pending": act["pending"]}
    if act["share"] is not None:
        asked["amount"] = _part(act["share"], left.shown, coins.shown)
    if act["shipping"] is not None:
        asked["shipping"] = "full" if act["shipping"] == 100 else str(money(act["shipping"], coins).shown)
    is_nothing = not lines and act["shipping"] is None and not Decimal(asked.get("amount", 0))
    return None if is_nothing else asked


def _shipping(act: Json, order: Json, _transactions: list[Json]) -> Json:
    tracking = {"company": "UPS", "numbers": act["tracking"]}
    if act["line"] is None:
        return {"tracking": tracking, "location_id": LOCATION}
    lines = [{"line_id": _line_id(order, act["line"]), "quantity": act["units"]}]
    return {"lines": lines, "tracking": tracking, "location_id": LOCATION}


def _parcel(act: Json, order: Json, _transactions: list[Json]) -> Json | None:
    parcels = order.get("fulfillments") or []
    if not parcels:
        return None
    asked: Json = {"fulfillment_id": parcels[act["parcel"] % len(parcels)]["id"]}
    return asked | ({"tracking": {"company": "UPS", "numbers": act["tracking"]}} if "tracking" in act else {})


def _tipping(act: Json, order: Json, _transactions: list[Json]) -> Json | None:
    """A tip is a line or the order's own member, never both."""
    has_tip = Decimal(order.get("total_tip_received") or 0) and not any(
        "tip_payment_gateway" in line for line in order["line_items"]
    )
    if has_tip:
        return None
    return {"amount": str(money(act["cents"], Coins.of(order)).shown)}


_REQUESTS: dict[str, Callable[[Json, Json, list[Json]], Json | None]] = {
    "pay": _paying,
    "authorize": _paying,
    "capture": _capturing,
    "void": _nothing,
    "tip": _tipping,
    "update": lambda act, _order, _transactions: {"changes": act["changes"]},
    "edit": _editing,
    "cancel": lambda act, _order, _transactions: {
        "restock": act["restock"], "refund": act["refund"], "location_id": LOCATION, "reason": "customer"
    },
    "fulfill": _shipping,
    "update_tracking": _parcel,
    "cancel_fulfillment": _parcel,
    "refund": _refunding,
    "settle_refund": lambda act, _order, _transactions: {"status": act["status"]},
}  # fmt: skip
