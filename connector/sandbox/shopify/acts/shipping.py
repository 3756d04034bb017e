"""Parcels: fulfilments that are made, get their tracking numbers, and are taken back."""

from connector.sandbox.shopify.acts.routing import reopen, take
from connector.sandbox.shopify.acts.scene import Json, RefusedError, Scene


def fulfill(scene: Scene, asked: Json) -> None:
    """Ships `lines` (line_id, quantity) from `location_id`, or all that is open; `tracking` has company, numbers, urls."""
    order = scene.order
    wanted = asked.get("lines") or [
        {"line_id": line["id"], "quantity": line["fulfillable_quantity"]}
        for line in order["line_items"]
        if line["fulfillable_quantity"]
    ]
    if not wanted:
        raise RefusedError("nothing is left to ship")
    shipped = order.setdefault("fulfillments", [])
    number = next(scene.ids)
    made: Json = {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{number}",
        "order_id": order["id"],
        "name": f"{order['name']}.{len(shipped) + 1}",
        "status": "success",
        "service": asked.get("service", "manual"),
        "created_at": scene.now,
        "updated_at": scene.now,
        "location_id": asked.get("location_id"),
        "shipment_status": None,
        "destination": order.get("shipping_address"),
        "receipt": {},
        "line_items": [_shipped(scene, item) for item in wanted],
    }
    take(order, wanted, asked)
    shipped.append(made | _tracking(asked.get("tracking")))
    scene.tell("fulfillments/create", shipped[-1])
    is_rest = _open_units(order) == sum(item["quantity"] for item in wanted)
    scene.tell("orders/fulfilled" if is_rest else "orders/partially_fulfilled")


def update_tracking(scene: Scene, asked: Json) -> None:
    """New `tracking` on `fulfillment_id`, or on the newest one."""
    _changed(scene, asked, _tracking(asked["tracking"]))


def cancel_fulfillment(scene: Scene, asked: Json) -> None:
    """Takes `fulfillment_id`, or the newest one, back: it stays, cancelled, and its units are open again."""
    if _asked(scene, asked)["status"] != "success":
        raise RefusedError("the fulfilment does not stand")
    _changed(scene, asked, {"status": "cancelled"})
    found = _asked(scene, asked)
    lines = [{"line_id": line["id"], "quantity": line["quantity"]} for line in found["line_items"]]
    reopen(scene.order, scene.ids, found["location_id"], lines)


def _changed(scene: Scene, asked: Json, changes: Json) -> None:
    found = _asked(scene, asked)
    found |= {**changes, "updated_at": scene.now}
    scene.tell("fulfillments/update", found)


def _asked(scene: Scene, asked: Json) -> Json:
    standing = scene.order.get("fulfillments") or []
    newest = standing[-1]["id"] if standing else 0
    return scene.fulfillment(asked.get("fulfillment_id", newest))


def _shipped(scene: Scene, item: Json) -> Json:
    line = scene.line(item["line_id"])
    if not 0 < item["quantity"] <= line["fulfillable_quantity"]:
        raise RefusedError(f"{item['quantity']} of line {line['id']} cannot be shipped")
    return {**line, "quantity": item["quantity"]}


def _open_units(order: Json) -> int:
    return sum(int(line["fulfillable_quantity"]) for line in order["line_items"])


def _tracking(given: Json | None) -> Json:
    given = given or {}
    numbers, urls = given.get("numbers") or [], given.get("urls") or []
    return {
        "tracking_company": given.get("company"),
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
    }
