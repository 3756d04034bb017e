"""Units and money that go back. The units of a line add up to exactly its price and tax: the last one carries the rest."""

from collections.abc import Sequence
from decimal import Decimal

from connector.sandbox.shopify.acts.amounts import Coins, Pair, of_set, text
from connector.sandbox.shopify.acts.payments import tell_of, transaction_of, without_set
from connector.sandbox.shopify.acts.scene import Json, RefusedError, Scene, amount_of, given_back, received
from connector.sandbox.shopify.acts.standing import adjusted, refund_lines, refund_worth, shipped_units, units

_DISCREPANCY = {"kind": "refund_discrepancy", "reason": "Refund discrepancy"}


def refund(scene: Scene, asked: Json) -> None:
    """Gives back `lines`, `shipping` ("full" or an amount), `duties`, and `amount`, else what those come to.

    `pending` leaves the money under way until settle_refund; `amount` alone is a refund without lines.
    """
    made = empty_refund(scene, asked.get("note"))
    made["refund_line_items"] = [refund_line(scene, item) for item in asked.get("lines") or []]
    made["refund_shipping_lines"] = _shipping(scene, asked.get("shipping"))
    made["duties"] = duty_refunds(scene) if asked.get("duties") else []
    if asked.get("return_id") is not None:
        made["return"] = {
            "id": asked["return_id"],
            "admin_graphql_api_id": f"gid://shopify/Return/{asked['return_id']}",
        }
    finish(scene, made, asked)


def settle_refund(scene: Scene, asked: Json) -> None:
    """The pending money of the newest refund, or of `refund_id`, arrives; `status` failure says it did not."""
    pending = [item for item in scene.order.get("refunds") or [] if any(map(_is_pending, item["transactions"]))]
    wanted = asked.get("refund_id", pending[-1]["id"] if pending else None)
    found = next((item for item in pending if item["id"] == wanted), None)
    if found is None:
        raise RefusedError("no refund is pending")
    settled = Pair()
    for shown in filter(_is_pending, found["transactions"]):
        transaction = scene.transaction(shown["id"])
        transaction["status"] = shown["status"] = asked.get("status", "success")
        transaction["processed_at"] = shown["processed_at"] = scene.now
        tell_of(scene, transaction)
        settled += given_back([transaction], scene.order)
    _adjust(scene, found, adjusted(found, scene.order) - settled)


def empty_refund(scene: Scene, note: str | None = None) -> Json:
    """A refund of nothing."""
    number = next(scene.ids)
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Refund/{number}",
        "order_id": scene.order["id"],
        "created_at": scene.now,
        "processed_at": scene.now,
        "note": note or "",
        "user_id": None,
        "restock": False,
        "return": None,
        "refund_line_items": [],
        "refund_shipping_lines": [],
        "duties": [],
        "order_adjustments": [],
        "transactions": [],
    }


def refund_line(scene: Scene, asked: Json) -> Json:
    """Units of a line: `line_id`, `quantity`, `restock_type`, `location_id`. Raises RefusedError for too many."""
    line, quantity = scene.line(asked["line_id"]), asked["quantity"]
    restock = asked.get("restock_type", "no_restock")
    _check_units(scene, line, quantity, restock)
    gone, _ = units(scene.order, line["id"])
    goods, tax = left_of_line(scene.order, line)
    subtotal = scene.coins.share(goods, quantity, line["quantity"] - gone)
    taken = scene.coins.share(tax, quantity, line["quantity"] - gone)
    return {
        "id": next(scene.ids),
        "line_item_id": line["id"],
        "quantity": quantity,
        "restock_type": restock,
        "location_id": asked.get("location_id") if restock != "no_restock" else None,
        # Numbers, not strings: so recorded refunds have them.
        "subtotal": float(subtotal.shop),
        "total_tax": float(taken.shop),
        "subtotal_set": scene.coins.set_of(subtotal),
        "total_tax_set": scene.coins.set_of(taken),
        "line_item": {name: line.get(name) for name in ("id", "title", "sku", "quantity", "price", "gift_card")},
    }


