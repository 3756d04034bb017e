"""Fulfilment orders: which location is to ship what of an order. Made when the order is routed, and followed ever after.

They stand in the order under a name of their own, which no webhook shows.
"""

from collections.abc import Iterator, Sequence

from connector.sandbox.shopify.acts.scene import Json, RefusedError, Scene
from connector.sandbox.shopify.acts.standing import is_tip, units

MEMBER = "fulfillment_orders"
_OVER = ("CLOSED", "CANCELLED")
_READY = ("OPEN", "IN_PROGRESS")


def is_routed(order: Json) -> bool:
    """True once fulfilment orders were made."""
    return MEMBER in order


def route(order: Json, ids: Iterator[int], location_id: int) -> None:
    """Assigns all that is open to one location."""
    order.setdefault(MEMBER, [])
    follow(order, ids, location_id)


def follow(order: Json, ids: Iterator[int], location_id: int) -> None:
    """Brings the fulfilment orders of a routed order to what is open of its lines: more is assigned anew, less is cut."""
    if not is_routed(order):
        return
    more = []
    for line in order["line_items"]:
        missing = _open_units(order, line) - sum(item["remaining"] for _, item in _open_lines(order, line["id"]))
        if missing > 0:
            more.append({"line_id": line["id"], "quantity": missing})
        for _, item in reversed(list(_open_lines(order, line["id"]))):
            cut = min(-missing, item["remaining"])
            if cut > 0:
                item["remaining"], item["total"], missing = item["remaining"] - cut, item["total"] - cut, missing + cut
    if more:
        reopen(order, ids, location_id, more)
    _close(order)


def reopen(order: Json, ids: Iterator[int], location_id: int, lines: Sequence[Json], **changes: object) -> None:
    """A new fulfilment order of these lines (line_id, quantity): what is open again never returns to the old one."""
    if not is_routed(order) or not lines:
        return
    made: Json = {"id": next(ids), "status": "OPEN", "request_status": "UNSUBMITTED", "location_id": location_id}
    made |= {"fulfill_at": None, "holds": [], "service": None} | changes
    made["lines"] = [
        {"id": next(ids), "line_id": item["line_id"], "total": item["quantity"], "remaining": item["quantity"]}
        for item in lines
    ]
    order[MEMBER].append(made)


def take(order: Json, shipped: Sequence[Json], asked: Json) -> None:
    """Takes shipped units (line_id, quantity) off: the lines that were named, or those at the location, then the others."""
    if not is_routed(order):
        return
    if "fulfillment_order_lines" in asked:
        by_id = {item["id"]: item for found in order[MEMBER] for item in found["lines"]}
        for named in asked["fulfillment_order_lines"]:
            by_id[named["id"]]["remaining"] -= named["quantity"]
    else:
        for wish in shipped:
            left = wish["quantity"]
            found = sorted(
                _open_lines(order, wish["line_id"]), key=lambda pair: pair[0]["location_id"] != asked.get("location_id")
            )
            for _, item in found:
                part = min(left, item["remaining"])
                item["remaining"], left = item["remaining"] - part, left - part
    for found_order in order[MEMBER]:
        if any(item["remaining"] < item["total"] for item in found_order["lines"]) and found_order["status"] == "OPEN":
            found_order["status"] = "IN_PROGRESS"
    _close(order)


def assign(scene: Scene, asked: Json) -> None:
    """Routes what is open anew: `orders` of {location_id, lines (line_id, quantity), status, fulfill_at, service, ...}."""
    order = scene.order
    order.setdefault(MEMBER, [])
    for found in order[MEMBER]:
        if found["status"] not in _OVER:
            found["status"] = "CANCELLED"
            for item in found["lines"]:
                item["remaining"] = 0
    for wish in asked["orders"]:
        changes = {name: value for name, value in wish.items() if name not in ("location_id", "lines")}
        reopen(order, scene.ids, wish["location_id"], wish["lines"], **changes)


def hold(scene: Scene, asked: Json) -> None:
    """Holds every open fulfilment order for `reason`, with `notes`."""
    made = {"reason": asked.get("reason", "OTHER"), "notes": asked.get("notes"), "id": next(scene.ids)}
    for found in _open_orders(scene.order):
        found |= {"status": "ON_HOLD", "holds": [*found["holds"], made]}


def release_hold(scene: Scene, _asked: Json) -> None:
    """Lets go of all that is held."""
    for found in _open_orders(scene.order):
        if found["status"] == "ON_HOLD":
            found |= {"status": "OPEN", "holds": []}


def can_be_fulfilled(found: Json) -> bool:
    """Ready, and accepted where somebody else ships."""
    return found["status"] in _READY and (found["service"] is None or found["request_status"] == "ACCEPTED")


def asked_lines(order: Json, wanted: Sequence[Json]) -> tuple[Json, list[Json]]:
    """The fulfilment order whose location ships, and the named lines (id, line_id, quantity). Raises RefusedError.

    `wanted` is lineItemsByFulfillmentOrder with plain ids; without lines it means all that remains.
    """
    named: list[Json] = []
    owners: list[Json] = []
    for part in wanted:
        owner = next((item for item in order.get(MEMBER) or [] if item["id"] == part["id"]), None)
        if owner is None:
            raise RefusedError("Fulfillment order does not exist.")
        if not can_be_fulfilled(owner):
            raise RefusedError(
                f"Fulfillment order {owner['id']} has an unfulfillable status= {owner['status'].lower()}."
            )
        owners.append(owner)
        lines = {item["id"]: item for item in owner["lines"]}
        for wish in part["lines"] or [{"id": item["id"], "quantity": item["remaining"]} for item in owner["lines"]]:
            line = lines.get(wish["id"])
            if line is None or not 0 < wish["quantity"] <= line["remaining"]:
                raise RefusedError("Invalid fulfillment order line item quantity requested.")
            named.append(wish | {"line_id": line["line_id"]})
    if len({owner["location_id"] for owner in owners}) != 1:
        raise RefusedError("All fulfillment orders must be assigned to the same location.")
    return owners[0], named


def _open_orders(order: Json) -> list[Json]:
    return [found for found in order.get(MEMBER) or [] if found["status"] not in _OVER]


def _open_lines(order: Json, line_id: int) -> Iterator[tuple[Json, Json]]:
    for found in _open_orders(order):
        yield from ((found, item) for item in found["lines"] if item["line_id"] == line_id)


def _open_units(order: Json, line: Json) -> int:
    gone, shipped = units(order, line["id"])
    return 0 if is_tip(line) else max(0, int(line["quantity"]) - gone - shipped)


def _close(order: Json) -> None:
    for found in _open_orders(order):
        if not any(item["remaining"] for item in found["lines"]):
            found["status"] = "CLOSED" if any(item["total"] for item in found["lines"]) else "CANCELLED"
