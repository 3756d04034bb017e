"""One act on the shop: the records change, and the webhooks it causes are handed out, or sent at once."""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.shopify.acts import cancelling, edits, payments, people, refunds, returns, routing, shipping
from connector.sandbox.shopify.acts.scene import RefusedError, Scene
from connector.sandbox.shopify.acts.standing import settle
from connector.sandbox.shopify.shop import Shop

Json = dict[str, Any]

_ON_ORDERS: dict[str, Callable[[Scene, Json], None]] = {
    "authorize": payments.authorize,
    "capture": payments.capture,
    "pay": payments.pay,
    "void": payments.void,
    "expire": payments.expire,
    "mark_paid": payments.mark_paid,
    "settle_payment": payments.settle_payment,
    "tip": payments.add_tip,
    "update": edits.update,
    "edit": edits.edit,
    "cancel": cancelling.cancel,
    "fulfill": shipping.fulfill,
    "update_tracking": shipping.update_tracking,
    "cancel_fulfillment": shipping.cancel_fulfillment,
    "assign": routing.assign,
    "hold": routing.hold,
    "release_hold": routing.release_hold,
    "refund": refunds.refund,
    "settle_refund": refunds.settle_refund,
    "return": returns.open_return,
    "close_return": returns.close_return,
    "close": lambda scene, _: scene.order.update(closed_at=scene.now),
    "open": lambda scene, _: scene.order.update(closed_at=None),
}
# What moves parcels about is told by webhooks of their own, which nobody here listens to.
_QUIET = ("assign", "hold", "release_hold")
_ON_CUSTOMERS: dict[str, Callable[[Shop, Json, str], people.News]] = {
    "update_customer": people.update_customer,
    "merge_customers": people.merge_customers,
    "delete_customer": people.delete_customer,
    "redact_customer": people.redact_customer,
}


def act(shop: Shop, asked: Json) -> list[Json]:
    """Does `act` and returns what Shopify would send, ready to deliver in any order. Raises RefusedError.

    `at` is when it happens; the default is now, in the shop's time.
    """
    verb = asked["act"]
    moment = datetime.fromisoformat(asked["at"]) if "at" in asked else datetime.now(ZoneInfo(shop.config.iana_timezone))
    now = moment.isoformat(timespec="seconds")
    with shop.acting:
        if verb in _ON_CUSTOMERS:
            return _deliveries(_ON_CUSTOMERS[verb](shop, asked, now), None)
        if verb not in _ON_ORDERS:
            raise RefusedError(f"unknown act {verb!r}; there are {sorted([*_ON_ORDERS, *_ON_CUSTOMERS])}")
        return _on_order(shop, verb, asked, now)


def _on_order(shop: Shop, verb: str, asked: Json, now: str) -> list[Json]:
    found = shop.order(asked["order_id"])
    if found is None:
        raise RefusedError(f"there is no order {asked['order_id']}")
    order, transactions = copy.deepcopy(found)
    scene = Scene(order, transactions, now, shop.ids)
    settle(scene)
    was_paid = order["financial_status"] == "paid"
    _ON_ORDERS[verb](scene, asked)
    settle(scene)
    routing.follow(order, shop.ids, shop.config.locations[0]["id"])
    is_paid = order["financial_status"] == "paid"
    if is_paid and order["fulfillment_status"] == "fulfilled" and verb in ("fulfill", "pay", "capture", "mark_paid"):
        order["closed_at"] = now
    if is_paid and not was_paid:
        scene.tell("orders/paid")
    if verb not in _QUIET:
        scene.tell("orders/updated")
    of_stock = shop.put_order(order, transactions)
    shop.acts.setdefault(order["id"], []).append(verb)
    return [*_deliveries(scene.news, order["id"]), *of_stock]


def _deliveries(news: people.News, order_id: int | None) -> list[Json]:
    """Bodies are copies: what is sent late shows the records as they were then."""
    shown = [(topic, {name: body[name] for name in body if name != routing.MEMBER}) for topic, body in news]
    return [{"topic": topic, "order_id": order_id, "body": copy.deepcopy(body)} for topic, body in shown]
