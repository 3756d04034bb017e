"""Returns and exchanges: what the buyer sends back, and the lines that are sent instead."""

from connector.sandbox.shopify.acts.edits import add_line
from connector.sandbox.shopify.acts.scene import Json, RefusedError, Scene
from connector.sandbox.shopify.acts.standing import units
from connector.sandbox.shopify.acts.taxes import Taxes, retotal


def open_return(scene: Scene, asked: Json) -> None:
    """`lines` (line_id, quantity) of what was shipped, `exchange` lines as in an edit; `status` may be requested."""
    order = scene.order
    for item in asked["lines"]:
        if not 0 < item["quantity"] <= units(order, item["line_id"])[1]:
            raise RefusedError(f"{item['quantity']} of line {item['line_id']} are not with the buyer")
    returns = order.setdefault("returns", [])
    number = next(scene.ids)
    made: Json = {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Return/{number}",
        "order": {"id": order["id"], "admin_graphql_api_id": f"gid://shopify/Order/{order['id']}"},
        "name": f"{order['name']}-R{len(returns) + 1}",
        "status": asked.get("status", "open"),
        "return_line_items": [
            {"id": next(scene.ids), "line_item_id": item["line_id"], "quantity": item["quantity"]}
            for item in asked["lines"]
        ],
        "exchange_line_items": _exchanged(scene, asked.get("exchange") or []),
        "return_shipping_fees": [],
    }
    returns.append(made)
    scene.tell("returns/request" if made["status"] == "requested" else "returns/approve", made)


def close_return(scene: Scene, asked: Json) -> None:
    """Ends `return_id`: closed, or as `status` says (cancelled, declined)."""
    found = scene.returned(asked["return_id"])
    found["status"] = asked.get("status", "closed")
    topics = {"cancelled": "returns/cancel", "declined": "returns/decline", "open": "returns/approve"}
    scene.tell(topics.get(found["status"], "returns/close"), found)


def _exchanged(scene: Scene, wanted: list[Json]) -> list[Json]:
    if not wanted:
        return []
    taxes = Taxes.of(scene.order, scene.coins)
    lines = [add_line(scene, spec, taxes) for spec in wanted]
    retotal(scene.order)
    return [
        {"id": next(scene.ids), "quantity": line["quantity"], "sku": line["sku"], "line_item_id": line["id"]}
        for line in lines
    ]
