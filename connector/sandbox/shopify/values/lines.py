"""Lines, shipping charges, discounts and taxes of an order."""

from collections.abc import Callable, Sequence
from typing import Any

from connector.sandbox.shopify.values.parts import Currencies, Json, connection_of, gid, pairs

_APPLICATION_TYPES = {
    "discount_code": "DiscountCodeApplication",
    "manual": "ManualDiscountApplication",
    "automatic": "AutomaticDiscountApplication",
    "script": "ScriptDiscountApplication",
}


def line_values(order: Json) -> list[Json]:
    """LineItems in the order's sequence."""
    groups = {group["id"]: group for group in order.get("line_item_groups") or []}
    return [_line(item, _shipped(order, item["id"]), groups, Currencies.of(order)) for item in order["line_items"]]


def shipping_values(order: Json) -> Callable[..., Json]:
    """The connection of ShippingLines, without removed ones unless they are asked for."""
    nodes = [_shipping_line(item, Currencies.of(order)) for item in order.get("shipping_lines") or []]

    def page(info: object, includeRemovals: bool = False, **rest: Any) -> Json:
        return connection_of([node for node in nodes if includeRemovals or not node["isRemoved"]])(info, **rest)

    return page


def application_values(order: Json) -> list[Json]:
    """DiscountApplications."""
    return [_application(index, item) for index, item in enumerate(order.get("discount_applications") or [])]


def tax_values(lines: Sequence[Json] | None, currencies: Currencies) -> list[Json]:
    """TaxLines."""
    return [
        {
            "title": item["title"],
            "rate": None if item.get("rate") is None else float(item["rate"]),
            "channelLiable": item.get("channel_liable"),
            "priceSet": currencies.bag(item.get("price_set"), item["price"]),
        }
        for item in lines or []
    ]


def _line(line: Json, shipped: int, groups: dict[Any, Json], currencies: Currencies) -> Json:
    current: int = line["current_quantity"] if "current_quantity" in line else line["quantity"]
    unfulfilled = line.get("fulfillable_quantity", max(0, current - shipped))
    return {
        "id": gid("LineItem", line["id"]),
        "name": line.get("name") or line["title"],
        "title": line["title"],
        "sku": line.get("sku"),
        "quantity": line["quantity"],
        "currentQuantity": current,
        "unfulfilledQuantity": unfulfilled,
        "nonFulfillableQuantity": max(0, line["quantity"] - shipped - unfulfilled),
        "isGiftCard": bool(line.get("gift_card")),
        "requiresShipping": bool(line.get("requires_shipping", True)),
        "taxable": bool(line.get("taxable", True)),
        "product": _product(line),
        "variant": _variant(line),
        "lineItemGroup": _group(line, groups),
        "customAttributes": pairs(line.get("properties")),
        "originalUnitPriceSet": currencies.bag(line.get("price_set"), line.get("price")),
        "discountAllocations": _allocations(line, currencies),
        "taxLines": tax_values(line.get("tax_lines"), currencies),
        "duties": [{"id": gid("Duty", item["id"]), "price": currencies.bag(item)} for item in line.get("duties") or []],
    }


def _shipped(order: Json, line_id: int) -> int:
    """Units of a line in fulfilments that stand."""
    return sum(
        item["quantity"]
        for fulfillment in order.get("fulfillments") or []
        for item in fulfillment["line_items"]
        if item["id"] == line_id and fulfillment["status"] == "success"
    )


def _product(line: Json) -> Json | None:
    number = line.get("product_id") if line.get("product_exists", True) else None
    return None if number is None else {"id": gid("Product", number), "legacyResourceId": str(number)}


def _variant(line: Json) -> Json | None:
    number = line.get("variant_id") if line.get("product_exists", True) else None
    return None if number is None else {"id": gid("ProductVariant", number), "legacyResourceId": str(number)}


def _group(line: Json, groups: dict[Any, Json]) -> Json | None:
    group = groups.get(line.get("sales_line_item_group_id"))
    if group is None:
        return None
    return {
        "id": gid("LineItemGroup", group["id"]),
        "title": group.get("title") or "",
        "quantity": group.get("quantity", 1),
        "customAttributes": [],
    }


def _allocations(item: Json, currencies: Currencies) -> list[Json]:
    return [
        {
            "allocatedAmountSet": currencies.bag(share.get("amount_set"), share["amount"]),
            "discountApplication": {
                "__typename": "ManualDiscountApplication",
                "index": share["discount_application_index"],
            },
        }
        for share in item.get("discount_allocations") or []
    ]


def _shipping_line(item: Json, currencies: Currencies) -> Json:
    price = item.get("discounted_price", item["price"])
    given = item.get("discounted_price_set") if "discounted_price" in item else item.get("price_set")
    return {
        "id": gid("ShippingLine", item["id"]),
        "title": item["title"],
        "code": item.get("code"),
        "isRemoved": bool(item.get("is_removed")),
        "originalPriceSet": currencies.bag(item.get("price_set"), item["price"]),
        "discountedPriceSet": currencies.bag(given, price),
        "discountAllocations": _allocations(item, currencies),
        "taxLines": tax_values(item.get("tax_lines"), currencies),
    }


def _application(index: int, item: Json) -> Json:
    kind = _APPLICATION_TYPES[item["type"]]
    label = {"code": item.get("code")} if kind == "DiscountCodeApplication" else {"title": item.get("title") or ""}
    return {"__typename": kind, "index": index, **label}