def left_of_line(order: Json, line: Json) -> tuple[Pair, Pair]:
    """Price after discounts, and tax, of the units that were not refunded or removed yet."""
    coins = Coins.of(order)
    goods = coins.read(line, "price").times(line["quantity"]) - coins.total(
        line.get("discount_allocations") or [], "amount"
    )
    tax = coins.total(line.get("tax_lines") or [], "price")
    gone = refund_lines(order, line["id"])
    return goods - coins.total(gone, "subtotal"), tax - coins.total(gone, "total_tax")


def finish(scene: Scene, made: Json, asked: Json) -> None:
    """Moves the money of a refund, keeps it with the order, and tells of it.

    Where `amount` says something else than the lines come to, or the money is under way, an adjustment bears it.
    """
    worth = refund_worth(made, scene.order)
    due, amount = worth, Pair()
    if asked.get("amount") is not None:
        amount = _asked_amount(scene, asked, worth)
    else:
        due = _usual(scene, worth)
        amount = _at_most(due, refundable(scene))
    keep(scene, made)
    _give_back(scene, made, amount, asked)
    went = Pair() if asked.get("pending") else amount
    _adjust(scene, made, due - went if received(scene.transactions, scene.order) else Pair())


def keep(scene: Scene, made: Json) -> None:
    """A refund record as it is, without money: units were only taken off the order."""
    made["restock"] = any(item["restock_type"] != "no_restock" for item in made["refund_line_items"])
    duties = Pair()
    for duty in made["duties"]:
        duties += of_set(duty["amount_set"])
    made["total_duties_set"] = scene.coins.set_of(duties)
    scene.order.setdefault("refunds", []).append(made)
    scene.tell("refunds/create", made)


def _adjust(scene: Scene, made: Json, difference: Pair) -> None:
    made["order_adjustments"] = []
    if difference:
        adjustment = {"id": next(scene.ids), "order_id": made["order_id"], "refund_id": made["id"], **_DISCREPANCY}
        adjustment |= scene.coins.named("amount", difference) | scene.coins.named("tax_amount", Pair())
        made["order_adjustments"] = [adjustment]


def all_shipping(scene: Scene) -> list[Json]:
    """What is left of every shipping charge, as refund lines."""
    return [
        _refund_shipping(scene, line, *left)
        for line in scene.order.get("shipping_lines") or []
        if not line.get("is_removed") and any(left := left_of_shipping(scene.order, line))
    ]


def left_of_shipping(order: Json, line: Json) -> tuple[Pair, Pair]:
    """Price after discounts, and tax, of a shipping charge that were not given back yet."""
    coins = Coins.of(order)
    price = coins.read(line, "discounted_price" if "discounted_price" in line else "price")
    tax = coins.total(line.get("tax_lines") or [], "price")
    for made in order.get("refunds") or []:
        for item in made.get("refund_shipping_lines") or []:
            if item["shipping_line_id"] == line["id"]:
                price -= coins.read(item, "subtotal_amount")
                tax -= coins.read(item, "tax_amount")
    return price, tax


def duty_refunds(scene: Scene) -> list[Json]:
    """Every duty that was not given back yet."""
    known = {item["duty_id"] for made in scene.order.get("refunds") or [] for item in made.get("duties") or []}
    return [
        {
            "duty_id": duty["id"],
            "amount_set": {side: duty[side] for side in ("shop_money", "presentment_money")},
        }
        for line in scene.order["line_items"]
        for duty in line.get("duties") or []
        if duty["id"] not in known
    ]


def refundable(scene: Scene) -> Pair:
    """Money that came and neither went back nor is on its way back."""
    came, went = received(scene.transactions, scene.order), given_back(scene.transactions, scene.order)
    return came - went - _under_way(scene)


