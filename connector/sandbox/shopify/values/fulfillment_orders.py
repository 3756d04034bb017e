"""The fulfilment orders of an order, as far as the app's scopes show them: others are left out without a word."""

from collections.abc import Collection

from connector.sandbox.shopify.acts.routing import MEMBER, can_be_fulfilled
from connector.sandbox.shopify.values.parts import Json, connection_of, gid, utc

_SCOPES = {False: "merchant_managed_fulfillment_orders", True: "third_party_fulfillment_orders"}


def fulfillment_order_values(order: Json, scopes: Collection[str], locations: Collection[Json]) -> list[Json]:
    """FulfillmentOrders."""
    names = {item["id"]: item["name"] for item in locations}
    return [_fulfillment_order(found, names) for found in order.get(MEMBER) or [] if _is_shown(found, scopes)]


def _is_shown(found: Json, scopes: Collection[str]) -> bool:
    scope = _SCOPES[found["service"] is not None]
    return f"read_{scope}" in scopes or f"write_{scope}" in scopes


def _fulfillment_order(found: Json, names: dict[int, str]) -> Json:
    location = found["location_id"]
    return {
        "id": gid("FulfillmentOrder", found["id"]),
        "status": found["status"],
        "requestStatus": found["request_status"],
        "fulfillAt": utc(found["fulfill_at"]),
        "assignedLocation": {"name": names.get(location, ""), "location": {"id": gid("Location", location)}},
        "supportedActions": [{"action": action} for action in _actions(found)],
        "fulfillmentHolds": [
            {"id": gid("FulfillmentHold", item["id"]), "reason": item["reason"], "reasonNotes": item["notes"]}
            for item in found["holds"]
        ],
        "lineItems": connection_of(
            [
                {
                    "id": gid("FulfillmentOrderLineItem", item["id"]),
                    "totalQuantity": item["total"],
                    "remainingQuantity": item["remaining"],
                    "lineItem": {"id": gid("LineItem", item["line_id"])},
                }
                for item in found["lines"]
            ]
        ),
    }


def _actions(found: Json) -> list[str]:
    if found["status"] in ("CLOSED", "CANCELLED", "INCOMPLETE"):
        return []
    if found["status"] == "ON_HOLD":
        return ["RELEASE_HOLD", "HOLD"]
    if found["status"] == "SCHEDULED":
        return ["MARK_AS_OPEN"]
    if not can_be_fulfilled(found):
        return ["REQUEST_FULFILLMENT"] if found["request_status"] == "UNSUBMITTED" else ["REQUEST_CANCELLATION"]
    return ["CREATE_FULFILLMENT", "REPORT_PROGRESS", "MOVE", "HOLD", "SPLIT"]
