"""Money that is promised, comes, or is let go."""

from decimal import Decimal

from connector.sandbox.shopify.acts.amounts import Pair, text
from connector.sandbox.shopify.acts.scene import Json, RefusedError, Scene, amount_of, given_back, received
from connector.sandbox.shopify.acts.standing import open_authorizations

_CARD = "shopify_payments"


def authorize(scene: Scene, asked: Json) -> None:
    """A promise over `amount`, or over what is outstanding."""
    _moved(scene, "authorization", _wanted(scene, asked), asked)


def pay(scene: Scene, asked: Json) -> None:
    """A sale over `amount`, or over what is outstanding; `status` may be pending, failure or error."""
    _moved(scene, "sale", _wanted(scene, asked), asked)


def capture(scene: Scene, asked: Json) -> None:
    """Takes `amount`, or all that is left, of an authorisation: `parent_id`, or the newest one."""
    parent = _authorization(scene, asked)
    left = _left(scene, parent)
    amount = left if asked.get("amount") is None else scene.coins.from_shown(Decimal(asked["amount"]), left)
    if not Decimal(0) < amount.shown <= left.shown:
        raise RefusedError(f"{amount.shown} cannot be captured of {left.shown}")
    _moved(scene, "capture", amount, {**asked, "gateway": parent["gateway"]}, parent_id=parent["id"])


def void(scene: Scene, asked: Json) -> None:
    """Lets an authorisation go."""
    parent = _authorization(scene, asked)
    if _left(scene, parent) != amount_of(parent, scene.order):
        raise RefusedError("an authorisation that was captured cannot be voided")
    void_authorization(scene, parent)


def void_authorization(scene: Scene, parent: Json) -> None:
    """A void of one authorisation."""
    asked = {"gateway": parent["gateway"]}
    _moved(scene, "void", amount_of(parent, scene.order), asked, parent_id=parent["id"])


def expire(scene: Scene, asked: Json) -> None:
    """An authorisation was not captured in time."""
    _authorization(scene, asked)["expired"] = True


def mark_paid(scene: Scene, asked: Json) -> None:
    """Captures what was authorised, or books the outstanding sum as paid by hand."""
    if any(not item.get("expired") for item in open_authorizations(scene.transactions)):
        capture(scene, asked)
        return
    pay(scene, {"gateway": "manual", "manual": True, **asked})


def settle_payment(scene: Scene, asked: Json) -> None:
    """A pending payment ends well, or as `status` says."""
    transaction = scene.transaction(asked["transaction_id"])
    transaction["status"] = asked.get("status", "success")
    tell_of(scene, transaction)


def add_tip(scene: Scene, asked: Json) -> None:
    """A tip of `amount` as a line of its own; it is paid by another act."""
    order, coins = scene.order, scene.coins
    tip = coins.rounded(coins.from_shown(Decimal(asked["amount"]), coins.read(order, "total_price")))
    line: Json = {
        "id": next(scene.ids), "title": "Tip", "name": "Tip", "sku": None, "quantity": 1, "variant_id": None,
        "product_id": None, "product_exists": False, "gift_card": False, "taxable": False, "requires_shipping": False,
        "discount_allocations": [], "tax_lines": [], "duties": [], "properties": [],
        "tip_payment_gateway": asked.get("gateway"), "tip_payment_method": None,
    }  # fmt: skip
    order["line_items"].append(line | coins.named("price", tip))
    order |= coins.named("total_price", coins.read(order, "total_price") + tip)
    known = Decimal(str(order.get("total_tip_received") or 0))
    order["total_tip_received"] = text(known + tip.shop, coins.shop)


def outstanding(scene: Scene) -> Pair:
    """What the buyer still owes; negative when he is owed money."""
    owed = scene.coins.read(scene.order, "current_total_price")
    came, went = received(scene.transactions, scene.order), given_back(scene.transactions, scene.order)
    return owed - came + went


def transaction_of(scene: Scene, kind: str, amount: Pair, asked: Json, *, parent_id: int | None = None) -> Json:
    """A new transaction in the buyer's currency; `amount_set` is the shop's own knowledge and leaves no webhook."""
    order, coins = scene.order, scene.coins
    gateway = asked.get("gateway", _CARD)
    is_card = gateway == "gift_card"
    return {
        "id": next(scene.ids),
        "order_id": order["id"],
        "kind": kind,
        "gateway": gateway,
        "status": asked.get("status", "success"),
        "message": None,
        "created_at": scene.now,
        "processed_at": asked.get("processed_at", scene.now),
        "test": bool(order.get("test")),
        "parent_id": parent_id,
        "amount": text(amount.shown, coins.shown),
        "amount_set": coins.set_of(amount),
        "amount_rounding": asked.get("amount_rounding"),
        "currency": coins.shown,
        "error_code": asked.get("error_code"),
        "manual_payment_gateway": bool(asked.get("manual")),
        "payment_id": f"{order['name']}.{len(scene.transactions) + 1}",
        "source_name": "web",
        "receipt": {"gift_card_id": next(scene.ids), "gift_card_last_characters": "a1b2"} if is_card else {},
    }


def tell_of(scene: Scene, transaction: Json) -> None:
    """The webhook comes when a transaction is done, not while it is pending."""
    if transaction["status"] != "pending":
        scene.tell("order_transactions/create", without_set(transaction))


def without_set(transaction: Json) -> Json:
    """A transaction as webhooks show it."""
    return {name: value for name, value in transaction.items() if name != "amount_set"}


def _moved(scene: Scene, kind: str, amount: Pair, asked: Json, *, parent_id: int | None = None) -> None:
    transaction = transaction_of(scene, kind, amount, asked, parent_id=parent_id)
    scene.transactions.append(transaction)
    tell_of(scene, transaction)


def _wanted(scene: Scene, asked: Json) -> Pair:
    owed = outstanding(scene)
    if asked.get("amount") is not None:
        reference = owed if owed.shown > 0 else scene.coins.read(scene.order, "total_price")
        return scene.coins.from_shown(Decimal(asked["amount"]), reference)
    if owed.shown <= 0:
        raise RefusedError("nothing is outstanding")
    return owed


def _authorization(scene: Scene, asked: Json) -> Json:
    if asked.get("parent_id") is not None:
        return scene.transaction(asked["parent_id"])
    voided = {item.get("parent_id") for item in scene.transactions if item["kind"] == "void"}
    found = [
        item
        for item in scene.transactions
        if item["kind"] == "authorization" and item["status"] == "success" and item["id"] not in voided
    ]
    if not found:
        raise RefusedError("nothing is authorised")
    return found[-1]


def _left(scene: Scene, parent: Json) -> Pair:
    """What was not captured of an authorisation yet."""
    taken = [
        item
        for item in scene.transactions
        if item.get("parent_id") == parent["id"] and item["kind"] == "capture" and item["status"] == "success"
    ]
    return amount_of(parent, scene.order) - received(taken, scene.order)
