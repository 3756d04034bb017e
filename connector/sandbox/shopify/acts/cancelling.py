"""An order that is called off: what was not shipped goes, and the money for it goes back if it is asked to."""

from connector.sandbox.shopify.acts.payments import void_authorization
from connector.sandbox.shopify.acts.refunds import (
    all_shipping,
    duty_refunds,
    empty_refund,
    finish,
    keep,
    refund_line,
    refundable,
)
from connector.sandbox.shopify.acts.scene import Json, RefusedError, Scene
from connector.sandbox.shopify.acts.standing import is_tip, open_authorizations, units


def cancel(scene: Scene, asked: Json) -> None:
    """`reason`, `restock` (true), `refund` ("original" or "none"), `location_id` for what is restocked."""
    order = scene.order
    if order.get("cancelled_at"):
        raise RefusedError("the order is cancelled already")
    for authorization in open_authorizations(scene.transactions):
        void_authorization(scene, authorization)
    _take_off(scene, asked)
    order["cancelled_at"] = scene.now
    order["cancel_reason"] = asked.get("reason", "other")
    scene.tell("orders/cancelled")


def _take_off(scene: Scene, asked: Json) -> None:
    restock = "cancel" if asked.get("restock", True) else "no_restock"
    made = empty_refund(scene, asked.get("note"))
    made["refund_line_items"] = [
        refund_line(
            scene,
            {
                "line_id": line["id"],
                "quantity": open_units,
                "restock_type": "no_restock" if is_tip(line) else restock,
                "location_id": asked.get("location_id"),
            },
        )
        for line in scene.order["line_items"]
        if (open_units := _open_units(scene.order, line))
    ]
    if not any(units(scene.order, line["id"])[1] for line in scene.order["line_items"]):
        made["refund_shipping_lines"] = all_shipping(scene)
        made["duties"] = duty_refunds(scene)
    if not (made["refund_line_items"] or made["refund_shipping_lines"]):
        return
    if asked.get("refund", "original") == "original" and refundable(scene):
        finish(scene, made, {})
    else:
        keep(scene, made)


def _open_units(order: Json, line: Json) -> int:
    gone, shipped = units(order, line["id"])
    return max(0, int(line["quantity"]) - gone - shipped)
