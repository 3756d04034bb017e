"""/_sandbox: what the demo and the tests do to the shop, and what they read of it."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.order_writes import run_jobs
from connector.sandbox.shopify.roots import orders_field
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.stock.roots import stock_queries
from connector.sandbox.shopify.webhooks import deliver, deliver_all, tell

Json = dict[str, Any]


def control(shop: Shop, verb: str, asked: Json | None) -> object | None:
    """The answer to a verb: read when nothing is asked, else done. None for a verb that does not exist."""
    if asked is None:
        reader = _READERS.get(verb)
        return None if reader is None else reader(shop)
    writer = _WRITERS.get(verb)
    return None if writer is None else writer(shop, asked) or {}


def _put_order(shop: Shop, asked: Json) -> Json:
    """One order with its webhooks' deliveries, or `load`: many, of which nobody is told. One that `is_new` is placed now,
    whatever day it counts for."""
    for order in asked.get("load", []):
        shop.put_order(order, [])
    if "load" in asked:
        return {}
    if asked.get("is_new"):
        asked["order"]["created_at"] = shop.inventory.now().isoformat()
    return {"deliveries": shop.put_order(asked["order"], asked.get("transactions", []))}


def _act(shop: Shop, asked: Json) -> Json:
    """What Shopify would send for the act; `deliver` sends it, else it is for POST /_sandbox/deliveries."""
    deliveries = act(shop, asked)
    answer: Json = {"topics": [item["topic"] for item in deliveries], "deliveries": deliveries}
    if asked.get("deliver"):
        answer["statuses"] = [status for item in deliveries for status in deliver(shop, item)]
    return answer


def _stock(shop: Shop, asked: Json) -> Json:
    """`load` items, then `change` and `delete` some, `adjust` levels; the webhooks of it, sent where `deliver` says so."""
    shop.inventory.load(asked.get("load", []))
    acts = (("change", shop.inventory.change_item), ("delete", shop.inventory.delete_item))
    deliveries = [item for name, do in acts for one in asked.get(name, []) for item in do(one)]
    deliveries += [item for one in asked.get("adjust", []) for item in shop.inventory.adjust(one)]
    answer: Json = {"deliveries": deliveries}
    if asked.get("deliver"):
        answer["statuses"] = [status for item in deliveries for status in deliver(shop, item)]
    return answer


def _uninstall(shop: Shop, _asked: Json) -> Json:
    shop.oauth.uninstall()
    return {"statuses": deliver(shop, {"topic": "app/uninstalled", "body": _shop_body(shop)})}


def _shop_body(shop: Shop) -> Json:
    return {
        "id": shop.config.shop_id,
        "name": shop.config.name,
        "domain": shop.config.shop,
        "myshopify_domain": shop.config.shop,
        "currency": shop.config.currency,
        "email": "owner@example.com",
    }


_READERS: dict[str, Callable[[Shop], object]] = {
    "ledger": lambda shop: shop.ledger(),
    "deliveries": lambda shop: [asdict(delivery) for delivery in shop.deliveries],
    "subscriptions": lambda shop: shop.subscriptions.every(),
    "customers": lambda shop: shop.customers.every(),
    "inventory": lambda shop: shop.inventory.ledger(),
    "news": lambda shop: shop.news,
    "health": lambda _shop: {"ok": True},
}
_WRITERS: dict[str, Callable[[Shop, Json], object]] = {
    "orders": _put_order,
    "customers": lambda shop, asked: shop.customers.put(asked["customer"]),
    "act": _act,
    "inventory": _stock,
    "bulk": lambda shop, _asked: shop.bulk.finish_all(
        stock_queries(shop) | {"orders": orders_field(shop)}, lambda news: tell(shop, news)
    ),
    "settings": lambda shop, asked: shop.change(asked),
    "subscriptions": lambda shop, asked: shop.subscriptions.drop(asked["delete"]),
    "uninstall": _uninstall,
    "jobs": lambda shop, _asked: run_jobs(shop),
    "deliver": lambda shop, asked: {"statuses": deliver(shop, asked)},
    "deliveries": lambda shop, asked: deliver_all(shop, asked["deliveries"], parallel=asked.get("parallel", 8)),
}