def _check_units(scene: Scene, line: Json, quantity: int, restock: str) -> None:
    gone, _ = units(scene.order, line["id"])
    came_back = sum(
        item["quantity"] for item in refund_lines(scene.order, line["id"]) if item.get("restock_type") == "return"
    )
    shipped = shipped_units(scene.order, line["id"]) - came_back
    limits = {"cancel": line["quantity"] - gone - max(0, shipped), "return": shipped}
    if not 0 < quantity <= min(line["quantity"] - gone, limits.get(restock, quantity)):
        raise RefusedError(f"{quantity} of line {line['id']} cannot be refunded with {restock}")


def _shipping(scene: Scene, wanted: str | None) -> list[Json]:
    if wanted is None:
        return []
    if wanted == "full":
        return all_shipping(scene)
    for line in scene.order.get("shipping_lines") or []:
        price, tax = left_of_shipping(scene.order, line)
        if not line.get("is_removed") and price.shown >= Decimal(wanted) > 0:
            part = scene.coins.from_shown(Decimal(wanted), price)
            share = scene.coins.rounded(tax.times(part.shown, price.shown))
            return [_refund_shipping(scene, line, part, share)]
    raise RefusedError(f"no shipping charge has {wanted} left")


def _refund_shipping(scene: Scene, line: Json, price: Pair, tax: Pair) -> Json:
    return {
        "id": next(scene.ids),
        "shipping_line_id": line["id"],
        "shipping_line": {"id": line["id"], "title": line["title"]},
        "subtotal_amount_set": scene.coins.set_of(price),
        "tax_amount_set": scene.coins.set_of(tax),
    }


def _usual(scene: Scene, worth: Pair) -> Pair:
    """What Shopify suggests: what the units come to, less what the buyer still owes for the rest."""
    left, under_way = refundable(scene), _under_way(scene)
    owed = scene.coins.read(scene.order, "current_total_price") - under_way - worth
    free = left - owed
    return _at_most(worth, free) if free.shown > 0 else Pair()


def _at_most(wanted: Pair, limit: Pair) -> Pair:
    return wanted if wanted.shown <= limit.shown else limit


def _asked_amount(scene: Scene, asked: Json, worth: Pair) -> Pair:
    """The money that was named. Raises RefusedError for more than there is."""
    amount, left = Decimal(asked["amount"]), refundable(scene)
    if amount > left.shown:
        raise RefusedError(f"{amount} cannot be refunded, {left.shown} are left")
    return scene.coins.from_shown(amount, worth if amount == worth.shown else left)


def _under_way(scene: Scene) -> Pair:
    total = Pair()
    for item in scene.transactions:
        if item["kind"] == "refund" and _is_pending(item):
            total += amount_of(item, scene.order)
    return total


def _give_back(scene: Scene, made: Json, amount: Pair, asked: Json) -> None:
    """Spreads the money over the payments it came from, the first one first."""
    rest = amount
    status = "pending" if asked.get("pending") else "success"
    for parent, left in _sources(scene, asked.get("parent_id")):
        if rest.shown <= 0:
            break
        part = rest if rest.shown <= left.shown else left
        more = {"gateway": parent["gateway"], "status": status, "manual": parent.get("manual_payment_gateway")}
        transaction = transaction_of(scene, "refund", part, more, parent_id=parent["id"])
        scene.transactions.append(transaction)
        made["transactions"].append(without_set(transaction))
        tell_of(scene, transaction)
        rest -= part
    if rest.shown > 0:
        raise RefusedError(f"{text(rest.shown, scene.coins.shown)} more than was paid cannot be refunded")


def _sources(scene: Scene, parent_id: int | None) -> Sequence[tuple[Json, Pair]]:
    found = []
    for item in scene.transactions:
        if item["kind"] in ("sale", "capture") and item["status"] == "success" and parent_id in (None, item["id"]):
            left = amount_of(item, scene.order)
            for child in scene.transactions:
                if child["kind"] == "refund" and child.get("parent_id") == item["id"] and child["status"] != "failure":
                    left -= amount_of(child, scene.order)
            if left.shown > 0:
                found.append((item, left))
    return found


def _is_pending(transaction: Json) -> bool:
    return bool(transaction["status"] == "pending")
