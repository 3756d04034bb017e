"""Where an order stands: quantities, statuses and current amounts, made anew from what happened to it.

current total = total - what was refunded or removed + adjustments, so that an order whose refunds are settled owes nothing.
"""

from connector.sandbox.shopify.acts.amounts import Coins, Pair, of_set, text
from connector.sandbox.shopify.acts.scene import Json, Scene, given_back, received

_CAME_BACK = "return"


def settle(scene: Scene) -> None:
    """Brings every member that follows from others up to date."""
    order, coins = scene.order, scene.coins
    for line in order["line_items"]:
        _settle_line(line, order)
    _settle_amounts(order, coins)
    net = received(scene.transactions, order) - given_back(scene.transactions, order)
    current = coins.read(order, "current_total_price")
    order["total_outstanding"] = text((current - net).shop, coins.shop)
    order["financial_status"] = _financial_status(order, scene.transactions)
    order["fulfillment_status"] = _fulfillment_status(order)
    order["payment_gateway_names"] = _gateways(scene.transactions)
    order["updated_at"] = scene.now


def units(order: Json, line_id: int) -> tuple[int, int]:
    """Units of a line that were refunded or removed, and that stand as shipped."""
    gone = sum(item["quantity"] for item in refund_lines(order, line_id))
    came_back = sum(item["quantity"] for item in refund_lines(order, line_id) if item.get("restock_type") == _CAME_BACK)
    return gone, max(0, shipped_units(order, line_id) - came_back)


def shipped_units(order: Json, line_id: int) -> int:
    """Units in fulfilments that were not cancelled."""
    return sum(
        item["quantity"]
        for fulfillment in order.get("fulfillments") or []
        if fulfillment["status"] == "success"
        for item in fulfillment["line_items"]
        if item["id"] == line_id
    )


def refund_lines(order: Json, line_id: int) -> list[Json]:
    """What refunds say of one line."""
    return [
        item
        for refund in order.get("refunds") or []
        for item in refund.get("refund_line_items") or []
        if item["line_item_id"] == line_id
    ]


def refund_worth(refund: Json, order: Json) -> Pair:
    """What the lines, shipping and duties of a refund come to, with tax."""
    coins = Coins.of(order)
    worth = Pair()
    for item in refund.get("refund_line_items") or []:
        worth += coins.read(item, "subtotal")
        worth += _added_tax(coins.read(item, "total_tax"), order)
    for item in refund.get("refund_shipping_lines") or []:
        worth += of_set(item["subtotal_amount_set"])
        worth += _added_tax(of_set(item["tax_amount_set"]), order)
    for item in refund.get("duties") or []:
        worth += of_set(item["amount_set"])
    return worth


def adjusted(refund: Json, order: Json) -> Pair:
    """What the adjustments of a refund hold back; negative where more money went than lines say."""
    coins = Coins.of(order)
    adjustments = refund.get("order_adjustments") or []
    return coins.total(adjustments, "amount") + coins.total(adjustments, "tax_amount")


def _added_tax(tax: Pair, order: Json) -> Pair:
    return Pair() if order.get("taxes_included") else tax


def _settle_line(line: Json, order: Json) -> None:
    gone, shipped = units(order, line["id"])
    line["current_quantity"] = line["quantity"] - gone
    open_units = max(0, line["current_quantity"] - shipped)
    line["fulfillable_quantity"] = 0 if is_tip(line) else open_units
    line["fulfillment_status"] = None if not shipped else "partial" if open_units else "fulfilled"


def is_tip(line: Json) -> bool:
    """A tip is a line that nobody ships."""
    return "tip_payment_gateway" in line


def _settle_amounts(order: Json, coins: Coins) -> None:
    total, tax = coins.read(order, "total_price"), coins.read(order, "total_tax")
    goods = coins.read(order, "subtotal_price") if "subtotal_price" in order else None
    for refund in order.get("refunds") or []:
        lines, shipping = refund.get("refund_line_items") or [], refund.get("refund_shipping_lines") or []
        total = total - refund_worth(refund, order) + adjusted(refund, order)
        tax = tax - coins.total(lines, "total_tax") - _sum_of(shipping, "tax_amount_set")
        goods = None if goods is None else goods - coins.total(lines, "subtotal")
    order |= coins.named("current_total_price", total) | coins.named("current_total_tax", tax)
    if goods is not None:
        order |= coins.named("current_subtotal_price", goods)


def _sum_of(items: list[Json], member: str) -> Pair:
    total = Pair()
    for item in items:
        total += of_set(item[member])
    return total


def _financial_status(order: Json, transactions: list[Json]) -> str:
    """By the buyer's money: refunds first, then what came, then what is promised."""
    came, went = received(transactions, order).shown, given_back(transactions, order).shown
    owed = Coins.of(order).read(order, "current_total_price").shown
    if went:
        return "refunded" if went >= came else "partially_refunded"
    if came:
        return "paid" if came >= owed else "partially_paid"
    if promised := open_authorizations(transactions):
        return "expired" if all(item.get("expired") for item in promised) else "authorized"
    if any(item["kind"] == "void" and item["status"] == "success" for item in transactions):
        return "voided"
    free = not Coins.of(order).read(order, "total_price").shown
    return "paid" if free else "pending"


def open_authorizations(transactions: list[Json]) -> list[Json]:
    """Authorisations that were neither voided nor captured."""
    used = {item.get("parent_id") for item in transactions if item["kind"] in ("void", "capture") and _is_done(item)}
    return [
        item for item in transactions if item["kind"] == "authorization" and _is_done(item) and item["id"] not in used
    ]


def _is_done(item: Json) -> bool:
    return bool(item["status"] == "success")


def _fulfillment_status(order: Json) -> str | None:
    goods = [line for line in order["line_items"] if not is_tip(line)]
    if any(units(order, line["id"])[1] for line in goods):
        return "partial" if any(line["fulfillable_quantity"] for line in goods) else "fulfilled"
    if goods and not any(line["current_quantity"] for line in goods):
        restocked = any(
            item.get("restock_type") == "cancel" for line in goods for item in refund_lines(order, line["id"])
        )
        return "restocked" if restocked else None
    return None


def _gateways(transactions: list[Json]) -> list[str]:
    """In the order in which they were used."""
    done = [
        item["gateway"] for item in transactions if item.get("gateway") and item["status"] in ("success", "pending")
    ]
    return list(dict.fromkeys(done))
