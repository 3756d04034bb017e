"""Order edits: lines added, raised, lowered and removed, shipping removed; and what is changed without an edit.

`quantity` and the totals keep what was sold and added; units that are taken off are a refund record without money.
"""

from collections.abc import Callable
from decimal import Decimal

from connector.sandbox.shopify.acts.amounts import Pair
from connector.sandbox.shopify.acts.refunds import empty_refund, keep, left_of_shipping, refund_line
from connector.sandbox.shopify.acts.scene import Json, RefusedError, Scene
from connector.sandbox.shopify.acts.standing import units
from connector.sandbox.shopify.acts.taxes import Taxes, line_worth, retotal

_CHANGEABLE = frozenset(
    {"note", "tags", "email", "phone", "po_number", "note_attributes", "shipping_address", "billing_address"}
)


def update(scene: Scene, asked: Json) -> None:
    """`changes` of note, tags, addresses and the like; an address that was there is changed member by member."""
    changes: Json = asked["changes"]
    if unknown := set(changes) - _CHANGEABLE:
        raise RefusedError(f"{sorted(unknown)} cannot be changed on an order")
    for name, value in changes.items():
        old = scene.order.get(name)
        scene.order[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value


def edit(scene: Scene, asked: Json) -> None:
    """`changes`, each one of add_line, set_quantity, remove_line, remove_shipping; `restock` is for removed units."""
    report = _report(scene, asked)
    taxes = Taxes.of(scene.order, scene.coins)
    removed: list[Json] = []
    verbs: dict[str, Callable[[Json], None]] = {
        "add_line": lambda spec: _noted(report, "additions", add_line(scene, spec, taxes)["id"], spec["quantity"]),
        "set_quantity": lambda spec: _set_quantity(scene, spec, taxes, removed, report),
        "remove_line": lambda spec: _set_quantity(scene, {**spec, "quantity": 0}, taxes, removed, report),
        "remove_shipping": lambda spec: _remove_shipping(scene, spec, report),
    }
    for change in asked["changes"]:
        ((verb, spec),) = change.items()
        verbs[verb](spec)
    _take_off(scene, removed, asked)
    retotal(scene.order)
    scene.tell("orders/edited", {"order_edit": report})


def add_line(scene: Scene, spec: Json, taxes: Taxes) -> Json:
    """A new line: `sku`, `title`, `price` and `quantity`, where wanted `discount` and whatever a line has."""
    order, coins = scene.order, scene.coins
    price = coins.rounded(_in_both(scene, Decimal(spec["price"])))
    line: Json = {
        "id": next(scene.ids), "title": spec.get("title", spec.get("sku") or "Custom"), "sku": spec.get("sku"),
        "quantity": spec["quantity"], "variant_id": spec.get("variant_id", next(scene.ids) if spec.get("sku") else None),
        "product_exists": bool(spec.get("sku")), "product_id": None, "gift_card": False, "taxable": True,
        "requires_shipping": True, "properties": [], "duties": [], "discount_allocations": [], "tax_lines": [],
    }  # fmt: skip
    extra = ("name", "taxable", "requires_shipping", "gift_card", "properties", "product_id")
    line |= {name: spec[name] for name in extra if name in spec} | coins.named("price", price)
    line.setdefault("name", line["title"])
    if spec.get("discount"):
        line["discount_allocations"] = [_line_discount(scene, Decimal(spec["discount"]))]
    line["tax_lines"] = taxes.on(line_worth(line, coins)) if line["taxable"] else []
    order["line_items"].append(line)
    return line


def _line_discount(scene: Scene, shown: Decimal) -> Json:
    """A discount by hand on one line: its share, and the application it points to."""
    applications = scene.order.setdefault("discount_applications", [])
    applications.append(
        {
            "type": "manual",
            "title": "Edit",
            "value": str(shown),
            "value_type": "fixed_amount",
            "allocation_method": "across",
            "target_type": "line_item",
            "target_selection": "explicit",
        }
    )
    share = scene.coins.rounded(_in_both(scene, shown))
    return scene.coins.named("amount", share) | {"discount_application_index": len(applications) - 1}


def _set_quantity(scene: Scene, spec: Json, taxes: Taxes, removed: list[Json], report: Json) -> None:
    """What remains of a line shall be `quantity`."""
    line = scene.line(spec["line_id"])
    gone, _ = units(scene.order, line["id"])
    delta = spec["quantity"] - (line["quantity"] - gone)
    if delta > 0:
        _raise(scene, line, delta, taxes)
        _noted(report, "additions", line["id"], delta)
    elif delta < 0:
        removed.append({"line_id": line["id"], "quantity": -delta})
        _noted(report, "removals", line["id"], -delta)


def _raise(scene: Scene, line: Json, delta: int, taxes: Taxes) -> None:
    """More units at the line's price; a discount in percent grows with them, a fixed one does not."""
    coins, before = scene.coins, line["quantity"]
    old = line_worth(line, coins)
    applications = scene.order.get("discount_applications") or []
    line["quantity"] = before + delta
    for share in line.get("discount_allocations") or []:
        index = share["discount_application_index"]
        if index < len(applications) and applications[index].get("value_type") == "percentage":
            grown = coins.read(share, "amount").times(before + delta, before)
            share |= coins.named("amount", coins.rounded(grown))
    if line.get("taxable", True):
        taxes.add_to(line, line_worth(line, coins) - old)


def _take_off(scene: Scene, removed: list[Json], asked: Json) -> None:
    if not removed:
        return
    restock = "cancel" if asked.get("restock", True) else "no_restock"
    made = empty_refund(scene)
    for item in removed:
        open_units = scene.line(item["line_id"])["fulfillable_quantity"]
        if item["quantity"] > open_units:
            raise RefusedError(f"only {open_units} units of line {item['line_id']} can be removed, the rest is shipped")
        wanted = {**item, "restock_type": restock, "location_id": asked.get("location_id")}
        made["refund_line_items"].append(refund_line(scene, wanted))
    keep(scene, made)


def _remove_shipping(scene: Scene, spec: Json, report: Json) -> None:
    """The charge `line_id`, or the first one that stands, no longer counts."""
    standing = [line for line in scene.order.get("shipping_lines") or [] if not line.get("is_removed")]
    found = next((line for line in standing if spec.get("line_id") in (None, line["id"])), None)
    if found is None:
        raise RefusedError("there is no shipping charge to remove")
    price = scene.coins.read(found, "discounted_price" if "discounted_price" in found else "price")
    if left_of_shipping(scene.order, found)[0] != price:
        raise RefusedError("a shipping charge that was refunded cannot be removed")
    found["is_removed"] = True
    report["shipping_lines"]["removals"].append({"id": found["id"]})


def _in_both(scene: Scene, shown: Decimal) -> Pair:
    """A price the buyer sees, on both sides, by what the order's total is on both."""
    return scene.coins.from_shown(shown, scene.coins.read(scene.order, "total_price"))


def _report(scene: Scene, asked: Json) -> Json:
    return {
        "id": next(scene.ids),
        "app_id": None,
        "user_id": None,
        "order_id": scene.order["id"],
        "created_at": scene.now,
        "committed_at": scene.now,
        "notify_customer": False,
        "staff_note": asked.get("staff_note", ""),
        "line_items": {"additions": [], "removals": []},
        "discounts": {"line_item": {"additions": [], "removals": []}},
        "shipping_lines": {"additions": [], "removals": []},
    }


def _noted(report: Json, part: str, line_id: int, delta: int) -> None:
    report["line_items"][part].append({"id": line_id, "delta": delta})
