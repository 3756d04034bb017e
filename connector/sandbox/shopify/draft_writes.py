"""Draft orders over the Admin API: created, changed, completed into an order, deleted, found again by tag.

Texts of refusals are this sandbox's own where Shopify documents none; nobody may read them.
"""

import copy
import re
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.shopify.acts.payments import pay
from connector.sandbox.shopify.acts.scene import Scene
from connector.sandbox.shopify.acts.standing import settle
from connector.sandbox.shopify.draft_orders import WrongDraftError, order_of, printed
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.values.orders import order_value
from connector.sandbox.shopify.values.parts import connection_of, gid, utc
from connector.sandbox.shopify.webhooks import tell

Json = dict[str, Any]

_TAG = re.compile(r"tag:(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
_SKU = re.compile(r"sku:(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
_FIRST_NAME = 1001


def draft_fields(shop: Shop) -> Json:
    """The resolvers of mutations and queries."""
    return {
        "draftOrder": lambda _info, id: _value(shop, _number(id)),
        "draftOrders": lambda info, **asked: _listed(shop, info, asked),
        "draftOrderCreate": lambda _info, input: _create(shop, input),
        "draftOrderUpdate": lambda _info, id, input: _update(shop, _number(id), input),
        "draftOrderComplete": lambda _info, id, **asked: complete_draft(shop, _number(id), asked),
        "draftOrderDelete": lambda _info, input: _delete(shop, _number(input["id"])),
        "productVariants": lambda info, **asked: _variants(shop, info, asked),
    }


def _create(shop: Shop, wish: Json) -> Json:
    with shop.acting:
        try:
            order = order_of(shop, wish, _now(shop))
        except WrongDraftError as error:
            return _refused(error.field, str(error))
        number = next(shop.ids)
        draft = {"id": number, "name": f"#D{len(shop.drafts) + 1}", "wish": wish, "order": order, "order_id": None}
        shop.drafts[number] = draft | {"created_at": order["created_at"], "updated_at": order["created_at"]}
    return _told(shop, number, "draft_orders/create")


def _update(shop: Shop, number: int, wish: Json) -> Json:
    with shop.acting:
        draft = shop.drafts.get(number)
        if draft is None or draft["order_id"] is not None:
            return _refused(["id"], "Draft order does not exist" if draft is None else "It was completed already")
        try:
            wanted = draft["wish"] | wish
            order = order_of(shop, wanted, _now(shop))
        except WrongDraftError as error:
            return _refused(error.field, str(error))
        shop.drafts[number] = draft | {"wish": wanted, "order": order, "updated_at": order["created_at"]}
    return _told(shop, number, "draft_orders/update")


def complete_draft(shop: Shop, number: int, asked: Json) -> Json:
    """Makes an order of a draft, for an app or for a person in the shop's admin: paid unless `paymentPending`."""
    with shop.acting:
        draft = shop.drafts.get(number)
        if draft is None or draft["order_id"] is not None:
            return _refused(["id"], "Draft order does not exist" if draft is None else "It was completed already")
        if not shop.config.drafts_ready:
            return _refused(["id"], "The draft order is not ready yet")
        now = _now(shop)
        order = copy.deepcopy(draft["order"])
        order |= {"created_at": now, "processed_at": now, "name": _next_name(shop)}
        order["source_name"] = asked.get("sourceName") or "shopify_draft_order"
        scene = Scene(order, [], now, shop.ids)
        if not asked.get("paymentPending"):
            pay(scene, {"gateway": "manual", "manual": True})
        settle(scene)
        shop.put_order(order, scene.transactions)
        shop.drafts[number] = draft | {"order_id": order["id"], "completed_at": now, "updated_at": now}
        news = [{"topic": "orders/create", "order_id": order["id"], "body": copy.deepcopy(order)}]
    tell(shop, news)
    return _told(shop, number, "draft_orders/update")


def _delete(shop: Shop, number: int) -> Json:
    with shop.acting:
        if shop.drafts.pop(number, None) is None:
            return {"deletedId": None, "userErrors": [{"field": ["id"], "message": "Draft order does not exist"}]}
    tell(shop, [{"topic": "draft_orders/delete", "order_id": None, "body": {"id": number}}])
    return {"deletedId": gid("DraftOrder", number), "userErrors": []}


def _listed(shop: Shop, info: object, asked: Json) -> Json:
    """By id; `tag:` in the query is understood, everything else is not."""
    found = _TAG.search(asked.get("query") or "")
    tag = next((part for part in found.groups() if part is not None), "").lower() if found else None
    numbers = [
        number
        for number, draft in sorted(shop.drafts.items(), reverse=bool(asked.get("reverse")))
        if tag is None or tag in [item.lower() for item in draft["wish"].get("tags") or []]
    ]
    page = {name: asked.get(name) for name in ("first", "after")}
    return connection_of([_value(shop, number) or {} for number in numbers])(info, **page)


def _variants(shop: Shop, info: object, asked: Json) -> Json:
    """The search takes upper and lower case alike and finds longer SKUs that begin so, as the real one may."""
    wanted = ["".join(parts).lower() for parts in _SKU.findall(asked.get("query") or "")]
    nodes = [
        {
            "id": gid("ProductVariant", item["id"]), "legacyResourceId": str(item["id"]), "sku": item.get("sku"),
            "title": item["title"], "displayName": item["title"], "price": str(item["price"]),
            "taxable": item.get("taxable", True),
        }
        for item in shop.config.variants
        if not wanted or any((item.get("sku") or "").lower().startswith(sku) for sku in wanted)
    ]  # fmt: skip
    return connection_of(nodes)(info, first=asked.get("first"), after=asked.get("after"))


def _told(shop: Shop, number: int, topic: str) -> Json:
    draft = shop.drafts[number]
    body = {name: draft[name] for name in ("id", "name", "order_id", "created_at", "updated_at")}
    body |= {"status": "open" if draft["order_id"] is None else "completed", "total_price": printed(draft["order"])}
    tell(shop, [{"topic": topic, "order_id": None, "body": body}])
    return {"draftOrder": _value(shop, number), "userErrors": []}


def _value(shop: Shop, number: int) -> Json | None:
    draft = shop.drafts.get(number)
    if draft is None:
        return None
    found = None if draft["order_id"] is None else shop.order(draft["order_id"])
    shown = order_value(draft["order"], [], shop.config.companies)
    same = ("tags", "customAttributes", "totalPriceSet", "totalTaxSet", "taxLines", "email", "currencyCode")
    return {name: shown[name] for name in same} | {
        "id": gid("DraftOrder", number),
        "legacyResourceId": str(number),
        "name": draft["name"],
        "status": "OPEN" if draft["order_id"] is None else "COMPLETED",
        "ready": shop.config.drafts_ready,
        "createdAt": utc(draft["created_at"]),
        "updatedAt": utc(draft["updated_at"]),
        "order": None if found is None else order_value(*found, shop.config.companies),
    }


def _next_name(shop: Shop) -> str:
    taken = {order["name"] for order, _ in shop.orders()}
    return next(name for name in (f"#{number}" for number in count(_FIRST_NAME)) if name not in taken)


def _now(shop: Shop) -> str:
    return datetime.now(ZoneInfo(shop.config.iana_timezone)).isoformat(timespec="seconds")


def _refused(field: list[str], message: str) -> Json:
    return {"draftOrder": None, "userErrors": [{"field": field, "message": message}]}


def _number(gid_text: str) -> int:
    return int(gid_text.rpartition("/")[2])
