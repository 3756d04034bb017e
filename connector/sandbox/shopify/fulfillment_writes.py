"""Mutations on fulfilments: made of fulfilment orders, given other tracking numbers, cancelled. Each tells its webhooks.

The two sentences on quantities and status are Shopify's; the others are this sandbox's own, and nobody may read them.
"""

from typing import Any

from connector.sandbox.shopify.acts import routing
from connector.sandbox.shopify.acts.scene import RefusedError
from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.values.fulfillment_orders import fulfillment_order_values
from connector.sandbox.shopify.values.life import fulfillment_values
from connector.sandbox.shopify.values.parts import connection_of, gid
from connector.sandbox.shopify.webhooks import tell

Json = dict[str, Any]


def fulfillment_mutations(shop: Shop) -> Json:
    """The resolvers."""
    return {
        "fulfillmentCreate": lambda _info, fulfillment: _create(shop, fulfillment),
        "fulfillmentTrackingInfoUpdate": lambda _info, **asked: _track(shop, asked),
        "fulfillmentCancel": lambda _info, id: _cancel(shop, id),
        "fulfillmentOrder": lambda _info, id: _fulfillment_order(shop, id),
    }


def fulfillment_orders(shop: Shop, order: Json) -> Any:
    """The connection of an order's fulfilment orders, which is routed now unless the shop is slow at it."""
    if shop.config.routes_orders and not routing.is_routed(order):
        with shop.acting:
            routing.route(order, shop.ids, shop.config.locations[0]["id"])
    return connection_of(fulfillment_order_values(order, shop.config.scopes, shop.config.locations))


def _create(shop: Shop, asked: Json) -> Json:
    parts = asked["lineItemsByFulfillmentOrder"]
    order = _order_of(shop, _number(parts[0]["fulfillmentOrderId"])) if parts else None
    if order is None:
        return _refused(["fulfillment"], "Fulfillment order does not exist.")
    try:
        deliveries = act(shop, _wish(order, asked))
    except RefusedError as refusal:
        return _refused(["fulfillment"], str(refusal))
    shop.notified += [order["id"]] if asked.get("notifyCustomer") else []
    tell(shop, deliveries)
    changed, _ = shop.order(order["id"]) or (order, [])
    return {"fulfillment": fulfillment_values(changed)[-1], "userErrors": []}


def _wish(order: Json, asked: Json) -> Json:
    """The act that a FulfillmentInput is. Raises RefusedError."""
    wanted = [
        {
            "id": _number(part["fulfillmentOrderId"]),
            "lines": [
                {"id": _number(item["id"]), "quantity": item["quantity"]}
                for item in part.get("fulfillmentOrderLineItems") or []
            ],
        }
        for part in asked["lineItemsByFulfillmentOrder"]
    ]
    owner, named = routing.asked_lines(order, wanted)
    sums: dict[int, int] = {}
    for item in named:
        sums[item["line_id"]] = sums.get(item["line_id"], 0) + item["quantity"]
    return {
        "act": "fulfill", "order_id": order["id"], "location_id": owner["location_id"],
        "tracking": _tracking(asked.get("trackingInfo")), "fulfillment_order_lines": named,
        "lines": [{"line_id": line_id, "quantity": quantity} for line_id, quantity in sums.items()],
    }  # fmt: skip


def _track(shop: Shop, asked: Json) -> Json:
    try:
        tracking = _tracking(asked["trackingInfoInput"])
    except RefusedError as refusal:
        return _refused(["trackingInfoInput"], str(refusal))
    made = _changed(shop, asked["fulfillmentId"], {"act": "update_tracking", "tracking": tracking})
    if asked.get("notifyCustomer") and not made["userErrors"]:
        shop.notified.append(_number(asked["fulfillmentId"]))
    return made


def _cancel(shop: Shop, fulfillment_id: str) -> Json:
    return _changed(shop, fulfillment_id, {"act": "cancel_fulfillment"})


def _changed(shop: Shop, fulfillment_id: str, wish: Json) -> Json:
    number = _number(fulfillment_id)
    for order, _ in shop.orders():
        if any(item["id"] == number for item in order.get("fulfillments") or []):
            try:
                deliveries = act(shop, wish | {"order_id": order["id"], "fulfillment_id": number})
            except RefusedError as refusal:
                return _refused(["id"], str(refusal))
            tell(shop, deliveries)
            found = shop.order(order["id"]) or (order, [])
            values = {item["id"]: item for item in fulfillment_values(found[0])}
            return {"fulfillment": values[gid("Fulfillment", number)], "userErrors": []}
    return _refused(["id"], "Fulfillment not found.")


def _order_of(shop: Shop, fulfillment_order_id: int) -> Json | None:
    for order, _ in shop.orders():
        if any(item["id"] == fulfillment_order_id for item in order.get(routing.MEMBER) or []):
            return order
    return None


def _fulfillment_order(shop: Shop, fulfillment_order_id: str) -> Json | None:
    order = _order_of(shop, _number(fulfillment_order_id))
    values = fulfillment_order_values(order, shop.config.scopes, shop.config.locations) if order else []
    return next((item for item in values if item["id"] == fulfillment_order_id), None)


def _tracking(given: Json | None) -> Json:
    given = given or {}
    if (given.get("number") or given.get("url")) and (given.get("numbers") or given.get("urls")):
        raise RefusedError("Either number and url or numbers and urls can be given, not both.")
    numbers = given.get("numbers") or [item for item in [given.get("number")] if item]
    urls = given.get("urls") or [item for item in [given.get("url")] if item]
    return {"company": given.get("company"), "numbers": numbers, "urls": urls}


def _refused(field: list[str], message: str) -> Json:
    return {"fulfillment": None, "userErrors": [{"field": field, "message": message}]}


def _number(gid_text: str) -> int:
    return int(gid_text.rpartition("/")[2])
